#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace thexp {

/// "1 epoch", "3 epochs", "2 batches".
std::string plural(int64_t count, std::string_view noun);

/// "3 of 10 epochs", and "12 epochs" where more was done than was asked for.
std::string plural_of(int64_t done, int64_t all, std::string_view noun);

/// "3/10", and "12" where more was done than was asked for.
std::string share(int64_t done, int64_t all);

}  // namespace thexp
