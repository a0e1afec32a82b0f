#pragma once

#include <string>

#include "thexp/base/value.h"
#include "thexp/trainer/trainer_params.h"
#include "thexp/trainer/until.h"

namespace thexp {

/// How far parameters say to train; with `more_epochs` or `more_steps`, from
/// nothing on.
Until length_of(const TrainerParams& params);

/// Whether they say how much more to train, as --epoch=+N or --steps=+N do.
bool counts_more(const TrainerParams& params);

/// How far a run was to train, by its parameters; see put_length().
Until length_in(const Value& params);

/// Writes into a run's parameters how far it trains: `epoch` and `steps`, null
/// where they limit nothing.
void put_length(Value& params, const Until& until);

/// One of these two; null where it limits nothing.
Value length_value(int64_t count);

/// "2 of 4 epochs, step 6", "step 6 of 2000"
std::string position_text(int64_t epoch, int64_t step, const Until& until);

}  // namespace thexp
