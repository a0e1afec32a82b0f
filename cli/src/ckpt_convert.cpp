#include <fmt/format.h>

#include <optional>

#include "checkpoint_file.h"
#include "ckpt.h"
#include "element_converter.h"
#include "element_number.h"
#include "thexp/archive/elements.h"
#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
#include "thexp/base/plural.h"
#include "thexp/base/text.h"
#include "view_reads.h"

namespace thexp::cli {
namespace {

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 20;
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == kShown) break;
    shown.push_back(name.empty() ? "(the whole)" : printable(name));
  }
  std::string text = join(shown, ", ");
  if (names.size() <= kShown) return text;
  return text + fmt::format(", and {} more", names.size() - kShown);
}

// Tied weights are written once for each name, but not without end.
void require_proportionate(const CheckpointFile& file) {
  double bytes = 0;
  bool allowed = true;
  ReadAllowance allowance(file.bytes);
  for (const auto& entry : file.tensors) {
    uint64_t needed = ElementReader(entry.second).bytes_left();
    allowed = allowed && allowance.take(needed);
    bytes += static_cast<double>(needed);
  }
  if (allowed) return;
  throw UsageError(fmt::format(
      "{}: its tensors share storages, which safetensors cannot: the file of "
      "{} would become one of {}, over {} times as large; save each tensor "
      "under fewer names",
      file.path.string(), format_bytes(static_cast<double>(file.bytes)),
      format_bytes(bytes), ReadAllowance::kTimes));
}

// What is no tensor.
std::vector<std::string> other_names(const CheckpointFile& file) {
  std::vector<std::string> names;
  for (const auto& entry : file.values) names.push_back(entry.first);
  for (const auto& entry : file.not_loaded) names.push_back(entry.first);
  return names;
}

// Writes safetensors; returns what was left out.
std::string to_safetensors(const CheckpointFile& file,
                           const CkptConvertOptions& options) {
  std::vector<std::string> left_out = other_names(file);
  if (!left_out.empty() && !options.tensors_only) {
    throw UsageError(fmt::format(
        "{}: safetensors holds tensors only, and these are none: {}; with "
        "--tensors-only they are left out",
        file.path.string(), listed(left_out)));
  }
  require_proportionate(file);
  bool has_metadata = file.format == CheckpointFormat::kSafetensors;
  Safetensors::Metadata metadata{{"format", "pt"}};
  write_safetensors(options.to,
                    {file.tensors, has_metadata ? file.metadata : metadata});
  return listed(left_out);
}

// Writes a .pt file of tensors alone; returns what was left out.
std::string to_pt(const CheckpointFile& file,
                  const CkptConvertOptions& options) {
  ArchiveValue::Dict tree;
  for (const auto& [name, tensor] : file.tensors) {
    tree.emplace_back(name, ArchiveValue(tensor));
  }
  write_pt(options.to, {std::move(tree)});
  std::vector<std::string> left_out = other_names(file);
  for (const auto& [key, text] : file.metadata) {
    left_out.push_back(fmt::format("the metadata {}={}", key, text));
  }
  return listed(left_out);
}

// Writes a .pt file that differs in its elements alone.
void to_pt_tree(const CheckpointFile& file,
                ElementType type,
                const CkptConvertOptions& options) {
  if (!file.not_loaded.empty()) {
    throw UsageError(fmt::format(
        "{}: {} was not loaded ({}); with --tensors-only all that is no tensor "
        "is left out",
        file.path.string(), printable(file.not_loaded.front().first),
        file.not_loaded.front().second));
  }
  ElementConverter converter(type, file.bytes);
  write_pt(options.to, converter.convert(read_pt(file.path), ""));
}

void convert_elements(CheckpointFile& file, ElementType type) {
  ElementConverter converter(type, file.bytes);
  for (auto& [name, tensor] : file.tensors) {
    tensor = converter.convert(tensor, name);
  }
}

std::optional<ElementType> wanted_type(const std::string& name) {
  if (name.empty()) return std::nullopt;
  auto type = element_type_of_name(name);
  if (type && is_real(*type)) return type;
  throw UsageError(fmt::format(
      "--dtype={}: not one of float16, bfloat16, float32, float64", name));
}

// Returns what was left out.
std::string write(CheckpointFile& file,
                  CheckpointFormat wanted,
                  std::optional<ElementType> type,
                  const CkptConvertOptions& options) {
  bool is_pt = wanted == CheckpointFormat::kPt;
  if (is_pt && file.format == wanted && !options.tensors_only) {
    to_pt_tree(file, *type, options);
    return "";
  }
  if (type) convert_elements(file, *type);
  return is_pt ? to_pt(file, options) : to_safetensors(file, options);
}

}  // namespace

Output ckpt_convert(const CkptConvertOptions& options) {
  CheckpointFormat wanted = format_of_name(options.to);
  std::optional<ElementType> type = wanted_type(options.dtype);
  CheckpointFile file = open_checkpoint(options.from);
  if (file.format == wanted && !type) {
    throw UsageError(
        fmt::format("{} is {} already: nothing to convert "
                    "(--dtype changes the type of its numbers)",
                    options.from, describe(wanted)));
  }
  std::string left_out = write(file, wanted, type, options);
  std::string text =
      fmt::format("wrote {}: {}, {}\n", options.to,
                  plural(static_cast<int64_t>(file.tensors.size()), "tensor"),
                  format_bytes(static_cast<double>(fs::file_size(options.to))));
  if (!left_out.empty()) text += "left out: " + left_out + "\n";
  return {text};
}

}  // namespace thexp::cli
