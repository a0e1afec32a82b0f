#pragma once

#include <filesystem>
#include <memory>

#include "ATen/core/Tensor.h"
#include "thexp/data/dataset.h"

namespace thexp {

/// Reads a file in the IDX format of http://yann.lecun.com/exdb/mnist:
/// unsigned and signed bytes, 16- and 32-bit integers, floats and doubles, of 1
/// to 8 dimensions; `.gz` files are decompressed. The tensor has the type and
/// the shape that the file says.
/// @throws FileError when it cannot be read; FormatError, with path, offset
/// (of the decompressed bytes), expected and found, when the magic number is
/// wrong, bytes are missing or left over, or the compressed data is damaged.
/// Memory is taken for bytes that the file really has, not for those that its
/// header claims.
at::Tensor read_idx(const std::filesystem::path& path);

enum class MnistSplit {
  kTrain,  ///< train-images-idx3-ubyte, train-labels-idx1-ubyte
  kTest,   ///< t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte
};

enum class ImageLayout {
  kFlat,      ///< [N, rows * columns]
  kChannels,  ///< [N, 1, rows, columns]
};

/// MNIST, or another dataset in its format: float images in [0, 1] and int64
/// labels [N]. The files may end in `.gz`, and may be spelled with a dot
/// (`t10k-images.idx3-ubyte`).
/// @throws FileError naming what was looked for; FormatError like read_idx(),
/// and when images and labels differ in number.
std::shared_ptr<TensorDataset> load_mnist(
    const std::filesystem::path& folder,
    MnistSplit split,
    ImageLayout layout = ImageLayout::kFlat);

}  // namespace thexp
