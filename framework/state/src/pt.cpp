#include "thexp/state/pt.h"

#include "archive_tree.h"

namespace thexp {

PtSummary save_pt(const fs::path& path, const State& state) {
  return write_pt(path, to_archive(state));
}

PtSummary save_pt(AtomicFile& file, const State& state) {
  return write_pt(file, to_archive(state));
}

State load_pt(const fs::path& path) {
  return from_archive(read_pt(path, keep_in_tensors));
}

std::string to_pt_bytes(const State& state) {
  return write_pt_bytes(to_archive(state));
}

State from_pt_bytes(std::string_view bytes, const std::string& source) {
  return from_archive(read_pt_bytes(bytes, source, keep_in_tensors));
}

}  // namespace thexp
