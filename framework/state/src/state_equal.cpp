#include <fmt/format.h>

#include <cstring>
#include <map>

#include "tensor_bytes.h"
#include "thexp/state/state.h"

namespace thexp {
namespace {

bool same_bits(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

bool same_leaf(const State& a, const State& b) {
  if (a.is_bool()) return a.as_bool() == b.as_bool();
  if (a.is_integer()) return a.as_integer() == b.as_integer();
  if (a.is_real()) return same_bits(a.as_real(), b.as_real());
  if (a.is_text()) return a.as_text() == b.as_text();
  if (a.is_tensor()) return same_tensor_bits(a.as_tensor(), b.as_tensor());
  return !a.is_foreign();  // nobody knows
}

std::string sides(const State& a, const State& b) {
  std::string left = a.describe(), right = b.describe();
  if (left == right) right += " with other elements";
  return left + ", " + right;
}

std::string difference(const State& a, const State& b, const std::string& path);

std::string list_difference(const State& a,
                            const State& b,
                            const std::string& path) {
  if (a.size() != b.size()) return path + ": " + sides(a, b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::string found = difference(a.as_list()[i], b.as_list()[i],
                                   fmt::format("{}/{}", path, i));
    if (!found.empty()) return found;
  }
  return "";
}

std::string dict_difference(const State& a,
                            const State& b,
                            const std::string& path) {
  std::map<State::Key, const State*> others;
  for (const auto& entry : b.as_dict()) others[entry.first] = &entry.second;
  for (const auto& [key, value] : a.as_dict()) {
    auto other = others.find(key);
    std::string below = path + "/" + key.to_string();
    if (other == others.end()) return below + ": only in the first";
    std::string found = difference(value, *other->second, below);
    if (!found.empty()) return found;
    others.erase(other);
  }
  if (others.empty()) return "";
  return path + "/" + others.begin()->first.to_string() +
         ": only in the second";
}

std::string difference(const State& a,
                       const State& b,
                       const std::string& path) {
  bool same_type = std::strcmp(a.type_name(), b.type_name()) == 0;
  if (same_type && a.is_list()) return list_difference(a, b, path);
  if (same_type && a.is_dict()) return dict_difference(a, b, path);
  return same_type && same_leaf(a, b) ? "" : path + ": " + sides(a, b);
}

}  // namespace

std::string first_difference(const State& a, const State& b) {
  std::string found = difference(a, b, "");
  return !found.empty() && found[0] == '/' ? found.substr(1) : found;
}

bool equal(const State& a, const State& b) {
  return first_difference(a, b).empty();
}

}  // namespace thexp
