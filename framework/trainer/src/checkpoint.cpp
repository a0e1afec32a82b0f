#include "checkpoint.h"

namespace thexp {

bool Checkpoint::is_one(const State& state) {
  return state.is_dict() && state.find(kOwn) != nullptr;
}

Fingerprint Checkpoint::fingerprint() const {
  return {params(), own().at("data").to_value(), own().at("code").as_text(),
          own().at("device").to_value()};
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

void Checkpoint::set_file_lengths(State& whole, const Value& lengths) {
  whole[kOwn]["files"] = State::from_value(lengths);
}

}  // namespace thexp
