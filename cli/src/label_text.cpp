#include <fmt/format.h>

#include "run_text.h"
#include "thexp/base/text.h"

namespace thexp::cli {

std::string note_line(const Note& note) {
  constexpr std::size_t kMinutes = sizeof "2026-11-21T10:00" - 1;
  std::string time = note.time.substr(0, kMinutes);
  if (time.size() > 10 && time[10] == 'T') time[10] = ' ';
  std::string indent = "\n" + std::string(time.size() + 2, ' ');
  return time + "  " + join(split(note.text, '\n'), indent) + "\n";
}

Value notes_json(const Labels& labels) {
  Value list = Value::List{};
  for (const Note& note : labels.notes) {
    list.as_list().push_back(
        Value::Dict{{"time", note.time}, {"text", note.text}});
  }
  return list;
}

}  // namespace thexp::cli
