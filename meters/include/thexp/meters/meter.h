#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "ATen/core/Tensor.h"
#include "thexp/base/value.h"
#include "thexp/meters/format.h"

namespace thexp {

/// What an AvgMeter makes of a key's values over many batches.
enum class Aggregation { kMean, kSum, kLast, kMin, kMax };

/// "mean", "sum", "last", "min" or "max".
const char* aggregation_name(Aggregation aggregation);

/// Nothing yet, a number, text, a detached tensor, or a list or dict.
using MeterValue = std::
    variant<std::monostate, int64_t, double, std::string, at::Tensor, Value>;

/// One named value of a Meter.
struct MeterEntry {
  explicit MeterEntry(std::string_view name) : key(name) {}

  /// False for a key whose format was stated, but that was never assigned.
  bool has_value() const {
    return !std::holds_alternative<std::monostate>(value);
  }
  /// A number, or a tensor of one element.
  bool is_number() const;

  std::string key;
  MeterFormat format;
  Aggregation aggregation = Aggregation::kMean;
  MeterValue value;
};

class Meter;

/// What `meter["loss"]` gives: assign a value to it, or state how the key is
/// shown and aggregated. Use it at once; it refers to its Meter.
class MeterSlot {
 public:
  /// Integers (bool among them) stay integers; other numbers become double.
  template <typename T,
            std::enable_if_t<std::is_arithmetic_v<T>, std::nullptr_t> = nullptr>
  MeterSlot& operator=(T number) {
    entry().value = to_value(number);
    return *this;
  }
  MeterSlot& operator=(std::string_view text) {
    entry().value = std::string(text);
    return *this;
  }
  /// Lists and dicts are shown, and an AvgMeter keeps the last.
  MeterSlot& operator=(Value::List list) {
    entry().value = Value(std::move(list));
    return *this;
  }
  MeterSlot& operator=(Value::Dict dict) {
    entry().value = Value(std::move(dict));
    return *this;
  }
  template <typename T>
  MeterSlot& operator=(const std::vector<T>& items) {
    return *this = Value::List(items.begin(), items.end());
  }
  /// One element on the CPU is read at once. Any other tensor is detached and
  /// kept where it is, sharing its storage: nothing is read back, and a later
  /// in-place change shows.
  /// @throws UsageError for an undefined, complex, sparse or quantized tensor.
  MeterSlot& operator=(const at::Tensor& tensor);

  /// `meter["b"] = meter["a"]` is refused: read with `meter.number("a")`.
  MeterSlot& operator=(const MeterSlot&) = delete;
  MeterSlot(const MeterSlot&) = default;

  /// Adds to the value; a missing one counts as nothing.
  /// @throws UsageError when the value is text, a list or a dict.
  template <typename T,
            std::enable_if_t<std::is_arithmetic_v<T>, std::nullptr_t> = nullptr>
  MeterSlot& operator+=(T number) {
    add(to_value(number));
    return *this;
  }
  MeterSlot& operator+=(const at::Tensor& tensor);

  MeterSlot percent() { return format(MeterFormat::percent()); }
  MeterSlot integer() { return format(MeterFormat::integer()); }
  MeterSlot fixed(int decimals) { return format(MeterFormat::fixed(decimals)); }
  MeterSlot format(MeterFormat format);

  MeterSlot mean() { return aggregate(Aggregation::kMean); }
  MeterSlot sum() { return aggregate(Aggregation::kSum); }
  MeterSlot last() { return aggregate(Aggregation::kLast); }
  MeterSlot min() { return aggregate(Aggregation::kMin); }
  MeterSlot max() { return aggregate(Aggregation::kMax); }
  MeterSlot aggregate(Aggregation aggregation);

 private:
  friend class Meter;
  MeterSlot(Meter& meter, std::size_t index) : meter_(&meter), index_(index) {}

  template <typename T>
  static MeterValue to_value(T number) {
    if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(number);
    } else {
      if constexpr (std::is_unsigned_v<T> && sizeof(T) == 8) {
        // The few that fit no int64 stay close as doubles.
        if (number > T{std::numeric_limits<int64_t>::max()}) {
          return static_cast<double>(number);
        }
      }
      return static_cast<int64_t>(number);
    }
  }

  void add(const MeterValue& value);
  MeterEntry& entry();

