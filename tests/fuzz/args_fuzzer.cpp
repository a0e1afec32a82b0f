// The command line: one argument a line.
#include <cstdint>
#include <string>

#include "sample_params.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  // `--config` reads a file; let it be none of the machine's.
  if (text.find('/') != text.npos) return 0;
  thexp_fuzz::SampleParams params;
  try {
    params.parse_args(thexp::split(text, '\n'));
    params.build_exp_name("exp", params.keys());
  } catch (const thexp::Error&) {
  }
  params.help_text("program");
  return 0;
}
