#include "best_models.h"

#include "checkpoint.h"
#include "thexp/state/pt.h"
#include "thexp/trainer/weight_averages.h"

namespace thexp {
namespace {

// Of a process that was killed while it wrote here.
void remove_unfinished(const fs::path& file) {
  std::error_code absent;
  fs::directory_iterator next(file.parent_path(), absent), end;
  for (; !absent && next != end; next.increment(absent)) {
    std::string name = next->path().filename().string();
    bool is_ours = name_of_temporary(name) == file.filename().string();
    if (is_ours && !next->is_directory(absent)) remove_file(next->path());
  }
}

}  // namespace

std::vector<fs::path> BestModels::save(const Saver& saver) const {
  std::vector<fs::path> files;
  auto best = saver.find_best();
  if (!best) return files;
  State weights = weights_in(load_pt(best->path));
  for (const auto& [name, state] : weights.as_dict()) {
    files.push_back(saver.folder() / "models" / "best" / (name.text() + ".pt"));
    remove_unfinished(files.back());
    save_pt(files.back(), state);
  }
  return files;
}

State BestModels::weights_in(const State& checkpoint) const {
  State weights{State::Dict{}};
  for (const auto& [name, model] : registry_.models()) {
    weights[name] = checkpoint.at(name);
  }
  const State& saved = checkpoint.at(Checkpoint::kOwn).at("callbacks");
  for (Callback* callback : callbacks_.all()) {
    auto* averages = dynamic_cast<const WeightAverages*>(callback);
    const State* state = saved.find(callback->key());
    if (averages == nullptr || state == nullptr) continue;
    averages->put_averages(trainer_, *state, weights);
  }
  return weights;
}

}  // namespace thexp
