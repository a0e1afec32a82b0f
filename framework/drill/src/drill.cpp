#include "thexp/drill/drill.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "results.h"
#include "run_drill.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/state/rnd_manager.h"

namespace thexp {
namespace detail {
namespace {

// A folder for temporary files, removed with all that it holds.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (fs::temp_directory_path() / "thexp-drill-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw FileError::system("cannot make a folder for the drill", name,
                              errno);
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

DrillResult result_of(DrillExercises& exercises, const Exercise& exercise) {
  try {
    return (exercises.*exercise.run)();
  } catch (const EndedEarly& early) {
    return early.result;
  }
}

// Without a training that works there is nothing to compare with.
DrillResult not_tried(const DrillResult& train) {
  bool late = train.verdict == DrillVerdict::kTimeout;
  return late ? timeout(train.reason) : skip("the training above comes first");
}

DrillResult next_result(DrillExercises& exercises,
                        const Exercise& exercise,
                        const DrillReport& before) {
  bool works = before.results.empty() || !is_bad(before.results.front());
  auto begin = std::chrono::steady_clock::now();
  DrillResult result = works ? result_of(exercises, exercise)
                             : not_tried(before.results.front());
  std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - begin;
  result.name = exercise.name;
  result.seconds = passed.count();
  return result;
}

}  // namespace

DrillReport run_drill(const SessionRunner& runner,
                      bool own_processes,
                      const DrillOptions& options) {
  if (!(options.seconds() >= 0)) {
    throw UsageError(fmt::format("drill: it cannot take {} seconds; 0 or more",
                                 options.seconds()));
  }
  TemporaryFolder folder;
  DrillExercises exercises(runner, folder.path(), own_processes,
                           options.seconds());
  DrillReport report;
  for (const Exercise& exercise : kExercises) {
    if (options.on_begin()) options.on_begin()(exercise.name);
    report.results.push_back(next_result(exercises, exercise, report));
    if (options.on_result()) options.on_result()(report.results.back());
  }
  return report;
}

}  // namespace detail

DrillReport drill(const TrainerFactory& make_trainer,
                  const DrillOptions& options) {
  State before = random_state().clone();
  auto here = [&](const detail::DrillSession& session, double) {
    return detail::perform_session(session, make_trainer);
  };
  DrillReport report =
      detail::run_drill(here, /*own_processes=*/false, options);
  set_random_state(before);
  return report;
}

bool DrillReport::passed() const {
  return std::none_of(results.begin(), results.end(), detail::is_bad);
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
