#include "thexp/framework/callback.h"

#include <c10/util/Type.h>

namespace thexp {

std::string Callback::name() const {
  std::string full = c10::demangle(typeid(*this).name());
  std::size_t scope = full.rfind("::");
  return scope == std::string::npos ? full : full.substr(scope + 2);
}

}  // namespace thexp
