#include "key_names.h"

#include <algorithm>
#include <cctype>

#include "params_access.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::size_t kMost = 5;

std::string last_part(const std::string& key) {
  return key.substr(key.rfind('.') + 1);
}

std::string group_of(const std::string& key) {
  std::size_t dot = key.find('.');
  return dot == std::string::npos ? key : key.substr(0, dot);
}

// In lower case: "learning_rate" has two.
std::vector<std::string> words_in(const std::string& text) {
  std::string spaced = text;
  for (char& c : spaced) {
    auto byte = static_cast<unsigned char>(c);
    c = std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : ' ';
  }
  std::vector<std::string> words;
  for (const std::string& word : split(spaced, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

bool are_among(const std::vector<std::string>& few,
               const std::vector<std::string>& many) {
  return !few.empty() &&
         std::all_of(few.begin(), few.end(), [&](const auto& word) {
           return std::find(many.begin(), many.end(), word) != many.end();
         });
}

template <typename Condition>
void add_where(std::vector<std::string>& near,
               const std::vector<std::string>& known,
               const Condition& is_near) {
  for (const std::string& each : known) {
    bool there = std::find(near.begin(), near.end(), each) != near.end();
    if (!there && near.size() < kMost && is_near(each)) near.push_back(each);
  }
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  auto is_joint = [](char c) { return c == '-' || c == '_'; };
  auto same = [&](char x, char y) {
    return x == y || (is_joint(x) && is_joint(y));
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

std::vector<std::string> near_keys(const std::string& key,
                                   const std::vector<std::string>& known) {
  std::vector<std::string> near;
  std::string spelled = closest_match(key, known);
  if (!spelled.empty()) near.push_back(spelled);
  std::string word = last_part(key);
  add_where(near, known,
            [&](const auto& k) { return same_name(last_part(k), word); });
  if (!near.empty()) return near;
  if (word.size() >= 3) {
    add_where(near, known,
              [&](const auto& k) { return starts_with(last_part(k), word); });
  }
  std::vector<std::string> words = words_in(key);
  add_where(near, known, [&](const auto& k) {
    return are_among(words_in(last_part(k)), words);
  });
  if (!near.empty()) return near;
  std::string group = group_of(key) + ".";
  add_where(near, known, [&](const auto& k) { return starts_with(k, group); });
  return near;
}

std::vector<std::string> near_params(const std::string& key,
                                     const Params& params) {
  std::vector<std::string> near = near_keys(key, params.keys());
  if (!near.empty()) return near;
  std::vector<std::string> words = words_in(key);
  bool says_much =
      std::all_of(words.begin(), words.end(),
                  [](const auto& word) { return word.size() > 2; });
  if (!says_much) return near;
  for (const ParamsAccess::Entry& entry : ParamsAccess::entries(params)) {
    bool described = are_among(words, words_in(entry.help));
    if (described && near.size() < kMost) near.push_back(entry.key);
  }
  return near;
}

ParamError unknown_param(const std::string& where,
                         const std::string& key,
                         const Params& params) {
  if (params.keys().empty()) {
    return ParamError::malformed(where,
                                 "unknown key (no parameters are declared)");
  }
  return ParamError::unknown_key(where, near_params(key, params));
}

std::string join_or(const std::vector<std::string>& names) {
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* joint = i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
    all += joint + names[i];
  }
  return all;
}

}  // namespace thexp
