#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/params/command_line.h"
#include "thexp/params/constraint.h"
#include "thexp/params/param_diff.h"
#include "thexp/params/param_error.h"
#include "thexp/params/param_type.h"

namespace thexp {

struct Given;
class ParamGroup;
class Params;

namespace detail {
/// @throws UsageError when the two are of different classes.
void copy_values(const Params& from, Params& to);
}  // namespace detail

/// The part of a Param that does not depend on its type.
class ParamBase {
 public:
  ParamBase(const ParamBase&) = delete;
  ParamBase& operator=(const ParamBase&) = delete;

  const std::string& key() const { return key_; }

  /// False for a required parameter that was not given yet.
  bool is_set() const { return is_set_; }

 protected:
  ParamBase(Params* owner, std::string key)
      : owner_(owner), key_(std::move(key)) {}
  ~ParamBase() = default;

  Params* owner_;
  std::string key_;
  bool is_set_ = true;

 private:
  friend class Params;
  virtual void assign(const Value& value) = 0;
};

/// What Params::at() gives; the Params must outlive it.
class ParamGroup {
 public:
  /// For a T that is a Params: a std::unique_ptr to a new one, validated, that
  /// has the values below the key and its own defaults elsewhere, so that a
  /// component declares what it needs and any program can hold it. For any
  /// other T, the parameter's value.
  /// @throws ParamError for a key that T does not have, a required one of T
  /// that is not here, a value that does not fit, or another type.
  template <typename T>
  auto as() const;

  const std::string& key() const { return key_; }

 private:
  friend class Params;
  ParamGroup(const Params& owner, std::string key)
      : owner_(owner), key_(std::move(key)) {}

  const Params& owner_;
  std::string key_;
};

/// The hyperparameters of a program: declared, typed, ordered. A subclass has
/// Param<T> fields; without one, add() declares and operator[] reads.
///
///     struct MyParams : thexp::Params {
///       thexp::Param<double> lr{this, "optim.lr", 0.05, "learning rate"};
///     };
///
/// Values come from the defaults, from YAML files, and from the command line;
/// the later one wins. Keys are dotted paths. Everything that cannot be right
/// is a ParamError; a wrong declaration is a UsageError.
class Params {
 public:
  Params();
  virtual ~Params();
  Params(const Params&) = delete;
  Params& operator=(const Params&) = delete;

  /// The class name, without namespaces.
  virtual std::string name() const;

  /// The user's rules that span several parameters; called by validate().
  /// @throws ParamError::invalid, by its author's choice.
  virtual void check() const {}

  // -- Declaring and reading -------------------------------------------------

  /// Declares a parameter without a field. @throws UsageError when the key is
  /// malformed, taken, or the start of another, or the default breaks the
  /// constraint.
  template <typename T>
  Params& add(const std::string& key,
              const T& default_value,
              const std::string& help = "",
              const Constraint& constraint = {});

  /// The value; null while a required one is not given. @throws ParamError for
  /// an unknown key, with a suggestion.
  const Value& operator[](std::string_view key) const;

  bool contains(std::string_view key) const;

  /// All keys, in the order of declaration.
  std::vector<std::string> keys() const;

  /// A parameter, or all below a key: `params.at("optim").as<OptimParams>()`.
  /// @throws ParamError for an unknown key, with a suggestion.
  ParamGroup at(const std::string& key) const;

  /// Where the value is from: "default", "configs/a.yaml:7:3",
  /// "--optim.lr (command line)", "program". @throws ParamError for an unknown
  /// key.
  const std::string& origin(std::string_view key) const;

  // -- Changing --------------------------------------------------------------

  /// Checks type and constraint, then sets. @throws ParamError.
  void set(const std::string& key,
           const Value& value,
           const std::string& origin = "program");

  /// From here on every change is an error that says since when, for example
  /// since "training started".
  void freeze(const std::string& since = "freeze() was called");
  bool is_frozen() const { return frozen_since_.has_value(); }

  /// On the command line, `--key` without a value means `value`; the next
  /// argument is then never taken for its value (write `--key=VALUE`).
  /// @throws ParamError for an unknown key, UsageError for a bool, which has
  /// that meaning anyway.
  void set_bare_value(const std::string& key, const std::string& value);

