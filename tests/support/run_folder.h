#pragma once

#include <string>
#include <utility>

#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace thexp_test {

/// A finished run's run.json, as a test needs it.
class RunFolder {
 public:
  RunFolder(std::string experiment, std::string id)
      : experiment_(std::move(experiment)), id_(std::move(id)) {
    json_ = thexp::Value::from_json(R"({
      "format": 1, "description": "", "program": "mnist", "argv": ["./mnist"],
      "cwd": "/srv/project", "host": "box", "pid": 1234, "process_start": "99",
      "pid_namespace": "", "start": "2023-11-21T10:00:00.000+00:00",
      "end": "2023-11-21T10:01:40.000+00:00",
      "heartbeat": "2023-11-21T10:01:40.000+00:00", "heartbeat_interval": 10.0,
      "status": "completed", "error": null, "parent": null, "continued": [],
      "info": {}})");
    json_["experiment"] = experiment_;
    json_["id"] = id_;
  }

  /// Begins at that hour, and takes 100 s.
  RunFolder& at_hour(int hour) {
    std::string day = "2023-11-21T" + std::to_string(hour) + ":0";
    json_["start"] = day + "0:00.000+00:00";
    json_["end"] = day + "1:40.000+00:00";
    json_["heartbeat"] = json_["end"];
    return *this;
  }

  RunFolder& with(const std::string& key, thexp::Value value) {
    json_[key] = std::move(value);
    return *this;
  }
  /// An entry that is JSON, such as "params".
  RunFolder& with_json(const std::string& key, const std::string& text) {
    return with(key, thexp::Value::from_json(text));
  }

  thexp::fs::path write(const thexp::fs::path& workspace) const {
    thexp::fs::path folder = workspace / experiment_ / id_;
    thexp::write_file_atomic(folder / "run.json", json_.to_json(2));
    return folder;
  }

 private:
  std::string experiment_, id_;
  thexp::Value json_;
};

/// Three runs of "mnist" with other rates and one of "gan", newest last.
inline void write_sample_runs(const thexp::fs::path& workspace) {
  RunFolder("mnist", "20231121-100000-aaa1")
      .with("number", 1)
      .with_json("params",
                 R"({"seed": 1, "optim": {"lr": 0.1, "name": "sgd"}})")
      .with_json("metrics", R"({
        "train/loss": {"value": 0.5, "step": 9, "epoch": 1},
        "eval/acc": {"value": 0.9, "step": 9, "epoch": 1, "best": 0.91,
                     "best_step": 4, "best_epoch": 0, "mode": "max"}})")
      .with_json("info", R"({"epoch": 5, "epochs": 5})")
      .write(workspace);
  RunFolder("mnist", "20231121-110000-aaa2")
      .with("number", 2)
      .at_hour(11)
      .with_json("params",
                 R"({"seed": 2, "optim": {"lr": 0.01, "name": "sgd"}})")
      .with_json("metrics", R"({
        "train/loss": {"value": 0.25, "step": 9, "epoch": 1},
        "eval/acc": {"value": 0.95, "step": 9, "epoch": 1, "best": 0.96,
                     "best_step": 4, "best_epoch": 0, "mode": "max"}})")
      .with_json("info", R"({"epoch": 5, "epochs": 5})")
      .write(workspace);
  RunFolder("mnist", "20231121-120000-bbb3")
      .with("number", 3)
      .at_hour(12)
      .with("status", "failed")
      .with("error", "loss is nan")
      .with_json("params",
                 R"({"seed": 3, "optim": {"lr": 1.0, "name": "sgd"}})")
      .with_json("metrics", R"({
        "train/loss": {"value": "nan", "step": 2, "epoch": 0}})")
      .with_json("info", R"({"epoch": 0, "epochs": 5})")
      .write(workspace);
  RunFolder("gan", "20231121-130000-ccc4")
      .with("number", 1)
      .at_hour(13)
      .with_json("params", R"({"seed": 1, "width": 64})")
      .write(workspace);
}

}  // namespace thexp_test
