#include "thexp/base/plural.h"

#include <fmt/format.h>

#include "thexp/base/text.h"

namespace thexp {
namespace {

std::string form_of(std::string_view noun, int64_t count) {
  if (count == 1) return std::string(noun);
  // Not every "ch": epochs have it, too.
  bool hisses = ends_with(noun, "s") || ends_with(noun, "x") ||
                ends_with(noun, "tch") || ends_with(noun, "sh");
  return fmt::format("{}{}", noun, hisses ? "es" : "s");
}

}  // namespace

std::string plural(int64_t count, std::string_view noun) {
  return fmt::format("{} {}", count, form_of(noun, count));
}

std::string plural_of(int64_t done, int64_t all, std::string_view noun) {
  if (done > all) return plural(done, noun);
  return fmt::format("{} of {}", done, plural(all, noun));
}

std::string share(int64_t done, int64_t all) {
  return done > all ? fmt::format("{}", done) : fmt::format("{}/{}", done, all);
}

}  // namespace thexp
