#include "thexp/meters/avg_meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tensors.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

Accumulator::Op op_of(Aggregation aggregation) {
  if (aggregation == Aggregation::kMin) return Accumulator::Op::kMin;
  if (aggregation == Aggregation::kMax) return Accumulator::Op::kMax;
  return Accumulator::Op::kSum;
}

const char* kind_of(const MeterEntry& entry) {
  if (entry.is_number()) return "number";
  if (const auto* value = std::get_if<Value>(&entry.value)) {
    return value->type_name();
  }
  return std::holds_alternative<std::string>(entry.value) ? "text" : "tensor";
}

bool is_integral(const MeterValue& value) {
  if (const auto* tensor = std::get_if<at::Tensor>(&value)) {
    return at::isIntegralType(tensor->scalar_type(), /*includeBool=*/true);
  }
  return std::holds_alternative<int64_t>(value);
}

[[noreturn]] void throw_change(const MeterEntry& entry,
                               const std::string& what,
                               const std::string& before,
                               const std::string& now) {
  throw UsageError(fmt::format(
      "meter key '{}': its {} changed from {} to {}; state it alike in every "
      "batch",
      entry.key, what, before, now));
}

void check_same(const MeterEntry& before, const MeterEntry& now) {
  if (before.format != now.format) {
    throw_change(now, "format", before.format.name(), now.format.name());
  }
  if (before.aggregation != now.aggregation) {
    throw_change(now, "aggregation", aggregation_name(before.aggregation),
                 aggregation_name(now.aggregation));
  }
  if (before.is_number() && now.is_number()) return;
  std::string kind_before = kind_of(before), kind_now = kind_of(now);
  if (kind_before != kind_now) {
    throw_change(now, "kind", kind_before, kind_now);
  }
}

void check_can_aggregate(const MeterEntry& entry) {
  bool keeps_last = entry.aggregation == Aggregation::kMean ||
                    entry.aggregation == Aggregation::kLast;
  if (entry.is_number() || keeps_last) return;
  throw UsageError(fmt::format(
      "meter key '{}' states {}, but it holds a {}: only numbers have one",
      entry.key, aggregation_name(entry.aggregation), kind_of(entry)));
}

void check_weight(double weight) {
  if (weight > 0 && std::isfinite(weight)) return;
  throw UsageError(fmt::format(
      "AvgMeter::update: the weight is the batch's number of examples, above "
      "0, but it is {}",
      format_real(weight)));
}

double read_number(const MeterValue& value) {
  if (const auto* tensor = std::get_if<at::Tensor>(&value)) {
    return detail::to_double(detail::read_scalar(*tensor));
  }
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return static_cast<double>(std::get<int64_t>(value));
}

void accumulate(Accumulator& total, const MeterValue& value, double weight) {
  if (const auto* tensor = std::get_if<at::Tensor>(&value)) {
    total.add(*tensor, weight);
  } else {
    total.add(read_number(value), weight);
  }
}

}  // namespace

AvgMeter::Entry::Entry(MeterEntry first)
    : latest(std::move(first)), total(op_of(latest.aggregation)) {}

void AvgMeter::update(const Meter& meter, double weight) {
  check_weight(weight);
  weight = meter.weight().value_or(weight);
  std::size_t position = 0;
  for (const MeterEntry& latest : meter) {
    if (!latest.has_value()) continue;
    add(place(latest, position++), latest, weight);
  }
  ++count_;
}

// Batches mostly bring the same keys in the same order.
AvgMeter::Entry& AvgMeter::place(const MeterEntry& latest, std::size_t likely) {
  if (likely < entries_.size() && entries_[likely].latest.key == latest.key) {
    return entries_[likely];
  }
  for (Entry& entry : entries_) {
    if (entry.latest.key == latest.key) return entry;
  }
  check_can_aggregate(latest);
  return entries_.emplace_back(latest);
}

void AvgMeter::add(Entry& entry, const MeterEntry& latest, double weight) {
  check_same(entry.latest, latest);
  if (entry.count > 0) entry.latest.value = latest.value;
  if (latest.is_number() && latest.aggregation != Aggregation::kLast) {
    bool is_mean = latest.aggregation == Aggregation::kMean;
    accumulate(entry.total, latest.value, is_mean ? weight : 1);
    entry.integral = entry.integral && is_integral(latest.value);
  }
  ++entry.count;
  entry.weight += weight;
}

