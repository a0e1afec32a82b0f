#include "run_text.h"
#include "thexp/base/clock.h"

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
  json["info"] = run.info();
  return json;
}

}  // namespace thexp::cli
