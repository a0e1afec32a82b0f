// Checks a device, one line a check; goes on after a failure, prints a count,
// and ends with 1 when a check failed.
//
//   cuda_check [--device=cuda] [--group=NAME]
//
// Each group runs in a process of its own, all at the same time. --group runs
// one here, for a debugger.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "check.h"
#include "thexp/base/process.h"
#include "thexp/base/text.h"

namespace {

using cuda_check::Check;
using cuda_check::Group;

// A group that hangs is ended after that.
constexpr unsigned kSeconds = 200;

std::vector<Group> all_groups() {
  using namespace cuda_check;
  return {data_checks(),   label_checks(),  list_checks(),
          metric_checks(), policy_checks(), random_checks(),
          save_checks(),   scale_checks(),  trainer_checks()};
}

// One write a line: the groups share the output.
void say(const std::string& line) { std::cout << line + "\n" << std::flush; }

std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.substr(0, 400);
}

bool passes(const Group& group, const Check& check, at::Device device) {
  std::string title = fmt::format("{}: {}", group.name, check.name);
  try {
    check.run(device);
  } catch (const std::exception& error) {
    say(fmt::format("FAIL {}: {}", title, on_one_line(error.what())));
    return false;
  }
  say("ok   " + title);
  return true;
}

// The number of failures.
int run_group(const Group& group, at::Device device) {
  ::alarm(kSeconds);
  at::set_num_threads(1);
  return static_cast<int>(std::count_if(
      group.checks.begin(), group.checks.end(),
      [&](const Check& check) { return !passes(group, check, device); }));
}

int failures_of(const Group& group, const thexp::ProcessEnd& end) {
  if (end.signal == 0 && end.exit_code <= int(group.checks.size())) {
    return end.exit_code;
  }
  say(fmt::format("FAIL {}: ended by {}", group.name, end.to_string()));
  return static_cast<int>(group.checks.size());
}

int run_all(const std::vector<Group>& groups, const std::string& device) {
  std::vector<thexp::Process> processes;
  for (const Group& group : groups) {
    processes.emplace_back(thexp::ProcessOptions(
        {"/proc/self/exe", "--device=" + device, "--group=" + group.name}));
  }
  std::size_t checks = 0;
  int failures = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    checks += groups[i].checks.size();
    failures += failures_of(groups[i], processes[i].wait());
  }
  say(fmt::format("{} of {} checks passed on {}", checks - failures, checks,
                  device));
  return failures == 0 ? 0 : 1;
}

int run_one(const std::vector<Group>& groups,
            const std::string& name,
            at::Device device) {
  for (const Group& group : groups) {
    if (group.name == name) return run_group(group, device);
  }
  std::cerr << "cuda_check: there is no group '" << name << "'\n";
  return 2;
}

std::string value_of(const std::vector<std::string>& arguments,
                     const std::string& flag,
                     const std::string& otherwise) {
  for (const std::string& each : arguments) {
    if (thexp::starts_with(each, flag)) return each.substr(flag.size());
  }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string device = value_of(arguments, "--device=", "cuda");
  const std::string group = value_of(arguments, "--group=", "");
  if (group.empty()) return run_all(all_groups(), device);
  at::Device parsed(device);
  if (parsed.is_cuda() && !parsed.has_index())
    parsed = at::Device(device + ":0");
  return run_one(all_groups(), group, parsed);
}
