#pragma once

#include <string>
#include <vector>

#include "thexp/tracking/workspace.h"

namespace thexp {

// What people call a run by: see Workspace::find().
class RunName {
 public:
  RunName(const Workspace& workspace, const std::string& name)
      : workspace_(workspace), name_(name) {}

  // @throws as Workspace::find()
  RunRecord find() const;

 private:
  // Each is empty where the name is not of its kind.
  std::vector<std::filesystem::path> by_path() const;
  std::vector<std::filesystem::path> by_age() const;
  std::vector<std::filesystem::path> by_experiment() const;
  std::vector<std::filesystem::path> by_number() const;
  std::vector<std::filesystem::path> by_id() const;
  std::vector<std::filesystem::path> by_recorded_id() const;
  std::vector<std::filesystem::path> by_tag() const;

  [[noreturn]] void throw_unknown() const;
  [[noreturn]] void throw_several(
      const std::vector<std::filesystem::path>& runs) const;

  const Workspace& workspace_;
  const std::string& name_;
};

}  // namespace thexp
