// The pickle in a .pt file: the input stands in an archive with right
// checksums, beside a storage of 64 bytes.
#include <cstdint>
#include <string>

#include "thexp/archive/elements.h"
#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
#include "walk_tree.h"
#include "zip_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string file;
  thexp::ZipWriter zip([&](const void* bytes, std::size_t count) {
    file.append(static_cast<const char*>(bytes), count);
  });
  zip.add("a/data.pkl", data, size);
  zip.add("a/data/0", std::string(64, '\1'));
  zip.finish();
  try {
    thexp::ArchiveValue tree = thexp::read_pt_bytes(file, "input");
    thexp_fuzz::walk(tree);
    // What can be read can be written, and read again.
    thexp::read_pt_bytes(thexp::write_pt_bytes(tree), "written");
  } catch (const thexp::FormatError&) {
  } catch (const thexp::UsageError&) {  // one storage as two types
  }
  return 0;
}
