#include "tensor_bytes.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cstring>

#include "thexp/base/text.h"

namespace thexp {
namespace {

// In the order of ElementType.
constexpr at::ScalarType kScalarTypes[kElementTypes] = {
    at::kByte,         at::kChar,          at::kShort, at::kInt,
    at::kLong,         at::kHalf,          at::kFloat, at::kDouble,
    at::kComplexFloat, at::kComplexDouble, at::kBool,  at::kBFloat16,
};

}  // namespace

std::optional<ElementType> element_type_of(at::ScalarType type) {
  for (std::size_t i = 0; i < kElementTypes; ++i) {
    if (kScalarTypes[i] == type) return static_cast<ElementType>(i);
  }
  return std::nullopt;
}

at::ScalarType scalar_type_of(ElementType type) {
  return kScalarTypes[static_cast<std::size_t>(type)];
}

std::string dtype_name(at::ScalarType type) {
  auto element = element_type_of(type);
  return element ? info_of(*element).name : c10::toString(type);
}

std::string describe_tensor(const at::Tensor& tensor) {
  std::vector<std::string> sizes;
  for (int64_t size : tensor.sizes()) {
    sizes.push_back(std::to_string(size));
  }
  return fmt::format("tensor {} [{}]", dtype_name(tensor.scalar_type()),
                     join(sizes, ", "));
}

at::Tensor copy_of(const at::Tensor& tensor) { return tensor.detach().clone(); }

at::Tensor to_host(const at::Tensor& tensor) {
  return tensor.detach().resolve_conj().resolve_neg().cpu().contiguous();
}

at::Tensor storage_bytes(const at::Tensor& tensor) {
  at::Tensor bytes = at::empty({0}, tensor.options().dtype(at::kByte));
  auto count = static_cast<int64_t>(tensor.storage().nbytes());
  bytes.set_(tensor.storage(), 0, {count}, {1});
  return bytes.cpu();
}

bool same_tensor_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) {
    return false;
  }
  at::Tensor left = to_host(a), right = to_host(b);
  return left.nbytes() == 0 ||
         std::memcmp(left.data_ptr(), right.data_ptr(), left.nbytes()) == 0;
}

}  // namespace thexp