  /// `--key=+3` means `--other=3`, in a file likewise; both are integers.
  /// @throws ParamError for an unknown key, UsageError for another type.
  void set_plus_key(const std::string& key, const std::string& other);

  /// From here on a change of this one is an error. @throws ParamError for an
  /// unknown key, as is_locked() does.
  void lock(const std::string& key);
  bool is_locked(std::string_view key) const;

  /// @throws ParamError when a required parameter is missing, a path cannot be
  /// expanded, or check() fails.
  void validate() const;

  /// The required parameters that were not given yet.
  std::vector<std::string> missing() const;

  // -- Sources ---------------------------------------------------------------

  /// Nested maps, or dotted keys. A `base: other.yaml` at the top names a file,
  /// relative to this one, that is loaded first.
  void load_yaml(const fs::path& path);
  /// A `base:` is an error here: the text has no folder.
  void load_yaml_text(std::string_view text,
                      const std::string& source = "YAML");
  void load_json(std::string_view text, const std::string& source = "JSON");

  /// Takes from a file only what is missing(), and lets its other keys be.
  void load_missing(const fs::path& path);

  /// A dict, nested or with dotted keys.
  void load_value(const Value& tree, const std::string& source = "value");

  /// `--key=value`, `--key value`, `--flag`, `--no-flag`, `--config FILE`,
  /// `--print-params`, `--help`; '-' and '_' are the same in a name. Files
  /// first, then values, then validate().
  /// With --help nothing is changed or checked. What the program has set
  /// before, in a constructor for example, is a default from here on.
  CommandLine parse_args(const std::vector<std::string>& args);

  /// Like main(): argv[0] is the program.
  CommandLine parse_args(int argc, const char* const* argv);

  /// The same without validate(), for a program that has another source yet.
  CommandLine read_args(const std::vector<std::string>& args);

  // -- Output ----------------------------------------------------------------

  /// How to call `program`, and every parameter; at most 80 columns.
  std::string help_text(const std::string& program) const;

  /// A nested dict, in the order of declaration; required parameters that are
  /// not given are left out, here and in what is made of it. Paths are as they
  /// were given: `~/data` stays so.
  Value to_value() const;

  /// Loads again to equal values.
  std::string to_yaml() const;
  std::string to_json(int indent = 2) const;

  /// "# MyParams" and the YAML: loads again as a whole.
  std::string to_string() const;

  /// The same for equal keys and values, whatever their order.
  uint64_t hash() const;

  /// What turns this (before) into `other` (after).
  std::vector<ParamDiff> diff(const Params& other) const;

  /// "mnist_lr=0.1": the prefix, and a `name=value` for each key, where name is
  /// the last part of the path, or all of it when two keys end alike. Usable as
  /// a folder name, at most 120 bytes. @throws ParamError for an unknown key,
  /// UsageError for an empty name.
  std::string build_exp_name(const std::string& prefix,
                             const std::vector<std::string>& keys) const;

 private:
  template <typename T>
  friend class Param;
  friend class ParamGroup;
  friend struct ParamsAccess;
  friend void detail::copy_values(const Params& from, Params& to);

  struct Declaration {
    std::string key;
    std::string help;
    ParamType type;
    Constraint constraint;
    ParamBase* field;  // the Param<T>, or nullptr
  };

  struct Entry : Declaration {
    explicit Entry(Declaration declaration)
        : Declaration(std::move(declaration)) {}

    Value value;
    std::string origin;
    bool is_set = false;
    bool locked = false;
    std::optional<std::string> bare_value;
    std::string plus_key;  // who takes a value with a plus sign; or ""
  };

  // `value` is nullopt for a required parameter.
  void declare(Declaration declaration, const std::optional<Value>& value);
  void take_values(const Params& from);
  Entry* find(std::string_view key);
  const Entry* find(std::string_view key) const;
  const Entry& entry_at(std::string_view key) const;
  void copy_group(const std::string& group, Params& to) const;
  Value value_as(const std::string& key, const ParamType& type) const;
  void require_path(std::string_view key) const;
  void apply(const std::string& key, const Given& given, std::string origin);
  static void store(Entry& entry, Value value, std::string origin);