double AvgMeter::total_of(const Entry& entry) {
  switch (entry.latest.aggregation) {
    case Aggregation::kMean:
      return entry.total.total() / entry.weight;
    case Aggregation::kLast:
      return read_number(entry.latest.value);
    default:
      return entry.total.total();
  }
}

std::string AvgMeter::current_text(const Entry& entry) {
  return format_value(entry.latest.format, entry.latest.value);
}

std::string AvgMeter::total_text(const Entry& entry) {
  const MeterEntry& latest = entry.latest;
  if (!latest.is_number() || latest.aggregation == Aggregation::kLast) {
    return current_text(entry);
  }
  bool as_integer = entry.integral &&
                    latest.aggregation != Aggregation::kMean &&
                    latest.format == MeterFormat::plain();
  MeterFormat format = as_integer ? MeterFormat::integer() : latest.format;
  return format_number(format, total_of(entry));
}

// A mean of integers says little while they come: it is in the summary.
bool AvgMeter::shows_current_only(const Entry& entry) {
  const MeterEntry& latest = entry.latest;
  bool counts = entry.integral && (latest.format == MeterFormat::plain() ||
                                   latest.format == MeterFormat::integer());
  return !latest.is_number() || latest.aggregation == Aggregation::kLast ||
         (counts && latest.aggregation == Aggregation::kMean);
}

std::string AvgMeter::both_texts(const Entry& entry) {
  if (shows_current_only(entry)) return current_text(entry);
  return current_text(entry) + "(" + total_text(entry) + ")";
}

std::string AvgMeter::line_of(std::string (*text)(const Entry&)) const {
  std::string line;
  for (const Entry& entry : entries_) {
    if (!line.empty()) line += "  ";
    line += "@" + entry.latest.key + "=" + text(entry);
  }
  return line;
}

std::string AvgMeter::to_string() const { return line_of(both_texts); }

std::string AvgMeter::summary() const { return line_of(total_text); }

const AvgMeter::Entry* AvgMeter::find(std::string_view key) const {
  for (const Entry& entry : entries_) {
    if (entry.latest.key == key) return &entry;
  }
  return nullptr;
}

const AvgMeter::Entry& AvgMeter::number_at(std::string_view key) const {
  if (const Entry* entry = find(key)) {
    if (entry->latest.is_number()) return *entry;
    throw UsageError(fmt::format("meter key '{}' holds a {}, not a number", key,
                                 kind_of(entry->latest)));
  }
  std::vector<std::string> keys;
  for (const Entry& entry : entries_) keys.push_back(entry.latest.key);
  throw UsageError(fmt::format("no batch brought a value '{}' (there are: {})",
                               key, keys.empty() ? "none" : join(keys, ", ")));
}

double AvgMeter::current(std::string_view key) const {
  return read_number(number_at(key).latest.value);
}

double AvgMeter::average(std::string_view key) const {
  const Entry& entry = number_at(key);
  if (entry.latest.aggregation != Aggregation::kMean) {
    throw UsageError(fmt::format(
        "meter key '{}' states {}, so it has no average: read aggregate()", key,
        aggregation_name(entry.latest.aggregation)));
  }
  return total_of(entry);
}

double AvgMeter::aggregate(std::string_view key) const {
  return total_of(number_at(key));
}

std::vector<std::pair<std::string, double>> AvgMeter::values() const {
  std::vector<std::pair<std::string, double>> values;
  for (const Entry& entry : entries_) {
    if (!entry.latest.is_number()) continue;
    values.emplace_back(entry.latest.key, total_of(entry));
  }
  return values;
}

int64_t AvgMeter::count(std::string_view key) const {
  const Entry* entry = find(key);
  return entry == nullptr ? 0 : entry->count;
}

double AvgMeter::weight(std::string_view key) const {
  const Entry* entry = find(key);
  return entry == nullptr ? 0 : entry->weight;
}

void AvgMeter::set(const std::string& key, double value) {
  auto same = [&](const Entry& entry) { return entry.latest.key == key; };
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(), same),
                 entries_.end());
  Meter meter;
  meter[key].last() = value;
  add(place(*meter.begin(), entries_.size()), *meter.begin(), 1);
}

void AvgMeter::reset() {
  entries_.clear();
  count_ = 0;
}

}  // namespace thexp
