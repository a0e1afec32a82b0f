#pragma once

#include "thexp/base/descriptor.h"

namespace thexp {

// Descriptor 1, to which std::cout, printf, libraries and children write.

// A second descriptor for where standard output leads. None where it is closed,
// or where a file that the program reads has got its number since.
Descriptor duplicate_standard_output();

// What std::cout and stdio still hold goes where standard output leads now. A
// stream that another thread is writing to is not waited for; std::cout's own
// buffer, which it has without sync_with_stdio(), is not safe to touch while
// another thread prints.
enum class OwnBuffers { kAll, kStdio };
void flush_standard_output(OwnBuffers buffers);

// Leads standard output to `descriptor`. @throws FileError
void lead_standard_output_to(int descriptor);

// Leads it back from there, unless the program has led it elsewhere meanwhile.
void lead_standard_output_back(int from, int to);

}  // namespace thexp
