#include "thexp/state/saver.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "best_mark.h"
#include "checkpoint_metric.h"
#include "saved_name.h"
#include "saver_folder.h"
#include "sidecar.h"
#include "thexp/archive/crc32.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr const char* kCheckpoint = "checkpoint";
constexpr const char* kKeypoint = "keypoint";
constexpr const char* kModel = "model";
constexpr const char* kLast = "last";

using Files = std::vector<SavedFile>;

SaverFolder::WritePayload payload_of(const State& state) {
  return [&state](AtomicFile& file) { return save_pt(file, state); };
}

std::string reasons(const std::vector<SkippedFile>& skipped) {
  std::string text;
  for (const SkippedFile& file : skipped) text += "\n  " + file.reason;
  return text;
}

// A checkpoint whose sidecar is damaged has no metrics, so it is none of the
// best; loading it reports the damage.
Value info_of(const SavedFile& file) {
  try {
    return file.info();
  } catch (const Error&) {
    return Value();
  }
}

// The newest that loads. Nothing when there are none; a FormatError when there
// are some and all are damaged.
std::optional<LoadedFile> newest_undamaged(const Files& files) {
  std::vector<SkippedFile> skipped;
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    try {
      LoadedFile loaded = load_saved(*file);
      loaded.skipped = std::move(skipped);
      return loaded;
    } catch (const FormatError& error) {
      skipped.push_back({file->path, error.what()});
    } catch (const FileError& error) {
      if (fs::exists(file->path)) throw;  // it may be sound all the same
      skipped.push_back({file->path, error.what()});
    }
  }
  if (skipped.empty()) return std::nullopt;
  throw FormatError("nothing could be loaded:" + reasons(skipped));
}

LoadedFile load_named(const SaverFolder& folder,
                      const char* kind,
                      const std::string& name) {
  Files all = folder.files(), matching;
  std::vector<std::string> names;
  for (const SavedFile& file : all) {
    names.push_back(file.name);
    if (file.name == name) matching.push_back(file);
  }
  if (auto loaded = newest_undamaged(matching)) return std::move(*loaded);
  throw FileError(fmt::format("no {} '{}' in {} (there are: {})", kind, name,
                              folder.path().string(),
                              names.empty() ? "none" : join(names, ", ")));
}

bool says_best(const Value& info) {
  const Value* best = info.is_dict() ? info.find("best") : nullptr;
  return best != nullptr && *best == Value(true);
}

// A save that was killed may have left an older file of the same name.
Files newest_of_each_name(const Files& files) {
  Files newest;
  for (const SavedFile& file : files) {
    auto same = [&](const SavedFile& other) { return other.name == file.name; };
    newest.erase(std::remove_if(newest.begin(), newest.end(), same),
                 newest.end());
    newest.push_back(file);
  }
  return newest;
}

}  // namespace

Value SavedFile::info() const { return read_sidecar(path).at("info"); }

Saver::Saver(fs::path folder, SaverOptions options)
    : folder_(std::move(folder)), options_(std::move(options)) {}

fs::path Saver::save_checkpoint(SavePoint point,
                                const State& state,
                                const Value& info) {
  SaverFolder folder(folder_, kCheckpoint);
  SavedFile file = folder.commit(point.name(), point, info, payload_of(state));
  folder.set_link(kLast, file);
  BestMark mark(folder);
  if (is_best(info, mark.find())) mark.set(file);
  prune_checkpoints();
  return file.path;
}

// By its own word, or by the rule.
bool Saver::is_best(const Value& info,
                    const std::optional<SavedFile>& marked) const {
  if (says_best(info)) return true;
  const auto& rule = options_.best_by();
  if (!rule) return false;
  auto value = checkpoint_metric(info, rule->metric);
  if (!value || !marked) return value.has_value();
  auto before = checkpoint_metric(info_of(*marked), rule->metric);
  return !before || is_better(*value, *before, rule->mode);
}

void Saver::prune_checkpoints() {
  const Retention& rules = options_.retention();
  if (rules.keeps_all()) return;
  SaverFolder folder(folder_, kCheckpoint);
  Files files = folder.files();
  std::vector<Retention::Checkpoint> known;
  for (const SavedFile& file : files) {
    known.push_back(
        {*file.point, rules.reads_info() ? info_of(file) : Value()});
  }
  BestMark mark(folder);
  mark.mend_link();
  auto best = mark.find();
  for (std::size_t surplus : rules.surplus(known)) {
    if (best && best->path == files[surplus].path) continue;
    folder.remove(files[surplus]);
  }
}

