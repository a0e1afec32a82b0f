#include "thexp/trainer/callback.h"

#include <c10/util/Type.h>

namespace thexp {
namespace {

// Where the last name begins that is not inside of template arguments or of a
// function's parameters: "Foo<ns::Bar>" in "ns::Foo<ns::Bar>".
std::size_t last_name(const std::string& full) {
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    char c = full[i];
    if (c == '<' || c == '(' || c == '{') ++depth;
    if (c == '>' || c == ')' || c == '}') --depth;
    if (depth == 0 && full.compare(i, 2, "::") == 0) begin = i + 2;
  }
  return begin;
}

}  // namespace

std::string Callback::name() const {
  std::string full = c10::demangle(typeid(*this).name());
  return full.substr(last_name(full));
}

}  // namespace thexp
