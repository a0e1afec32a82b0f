#include "filter_tokens.h"

#include <array>

#include "filter_node.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

using Kind = FilterToken::Kind;

// Longer ones first.
constexpr std::array<std::string_view, 12> kSigns = {
    "==", "!=", "<=", ">=", "<", ">", "~", "(", ")", "[", "]", ","};

struct Foreign {
  std::string_view sign;
  const char* meant;
};

// What people bring from other languages.
constexpr std::array<Foreign, 6> kForeign = {{{"&&", "and"},
                                              {"||", "or"},
                                              {"&", "and"},
                                              {"|", "or"},
                                              {"!", "not"},
                                              {"=", "=="}}};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<FilterToken> all() {
    for (;;) {
      at_ = text_.find_first_not_of(" \t\r\n", at_);
      if (at_ == std::string_view::npos) at_ = text_.size();
      if (at_ == text_.size()) break;
      take();
    }
    add(Kind::kEnd, "", 0);
    return std::move(tokens_);
  }

 private:
  void take() {
    char first = text_[at_];
    if (first == '"' || first == '\'') return take_quoted(first);
    if (take_best()) return;
    for (std::string_view sign : kSigns) {
      if (starts_with(text_.substr(at_), sign)) {
        return add(Kind::kSign, std::string(sign), sign.size());
      }
    }
    for (const Foreign& foreign : kForeign) {
      if (!starts_with(text_.substr(at_), foreign.sign)) continue;
      throw_in_filter(text_, at_,
                      "'" + std::string(foreign.sign) + "' is written '" +
                          foreign.meant + "' here");
    }
    std::size_t end = text_.find_first_of(
        is_value() ? " \t\r\n()[],\"'" : " \t\r\n()[],=!<>~&|\"'", at_);
    std::string word(text_.substr(at_, end - at_));
    add(Kind::kWord, word, word.size());
  }

  // Behind a comparison, "mnist_lr=0.1" is one word.
  bool is_value() const {
    if (tokens_.empty() || tokens_.back().kind != Kind::kSign) return false;
    const std::string& before = tokens_.back().text;
    return before != "(" && before != ")" && before != "]";
  }

  // "best(eval/acc)" is one name.
  bool take_best() {
    constexpr std::string_view kBest = "best(";
    if (!starts_with(text_.substr(at_), kBest)) return false;
    std::size_t end = text_.find(')', at_);
    if (end == std::string_view::npos) {
      throw_in_filter(text_, at_ + kBest.size() - 1,
                      "the '(' of best(…) has no ')'");
    }
    std::string tag =
        trim(text_.substr(at_ + kBest.size(), end - at_ - kBest.size()));
    add(Kind::kWord, "best(" + tag + ")", end + 1 - at_);
    return true;
  }

  void take_quoted(char quote) {
    std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) {
      throw_in_filter(text_, at_, "the quoted text has no end");
    }
    add(Kind::kQuoted, std::string(text_.substr(at_ + 1, end - at_ - 1)),
        end + 1 - at_);
  }

  void add(Kind kind, std::string text, std::size_t bytes) {
    tokens_.push_back({kind, std::move(text), at_});
    at_ += bytes;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<FilterToken> tokens_;
};

}  // namespace

std::vector<FilterToken> filter_tokens(std::string_view text) {
  return Lexer(text).all();
}

}  // namespace thexp
