#pragma once

#include <functional>
#include <string>

/// A disk that fails by script. failing_disk.cpp stands before libc's open,
/// write, fsync, rename, unlink, symlink, link, truncate, ftruncate, mkdir and
/// remove: linked into a test, or loaded before a whole program with
/// LD_PRELOAD. The product's code has nothing of it.
///
/// A plan is a list of faults, "<call> <part> <n> <action>", joined by ';':
///
///     any checkpoints 12 kill         before the 12th call on such a path
///     write .pt.tmp 2 tear            half of it is written, then the kill
///     write lines.txt 2 short         half of it is written, as on a disk that
///                                     is nearly full
///     fsync checkpoints 1 EIO         it fails so
///     write /runs/ 3+ ENOSPC          from the third on, all fail
///     fsync checkpoints 1+ delay:50   milliseconds, then it works
///
/// Only calls on paths that contain `part` count; what is opened to be read
/// does not, a folder does. A program takes its plan from THEXP_FAILING_DISK,
/// and writes the calls on paths that contain THEXP_FAILING_DISK_PART to the
/// file THEXP_FAILING_DISK_LOG, "<call> <path>" a line.
namespace thexp_test::failing_disk {

/// Replaces the plan and counts anew; "" is a disk that works.
void set(const std::string& plan);

/// How many calls the first fault of the plan has seen.
int seen();

/// Runs before each call on a path that contains `part`, in the thread that
/// makes the call; nullptr ends it.
using Watcher =
    std::function<void(const std::string& call, const std::string& path)>;
void watch(const std::string& part, Watcher watcher);

/// A plan for as long as it lives.
class Plan {
 public:
  explicit Plan(const std::string& plan) { set(plan); }
  ~Plan() { set(""); }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
};

}  // namespace thexp_test::failing_disk
