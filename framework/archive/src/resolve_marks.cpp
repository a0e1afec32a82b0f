#include "resolve_marks.h"

#include <fmt/format.h>

#include "thexp/archive/elements.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

// Bytes of one real number, or 0 for a type without a sign bit.
std::size_t number_bytes(ElementType type) {
  switch (type) {
    case ElementType::kFloat16:
    case ElementType::kBFloat16:
      return 2;
    case ElementType::kFloat32:
    case ElementType::kComplex64:
      return 4;
    case ElementType::kFloat64:
    case ElementType::kComplex128:
      return 8;
    default:
      return 0;
  }
}

bool is_complex(ElementType type) {
  return type == ElementType::kComplex64 || type == ElementType::kComplex128;
}

void flip_signs(char* data,
                std::size_t bytes,
                ElementType type,
                const PickleTensor& marks) {
  std::size_t step = number_bytes(type);
  bool imaginary = false;
  for (std::size_t at = 0; at < bytes; at += step) {
    bool flips = marks.negative != (marks.conjugate && imaginary);
    char& top = data[at + step - 1];  // little-endian: the sign comes last
    if (flips) top = static_cast<char>(top ^ 0x80);
    imaginary = is_complex(type) && !imaginary;
  }
}

}  // namespace

ArchiveTensor resolve_marks(const ArchiveTensor& view,
                            const PickleTensor& marks,
                            const AllocateBytes& allocate) {
  bool possible = number_bytes(view.type) > 0 &&
                  (!marks.conjugate || is_complex(view.type));
  if (!possible || repeats_too_often(view)) {
    throw FormatError(fmt::format(
        "a conjugate or negative view {}, which PyTorch does not make",
        describe(view)));
  }
  ElementReader elements(view);
  auto bytes = static_cast<std::size_t>(elements.bytes_left());
  std::shared_ptr<void> memory = allocate(bytes);
  char* data = static_cast<char*>(memory.get());
  elements.read(data, bytes);
  flip_signs(data, bytes, view.type, marks);
  auto storage =
      std::make_shared<ArchiveBytes>(ArchiveBytes{data, bytes, memory});
  return {view.type, view.sizes, contiguous_strides(view.sizes), 0, storage};
}

}  // namespace thexp