  Meter* meter_;
  std::size_t index_;
};

/// A key with its value, to make a Meter of.
class MeterItem {
 public:
  /// `value`: what can be assigned to a MeterSlot. It must live until the Meter
  /// is made.
  template <typename T>
  MeterItem(std::string_view key, const T& value)
      : key_(key), assign_([&value](MeterSlot slot) { slot = value; }) {}

 private:
  friend class Meter;

  std::string_view key_;
  std::function<void(MeterSlot)> assign_;
};

/// The named values of one step, in the order of their first mention.
///
///     thexp::Meter meter;
///     meter["loss"] = loss;
///     meter.percent("acc") = thexp::accuracy(logits, labels);
///     meter["correct"].sum() = 17;
///     meter.to_string();  // @loss=0.2134  @acc=93.75%  @correct=17
///
/// Costs no device synchronisation until something is read or printed.
class Meter {
 public:
  Meter() = default;
  /// In short: `return {{"loss", loss}, {"acc", accuracy}};`
  /// @throws UsageError as the assignment of each.
  Meter(std::initializer_list<MeterItem> items);

  /// The key's slot; a new key is added, without a value yet.
  MeterSlot operator[](std::string_view key) { return {*this, place(key)}; }

  /// The key's slot, its format stated.
  MeterSlot percent(std::string_view key) { return (*this)[key].percent(); }
  MeterSlot integer(std::string_view key) { return (*this)[key].integer(); }
  MeterSlot fixed(std::string_view key, int decimals) {
    return (*this)[key].fixed(decimals);
  }

  /// `meter[key] += value`: a missing key adds up from nothing.
  template <typename T>
  MeterSlot add(std::string_view key, const T& value) {
    MeterSlot slot = (*this)[key];
    slot += value;
    return slot;
  }

  /// How much this step weighs in a mean, in place of its batch's size: the
  /// number of tokens that a loss is the mean of, for example.
  /// @throws UsageError unless it is positive and finite.
  Meter& weight(double weight);
  std::optional<double> weight() const { return weight_; }

  /// How much of something was done in this step. The progress line tells how
  /// much of it a second: "12.3k tokens/s". It is neither averaged nor
  /// recorded.
  Meter& rate(std::string_view unit, double count);
  using Rates = std::vector<std::pair<std::string, double>>;
  const Rates& rates() const { return rates_; }

  /// True when the key was assigned.
  bool contains(std::string_view key) const;

  /// The number, or the one element of a tensor (waits for its device).
  /// @throws UsageError listing the keys when there is no such value, or
  /// saying what it is when it is not a number.
  double number(std::string_view key) const;

  /// @throws UsageError as number() does, when it is not text.
  const std::string& text(std::string_view key) const;

  /// The list or dict. @throws UsageError as number() does.
  const Value& value(std::string_view key) const;

  /// The tensor, detached; a number comes as a 0-d CPU tensor of its type.
  /// @throws UsageError as number() does.
  at::Tensor tensor(std::string_view key) const;

  /// "@loss=0.2134  @acc=93.75%", two spaces between; values that were never
  /// assigned are left out. Reads tensors, so it waits for their devices. Of
  /// a large tensor the first row is shown, then "...".
  std::string to_string() const;

  /// The entries in order, those without a value too.
  std::vector<MeterEntry>::const_iterator begin() const {
    return entries_.begin();
  }
  std::vector<MeterEntry>::const_iterator end() const { return entries_.end(); }

  /// The number of keys.
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  void clear() { *this = Meter(); }

 private:
  friend class MeterSlot;

  std::optional<double> weight_;
  Rates rates_;

  std::size_t place(std::string_view key);
  const MeterEntry& find(std::string_view key) const;

  std::vector<MeterEntry> entries_;
};

inline MeterEntry& MeterSlot::entry() { return meter_->entries_[index_]; }

inline MeterSlot MeterSlot::format(MeterFormat format) {
  entry().format = format;
  return *this;
}

inline MeterSlot MeterSlot::aggregate(Aggregation aggregation) {
  entry().aggregation = aggregation;
  return *this;
}

/// A value as a Meter prints it (waits for a tensor's device).
std::string format_value(const MeterFormat& format, const MeterValue& value);

}  // namespace thexp
