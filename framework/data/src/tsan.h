#pragma once

// For builds with ThreadSanitizer only. Memory goes from the thread that lets
// a batch go to the thread that fills it anew by the storage's reference
// count: a release in libc10's destructor, an acquire in our use_count().
// LibTorch is not built with the sanitizer, which therefore sees the second
// half alone; these calls show it the first.
#if defined(__SANITIZE_THREAD__)
#define THEXP_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THEXP_TSAN 1
#endif
#endif

#ifdef THEXP_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace thexp::detail {

#ifdef THEXP_TSAN
inline char tsan_marker = 0;
inline void before_memory_is_let_go() { __tsan_release(&tsan_marker); }
inline void after_memory_was_found_free() { __tsan_acquire(&tsan_marker); }
#else
inline void before_memory_is_let_go() {}
inline void after_memory_was_found_free() {}
#endif

}  // namespace thexp::detail
