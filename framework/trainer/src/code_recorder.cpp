#include "code_recorder.h"

#include <cstdlib>
#include <utility>

#include "thexp/base/file.h"
#include "thexp/snapshot/snapshot.h"
#include "thexp/trainer/main_source.h"

namespace thexp {
namespace {

constexpr const char* kEarlierCode = "earlier_code";

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
  const fs::path workspace =
      fs::absolute(run.path()).parent_path().parent_path();
  Snapshot now = take_snapshot(SnapshotOptions()
                                   .source(main_source())
                                   .name(before_.experiment + "/" + before_.id)
                                   .store(workspace / ".code")
                                   .leave_out(workspace)
                                   .sources(sources));
  const Value* known = before_.json.find("code");
  bool is_first = known == nullptr || known->is_null();
  if (!is_first && Snapshot::from_value(*known).tree != now.tree) {
    run.set_info(kEarlierCode, with(before_.info().find(kEarlierCode), *known));
  }
  run.set_code(now.to_value());
}

}  // namespace thexp
