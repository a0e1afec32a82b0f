#include "thexp/data/idx.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cstring>

#include "byte_reader.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr int kMostDimensions = 8;

struct IdxType {
  uint8_t code;
  at::ScalarType type;
  std::size_t bytes;
};
constexpr IdxType kTypes[] = {
    {0x08, at::kByte, 1}, {0x09, at::kChar, 1},  {0x0B, at::kShort, 2},
    {0x0C, at::kInt, 4},  {0x0D, at::kFloat, 4}, {0x0E, at::kDouble, 8},
};

struct IdxHeader {
  IdxType type;
  std::vector<int64_t> shape;
  uint64_t bytes;
};

uint32_t big_endian(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 |
         uint32_t{at[3]};
}

IdxType read_magic(detail::ByteReader& reader, int& dimensions) {
  const std::vector<uint8_t> magic = reader.take(4, "the magic number");
  dimensions = magic[3];
  for (const IdxType& type : kTypes) {
    if (magic[0] == 0 && magic[1] == 0 && magic[2] == type.code &&
        dimensions >= 1 && dimensions <= kMostDimensions) {
      return type;
    }
  }
  reader.refuse_other_kind("an IDX file");
  reader.fail(fmt::format(
      "expected an IDX magic number (00 00, a type of 08 09 0b 0c 0d 0e, 1 to "
      "{} dimensions), found {:02x} {:02x} {:02x} {:02x}",
      kMostDimensions, magic[0], magic[1], magic[2], magic[3]));
}

IdxHeader read_header(detail::ByteReader& reader) {
  int dimensions = 0;
  IdxHeader header{read_magic(reader, dimensions), {}, 0};
  header.bytes = header.type.bytes;
  for (int i = 0; i < dimensions; ++i) {
    const std::vector<uint8_t> field =
        reader.take(4, fmt::format("the size of dimension {}", i));
    const uint32_t size = big_endian(field.data());
    header.shape.push_back(size);
    // 2^47 bytes are more than a machine addresses, and stay clear of an
    // overflow in the next product.
    if (size != 0 && header.bytes > (uint64_t{1} << 47) / size) {
      reader.fail(fmt::format("the sizes [{}, …] make an absurd amount of data",
                              fmt::join(header.shape, ", ")));
    }
    header.bytes *= size;
  }
  return header;
}

// IDX is big-endian; this runs on little-endian machines.
void copy_swapped(const uint8_t* from,
                  std::size_t count,
                  std::size_t bytes,
                  uint8_t* to) {
  for (std::size_t i = 0; i < count * bytes; i += bytes) {
    for (std::size_t b = 0; b < bytes; ++b) to[i + b] = from[i + bytes - 1 - b];
  }
}

std::filesystem::path find_file(const std::filesystem::path& folder,
                                const std::string& prefix,
                                const std::string& suffix) {
  std::vector<std::string> tried;
  for (const char* dot : {"-", "."}) {
    for (const char* gz : {"", ".gz"}) {
      tried.push_back(prefix + dot + suffix + gz);
      if (std::filesystem::is_regular_file(folder / tried.back())) {
        return folder / tried.back();
      }
    }
  }
  throw FileError(fmt::format("no MNIST file in '{}': looked for {}",
                              folder.string(), join(tried, ", ")));
}

void check_dimensions(const at::Tensor& tensor,
                      int64_t wanted,
                      const std::filesystem::path& path) {
  if (tensor.dim() == wanted && tensor.scalar_type() == at::kByte) return;
  throw FormatError::in_file(
      path.string(),
      fmt::format("expected unsigned bytes of {} dimensions, "
                  "found {} of {}",
                  wanted, c10::toString(tensor.scalar_type()), tensor.dim()));
}

}  // namespace

at::Tensor read_idx(const std::filesystem::path& path) {
  detail::ByteReader reader(path);
  const IdxHeader header = read_header(reader);
  const std::vector<uint8_t> bytes = reader.take(header.bytes, "data");
  reader.expect_end();
  at::Tensor result = at::empty(header.shape, at::dtype(header.type.type));
  if (!bytes.empty()) {
    copy_swapped(bytes.data(), bytes.size() / header.type.bytes,
                 header.type.bytes, static_cast<uint8_t*>(result.data_ptr()));
  }
  return result;
}

std::shared_ptr<TensorDataset> load_mnist(const std::filesystem::path& folder,
                                          MnistSplit split,
                                          ImageLayout layout) {
  const std::string prefix = split == MnistSplit::kTrain ? "train" : "t10k";
  const auto images_path = find_file(folder, prefix + "-images", "idx3-ubyte");
  const auto labels_path = find_file(folder, prefix + "-labels", "idx1-ubyte");
  at::Tensor images = read_idx(images_path);
  at::Tensor labels = read_idx(labels_path);
  check_dimensions(images, 3, images_path);
  check_dimensions(labels, 1, labels_path);
  if (images.size(0) != labels.size(0)) {
    throw FormatError::in_file(
        labels_path.string(),
        fmt::format("expected {} labels, one for each image in '{}', found {}",
                    images.size(0), images_path.string(), labels.size(0)));
  }
  images = images.to(at::kFloat).div_(255.0);
  images =
      layout == ImageLayout::kFlat ? images.flatten(1) : images.unsqueeze(1);
  return tensor_dataset({images, labels.to(at::kLong)});
}

}  // namespace thexp
