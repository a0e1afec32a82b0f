#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "thexp/archive/element_type.h"

namespace thexp {

/// Where a tensor lies in an archive: which storage entry, and how in it.
struct TensorRecord {
  std::string key;  ///< of the storage: the entry "data/<key>"
  ElementType type = ElementType::kFloat32;
  int64_t storage_elements = 0;
  int64_t offset = 0;  ///< in elements
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
};

/// Writes a pickle of protocol 2, as Python's `torch.save` makes it. The
/// caller keeps begin and end paired:
///
///     PickleWriter out;
///     out.begin_dict();
///     out.text("lr"); out.real(0.1);
///     out.end_dict();
///     std::string bytes = out.finish();
class PickleWriter {
 public:
  PickleWriter();

  void none();
  void boolean(bool value);
  void integer(int64_t value);
  void real(double value);

  /// Valid UTF-8 of less than 4 GiB.
  void text(std::string_view utf8);

  void begin_list();
  void end_list();
  void begin_dict();  ///< then key, value, key, value, …
  void end_dict();
  void tensor(const TensorRecord& record);

  /// The pickle's bytes; the writer is spent.
  std::string finish();

 private:
  void op(unsigned char code) { out_.push_back(static_cast<char>(code)); }
  void global(std::string_view module, std::string_view name);
  void integers(const std::vector<int64_t>& values);  // a tuple
  void storage(const TensorRecord& record);

  std::string out_;
};

}  // namespace thexp
