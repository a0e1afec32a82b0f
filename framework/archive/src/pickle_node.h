#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pickle_writer.h"

namespace thexp {

struct PickleNode;

/// The Python names that a pickle may use; each is only a mark, nothing runs.
enum class PickleName {
  kOrderedDict,
  kCounter,
  kDefaultDict,
  kSet,
  kSize,
  kRebuildTensorV2,
  kRebuildTensorV3,
  kRebuildParameter,
};

struct PickleList {
  std::vector<const PickleNode*> items;
  bool is_tuple = false;
};

struct PickleDict {
  std::vector<std::pair<const PickleNode*, const PickleNode*>> entries;
};

/// `torch.FloatStorage`; without a type, `torch.UntypedStorage`.
struct PickleStorageClass {
  bool typed = true;
  ElementType type = ElementType::kUInt8;
};

struct PickleDtype {
  ElementType type;
};

/// What is not plain data, and all that is made of it.
struct PickleForeign {
  std::string what;  ///< "the Python object 'argparse.Namespace'"
};

struct PickleStorage {
  std::string key;
  PickleStorageClass type;
  int64_t elements = 0;  ///< bytes when untyped
};

struct PickleTensor {
  TensorRecord record;
  bool conjugate = false;
  bool negative = false;
};

/// What an unpickler has on its stack: a value, or a part of a tensor.
struct PickleNode {
  std::variant<std::monostate,
               bool,
               int64_t,
               double,
               std::string,
               PickleList,
               PickleDict,
               std::shared_ptr<const PickleTensor>,
               PickleStorage,
               PickleStorageClass,
               PickleDtype,
               PickleName,
               PickleForeign>
      data;
  std::size_t offset = 0;  ///< in the pickle, for messages

  template <typename T>
  const T* get() const {
    return std::get_if<T>(&data);
  }
};

/// A pickle's content. Nodes refer to each other freely, cycles included, so
/// one arena owns them all.
struct PickleTree {
  std::deque<PickleNode> arena;
  const PickleNode* root = nullptr;
};

}  // namespace thexp
