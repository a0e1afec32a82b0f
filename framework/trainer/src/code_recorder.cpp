#include "code_recorder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/snapshot/code.h"
#include "thexp/snapshot/snapshot.h"
#include "thexp/trainer/main_source.h"

namespace thexp {
namespace {

constexpr const char* kEarlierCode = "earlier_code";

std::string program_file() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
}

std::size_t processes_before(const RunRecord& run) {
  const Value* continued = run.json.find("continued");
  return continued != nullptr ? continued->as_list().size() : 0;
}

// Each process of a run that goes on has a name of its own: "mnist/ID-2".
std::string snapshot_name(const RunRecord& run) {
  std::string name = run.experiment + "/" + run.id;
  std::size_t before = processes_before(run);
  return before == 0 ? name : fmt::format("{}-{}", name, before + 1);
}

bool is_same_code(const Snapshot& a, const Snapshot& b) {
  return a.kind == b.kind && !a.tree.empty() && a.tree == b.tree &&
         a.commit == b.commit;
}

Value with(const Value* list, Value entry) {
  Value all = list != nullptr ? *list : Value(Value::List{});
  all.as_list().push_back(std::move(entry));
  return all;
}

}  // namespace

bool records_code(const TrainerParams& params) {
  const char* wanted = std::getenv("THEXP_RECORD_CODE");
  bool is_off = wanted != nullptr && std::string(wanted) == "0";
  return *params.record_code && !is_off;
}

CodeRecorder::CodeRecorder(Run& run, std::vector<std::string> sources)
    : before_(read_run(run.path())),
      thread_([this, &run, sources = std::move(sources)] {
        record(run, sources);
      }) {}

CodeRecorder::~CodeRecorder() { thread_.join(); }

void CodeRecorder::record(Run& run,
                          const std::vector<std::string>& sources) const {
  const fs::path workspace = run.path().parent_path().parent_path();
  Snapshot now = take_snapshot(SnapshotOptions()
                                   .source(main_source())
                                   .program(program_file())
                                   .name(snapshot_name(before_))
                                   .store(workspace / ".code")
                                   .leave_out(workspace)
                                   .sources(sources));
  const Value* known = before_.json.find("code");
  if (known == nullptr || known->is_null()) {
    return run.set_code(now.to_value());
  }
  if (!is_same_code(Snapshot::from_value(*known), now)) {
    run.set_info(kEarlierCode, with(before_.info().find(kEarlierCode), *known));
    return run.set_code(now.to_value());
  }
  try {
    remove_snapshot(now);  // the first one tells the same
  } catch (const Error&) {
    // A ref more in the repository does no harm.
  }
}

}  // namespace thexp
