// Parameters from YAML.
#include <cstdint>
#include <string>

#include "sample_params.h"
#include "thexp/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  // `base:` reads a file; let it be none of the machine's.
  if (text.find("base") != text.npos && text.find('/') != text.npos) return 0;
  thexp_fuzz::SampleParams params;
  try {
    params.load_yaml_text(text, "input");
  } catch (const thexp::Error&) {
    return 0;
  }
  // What was taken is written so that it loads to the same.
  thexp_fuzz::SampleParams again;
  again.load_yaml_text(params.to_yaml(), "written");
  if (again.hash() != params.hash()) __builtin_trap();
  return 0;
}
