#pragma once

#include <string>

#include "thexp/base/clock.h"
#include "thexp/base/file.h"

namespace thexp {

// "20261121-100000-k3f9": the local time, and four random base-36 characters
// with a letter among them.
std::string make_run_id(SystemTime start);

// The instant that an id names, if it was given in this time zone; of another
// name the beginning of time.
SystemTime time_in_run_id(const std::string& id);

// Makes a new folder in `experiment`, named by a run id that no other has.
fs::path make_run_folder(const fs::path& experiment, SystemTime start);

}  // namespace thexp
