#include <fmt/format.h>

#include "checkpoint_file.h"
#include "commands.h"
#include "thexp/archive/elements.h"
#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
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

// Writes safetensors; returns what was left out.
std::string to_safetensors(const CheckpointFile& file,
                           const CkptConvertOptions& options) {
  std::vector<std::string> left_out;
  for (const auto& entry : file.values) left_out.push_back(entry.first);
  if (!left_out.empty() && !options.tensors_only) {
    throw UsageError(fmt::format(
        "{}: safetensors holds tensors only, and these are none: {}; with "
        "--tensors-only they are left out",
        file.path.string(), listed(left_out)));
  }
  require_proportionate(file);
  write_safetensors(options.to, {file.tensors, {{"format", "pt"}}});
  return listed(left_out);
}

// Writes a .pt file; returns what was left out.
std::string to_pt(const CheckpointFile& file,
                  const CkptConvertOptions& options) {
  ArchiveValue::Dict tree;
  for (const auto& [name, tensor] : file.tensors) {
    tree.emplace_back(name, ArchiveValue(tensor));
  }
  write_pt(options.to, {std::move(tree)});
  std::vector<std::string> left_out;
  for (const auto& [key, text] : file.metadata) {
    left_out.push_back(fmt::format("the metadata {}={}", key, text));
  }
  return listed(left_out);
}

}  // namespace

Output ckpt_convert(const CkptConvertOptions& options) {
  CheckpointFormat wanted = format_of_name(options.to);
  CheckpointFile file = open_checkpoint(options.from);
  if (file.format == wanted) {
    throw UsageError(fmt::format("{} is {} already: nothing to convert",
                                 options.from, describe(wanted)));
  }
  bool to_tensors = wanted == CheckpointFormat::kSafetensors;
  std::string left_out =
      to_tensors ? to_safetensors(file, options) : to_pt(file, options);
  std::string text =
      fmt::format("wrote {}: {} tensors, {}\n", options.to, file.tensors.size(),
                  format_bytes(static_cast<double>(fs::file_size(options.to))));
  if (!left_out.empty()) text += "left out: " + left_out + "\n";
  return {text};
}

}  // namespace thexp::cli
