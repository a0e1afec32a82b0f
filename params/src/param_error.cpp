#include "thexp/params/param_error.h"

#include <fmt/format.h>

#include <string_view>

#include "key_names.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

std::string did_you_mean(const std::string& meant) {
  return meant.empty() ? "" : fmt::format("; did you mean \"{}\"?", meant);
}

// "; did you mean "a", "b" or "c"?"
std::string did_you_mean(std::vector<std::string> meant) {
  if (meant.empty()) return "";
  for (std::string& each : meant) each = "\"" + each + "\"";
  return fmt::format("; did you mean {}?", join_or(meant));
}

// "an integer", "a list of texts", "text"
std::string with_article(const std::string& wanted) {
  bool uncountable = starts_with(wanted, "text");
  if (uncountable || wanted.empty()) return wanted;
  bool vowel = std::string_view("aeiou").find(wanted[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + wanted;
}

std::string with_hint(const std::string& hint) {
  return hint.empty() ? "" : "; " + hint;
}

}  // namespace

ParamError ParamError::unknown_key(const std::string& where,
                                   const std::vector<std::string>& near) {
  return ParamError(
      fmt::format("{}: unknown key{}", where, did_you_mean(near)));
}

ParamError ParamError::is_group(const std::string& where,
                                const std::vector<std::string>& members) {
  return ParamError(
      fmt::format("{}: is a group of parameters and takes no value itself; its "
                  "members: {}",
                  where, join(members, ", ")));
}

ParamError ParamError::wrong_type(const std::string& where,
                                  const std::string& shown,
                                  const std::string& wanted,
                                  const std::string& hint) {
  return ParamError(fmt::format("{}: {} is not {}{}", where, shown,
                                with_article(wanted), with_hint(hint)));
}

ParamError ParamError::out_of_range(const std::string& where,
                                    const std::string& shown,
                                    const std::string& rule) {
  return ParamError(
      fmt::format("{}: {} is out of range; must be {}", where, shown, rule));
}

ParamError ParamError::not_allowed(const std::string& where,
                                   const std::string& shown,
                                   const std::string& rule,
                                   const std::string& meant) {
  return ParamError(fmt::format("{}: {} is not allowed; must be {}{}", where,
                                shown, rule, did_you_mean(meant)));
}

ParamError ParamError::missing(const std::vector<std::string>& keys) {
  if (keys.size() == 1) {
    return ParamError(fmt::format(
        "{0}: required, but not given; set it in a file or with --{0}=VALUE",
        keys[0]));
  }
  return ParamError(
      fmt::format("required parameters are not given: {}; set them in a file "
                  "or with --KEY=VALUE",
                  join(keys, ", ")));
}

ParamError ParamError::malformed(const std::string& where,
                                 const std::string& problem) {
  return ParamError(fmt::format("{}: {}", where, problem));
}

ParamError ParamError::duplicate_key(const std::string& where,
                                     const std::string& first_where) {
  return ParamError(fmt::format("{}: the key appears twice, first at {}", where,
                                first_where));
}

ParamError ParamError::unreadable(const std::string& where,
                                  const std::string& problem) {
  std::string prefix = where.empty() ? "" : where + ": ";
  return ParamError(prefix + problem);
}

ParamError ParamError::base_cycle(const std::string& where,
                                  const std::vector<std::string>& chain) {
  return ParamError(fmt::format("{}: the files form a cycle: {}", where,
                                join(chain, " -> ")));
}

ParamError ParamError::missing_value(const std::string& flag,
                                     const std::string& wanted) {
  return ParamError(fmt::format(
      "{0} (command line): needs a value; write {0}={1}", flag, wanted));
}

ParamError ParamError::unexpected_argument(const std::string& argument,
                                           const std::string& meant) {
  std::string hint = meant.empty() ? "parameters are given as --key=value"
                                   : fmt::format("did you mean {}?", meant);
  return ParamError(fmt::format(
      "\"{}\" (command line): unexpected argument; {}", argument, hint));
}

ParamError ParamError::bad_path(const std::string& where,
                                const std::string& given,
                                const std::string& problem) {
  return ParamError(fmt::format("{}: \"{}\": {}", where, given, problem));
}

ParamError ParamError::frozen(const std::string& where,
                              const std::string& since) {
  return ParamError(
      fmt::format("{}: cannot be changed; parameters are frozen "
                  "since {}",
                  where, since));
}

ParamError ParamError::locked(const std::string& where) {
  return ParamError(
      fmt::format("{}: cannot be changed; this parameter is locked", where));
}

ParamError ParamError::invalid(const std::string& problem) {
  return ParamError("invalid parameters: " + problem);
}

}  // namespace thexp
