#include "thexp/data/cifar.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/file_kind.h"

namespace thexp {
namespace {

constexpr std::size_t kImageBytes = 3 * 32 * 32;

struct Records {
  std::size_t labels;  // bytes of labels; the last one counts
  int classes;
};

Records records_of(CifarKind kind) {
  return kind == CifarKind::kCifar10 ? Records{1, 10} : Records{2, 100};
}

std::string read_records(const std::filesystem::path& path,
                         std::size_t record) {
  std::string bytes = read_file(path);
  if (bytes.size() % record != 0) {
    refuse_kind(path.string(), file_kind(bytes.substr(0, kFileKindBytes)),
                "CIFAR's records");
    throw FormatError::in_file(
        path.string(),
        fmt::format("expected records of {} bytes, found {} bytes: {} left "
                    "over at offset {}",
                    record, bytes.size(), bytes.size() % record,
                    bytes.size() / record * record));
  }
  return bytes;
}

// Writes one record's label and pixels.
void unpack(const std::string& bytes,
            std::size_t offset,
            const Records& records,
            const std::filesystem::path& path,
            float* image,
            int64_t* label) {
  const std::size_t label_at = offset + records.labels - 1;
  *label = static_cast<uint8_t>(bytes[label_at]);
  if (*label >= records.classes) {
    throw FormatError::in_file(
        path.string(), fmt::format("at offset {}: expected a label below {}, "
                                   "found {}",
                                   label_at, records.classes, *label));
  }
  const char* pixels = bytes.data() + offset + records.labels;
  std::transform(pixels, pixels + kImageBytes, image, [](char pixel) {
    return static_cast<float>(static_cast<uint8_t>(pixel)) / 255.0F;
  });
}

}  // namespace

std::shared_ptr<TensorDataset> read_cifar(
    const std::vector<std::filesystem::path>& paths, CifarKind kind) {
  const Records records = records_of(kind);
  const std::size_t record = records.labels + kImageBytes;
  std::vector<std::string> files;
  std::size_t count = 0;
  for (const auto& path : paths) {
    files.push_back(read_records(path, record));
    count += files.back().size() / record;
  }
  const auto n = static_cast<int64_t>(count);
  at::Tensor images = at::empty({n, 3, 32, 32}, at::dtype(at::kFloat));
  at::Tensor labels = at::empty({n}, at::dtype(at::kLong));
  auto* image = static_cast<float*>(images.data_ptr());
  auto* label = static_cast<int64_t*>(labels.data_ptr());
  for (std::size_t file = 0; file < files.size(); ++file) {
    for (std::size_t at = 0; at < files[file].size(); at += record) {
      unpack(files[file], at, records, paths[file], image, label++);
      image += kImageBytes;
    }
  }
  return tensor_dataset({images, labels});
}

std::shared_ptr<TensorDataset> load_cifar(const std::filesystem::path& folder,
                                          CifarKind kind,
                                          CifarSplit split) {
  std::vector<std::filesystem::path> paths;
  if (kind == CifarKind::kCifar100) {
    paths = {folder / (split == CifarSplit::kTrain ? "train.bin" : "test.bin")};
  } else if (split == CifarSplit::kTest) {
    paths = {folder / "test_batch.bin"};
  } else {
    for (int i = 1; i <= 5; ++i) {
      paths.push_back(folder / fmt::format("data_batch_{}.bin", i));
    }
  }
  return read_cifar(paths, kind);
}

}  // namespace thexp
