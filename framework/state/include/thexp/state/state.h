#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "thexp/archive/foreign_object.h"
#include "thexp/base/value.h"

namespace thexp {

/// What anything stateful gives and takes: null, bool, integer, real, text,
/// tensor, list, or an ordered dict. Shaped like Python's `state_dict`, so a
/// dict's keys are text or integers. A file of Python's may hold objects that
/// are none of these; each is a ForeignObject, and asking it for anything else
/// is an error that names it.
///
///     State state;
///     state["net"] = module_state(*net);
///     state["optim"] = optimizer_state(optimizer);
///     double lr = state["optim"]["param_groups"][0]["lr"].as_real();
///
/// Copying a State copies the tree but not the tensors' elements: see clone().
// Why this and Value are not one template: see value.h.
class State {
 public:
  /// The key of a dict; or, as an integer, the position in a list.
  class Key {
   public:
    Key(const char* text) : data_(std::string(text)) {}
    Key(std::string_view text) : data_(std::string(text)) {}
    Key(std::string text) : data_(std::move(text)) {}
    Key(int index) : data_(int64_t{index}) {}
    Key(int64_t index) : data_(index) {}
    Key(std::size_t index) : data_(static_cast<int64_t>(index)) {}

    bool is_text() const { return data_.index() == 0; }
    bool is_integer() const { return data_.index() == 1; }

    /// The content. @throws UsageError when it is the other kind.
    const std::string& text() const;
    int64_t integer() const;

    /// The text, or the integer in decimal.
    std::string to_string() const;

    friend bool operator==(const Key& a, const Key& b) {
      return a.data_ == b.data_;
    }
    friend bool operator!=(const Key& a, const Key& b) { return !(a == b); }
    friend bool operator<(const Key& a, const Key& b) {
      return a.data_ < b.data_;
    }

   private:
    std::variant<std::string, int64_t> data_;
  };

  using List = std::vector<State>;
  using Entry = std::pair<Key, State>;
  using Dict = std::vector<Entry>;

  State() = default;
  State(const State& other);
  State(State&& other) noexcept;
  State& operator=(const State& other);
  State& operator=(State&& other) noexcept;
  ~State();

  State(std::nullptr_t) {}
  State(bool value) : data_(value) {}
  State(int value) : data_(int64_t{value}) {}
  State(unsigned value) : data_(int64_t{value}) {}
  State(long value) : data_(int64_t{value}) {}
  State(long long value) : data_(int64_t{value}) {}
  State(unsigned long value) : data_(static_cast<int64_t>(value)) {}
  State(double value) : data_(value) {}
  State(const char* value) : data_(std::string(value)) {}
  State(std::string_view value) : data_(std::string(value)) {}
  State(std::string value) : data_(std::move(value)) {}
  State(List value) : data_(std::move(value)) {}
  State(Dict value) : data_(std::move(value)) {}
  State(std::shared_ptr<const ForeignObject> object)
      : data_(std::move(object)) {}

  /// Shares the tensor's elements; keeps none of its gradient history.
  /// @throws UsageError for an undefined tensor.
  State(const at::Tensor& tensor);

  bool is_null() const { return holds<std::monostate>(); }
  bool is_bool() const { return holds<bool>(); }
  bool is_integer() const { return holds<int64_t>(); }
  bool is_real() const { return holds<double>(); }
  bool is_number() const { return is_integer() || is_real(); }
  bool is_text() const { return holds<std::string>(); }
  bool is_tensor() const { return holds<at::Tensor>(); }
  bool is_list() const { return holds<List>(); }
  bool is_dict() const { return holds<Dict>(); }
  bool is_foreign() const {
    return holds<std::shared_ptr<const ForeignObject>>();
  }

  /// "null", "bool", "integer", "real", "text", "tensor", "list", "dict" or
  /// "foreign".
  const char* type_name() const;

  /// One line for a message: "tensor float32 [3, 4]", "dict (keys: a, b)".
  std::string describe() const;

  /// The content. @throws UsageError saying what is there when it is another
  /// type; as_real() also takes an integer.
  bool as_bool() const;
  int64_t as_integer() const;
  double as_real() const;
  const std::string& as_text() const;
  const at::Tensor& as_tensor() const;
  const List& as_list() const;
  List& as_list();
  const Dict& as_dict() const;
  Dict& as_dict();
  const ForeignObject& as_foreign() const;

  /// Entries of a list or dict. @throws UsageError for the other types.
  std::size_t size() const;

  /// The keys of a dict as text. @throws UsageError for the other types.
  std::vector<std::string> names() const;

  /// The entry, or nullptr when there is none (also when this is neither a
  /// dict nor, for an integer key, a list).
  const State* find(const Key& key) const;
  State* find(const Key& key);

  /// The entry. @throws UsageError listing the keys (or the length) there are.
  const State& at(const Key& key) const;

  /// at() several levels down; the error names the whole path:
  /// `state.at_path({"optim", "param_groups", 0, "lr"})`.
  const State& at_path(std::initializer_list<Key> path) const;

  /// The entry of a dict, added as null when absent; a null state becomes a
  /// dict. On a list, the item. @throws UsageError outside a list's length.
  State& operator[](const Key& key);
  /// at(): a const state gets no entry added. @throws UsageError, as at() does.
  const State& operator[](const Key& key) const { return at(key); }

  /// A copy that shares no tensor elements with this one. Tensors that share
  /// elements with each other are separate in the copy.
  State clone() const;

  /// The same content from, or as, plain data. @throws UsageError naming the
  /// path of a tensor or of a dict with integer keys.
  static State from_value(const Value& value);
  Value to_value() const;

 private:
  template <typename T>
  bool holds() const {
    return std::holds_alternative<T>(data_);
  }

  std::variant<std::monostate,
               bool,
               int64_t,
               double,
               std::string,
               at::Tensor,
               List,
               Dict,
               std::shared_ptr<const ForeignObject>>
      data_;
};

/// Equal trees, bit for bit: reals and tensor elements by their bits (a NaN
/// equals itself, 0.0 is not -0.0), tensors with equal dtype and sizes. The
/// order of a dict's keys, and a tensor's strides and device, do not matter.
bool equal(const State& a, const State& b);

/// The path of the first difference with both sides, or "" when equal:
/// "optim/param_groups/0/lr: real 0.1, real 0.2".
std::string first_difference(const State& a, const State& b);

}  // namespace thexp
