#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thexp/base/value.h"
#include "thexp/meters/accumulator.h"
#include "thexp/meters/meter.h"

namespace thexp {

/// The Meters of many batches, put together by what each key states: a mean
/// weighted by batch size (unless another is stated), a sum, the least, the
/// greatest, or the last. Text, lists, dicts and tensors of several elements
/// keep the last.
///
///     thexp::AvgMeter average;
///     for (...) average.update(meter, batch_size);
///     average.to_string();  // @loss=0.2134(0.3321)  @acc=93.75%(91.20%)
///
/// update() never waits for a device; everything that reads does.
class AvgMeter {
 public:
  /// Adds one batch; `weight` is its number of examples, unless the meter
  /// states another (Meter::weight()). A key that is in some batches only has
  /// the weight of these.
  /// @throws UsageError when the weight is not positive and finite, when a
  /// key's format, aggregation or kind (number, text, tensor, list, dict)
  /// changes, or when what is not a number is to be summed up or compared.
  void update(const Meter& meter, double weight = 1);

  /// A number of all batches together, such as a metric that is no mean.
  /// Replaces the key.
  void set(const std::string& key, double value);

  /// "@loss=0.2134(0.3321)  @name=a": the current value, and in brackets the
  /// mean, sum, minimum or maximum; keys that keep the last have no brackets,
  /// nor has the mean of a key whose values were all integers.
  std::string to_string() const;

  /// "@loss=0.3321  @name=a": the aggregates alone, for a line that sums up.
  std::string summary() const;

  /// The newest number of a key. @throws UsageError listing the keys when it
  /// is not there, or when it is text or a tensor of several elements.
  double current(std::string_view key) const;

  /// The mean of a key, weighted by batch size. @throws UsageError as
  /// current() does, and when the key states another aggregation.
  double average(std::string_view key) const;

  /// What the key states: its mean, sum, last, minimum or maximum.
  double aggregate(std::string_view key) const;

  /// The aggregates of all keys that hold numbers, in order.
  std::vector<std::pair<std::string, double>> values() const;

  /// The batches that held the key (0 for an unknown one), and their weight.
  int64_t count(std::string_view key) const;
  double weight(std::string_view key) const;

  /// The batches seen since the last reset.
  int64_t count() const { return count_; }

  bool contains(std::string_view key) const { return count(key) > 0; }
  bool empty() const { return entries_.empty(); }

  /// Forgets everything, the keys' formats too.
  void reset();

  /// Plain data from which load_state() goes on, bit for bit: a run that is
  /// resumed in mid-epoch ends with the averages of one that never stopped.
  /// Waits for the devices. Tensors of several elements are stored whole.
  Value state() const;

  /// @throws UsageError or FormatError when this is not an AvgMeter's state;
  /// the meter is then as it was.
  void load_state(const Value& state);

 private:
  struct Entry {
    explicit Entry(MeterEntry first);

    MeterEntry latest;
    Accumulator total;
    bool integral = true;  // all values so far were integers
    int64_t count = 0;
    double weight = 0;
  };

  static void add(Entry& entry, const MeterEntry& latest, double weight);
  static double total_of(const Entry& entry);
  static std::string current_text(const Entry& entry);
  static std::string total_text(const Entry& entry);
  static bool shows_current_only(const Entry& entry);
  static std::string both_texts(const Entry& entry);
  std::string line_of(std::string (*text)(const Entry&)) const;
  static Value state_of(const Entry& entry);
  static Entry entry_from(const Value& state);

  Entry& place(const MeterEntry& latest, std::size_t likely);
  const Entry* find(std::string_view key) const;
  const Entry& number_at(std::string_view key) const;

  std::vector<Entry> entries_;
  int64_t count_ = 0;
};

}  // namespace thexp
