#include <fmt/format.h>

#include <map>
#include <set>
#include <variant>

#include "checkpoint_file.h"
#include "ckpt.h"
#include "compare_tensors.h"
#include "thexp/archive/elements.h"
#include "thexp/base/error.h"
#include "view_reads.h"

namespace thexp::cli {
namespace {

// The text is of what was not loaded.
using Item =
    std::variant<const ArchiveTensor*, const Value*, const std::string*>;

// All entries of a file by their names, which must be different ones.
class Items {
 public:
  explicit Items(const CheckpointFile& file) {
    for (const auto& [name, tensor] : file.tensors) add(file, name, &tensor);
    for (const auto& [name, value] : file.values) add(file, name, &value);
    for (const auto& [name, what] : file.not_loaded) add(file, name, &what);
  }

  const Item* find(const std::string& name) const {
    auto found = items_.find(name);
    return found == items_.end() ? nullptr : &found->second;
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  void add(const CheckpointFile& file, const std::string& name, Item item) {
    if (!items_.emplace(name, item).second) {
      throw FormatError::in_file(
          file.path,
          fmt::format("two entries are called '{}'", printable(name)));
    }
    names_.push_back(name);
  }

  std::map<std::string, Item> items_;
  std::vector<std::string> names_;  // in the file's order
};

std::string describe_item(const Item& item) {
  if (const auto* tensor = std::get_if<const ArchiveTensor*>(&item)) {
    return describe(**tensor);
  }
  if (const auto* value = std::get_if<const Value*>(&item)) {
    return (*value)->to_json();
  }
  return *std::get<const std::string*>(item);
}

bool is_loaded(const Item& item) {
  return !std::holds_alternative<const std::string*>(item);
}

// Compares tensors of two files: once for each two views, whatever the names
// that they have.
class Comparisons {
 public:
  Comparisons(const CheckpointFile& a, const CheckpointFile& b)
      : a_(a), b_(b), allowance_(a.bytes + b.bytes) {}

  // Both of one type and shape.
  const Difference& of(const ArchiveTensor& a, const ArchiveTensor& b) {
    auto [known, added] = known_.try_emplace({view_key(a), view_key(b)});
    if (!added) return known->second;
    if (!allowance_.take(ElementReader(a).bytes_left())) {
      throw FormatError(fmt::format(
          "{} and {}: their tensors share storages, so that comparing them "
          "takes over {} times the files' bytes",
          a_.path.string(), b_.path.string(), ReadAllowance::kTimes));
    }
    return known->second = compare(a, b);
  }

 private:
  const CheckpointFile& a_;
  const CheckpointFile& b_;
  ReadAllowance allowance_;
  std::map<std::pair<ViewKey, ViewKey>, Difference> known_;
};

std::string tensor_difference(const ArchiveTensor& a,
                              const ArchiveTensor& b,
                              Comparisons& comparisons) {
  if (a.type != b.type || a.sizes != b.sizes) {
    return describe(a) + " -> " + describe(b);
  }
  const Difference& difference = comparisons.of(a, b);
  if (difference.elements == 0) return "";
  return fmt::format("{}: {} of {} elements, by at most {:.6g}", describe(a),
                     difference.elements, element_count(a), difference.largest);
}

// "" when they are equal.
std::string difference_of(const Item& a,
                          const Item& b,
                          Comparisons& comparisons) {
  const auto* left = std::get_if<const ArchiveTensor*>(&a);
  const auto* right = std::get_if<const ArchiveTensor*>(&b);
  if (left != nullptr && right != nullptr) {
    return tensor_difference(**left, **right, comparisons);
  }
  const auto* value = std::get_if<const Value*>(&a);
  const auto* other = std::get_if<const Value*>(&b);
  bool equal = value != nullptr && other != nullptr && **value == **other;
  std::string here = describe_item(a), there = describe_item(b);
  // 0.0 and -0.0 are equal, and not the same.
  return equal && here == there ? "" : here + " -> " + there;
}

struct Report {
  std::string text;
  int differ = 0, only_first = 0, only_second = 0, equal = 0, unknown = 0;

  void line(const std::string& what,
            const std::string& name,
            const std::string& detail) {
    text +=
        fmt::format("{}  {}  {}\n", what, printable(name), printable(detail));
  }
};

Report compare_files(const CheckpointFile& a, const CheckpointFile& b) {
  Items first(a), second(b);
  Comparisons comparisons(a, b);
  Report report;
  for (const std::string& name : first.names()) {
    const Item* item = first.find(name);
    const Item* other = second.find(name);
    if (other == nullptr) {
      ++report.only_first;
      report.line("only in " + a.path.string(), name, describe_item(*item));
      continue;
    }
    if (!is_loaded(*item) && !is_loaded(*other)) {
      ++report.unknown;
      report.line("not compared", name, describe_item(*item));
      continue;
    }
    std::string difference = difference_of(*item, *other, comparisons);
    ++(difference.empty() ? report.equal : report.differ);
    if (!difference.empty()) report.line("differs", name, difference);
  }
  for (const std::string& name : second.names()) {
    if (first.find(name) != nullptr) continue;
    ++report.only_second;
    report.line("only in " + b.path.string(), name,
                describe_item(*second.find(name)));
  }
  return report;
}

}  // namespace

Output ckpt_diff(const CkptDiffOptions& options) {
  CheckpointFile a = open_checkpoint(options.first);
  CheckpointFile b = open_checkpoint(options.second);
  Report report = compare_files(a, b);
  int others = report.differ + report.only_first + report.only_second;
  std::string unknown = report.unknown == 0
                            ? ""
                            : fmt::format(", {} not compared", report.unknown);
  if (others == 0) {
    return {fmt::format("{}all {} are equal{}\n", report.text, report.equal,
                        unknown)};
  }
  report.text +=
      fmt::format("\n{} differ, {} only in {}, {} only in {}, {} equal{}\n",
                  report.differ, report.only_first, options.first,
                  report.only_second, options.second, report.equal, unknown);
  return {report.text, 1};
}

}  // namespace thexp::cli
