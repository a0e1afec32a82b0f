#include "checkpoint.h"

#include <utility>

#include "earlier_formats.h"
#include "length.h"

namespace thexp {

Checkpoint::Checkpoint(State whole) : whole_(std::move(whole)) {
  upgrade_format(whole_[kOwn]);
}

bool Checkpoint::is_one(const State& state) {
  return state.is_dict() && state.find(kOwn) != nullptr;
}

Fingerprint Checkpoint::fingerprint() const {
  return {params(), own().at("data").to_value(), own().at("code").as_text(),
          own().at("device").to_value(), hardware()};
}

std::string Checkpoint::hardware() const {
  const State* hardware = own().find("hardware");
  return hardware == nullptr ? "" : hardware->as_text();
}

int64_t Checkpoint::epoch() const {
  return own().at_path({"progress", "epoch"}).as_integer();
}

int64_t Checkpoint::step() const {
  return own().at_path({"progress", "step"}).as_integer();
}

bool Checkpoint::is_complete() const {
  bool stopped = own().at_path({"loop", "stop_train"}).as_bool();
  Progress at;
  at.epoch = epoch();
  at.step = step();
  // Of an interrupted step something is still to come.
  bool is_open = own().at_path({"loop", "step_open"}).as_bool();
  return stopped || (!is_open && !length_in(params()).wants_more(at));
}

std::string Checkpoint::stop_reason() const {
  return own().at_path({"loop", "stop_reason"}).as_text();
}

void Checkpoint::set_file_lengths(State& whole, const Value& lengths) {
  whole[kOwn]["files"] = State::from_value(lengths);
}

}  // namespace thexp
