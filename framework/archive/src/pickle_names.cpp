#include "pickle_names.h"

#include <utility>

namespace thexp {
namespace {

struct Known {
  const char* module;
  const char* name;
  PickleName meaning;
};

constexpr Known kKnown[] = {
    {"collections", "OrderedDict", PickleName::kOrderedDict},
    {"collections", "Counter", PickleName::kCounter},
    {"__builtin__", "set", PickleName::kSet},
    {"torch", "Size", PickleName::kSize},
    {"torch._utils", "_rebuild_tensor_v2", PickleName::kRebuildTensorV2},
    {"torch._utils", "_rebuild_tensor_v3", PickleName::kRebuildTensorV3},
    {"torch._utils", "_rebuild_parameter", PickleName::kRebuildParameter},
};

bool is_untyped(const std::string& module, const std::string& name) {
  return (module == "torch" || module == "torch.storage") &&
         (name == "UntypedStorage" || name == "_UntypedStorage");
}

}  // namespace

std::optional<PickleData> known_python_name(const std::string& module,
                                            const std::string& name) {
  for (const Known& known : kKnown) {
    if (module == known.module && name == known.name) return known.meaning;
  }
  if (is_untyped(module, name)) return PickleStorageClass{false, {}};
  if (module != "torch") return std::nullopt;
  if (auto type = element_type_of_storage(name)) {
    return PickleStorageClass{true, *type};
  }
  if (auto type = element_type_of_name(name)) return PickleDtype{*type};
  return std::nullopt;
}

}  // namespace thexp
