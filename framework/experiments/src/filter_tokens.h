#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace thexp {

struct FilterToken {
  enum class Kind { kEnd, kSign, kWord, kQuoted };

  Kind kind;
  std::string text;    // of a quoted one what is between the quotes
  std::size_t offset;  // in the filter's text

  bool is(std::string_view sign_or_word) const {
    return (kind == Kind::kSign || kind == Kind::kWord) && text == sign_or_word;
  }
};

// Ends with a kEnd. @throws UsageError
std::vector<FilterToken> filter_tokens(std::string_view text);

}  // namespace thexp
