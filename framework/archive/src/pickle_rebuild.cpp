#include "pickle_rebuild.h"

#include <memory>
#include <utility>
#include <vector>

namespace thexp {
namespace {

using Nodes = std::vector<const PickleNode*>;
using TensorPointer = std::shared_ptr<const PickleTensor>;

// What torch.save writes is far below these; they keep a hostile pickle from
// having the same long thing copied again and again.
constexpr std::size_t kMaxDimensions = 64;
constexpr std::size_t kMaxKeyBytes = 128;
constexpr std::size_t kMaxMarks = 16;

const Nodes* tuple_of(const PickleNode& node) {
  const auto* list = node.get<PickleList>();
  return list != nullptr && list->is_tuple ? &list->items : nullptr;
}

// A tuple of non-negative integers.
bool read_lengths(const PickleNode& node, std::vector<int64_t>& out) {
  const Nodes* items = tuple_of(node);
  if (items == nullptr || items->size() > kMaxDimensions) return false;
  for (const PickleNode* item : *items) {
    const auto* value = item->get<int64_t>();
    if (value == nullptr || *value < 0) return false;
    out.push_back(*value);
  }
  return true;
}

bool flag_of(const PickleDict& dict, const std::string& name) {
  for (const auto& [key, value] : dict.entries) {
    const auto* text = key->get<std::string>();
    const auto* flag = value->get<bool>();
    if (text != nullptr && *text == name && flag != nullptr) return *flag;
  }
  return false;
}

bool read_marks(const PickleNode& node, PickleTensor& tensor) {
  if (node.get<std::monostate>() != nullptr) return true;
  const auto* dict = node.get<PickleDict>();
  if (dict == nullptr || dict->entries.size() > kMaxMarks) return false;
  tensor.conjugate = flag_of(*dict, "conj");
  tensor.negative = flag_of(*dict, "neg");
  return true;
}

// The type of the elements, and the storage's length in them.
bool read_type(const PickleStorage& storage,
               const PickleNode* dtype,
               TensorRecord& record) {
  record.key = storage.key;
  record.type = storage.type.type;
  record.storage_elements = storage.elements;
  if (dtype == nullptr) return storage.type.typed;
  const auto* named = dtype->get<PickleDtype>();
  if (named == nullptr) return false;
  if (storage.type.typed) return named->type == storage.type.type;
  record.type = named->type;
  auto bytes = static_cast<int64_t>(info_of(named->type).bytes);
  record.storage_elements = storage.elements / bytes;
  return storage.elements % bytes == 0;
}

// (storage, offset, size, stride, requires_grad, hooks[, metadata]), and in
// version 3 (…, hooks, dtype[, metadata]).
bool read_tensor(const Nodes& arguments, bool v3, PickleTensor& tensor) {
  std::size_t fixed = v3 ? 7 : 6;
  bool counted = arguments.size() == fixed || arguments.size() == fixed + 1;
  if (!counted) return false;
  const auto* storage = arguments[0]->get<PickleStorage>();
  const auto* offset = arguments[1]->get<int64_t>();
  TensorRecord& record = tensor.record;
  if (storage == nullptr || offset == nullptr || *offset < 0) return false;
  record.offset = *offset;
  return read_type(*storage, v3 ? arguments[6] : nullptr, record) &&
         read_lengths(*arguments[2], record.sizes) &&
         read_lengths(*arguments[3], record.strides) &&
         record.sizes.size() == record.strides.size() &&
         (arguments.size() == fixed || read_marks(*arguments[fixed], tensor));
}

std::optional<PickleData> rebuild_tensor(const Nodes& arguments,
                                         bool v3,
                                         std::string& problem) {
  auto tensor = std::make_shared<PickleTensor>();
  if (read_tensor(arguments, v3, *tensor)) return TensorPointer(tensor);
  problem = "a tensor with arguments that are not torch.save's";
  return std::nullopt;
}

std::optional<PickleData> rebuild_parameter(const Nodes& arguments,
                                            std::string& problem) {
  const TensorPointer* tensor =
      arguments.empty() ? nullptr : arguments[0]->get<TensorPointer>();
  if (tensor != nullptr) return *tensor;
  problem = "a Parameter that holds no tensor";
  return std::nullopt;
}

std::optional<PickleData> rebuild_size(const Nodes& arguments,
                                       std::string& problem) {
  const PickleList* list =
      arguments.size() == 1 ? arguments[0]->get<PickleList>() : nullptr;
  if (list != nullptr && list->items.size() <= kMaxDimensions) {
    return PickleList{list->items, true};
  }
  problem = "a torch.Size that is made of no tuple";
  return std::nullopt;
}

std::optional<PickleData> rebuild_dict(const Nodes& arguments,
                                       std::string& problem) {
  if (arguments.empty()) return PickleDict{};
  problem = "an OrderedDict that is made with arguments";
  return std::nullopt;
}

// Its items come after it; the function that makes missing ones is dropped.
std::optional<PickleData> rebuild_default_dict(const Nodes& arguments,
                                               std::string& problem) {
  if (arguments.size() <= 1) return PickleDict{};
  problem = "a defaultdict that is made with items";
  return std::nullopt;
}

// Of a MultiStepLR's milestones.
std::optional<PickleData> rebuild_counter(const Nodes& arguments,
                                          std::string& problem) {
  const PickleDict* dict =
      arguments.size() == 1 ? arguments[0]->get<PickleDict>() : nullptr;
  if (dict != nullptr) return *dict;
  problem = "a Counter that is made of no dict";
  return std::nullopt;
}

std::optional<PickleData> rebuild_set(const Nodes& arguments,
                                      std::string& problem) {
  const PickleList* list =
      arguments.size() == 1 ? arguments[0]->get<PickleList>() : nullptr;
  if (list != nullptr) return PickleList{list->items, true};
  problem = "a set that is made of no list";
  return std::nullopt;
}

}  // namespace

std::optional<PickleData> rebuild_storage(const PickleNode& id,
                                          std::string& problem) {
  problem = "a persistent id that is not a storage of torch.save";
  const Nodes* parts = tuple_of(id);
  if (parts == nullptr || parts->size() != 5) return std::nullopt;
  const auto* word = (*parts)[0]->get<std::string>();
  const auto* type = (*parts)[1]->get<PickleStorageClass>();
  const auto* key = (*parts)[2]->get<std::string>();
  const auto* place = (*parts)[3]->get<std::string>();
  const auto* elements = (*parts)[4]->get<int64_t>();
  bool right = word != nullptr && *word == "storage" && type != nullptr &&
               key != nullptr && key->size() <= kMaxKeyBytes &&
               place != nullptr && elements != nullptr && *elements >= 0;
  if (!right) return std::nullopt;
  return PickleStorage{*key, *type, *elements};
}

std::optional<PickleData> rebuild_object(const PickleNode& callable,
                                         const PickleNode& arguments,
                                         std::string& problem) {
  const auto* name = callable.get<PickleName>();
  const Nodes* items = tuple_of(arguments);
  if (name == nullptr || items == nullptr) {
    problem = "a call of something that is not a function";
    return std::nullopt;
  }
  switch (*name) {
    case PickleName::kOrderedDict:
      return rebuild_dict(*items, problem);
    case PickleName::kCounter:
      return rebuild_counter(*items, problem);
    case PickleName::kDefaultDict:
      return rebuild_default_dict(*items, problem);
    case PickleName::kSet:
      return rebuild_set(*items, problem);
    case PickleName::kSize:
      return rebuild_size(*items, problem);
    case PickleName::kRebuildTensorV2:
      return rebuild_tensor(*items, false, problem);
    case PickleName::kRebuildTensorV3:
      return rebuild_tensor(*items, true, problem);
    case PickleName::kRebuildParameter:
      return rebuild_parameter(*items, problem);
  }
  problem = "an unknown function";
  return std::nullopt;
}

const PickleForeign* foreign_part(const PickleNode& node) {
  if (const auto* foreign = node.get<PickleForeign>()) return foreign;
  const Nodes* items = tuple_of(node);
  if (items == nullptr) return nullptr;
  for (const PickleNode* item : *items) {
    if (const auto* foreign = item->get<PickleForeign>()) return foreign;
  }
  return nullptr;
}

std::size_t copied_bytes(const PickleData& object) {
  if (const auto* foreign = std::get_if<PickleForeign>(&object)) {
    return foreign->what.size();
  }
  if (const auto* list = std::get_if<PickleList>(&object)) {
    return list->items.size() * sizeof(const PickleNode*);
  }
  if (const auto* dict = std::get_if<PickleDict>(&object)) {
    return dict->entries.size() * 2 * sizeof(const PickleNode*);
  }
  if (const auto* storage = std::get_if<PickleStorage>(&object)) {
    return storage->key.size();
  }
  const auto* tensor = std::get_if<TensorPointer>(&object);
  if (tensor == nullptr) return 0;
  const TensorRecord& record = (*tensor)->record;
  std::size_t lengths = record.sizes.size() + record.strides.size();
  return sizeof(PickleTensor) + record.key.size() + lengths * sizeof(int64_t);
}

}  // namespace thexp
