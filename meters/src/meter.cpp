#include "thexp/meters/meter.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/scalar_tensor.h>
#include <fmt/format.h>

#include <cmath>

#include "tensors.h"
#include "thexp/base/columns.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::size_t kUsualKeys = 4;
constexpr std::size_t kWidestValue = 64;

// The message is only made when something is wrong.
const char* unusable(const at::Tensor& tensor) {
  if (!tensor.defined()) return "the tensor is undefined";
  if (tensor.is_complex()) return "complex tensors have no order and no mean";
  if (tensor.layout() != at::kStrided) return "the tensor is not dense";
  if (tensor.is_quantized()) return "the tensor is quantized";
  return nullptr;
}

MeterValue take(const std::string& key, const at::Tensor& tensor) {
  if (const char* problem = unusable(tensor)) {
    throw UsageError(fmt::format("meter key '{}': {} ({})", key, problem,
                                 detail::describe(tensor)));
  }
  if (!detail::is_host_scalar(tensor)) return detail::detached(tensor);
  return std::visit([](auto number) { return MeterValue(number); },
                    detail::read_host(tensor));
}

struct ToTensor {
  at::Tensor operator()(int64_t number) const {
    return at::scalar_tensor(number, at::kLong);
  }
  at::Tensor operator()(double number) const {
    return at::scalar_tensor(number, at::kDouble);
  }
  at::Tensor operator()(const at::Tensor& tensor) const { return tensor; }
  at::Tensor operator()(const std::string& text) const {
    throw UsageError("'" + text + "' is text, no tensor");
  }
  at::Tensor operator()(const Value& value) const {
    throw UsageError(value.to_json() + " is no tensor");
  }
  at::Tensor operator()(std::monostate) const { return {}; }
};

bool adds_up(const MeterValue& value) {
  return !std::holds_alternative<std::string>(value) &&
         !std::holds_alternative<Value>(value);
}

double to_double(const MeterValue& number) {
  if (const auto* real = std::get_if<double>(&number)) return *real;
  return static_cast<double>(std::get<int64_t>(number));
}

// Two integers add up to an integer, a tensor and anything to a new tensor.
MeterValue sum_of(const MeterValue& a, const MeterValue& b) {
  if (std::get_if<at::Tensor>(&a) || std::get_if<at::Tensor>(&b)) {
    at::NoGradGuard no_grad;
    return at::add(std::visit(ToTensor{}, a), std::visit(ToTensor{}, b));
  }
  const auto* integer_a = std::get_if<int64_t>(&a);
  const auto* integer_b = std::get_if<int64_t>(&b);
  if (integer_a && integer_b) return *integer_a + *integer_b;
  return to_double(a) + to_double(b);
}

struct Formatted {
  const MeterFormat& format;

  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(int64_t number) const {
    return format_number(format, number);
  }
  std::string operator()(double number) const {
    return format_number(format, number);
  }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const Value& value) const {
    return fit_width(value.to_json(), kWidestValue);
  }
  std::string operator()(const at::Tensor& tensor) const {
    if (tensor.numel() != 1) return detail::tensor_text(format, tensor);
    return std::visit(*this, detail::read_scalar(tensor));
  }
};

std::string what_it_is(const MeterValue& value) {
  if (const auto* tensor = std::get_if<at::Tensor>(&value)) {
    return "the tensor " + detail::describe(*tensor);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return "the text '" + *text + "'";
  }
  if (const auto* data = std::get_if<Value>(&value)) {
    return fmt::format("the {} {}", data->type_name(),
                       format_value(MeterFormat::plain(), value));
  }
  return "the number " + format_value(MeterFormat::plain(), value);
}

[[noreturn]] void throw_kind(const MeterEntry& entry, const char* wanted) {
  throw UsageError(fmt::format("meter key '{}' holds {}, not {}", entry.key,
                               what_it_is(entry.value), wanted));
}

}  // namespace

