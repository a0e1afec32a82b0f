#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace thexp {

/// Plain data: null, bool, integer, real, text, list, or an ordered dict with
/// text keys. What hyperparameters, sidecars and run.json are made of.
///
///     Value info = Value::Dict{{"epoch", 3}, {"loss", 0.25}};
///     info["tags"] = Value::List{"a", "b"};
///     info.to_json();
//
// Value, State and ArchiveValue are three trees on purpose. A template for all
// could share the list of types and the as_…() functions, about eighty lines
// of each. It would need a base class that knows its heirs, and split what a
// reader looks up over two headers. All else differs: keys (text, or integers
// too), tensors (none, LibTorch's, bytes), equality (NaN equals NaN; by bits),
// messages, and what each is written as.
class Value {
 public:
  using List = std::vector<Value>;
  using Entry = std::pair<std::string, Value>;
  using Dict = std::vector<Entry>;

  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool value) : data_(value) {}
  Value(int value) : data_(int64_t{value}) {}
  Value(unsigned value) : data_(int64_t{value}) {}
  Value(long value) : data_(int64_t{value}) {}
  Value(long long value) : data_(int64_t{value}) {}
  Value(unsigned long value) : data_(static_cast<int64_t>(value)) {}
  Value(double value) : data_(value) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(List value) : data_(std::move(value)) {}
  Value(Dict value) : data_(std::move(value)) {}

  bool is_null() const { return holds<std::monostate>(); }
  bool is_bool() const { return holds<bool>(); }
  bool is_integer() const { return holds<int64_t>(); }
  bool is_real() const { return holds<double>(); }
  bool is_number() const { return is_integer() || is_real(); }
  bool is_text() const { return holds<std::string>(); }
  bool is_list() const { return holds<List>(); }
  bool is_dict() const { return holds<Dict>(); }

  /// "null", "bool", "integer", "real", "text", "list" or "dict".
  const char* type_name() const;

  /// The content. @throws UsageError naming both types when it is another;
  /// as_real() also takes an integer.
  bool as_bool() const;
  int64_t as_integer() const;
  double as_real() const;
  const std::string& as_text() const;
  const List& as_list() const;
  List& as_list();
  const Dict& as_dict() const;
  Dict& as_dict();

  /// The real that this is, or that to_json() wrote as text because JSON has
  /// no word for it: "nan", "inf" or "-inf". None for anything else.
  std::optional<double> to_real() const;

  /// The entry of a dict, or nullptr (also when this is not a dict).
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);

  /// The entry of a dict. @throws UsageError listing the keys there are.
  const Value& at(std::string_view key) const;

  /// The entry, added as null when absent; a null value becomes a dict.
  Value& operator[](std::string_view key);

  /// A compact line (`indent` < 0) or indented JSON. Non-finite reals, which
  /// JSON has no word for, become "nan", "inf", "-inf" as text.
  std::string to_json(int indent = -1) const;

  /// Takes Python's NaN and Infinity, too. @throws FormatError that names the
  /// place of malformed text, duplicate keys, or integers beyond 64 bits.
  static Value from_json(std::string_view text,
                         const std::string& source = "JSON");

  /// Equal trees; the order of a dict's keys does not matter. NaN equals NaN.
  friend bool operator==(const Value& a, const Value& b);
  friend bool operator!=(const Value& a, const Value& b) { return !(a == b); }

  /// The same for equal trees, on every machine.
  uint64_t hash() const;

 private:
  template <typename T>
  bool holds() const {
    return std::holds_alternative<T>(data_);
  }

  std::variant<std::monostate, bool, int64_t, double, std::string, List, Dict>
      data_;
};

}  // namespace thexp
