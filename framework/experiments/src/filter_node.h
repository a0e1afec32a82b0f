#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thexp/experiments/filter.h"

namespace thexp {

enum class Comparison {
  kEqual,
  kUnequal,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kLike
};

// What stands on the right of a comparison. A bare "0.1", "true" or "20m" may
// be meant as the text, too: the value that it meets decides.
struct Literal {
  std::string text;
  std::optional<double> number;
  std::optional<bool> truth;
  bool is_null = false;
};

// Whether a value that a run has fits.
bool fits(const Value& value, Comparison comparison, const Literal& literal);

// A part of a filter.
class Filter::Node {
 public:
  // A name in the text, and where it stands.
  struct Name {
    RunField field;
    std::size_t offset;
  };

  virtual ~Node() = default;
  virtual bool holds(const RunEntry& run) const = 0;
  virtual void add_names(std::vector<const Name*>& names) const = 0;
};

// @throws UsageError
std::shared_ptr<const Filter::Node> parse_filter(std::string_view text);

// "filter: <problem> (column 7)", the text, and a caret below the place.
[[noreturn]] void throw_in_filter(std::string_view text,
                                  std::size_t offset,
                                  const std::string& problem);

}  // namespace thexp