const char* aggregation_name(Aggregation aggregation) {
  constexpr const char* kNames[] = {"mean", "sum", "last", "min", "max"};
  return kNames[static_cast<int>(aggregation)];
}

bool MeterEntry::is_number() const {
  if (const auto* tensor = std::get_if<at::Tensor>(&value)) {
    return tensor->numel() == 1;
  }
  return std::holds_alternative<double>(value) ||
         std::holds_alternative<int64_t>(value);
}

MeterSlot& MeterSlot::operator=(const at::Tensor& tensor) {
  entry().value = take(entry().key, tensor);
  return *this;
}

MeterSlot& MeterSlot::operator+=(const at::Tensor& tensor) {
  add(take(entry().key, tensor));
  return *this;
}

void MeterSlot::add(const MeterValue& value) {
  MeterEntry& target = entry();
  if (!target.has_value()) {
    target.value = value;
    return;
  }
  if (!adds_up(target.value)) {
    throw_kind(target, "a number to add to");
  }
  target.value = sum_of(target.value, value);
}

std::size_t Meter::place(std::string_view key) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].key == key) return i;
  }
  if (entries_.empty()) entries_.reserve(kUsualKeys);
  entries_.emplace_back(key);
  return entries_.size() - 1;
}

Meter::Meter(std::initializer_list<MeterItem> items) {
  for (const MeterItem& item : items) item.assign_((*this)[item.key_]);
}

Meter& Meter::weight(double weight) {
  if (!(weight > 0) || !std::isfinite(weight)) {
    throw UsageError(fmt::format(
        "Meter::weight({}): a weight is positive and finite", weight));
  }
  weight_ = weight;
  return *this;
}

Meter& Meter::rate(std::string_view unit, double count) {
  rates_.emplace_back(unit, count);
  return *this;
}

bool Meter::contains(std::string_view key) const {
  for (const MeterEntry& entry : entries_) {
    if (entry.key == key) return entry.has_value();
  }
  return false;
}

const MeterEntry& Meter::find(std::string_view key) const {
  std::vector<std::string> keys;
  for (const MeterEntry& entry : entries_) {
    if (!entry.has_value()) continue;
    if (entry.key == key) return entry;
    keys.push_back(entry.key);
  }
  throw UsageError(fmt::format("the meter has no value '{}' (there are: {})",
                               key, keys.empty() ? "none" : join(keys, ", ")));
}

double Meter::number(std::string_view key) const {
  const MeterEntry& entry = find(key);
  if (!entry.is_number()) throw_kind(entry, "a number");
  if (const auto* tensor = std::get_if<at::Tensor>(&entry.value)) {
    return detail::to_double(detail::read_scalar(*tensor));
  }
  return to_double(entry.value);
}

const std::string& Meter::text(std::string_view key) const {
  const MeterEntry& entry = find(key);
  const auto* text = std::get_if<std::string>(&entry.value);
  if (text == nullptr) throw_kind(entry, "text");
  return *text;
}

const Value& Meter::value(std::string_view key) const {
  const MeterEntry& entry = find(key);
  const auto* value = std::get_if<Value>(&entry.value);
  if (value == nullptr) throw_kind(entry, "a list or a dict");
  return *value;
}

at::Tensor Meter::tensor(std::string_view key) const {
  const MeterEntry& entry = find(key);
  if (!adds_up(entry.value)) throw_kind(entry, "a tensor");
  return std::visit(ToTensor{}, entry.value);
}

std::string Meter::to_string() const {
  std::string line;
  for (const MeterEntry& entry : entries_) {
    if (!entry.has_value()) continue;
    if (!line.empty()) line += "  ";
    line += "@" + entry.key + "=" + format_value(entry.format, entry.value);
  }
  return line;
}

std::string format_value(const MeterFormat& format, const MeterValue& value) {
  return std::visit(Formatted{format}, value);
}

}  // namespace thexp
