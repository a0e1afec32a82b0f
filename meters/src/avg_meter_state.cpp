#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "tensors.h"
#include "thexp/base/error.h"
#include "thexp/meters/avg_meter.h"

namespace thexp {
namespace {

template <typename T>
Value::List items_of(const at::Tensor& host) {
  const T* items = host.data_ptr<T>();
  return Value::List(items, items + host.numel());
}

// The widest integer and real hold the values of all narrower ones exactly.
Value tensor_state(const at::Tensor& tensor) {
  bool integral = at::isIntegralType(tensor.scalar_type(), true);
  at::Tensor wide = tensor.to(at::kCPU, integral ? at::kLong : at::kDouble);
  wide = wide.contiguous();
  Value items = integral ? items_of<int64_t>(wide) : items_of<double>(wide);
  Value::List shape(tensor.sizes().begin(), tensor.sizes().end());
  return Value::Dict{{"shape", std::move(shape)}, {"items", std::move(items)}};
}

template <typename T, typename Read>
at::Tensor tensor_of(const Value::List& items, at::ScalarType type, Read read) {
  auto count = static_cast<int64_t>(items.size());
  at::Tensor tensor = at::empty({count}, type);
  T* data = tensor.data_ptr<T>();
  for (const Value& item : items) *data++ = read(item);
  return tensor;
}

at::Tensor tensor_from(const Value& state) {
  const Value::List& items = state.at("items").as_list();
  std::vector<int64_t> shape;
  int64_t elements = 1;
  for (const Value& size : state.at("shape").as_list()) {
    shape.push_back(size.as_integer());
    elements *= shape.back();
  }
  if (elements != static_cast<int64_t>(items.size())) {
    throw FormatError(fmt::format("a tensor's state has {} items, not {}",
                                  items.size(), elements));
  }
  bool integral = !items.empty() && items[0].is_integer();
  at::Tensor flat =
      integral ? tensor_of<int64_t>(
                     items, at::kLong,
                     [](const Value& item) { return item.as_integer(); })
               : tensor_of<double>(items, at::kDouble, real_from_state);
  return flat.reshape(shape);
}

// Tagged, since JSON turns the number NaN into the text "nan".
struct ToState {
  Value operator()(std::monostate) const { return nullptr; }
  Value operator()(int64_t number) const {
    return Value::Dict{{"number", Value(number)}};
  }
  Value operator()(double number) const {
    return Value::Dict{{"number", Value(number)}};
  }
  Value operator()(const std::string& text) const {
    return Value::Dict{{"text", Value(text)}};
  }
  Value operator()(const Value& value) const {
    return Value::Dict{{"value", value}};
  }
  Value operator()(const at::Tensor& tensor) const {
    if (tensor.numel() != 1) {
      return Value::Dict{{"tensor", tensor_state(tensor)}};
    }
    return std::visit(*this, MeterValue(std::visit(
                                 [](auto number) { return MeterValue(number); },
                                 detail::read_scalar(tensor))));
  }
};

MeterValue value_from(const Value& state) {
  if (const Value* text = state.find("text")) return text->as_text();
  if (const Value* tensor = state.find("tensor")) return tensor_from(*tensor);
  if (const Value* value = state.find("value")) return *value;
  const Value& number = state.at("number");
  if (number.is_integer()) return number.as_integer();
  return real_from_state(number);
}

MeterFormat format_from(const std::string& name) {
  for (MeterFormat format :
       {MeterFormat::plain(), MeterFormat::percent(), MeterFormat::integer()}) {
    if (format.name() == name) return format;
  }
  for (int decimals = 0; decimals <= 17; ++decimals) {
    MeterFormat format = MeterFormat::fixed(decimals);
    if (format.name() == name) return format;
  }
  throw FormatError("'" + name +
                    "' is not a format (plain, percent, integer, fixed(n))");
}

Aggregation aggregation_from(const std::string& name) {
  for (Aggregation aggregation :
       {Aggregation::kMean, Aggregation::kSum, Aggregation::kLast,
        Aggregation::kMin, Aggregation::kMax}) {
    if (aggregation_name(aggregation) == name) return aggregation;
  }
  throw FormatError("'" + name +
                    "' is not an aggregation (mean, sum, last, min, max)");
}

}  // namespace

Value AvgMeter::state_of(const Entry& entry) {
  return Value::Dict{
      {"key", entry.latest.key},
      {"format", entry.latest.format.name()},
      {"aggregation", aggregation_name(entry.latest.aggregation)},
      {"latest", std::visit(ToState{}, entry.latest.value)},
      {"total", entry.total.state()},
      {"integral", entry.integral},
      {"count", entry.count},
      {"weight", entry.weight}};
}

AvgMeter::Entry AvgMeter::entry_from(const Value& state) {
  MeterEntry latest(state.at("key").as_text());
  latest.format = format_from(state.at("format").as_text());
  latest.aggregation = aggregation_from(state.at("aggregation").as_text());
  latest.value = value_from(state.at("latest"));
  Entry entry(std::move(latest));
  entry.total.load_state(state.at("total"));
  entry.integral = state.at("integral").as_bool();
  entry.count = state.at("count").as_integer();
  entry.weight = real_from_state(state.at("weight"));
  return entry;
}

Value AvgMeter::state() const {
  Value::List entries;
  for (const Entry& entry : entries_) entries.push_back(state_of(entry));
  return Value::Dict{{"count", count_}, {"entries", std::move(entries)}};
}

void AvgMeter::load_state(const Value& state) {
  std::vector<Entry> entries;
  for (const Value& entry : state.at("entries").as_list()) {
    entries.push_back(entry_from(entry));
  }
  count_ = state.at("count").as_integer();
  entries_ = std::move(entries);
}

}  // namespace thexp
