#include "thexp/drill/drill.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>

#include "judge.h"
#include "run.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/state/rnd_manager.h"

namespace thexp {
namespace {

// A folder in the system's place for such, removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (fs::temp_directory_path() / "thexp-drill-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw FileError::system("make a folder for the drill", name, errno);
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;  // a destructor cannot report it
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Exercise {
  const char* name;
  DrillResult (DrillExercises::*run)();
};

constexpr Exercise kExercises[] = {
    {"train", &DrillExercises::train},
    {"gradients", &DrillExercises::gradients},
    {"overfit a batch", &DrillExercises::overfit},
    {"shuffling", &DrillExercises::shuffling},
    {"evaluation", &DrillExercises::evaluation},
    {"repeat", &DrillExercises::repeat},
    {"save and load", &DrillExercises::save_and_load},
    {"kill and resume", &DrillExercises::resume},
    {"NaN", &DrillExercises::not_a_number},
};

bool is_bad(const DrillResult& result) {
  return result.verdict == DrillVerdict::kFail ||
         result.verdict == DrillVerdict::kTimeout;
}

DrillResult timed(DrillExercises& exercises, const Exercise& exercise) {
  auto begin = std::chrono::steady_clock::now();
  DrillResult result = (exercises.*exercise.run)();
  std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - begin;
  result.name = exercise.name;
  result.seconds = passed.count();
  return result;
}

// Without a training that works there is nothing to compare with.
DrillResult not_tried(const Exercise& exercise, const DrillResult& train) {
  DrillResult result = skip("the training above comes first");
  if (train.verdict == DrillVerdict::kTimeout) result = timeout(train.reason);
  result.name = exercise.name;
  return result;
}

}  // namespace

DrillReport run_drill(const SessionRunner& runner,
                      bool own_processes,
                      const DrillOptions& options) {
  if (!(options.seconds_ >= 0)) {
    throw UsageError(
        fmt::format("drill: {} seconds cannot be kept", options.seconds_));
  }
  TemporaryFolder folder;
  DrillExercises exercises(runner, folder.path(), own_processes,
                           options.seconds_);
  DrillReport report;
  for (const Exercise& exercise : kExercises) {
    if (options.on_begin_) options.on_begin_(exercise.name);
    bool pointless = !report.results.empty() && is_bad(report.results.front());
    report.results.push_back(pointless
                                 ? not_tried(exercise, report.results.front())
                                 : timed(exercises, exercise));
    if (options.on_result_) options.on_result_(report.results.back());
  }
  return report;
}

DrillReport drill(const TrainerFactory& make_trainer,
                  const DrillOptions& options) {
  State before = random_state().clone();
  auto here = [&](const DrillSession& session, double) {
    return perform_session(session, make_trainer);
  };
  DrillReport report = run_drill(here, /*own_processes=*/false, options);
  set_random_state(before);
  return report;
}

bool DrillReport::passed() const {
  return std::none_of(results.begin(), results.end(), is_bad);
}

const DrillResult& DrillReport::at(const std::string& name) const {
  std::vector<std::string> known;
  for (const DrillResult& result : results) {
    if (result.name == name) return result;
    known.push_back(result.name);
  }
  throw UsageError(fmt::format("a drill has no '{}' (there are: {})", name,
                               join(known, ", ")));
}

}  // namespace thexp
