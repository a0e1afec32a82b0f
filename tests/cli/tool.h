#pragma once

#include <string>

#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/base/process.h"

namespace thexp_test {

struct Outcome {
  int exit_code = -1;
  std::string output;
  std::string errors;
};

/// Runs the real thexp tool, in UTC, with `folder` as the current one.
inline Outcome thexp_tool(const TempDir& folder, const std::string& arguments) {
  TempDir streams;
  std::string command = "unset THEXP_WORKSPACE; exec " THEXP_TOOL " ";
  thexp::Process tool(thexp::ProcessOptions({"sh", "-c", command + arguments})
                          .working_folder(folder.path())
                          .environment("TZ", "UTC")
                          .output_file(streams / "out")
                          .error_file(streams / "err"));
  thexp::ProcessEnd end = tool.wait();
  Outcome outcome;
  outcome.exit_code = end.signal == 0 ? end.exit_code : -1;
  outcome.output = thexp::read_file(streams / "out");
  outcome.errors = thexp::read_file(streams / "err");
  return outcome;
}

/// A run.json as a run of 100 s leaves it.
inline std::string run_json(const std::string& experiment,
                            const std::string& id,
                            const std::string& status,
                            const std::string& info = "{}",
                            const std::string& error = "null") {
  return R"({
  "format": 1,
  "experiment": ")" +
         experiment + R"(",
  "id": ")" +
         id + R"(",
  "description": "",
  "program": "mnist",
  "argv": ["./mnist", "--optim.lr=0.1", "--note=it's new"],
  "cwd": "/srv/project",
  "host": "box",
  "pid": 1234,
  "process_start": "99",
  "pid_namespace": "",
  "start": "2023-11-21T10:00:00.000+00:00",
  "end": )" +
         (status == "running" ? "null" : R"("2023-11-21T10:01:40.000+00:00")") +
         R"(,
  "heartbeat": "2023-11-21T10:01:40.000+00:00",
  "heartbeat_interval": 10.0,
  "status": ")" +
         status + R"(",
  "error": )" +
         error + R"(,
  "parent": null,
  "continued": [],
  "info": )" +
         info + "\n}\n";
}

/// A workspace "runs" of two experiments, with fixed ids and times.
class SampleRuns {
 public:
  SampleRuns() {
    write("mnist_lr=0.1", "20231121-100000-k3f9", "completed",
          R"({"epoch": 5, "epochs": 5, "metrics": {"eval/acc": 0.96121}})");
    write("mnist_lr=0.1", "20231120-100000-a1b2", "failed", "{}",
          R"("loss is nan\nat step 3")");
    write("gan", "20231119-100000-zzz1", "interrupted", R"({"epoch": 2})");
    write("gan", "20231118-100000-zzz0", "running");
    thexp::write_file_atomic(file("gan", "20231117-100000-brok", "run.json"),
                             "{\n");
  }

  const TempDir& dir() const { return dir_; }
  thexp::fs::path file(const std::string& experiment,
                       const std::string& id,
                       const std::string& name) const {
    return dir_.path() / "runs" / experiment / id / name;
  }

 private:
  template <typename... Rest>
  void write(const std::string& experiment,
             const std::string& id,
             const Rest&... rest) {
    thexp::write_file_atomic(file(experiment, id, "run.json"),
                             run_json(experiment, id, rest...));
  }

  TempDir dir_;
};

}  // namespace thexp_test
