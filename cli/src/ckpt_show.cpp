#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "checkpoint_file.h"
#include "ckpt.h"
#include "thexp/archive/elements.h"
#include "thexp/base/columns.h"
#include "thexp/base/plural.h"
#include "thexp/base/text.h"
#include "view_reads.h"

namespace thexp::cli {
namespace {

using Row = std::vector<std::string>;

struct Totals {
  uint64_t elements = 0;
  uint64_t bytes = 0;
};

uint64_t bytes_of(const ArchiveTensor& tensor) {
  return ElementReader(tensor).bytes_left();
}

// Of a file's tensors: once for each view, whatever the names it has.
class Checksums {
 public:
  explicit Checksums(const CheckpointFile& file) : allowance_(file.bytes) {}

  // None for a tensor that repeats its elements without end, and where the
  // tensors before it shared their storages as often.
  std::optional<std::string> of(const ArchiveTensor& tensor) {
    auto [known, added] = known_.try_emplace(view_key(tensor));
    if (added && !repeats_too_often(tensor) &&
        allowance_.take(bytes_of(tensor))) {
      known->second = fmt::format("{:08x}", crc32_of(tensor));
    }
    return known->second;
  }

 private:
  ReadAllowance allowance_;
  std::map<ViewKey, std::optional<std::string>> known_;
};

std::string shape_of(const ArchiveTensor& tensor) {
  std::string text = describe(tensor);
  return text.substr(text.find('['));
}

Totals totals_of(const CheckpointFile& file) {
  Totals totals;
  for (const auto& entry : file.tensors) {
    totals.elements += static_cast<uint64_t>(element_count(entry.second));
    totals.bytes += bytes_of(entry.second);
  }
  return totals;
}

// Columns padded to their widest; nothing behind the last. What is over
// kWidest moves only its own row: one long name must not make all rows long.
std::string table(const std::vector<Row>& rows) {
  constexpr std::size_t kWidest = 160;
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::size_t width = display_width(row[i]);
      if (width <= kWidest) widths[i] = std::max(widths[i], width);
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      bool is_last = i + 1 == row.size();
      line += " " + (is_last ? row[i] : pad_width(row[i], widths[i]) + " ");
    }
    text += line + "\n";
  }
  return text;
}

std::string section(const char* title, const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  return fmt::format("\n{}\n{}", title, table(rows));
}

// The state of a random engine takes thousands of characters.
std::string short_text(const Value& value) {
  constexpr std::size_t kShown = 100;
  std::string text = printable(value.to_json());
  std::string shown = fit_width(text, kShown);
  if (shown == text) return text;
  return fmt::format("{} ({} characters)", shown, text.size());
}

std::string text_of(const CheckpointFile& file) {
  std::vector<Row> metadata, tensors, values, not_loaded;
  for (const auto& [key, text] : file.metadata) {
    metadata.push_back({printable(key), printable(text)});
  }
  Checksums checksums(file);
  for (const auto& [name, tensor] : file.tensors) {
    tensors.push_back({printable(name), info_of(tensor.type).name,
                       shape_of(tensor),
                       format_bytes(static_cast<double>(bytes_of(tensor))),
                       checksums.of(tensor).value_or("-")});
  }
  for (const auto& [name, value] : file.values) {
    values.push_back({printable(name), short_text(value)});
  }
  for (const auto& [name, what] : file.not_loaded) {
    not_loaded.push_back({printable(name), printable(what)});
  }
  Totals totals = totals_of(file);
  return fmt::format(
      "file    {}\nformat  {}\nsize    {}\n{}{}{}{}\n"
      "{}, {}, {}\n",
      file.path.string(), describe(file.format),
      format_bytes(static_cast<double>(file.bytes)),
      section("metadata", metadata), section("tensors", tensors),
      section("values", values),
      section("not loaded, as they are not plain data", not_loaded),
      plural(static_cast<int64_t>(file.tensors.size()), "tensor"),
      plural(static_cast<int64_t>(totals.elements), "element"),
      format_bytes(static_cast<double>(totals.bytes)));
}

Value json_of(const CheckpointFile& file) {
  Value::List tensors, values, not_loaded;
  Checksums checksums(file);
  for (const auto& [name, tensor] : file.tensors) {
    auto crc = checksums.of(tensor);
    tensors.push_back(Value::Dict{
        {"name", name},
        {"dtype", info_of(tensor.type).name},
        {"shape", Value::List(tensor.sizes.begin(), tensor.sizes.end())},
        {"bytes", bytes_of(tensor)},
        {"crc32", crc ? Value(*crc) : Value()}});
  }
  for (const auto& [name, value] : file.values) {
    values.push_back(Value::Dict{{"name", name}, {"value", value}});
  }
  for (const auto& [name, what] : file.not_loaded) {
    not_loaded.push_back(Value::Dict{{"name", name}, {"what", what}});
  }
  Value::Dict metadata;
  for (const auto& [key, text] : file.metadata)
    metadata.emplace_back(key, text);
  Totals totals = totals_of(file);
  return Value::Dict{
      {"file", file.path.string()},
      {"format", file.format == CheckpointFormat::kPt ? "pt" : "safetensors"},
      {"bytes", file.bytes},
      {"metadata", std::move(metadata)},
      {"tensors", std::move(tensors)},
      {"values", std::move(values)},
      {"not_loaded", std::move(not_loaded)},
      {"elements", totals.elements},
      {"tensor_bytes", totals.bytes}};
}

}  // namespace

Output ckpt_show(const CkptShowOptions& options) {
  CheckpointFile file = open_checkpoint(options.file);
  if (options.json) return {json_of(file).to_json(2) + "\n"};
  return {text_of(file)};
}

}  // namespace thexp::cli
