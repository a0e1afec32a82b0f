#include "run_text.h"
#include "thexp/base/clock.h"
#include "thexp/experiments/run_field.h"

namespace thexp::cli {

Value to_json(const RunRecord& run) {
  Value json = Value::Dict{{"experiment", run.experiment},
                           {"id", run.id},
                           {"path", run.path.string()},
                           {"status", status_name(run.status)}};
  if (run.status == RunStatus::kUnreadable) {
    json["problem"] = run.error;
    return json;
  }
  json["description"] = run.description;
  json["argv"] = Value::List(run.argv.begin(), run.argv.end());
  json["cwd"] = run.cwd;
  json["host"] = run.host;
  json["pid"] = run.pid;
  json["start"] = iso8601(run.start);
  json["end"] = run.end ? Value(iso8601(*run.end)) : Value();
  json["heartbeat"] = iso8601(run.heartbeat);
  json["seconds"] = run.duration().count();
  json["error"] = run.failure.empty() ? Value() : Value(run.failure);
  json["number"] = run.number > 0 ? Value(run.number) : Value();
  json["parent"] = run.parent.empty() ? Value() : Value(run.parent);
  json["params"] = run.params();
  json["metrics"] = run.metrics();
  json["info"] = run.info();
  return json;
}

Value to_json(const RunEntry& run) {
  Value json = to_json(run.record());
  if (!run.problem().empty()) return json;
  json["description"] = RunField("description").of(run).value_or(Value(""));
  json["tags"] = RunField("tags").of(run).value_or(Value::List{});
  return json;
}

}  // namespace thexp::cli
