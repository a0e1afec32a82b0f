#include "sidecar.h"

#include <fmt/format.h>

#include "thexp/base/error.h"

namespace thexp {

fs::path sidecar_of(const fs::path& payload) {
  fs::path path = payload;
  path += ".json";
  return path;
}

void write_sidecar(const SavedFile& file,
                   const std::string& kind,
                   const PtSummary& summary,
                   const Value& info) {
  Value all = Value::Dict{{"format", 1},
                          {"kind", kind},
                          {"name", file.name},
                          {"sequence", file.sequence},
                          {"bytes", static_cast<int64_t>(summary.bytes)},
                          {"crc32", fmt::format("{:08x}", summary.crc32)},
                          {"info", info}};
  if (file.point) {
    bool is_step = file.point->unit == SavePoint::Unit::kStep;
    all[is_step ? "step" : "epoch"] = file.point->number;
  }
  write_file_atomic(sidecar_of(file.path), all.to_json(2) + "\n");
}

Value read_sidecar(const fs::path& payload) {
  fs::path path = sidecar_of(payload);
  Value sidecar = Value::from_json(read_file(path), path.string());
  const Value* format = sidecar.find("format");
  bool right = format != nullptr && *format == Value(1) &&
               sidecar.find("bytes") != nullptr &&
               sidecar.at("bytes").is_integer() &&
               sidecar.find("info") != nullptr;
  if (!right) {
    throw FormatError::in_file(path, "it is not a sidecar of format 1");
  }
  return sidecar;
}

bool has_own_sidecar(const SavedFile& file) {
  try {
    Value sidecar = read_sidecar(file.path);
    return sidecar.at("name") == Value(file.name) &&
           sidecar.at("sequence") == Value(file.sequence);
  } catch (const Error&) {
    return false;
  }
}

LoadedFile load_saved(const SavedFile& file) {
  Value sidecar = read_sidecar(file.path);
  std::error_code error;
  std::uintmax_t bytes = fs::file_size(file.path, error);
  if (error) throw FileError::cannot_read(file.path, error.value());
  auto wanted = static_cast<std::uintmax_t>(sidecar.at("bytes").as_integer());
  if (bytes != wanted) {
    throw FormatError::in_file(
        file.path,
        fmt::format("it has {} bytes, but its sidecar says {}", bytes, wanted));
  }
  return {load_pt(file.path), sidecar.at("info"), file, {}};
}

}  // namespace thexp
