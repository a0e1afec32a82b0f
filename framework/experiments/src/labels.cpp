#include "thexp/experiments/labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "file_lock.h"
#include "thexp/base/error.h"
#include "thexp/base/names.h"
#include "thexp/base/text.h"
#include "thexp/base/utf8.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

constexpr int64_t kFormatVersion = 1;

fs::path labels_file(const fs::path& run_folder) {
  return run_folder / "labels.json";
}

void check_format(const Value& tree) {
  int64_t format = tree.at("format").as_integer();
  if (format == kFormatVersion) return;
  throw FormatError(
      fmt::format("the format version is {}, but this program reads version {}",
                  format, kFormatVersion));
}

Note parse_note(const Value& tree) {
  return {tree.at("time").as_text(), tree.at("text").as_text()};
}

Labels parse(const Value& tree) {
  check_format(tree);
  Labels labels;
  if (const Value* tags = tree.find("tags")) {
    for (const Value& tag : tags->as_list()) {
      labels.tags.push_back(tag.as_text());
    }
  }
  if (const Value* notes = tree.find("notes")) {
    for (const Value& note : notes->as_list()) {
      labels.notes.push_back(parse_note(note));
    }
  }
  const Value* description = tree.find("description");
  if (description != nullptr && !description->is_null()) {
    labels.description = description->as_text();
  }
  return labels;
}

// Entries that a later version may add stay.
void put(const Labels& labels, Value& tree) {
  tree["format"] = kFormatVersion;
  tree["tags"] = Value::List(labels.tags.begin(), labels.tags.end());
  Value notes = Value::List{};
  for (const Note& note : labels.notes) {
    notes.as_list().push_back(
        Value::Dict{{"time", note.time}, {"text", note.text}});
  }
  tree["notes"] = std::move(notes);
  if (labels.description) {
    tree["description"] = *labels.description;
    return;
  }
  Value::Dict& entries = tree.as_dict();
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [](const Value::Entry& entry) {
                                 return entry.first == "description";
                               }),
                entries.end());
}

struct LabelsFile {
  Value tree = Value::Dict{};
  Labels labels;
};

LabelsFile read(const fs::path& file) {
  LabelsFile content;
  if (!fs::exists(file)) return content;
  content.tree = Value::from_json(read_file(file), file.string());
  try {
    content.labels = parse(content.tree);
  } catch (const Error& error) {
    throw FormatError::in_file(file, error.what());
  }
  return content;
}

// The lock would say the same of a file that nobody has heard of.
FileError cannot_label(const fs::path& run_folder, const FileError& error) {
  return FileError(fmt::format("cannot label run '{}': {}", run_folder.string(),
                               error.what()));
}

std::string tags_there(const std::vector<std::string>& tags) {
  return tags.empty() ? "it has no tags" : "its tags: " + list_names(tags);
}

void remove_tag(Labels& labels, const std::string& tag) {
  auto found = std::find(labels.tags.begin(), labels.tags.end(), tag);
  if (found == labels.tags.end()) {
    throw UsageError(fmt::format("the run has no tag '{}'; {}", tag,
                                 tags_there(labels.tags)));
  }
  labels.tags.erase(found);
}

bool fits_in_tag(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F &&
         std::string_view("/,\"'`").find(c) == std::string_view::npos;
}

void require_utf8(const std::string& text, const char* what) {
  std::size_t bad = find_invalid_utf8(text);
  if (bad == std::string_view::npos) return;
  throw UsageError(fmt::format("{} is not UTF-8: byte {} is 0x{:02x}", what,
                               bad + 1, static_cast<unsigned char>(text[bad])));
}

}  // namespace

bool Labels::has_tag(const std::string& tag) const {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

Labels read_labels(const fs::path& run_folder) {
  return read(labels_file(run_folder)).labels;
}

Labels change_labels(const fs::path& run_folder,
                     const std::function<void(Labels&)>& change) {
  try {
    FileLock lock(run_folder / ".labels.lock");
    LabelsFile file = read(labels_file(run_folder));
    change(file.labels);
    put(file.labels, file.tree);
    write_file_atomic(labels_file(run_folder), file.tree.to_json(2) + "\n");
    return file.labels;
  } catch (const FileError& error) {
    throw cannot_label(run_folder, error);
  }
}

Labels add_tags(const fs::path& run_folder,
                const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) check_tag(tag);
  return change_labels(run_folder, [&](Labels& labels) {
    for (const std::string& tag : tags) {
      if (!labels.has_tag(tag)) labels.tags.push_back(tag);
    }
  });
}

Labels remove_tags(const fs::path& run_folder,
                   const std::vector<std::string>& tags) {
  return change_labels(run_folder, [&](Labels& labels) {
    for (const std::string& tag : tags) remove_tag(labels, tag);
  });
}

Labels add_note(const fs::path& run_folder,
                const std::string& text,
                const Clock& clock) {
  if (trim(text).empty()) throw UsageError("a note needs a text");
  require_utf8(text, "the note");
  return change_labels(run_folder, [&](Labels& labels) {
    labels.notes.push_back({iso8601(clock.now()), text});
  });
}

Labels set_description(const fs::path& run_folder, const std::string& text) {
  require_utf8(text, "the description");
  return change_labels(run_folder, [&](Labels& labels) {
    if (text.empty()) {
      labels.description.reset();
    } else {
      labels.description = text;
    }
  });
}

void check_tag(const std::string& tag) {
  constexpr std::size_t kLongest = 100;
  bool good = !tag.empty() && tag.size() <= kLongest && is_utf8(tag) &&
              std::string_view(".-@").find(tag[0]) == std::string_view::npos &&
              std::all_of(tag.begin(), tag.end(), fits_in_tag);
  if (good) return;
  throw UsageError(fmt::format(
      "'{}' cannot be a tag: it must have 1 to {} bytes of UTF-8, no blanks, "
      "'/', ',' or quotes, and not begin with '.', '-' or '@', such as "
      "baseline",
      tag, kLongest));
}

}  // namespace thexp
