#include "show_machine.h"

#include <fmt/format.h>

#include <vector>

#include "thexp/base/plural.h"
#include "thexp/base/text.h"
#include "thexp/snapshot/snapshot.h"

namespace thexp::cli {
namespace {

const Value& entry_of(const RunRecord& run, const char* key) {
  static const Value kNone;
  const Value* found = run.json.find(key);
  return found != nullptr ? *found : kNone;
}

std::string text_at(const Value& dict, const char* key) {
  const Value* found = dict.find(key);
  return found != nullptr && found->is_text() ? found->as_text() : "";
}

std::string in_git(const Snapshot& code) {
  constexpr std::size_t kShort = 12;
  std::string commit =
      code.commit.empty() ? "no commit yet" : code.commit.substr(0, kShort);
  std::string branch = code.branch.empty() ? "" : " on " + code.branch;
  return commit + branch + (code.dirty ? ", with changes" : "") + ", in " +
         code.repository;
}

// "a.cpp, b.cpp, c.cpp and 5 more"
std::string some_of(std::vector<std::string> names) {
  constexpr std::size_t kShown = 3;
  if (names.size() <= kShown + 1) return join(names, ", ");
  std::size_t more = names.size() - kShown;
  names.resize(kShown);
  return fmt::format("{} and {} more", join(names, ", "), more);
}

std::string where(const Snapshot& code) {
  if (!code.repository.empty()) return in_git(code);
  return code.kind == SnapshotKind::kCopy ? "a copy in the workspace" : "";
}

}  // namespace

std::string code_line(const RunRecord& run) {
  const Value& recorded = entry_of(run, "code");
  if (!recorded.is_dict()) return "";
  Snapshot code = Snapshot::from_value(recorded);
  std::string text = where(code);
  if (!code.problem.empty()) {
    text += (text.empty() ? "" : "\n") + code.problem;
  }
  if (!code.newer_sources.empty()) {
    text += fmt::format(
        "\nthe program may be older than its code: {} changed after it was "
        "built",
        some_of(code.newer_sources));
  }
  return text;
}

std::string versions_line(const RunRecord& run) {
  const Value& versions = entry_of(run, "versions");
  std::vector<std::string> parts;
  for (const auto& [key, label] :
       {std::pair("thexp", "thexp "), std::pair("libtorch", "LibTorch "),
        std::pair("compiler", ""), std::pair("blas", "")}) {
    std::string text = text_at(versions, key);
    if (!text.empty()) parts.push_back(label + text);
  }
  return join(parts, ", ");
}

std::string hardware_line(const RunRecord& run) {
  const Value& hardware = entry_of(run, "hardware");
  if (!hardware.is_dict()) return "";
  std::vector<std::string> parts;
  std::string cpu = text_at(hardware, "cpu");
  if (!cpu.empty()) parts.push_back(cpu);
  if (const Value* cores = hardware.find("cores")) {
    parts.push_back(plural(cores->as_integer(), "core"));
  }
  if (const Value* memory = hardware.find("memory")) {
    parts.push_back(format_bytes(memory->as_real()));
  }
  const Value* gpus = hardware.find("gpus");
  if (gpus != nullptr && gpus->is_list()) {
    for (const Value& gpu : gpus->as_list()) parts.push_back(gpu.as_text());
  }
  return join(parts, ", ");
}

}  // namespace thexp::cli
