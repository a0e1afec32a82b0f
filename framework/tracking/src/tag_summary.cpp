#include "tag_summary.h"

namespace thexp {
namespace {

constexpr const char* kMax = "max";
constexpr const char* kMin = "min";

std::optional<Mode> mode_in(const Value& json, std::optional<Mode> otherwise) {
  const Value* mode = json.find("mode");
  if (mode == nullptr) return otherwise;
  return mode->as_text() == kMax ? Mode::kMax : Mode::kMin;
}

}  // namespace

TagSummary::TagSummary(const Value& json, std::optional<Mode> mode)
    : TagSummary(mode_in(json, mode)) {
  const Value& value = json.at("value");
  if (auto real = value.to_real()) {
    value_ = *real;
  } else {
    other_ = value;
  }
  step_ = json.at("step").as_integer();
  epoch_ = json.at("epoch").as_integer();
  const Value* best = json.find("best");
  if (best == nullptr) return;
  best_ = best->to_real().value_or(0);
  best_step_ = json.at("best_step").as_integer();
  best_epoch_ = json.at("best_epoch").as_integer();
}

Value TagSummary::to_value() const {
  Value json = Value::Dict{{"value", other_ ? *other_ : Value(value_)},
                           {"step", step_},
                           {"epoch", epoch_}};
  if (best_step_ == kNone) return json;
  json["best"] = best_;
  json["best_step"] = best_step_;
  json["best_epoch"] = best_epoch_;
  json["mode"] = mode_ == Mode::kMax ? kMax : kMin;
  return json;
}

}  // namespace thexp
