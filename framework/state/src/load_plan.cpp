#include "thexp/state/load_plan.h"

#include <exception>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

// A message of several lines stays recognisable below its title.
std::string indented(const std::string& message) {
  return join(split(message, '\n'), "\n  ");
}

}  // namespace

void LoadPlan::add_problem(const std::string& what,
                           const std::string& message) {
  problems_.push_back(what + ": " + indented(message));
}

bool LoadPlan::prepare(const std::string& what,
                       const std::function<Change()>& prepare) {
  try {
    if (Change change = prepare()) changes_.push_back(std::move(change));
    return true;
  } catch (const Error& error) {
    add_problem(what, error.what());
    return false;
  }
}

void LoadPlan::attempt(const std::string& what,
                       Stateful& target,
                       const State& state) {
  attempt(
      what, [&target] { return target.state(); },
      [&target](const State& given) { target.load_state(given); }, state);
}

void LoadPlan::attempt(const std::string& what,
                       std::function<State()> get,
                       std::function<void(const State&)> set,
                       const State& state) {
  attempts_.push_back({what, std::move(get), std::move(set), &state, {}});
}

// Tries all of them up to the first that does not fit.
bool LoadPlan::try_all() {
  // All are taken before the first changes: taking may throw, too.
  for (Attempt& each : attempts_) each.before = each.get().clone();
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    Attempt& attempt = attempts_[i];
    try {
      attempt.set(*attempt.state);
    } catch (const std::exception& error) {
      add_problem(attempt.what, error.what());
      restore(i + 1);
      return false;
    }
  }
  return true;
}

// The one that failed too: it is not known how far it came.
void LoadPlan::restore(std::size_t tried) {
  for (std::size_t i = tried; i-- > 0;) {
    try {
      attempts_[i].set(attempts_[i].before);
    } catch (const std::exception& error) {
      add_problem(attempts_[i].what,
                  std::string("could not be put back: ") + error.what());
    }
  }
}

void LoadPlan::run() {
  if (!problems_.empty() || !try_all()) {
    throw FormatError("the state does not fit, nothing was loaded:\n  " +
                      join(problems_, "\n  "));
  }
  for (const Change& change : changes_) change();
}

}  // namespace thexp
