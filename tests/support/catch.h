#pragma once

// LibTorch's logging may define CHECK, too (through glog): it comes first, so
// that a failed CHECK is Catch's and fails the test instead of the process.
#ifdef THEXP_TEST_WITH_TORCH
#include <c10/util/Logging.h>
#undef CHECK
#endif

// Catch2 2 (one header) and 3 (many headers) under one spelling.
#ifdef THEXP_CATCH3
#include <catch2/catch_all.hpp>
using Catch::Approx;
namespace matchers = Catch::Matchers;
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace thexp_test {

/// Runs `action` and returns the message of the `Error` that it throws; fails
/// the test when it throws nothing.
template <typename Error, typename Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  FAIL("nothing was thrown");
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace thexp_test

/// The text contains the part; both are shown when it does not.
#define CHECK_CONTAINS(text, part)                  \
  do {                                              \
    const std::string text_ = (text);               \
    const std::string part_ = (part);               \
    INFO("text: " << text_ << "\npart: " << part_); \
    CHECK(thexp_test::contains(text_, part_));      \
  } while (false)
