#pragma once

#include <c10/core/Storage.h>

#include <cstddef>

namespace thexp {

/// A storage of `bytes` bytes on the CPU that is filled as fast as can be. New
/// memory costs more than what a file's bytes take to be copied into it: the
/// system hands it out in pages of 4 KiB, each with an interruption. From 2 MiB
/// on it therefore comes in pages of 2 MiB where the system has those, and
/// may take up to 1 MiB more than asked for.
c10::Storage fresh_storage(std::size_t bytes);

}  // namespace thexp