  std::vector<Entry> entries_;
  std::optional<std::string> frozen_since_;
};

/// A parameter as a field of a Params, read as `*params.lr`, `params.lr.get()`
/// or by conversion. Not copyable: `double lr = params.lr` takes the value,
/// `auto lr = params.lr` does not compile.
///
/// T: bool, int, int64_t, double, std::string, std::filesystem::path, or a
/// std::vector or std::optional of those. Integers take only integers, reals
/// also integers; nothing else is converted. A path is expanded when it is
/// read: `~/` and `${NAME}` (see read_path_text()).
template <typename T>
class Param final : public ParamBase {
 public:
  Param(Params* owner,
        std::string key,
        const T& default_value,
        const std::string& help,
        const Constraint& constraint = {});
  Param(Params* owner,
        std::string key,
        Required,
        const std::string& help,
        const Constraint& constraint = {});

  /// @throws ParamError when it is required and was not given, or is a path
  /// with a variable that is not set.
  const T& get() const;
  const T& operator*() const { return get(); }
  const T* operator->() const { return &get(); }
  operator const T&() const { return get(); }

  /// Params::set() with the origin "program".
  Param& operator=(const T& value);

  const std::string& origin() const { return owner_->origin(key_); }

 private:
  void assign(const Value& value) override;

  T value_{};
};

/// An independent copy with the same values, origins and locks; not frozen.
/// @throws UsageError when `params` is really of a subclass of P.
template <typename P, typename = std::enable_if_t<std::is_base_of_v<Params, P>>>
std::unique_ptr<P> copy(const P& params);

// -- Implementation of the templates -----------------------------------------

template <typename T>
Params& Params::add(const std::string& key,
                    const T& default_value,
                    const std::string& help,
                    const Constraint& constraint) {
  declare({key, help, ParamCodec<T>::type(), constraint, nullptr},
          ParamCodec<T>::to_value(default_value));
  return *this;
}

template <typename T>
Param<T>::Param(Params* owner,
                std::string key,
                const T& default_value,
                const std::string& help,
                const Constraint& constraint)
    : ParamBase(owner, std::move(key)) {
  Value value = ParamCodec<T>::to_value(default_value);
  owner->declare({key_, help, ParamCodec<T>::type(), constraint, this}, value);
  value_ = ParamCodec<T>::from_value(value);
}

template <typename T>
Param<T>::Param(Params* owner,
                std::string key,
                Required,
                const std::string& help,
                const Constraint& constraint)
    : ParamBase(owner, std::move(key)) {
  is_set_ = false;
  owner->declare({key_, help, ParamCodec<T>::type(), constraint, this},
                 std::nullopt);
}

template <typename T>
const T& Param<T>::get() const {
  if (!is_set_) throw ParamError::missing({key_});
  if constexpr (ParamCodec<T>::type().kind == ParamKind::kPath) {
    owner_->require_path(key_);
  }
  return value_;
}

template <typename T>
Param<T>& Param<T>::operator=(const T& value) {
  owner_->set(key_, ParamCodec<T>::to_value(value));
  return *this;
}

template <typename T>
void Param<T>::assign(const Value& value) {
  value_ = ParamCodec<T>::from_value(value);
}

template <typename T>
auto ParamGroup::as() const {
  if constexpr (std::is_base_of_v<Params, T>) {
    auto group = std::make_unique<T>();
    owner_.copy_group(key_, *group);
    return group;
  } else {
    return ParamCodec<T>::from_value(
        owner_.value_as(key_, ParamCodec<T>::type()));
  }
}

// Compiled once, in params.cpp, instead of in every program.
extern template class Param<bool>;
extern template class Param<int64_t>;
extern template class Param<double>;
extern template class Param<std::string>;
extern template class Param<fs::path>;
extern template class Param<std::optional<int64_t>>;

template <typename P, typename>
std::unique_ptr<P> copy(const P& params) {
  static_assert(std::is_default_constructible_v<P>,
                "copy() makes a new P and sets its values");
  auto result = std::make_unique<P>();
  detail::copy_values(params, *result);
  return result;
}

}  // namespace thexp