fs::path Saver::save_keypoint(SavePoint point,
                              const State& state,
                              const Value& info) {
  return SaverFolder(folder_, kKeypoint)
      .commit(point.name(), point, info, payload_of(state))
      .path;
}

fs::path Saver::save_model_as(const std::string& name,
                              std::optional<SavePoint> point,
                              const State& state,
                              const Value& info) {
  SavedFile file =
      SaverFolder(folder_, kModel).commit(name, point, info, payload_of(state));
  remove_older_models(file);
  return file.path;
}

fs::path Saver::save_model(const std::string& name,
                           const State& state,
                           const Value& info) {
  require_model_name(name);
  return save_model_as(name, std::nullopt, state, info);
}

fs::path Saver::save_model(SavePoint point,
                           const State& state,
                           const Value& info) {
  return save_model_as(point.name(), point, state, info);
}

fs::path Saver::save_model_bytes(const std::string& name,
                                 std::string_view bytes,
                                 const Value& info) {
  require_model_name(name);
  auto write = [&](AtomicFile& file) {
    file.write(bytes);
    return PtSummary{bytes.size(), crc32_of(bytes.data(), bytes.size())};
  };
  SavedFile file =
      SaverFolder(folder_, kModel).commit(name, std::nullopt, info, write);
  remove_older_models(file);
  return file.path;
}

void Saver::remove_older_models(const SavedFile& newest) {
  SaverFolder folder(folder_, kModel);
  folder.set_link(newest.name, newest);
  for (const SavedFile& file : folder.files()) {
    bool older = file.name == newest.name && file.path != newest.path;
    if (older) folder.remove(file);
  }
}

Files Saver::find_checkpoints() const {
  return SaverFolder(folder_, kCheckpoint).files();
}

Files Saver::find_keypoints() const {
  return SaverFolder(folder_, kKeypoint).files();
}

Files Saver::find_models() const {
  return newest_of_each_name(SaverFolder(folder_, kModel).files());
}

std::optional<LoadedFile> Saver::load_latest() const {
  return newest_undamaged(find_checkpoints());
}

LoadedFile Saver::load_checkpoint(SavePoint point) const {
  return load_named(SaverFolder(folder_, kCheckpoint), kCheckpoint,
                    point.name());
}

LoadedFile Saver::load_keypoint(SavePoint point) const {
  return load_named(SaverFolder(folder_, kKeypoint), kKeypoint, point.name());
}

LoadedFile Saver::load_model(const std::string& name) const {
  return load_named(SaverFolder(folder_, kModel), kModel, name);
}

LoadedFile Saver::load_model(SavePoint point) const {
  return load_model(point.name());
}

void Saver::mark_best(const fs::path& checkpoint) {
  SaverFolder folder(folder_, kCheckpoint);
  if (auto file = folder.find(checkpoint.filename().string())) {
    return BestMark(folder).set(*file);
  }
  throw UsageError(fmt::format("'{}' is not a complete checkpoint in {}",
                               checkpoint.string(), folder.path().string()));
}

void Saver::restore_best() {
  SaverFolder folder(folder_, kCheckpoint);
  BestMark mark(folder);
  auto marked = mark.find(), best = marked;
  for (const SavedFile& file : folder.files()) {
    bool is_newer = !marked || file.sequence > marked->sequence;
    if (is_newer && is_best(info_of(file), best)) best = file;
  }
  if (best && (!marked || best->path != marked->path)) mark.set(*best);
}

// Links first: none may dangle.
void Saver::set_aside(const fs::path& checkpoint) {
  SaverFolder folder(folder_, kCheckpoint);
  Files others = folder.files();
  auto same = [&](const SavedFile& file) { return file.path == checkpoint; };
  others.erase(std::remove_if(others.begin(), others.end(), same),
               others.end());
  others.empty() ? folder.remove_link(kLast)
                 : folder.set_link(kLast, others.back());
  BestMark mark(folder);
  auto best = mark.find();
  if (best && best->path == checkpoint) mark.remove();
  folder.set_aside(checkpoint);
}

std::optional<SavedFile> Saver::find_best() const {
  SaverFolder folder(folder_, kCheckpoint);
  return BestMark(folder).find();
}

void Saver::clear_checkpoints() {
  SaverFolder folder(folder_, kCheckpoint);
  folder.remove_link(kLast);
  BestMark(folder).remove();
  folder.clear();
}

void Saver::clear_keypoints() { SaverFolder(folder_, kKeypoint).clear(); }

void Saver::clear_models() {
  SaverFolder folder(folder_, kModel);
  for (const SavedFile& file : folder.files()) folder.remove_link(file.name);
  folder.clear();
}

}  // namespace thexp
