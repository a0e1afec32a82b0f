#include "pickle_names.h"

#include <fmt/format.h>

#include <optional>
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
    {"collections", "defaultdict", PickleName::kDefaultDict},
    {"__builtin__", "set", PickleName::kSet},
    {"torch", "Size", PickleName::kSize},
    {"torch._utils", "_rebuild_tensor_v2", PickleName::kRebuildTensorV2},
    {"torch._utils", "_rebuild_tensor_v3", PickleName::kRebuildTensorV3},
    {"torch._utils", "_rebuild_parameter", PickleName::kRebuildParameter},
    {"torch._utils", "_rebuild_parameter_with_state",
     PickleName::kRebuildParameter},
};

bool is_untyped(const std::string& module, const std::string& name) {
  return (module == "torch" || module == "torch.storage") &&
         (name == "UntypedStorage" || name == "_UntypedStorage");
}

std::string python_object(const std::string& name) {
  return fmt::format("the Python object '{}'", name);
}

std::optional<PickleData> known_name(const std::string& module,
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

std::string dotted(const std::string& module, const std::string& name) {
  // How protocol 2 writes bytes.
  bool is_bytes = module == "_codecs" && name == "encode";
  if (is_bytes) return "bytes";
  return module == "__builtin__" ? name : module + "." + name;
}

std::string name_of(const PickleStorageClass& storage) {
  return storage.typed ? info_of(storage.type).storage : "UntypedStorage";
}

std::string name_of(PickleName meaning) {
  for (const Known& known : kKnown) {
    if (known.meaning == meaning) return dotted(known.module, known.name);
  }
  return "";
}

}  // namespace

PickleData meaning_of(const std::string& module, const std::string& name) {
  if (auto known = known_name(module, name)) return std::move(*known);
  return PickleForeign{python_object(dotted(module, name))};
}

std::string python_name(const PickleNode& node) {
  if (const auto* dtype = node.get<PickleDtype>()) {
    return python_object(fmt::format("torch.{}", info_of(dtype->type).name));
  }
  if (const auto* name = node.get<PickleName>()) {
    return python_object(name_of(*name));
  }
  const auto* storage = node.get<PickleStorage>();
  return python_object(
      "torch." + name_of(storage != nullptr ? storage->type
                                            : *node.get<PickleStorageClass>()));
}

}  // namespace thexp
