#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "thexp/data/dataset.h"

namespace thexp {

/// Which binary version of CIFAR (https://www.cs.toronto.edu/~kriz/cifar.html).
enum class CifarKind {
  kCifar10,   ///< records of 1 label byte and 3072 image bytes
  kCifar100,  ///< records of 2 label bytes (coarse, fine) and 3072
};

enum class CifarSplit {
  kTrain,  ///< data_batch_1.bin … data_batch_5.bin, or train.bin
  kTest,   ///< test_batch.bin, or test.bin
};

/// Float images [N, 3, 32, 32] in [0, 1] and int64 labels [N] (the fine ones of
/// CIFAR-100) of the files of a split in `folder`.
/// @throws FileError when a file cannot be read; FormatError when its size is
/// no multiple of a record, or a label is out of range.
std::shared_ptr<TensorDataset> load_cifar(const std::filesystem::path& folder,
                                          CifarKind kind,
                                          CifarSplit split);

/// The same of given files, one after another.
std::shared_ptr<TensorDataset> read_cifar(
    const std::vector<std::filesystem::path>& paths, CifarKind kind);

}  // namespace thexp
