#include "tree_diff.h"

#include <fmt/format.h>

#include <functional>

#include "line_diff.h"

namespace thexp {
namespace {

// A path that two trees may have; null where one has none.
using Visit = std::function<void(const CodeFile*, const CodeFile*)>;

void walk_both(const CodeTree& a, const CodeTree& b, const Visit& visit) {
  auto x = a.files().begin(), y = b.files().begin();
  while (x != a.files().end() || y != b.files().end()) {
    bool only_a =
        y == b.files().end() || (x != a.files().end() && x->path < y->path);
    bool only_b = !only_a && (x == a.files().end() || y->path < x->path);
    if (only_a) {
      visit(&*x++, nullptr);
    } else if (only_b) {
      visit(nullptr, &*y++);
    } else {
      visit(&*x++, &*y++);
    }
  }
}

class Comparison {
 public:
  Comparison(const CodeTree& a, const CodeTree& b) : a_(a), b_(b) {}

  bool equal(const CodeFile* x, const CodeFile* y) const {
    if (x == nullptr || y == nullptr || x->mode != y->mode) return false;
    return equal_content(*x, *y);
  }

  std::string diff(const CodeFile* x, const CodeFile* y) const {
    const std::string& path = (x != nullptr ? x : y)->path;
    return "diff --git " + quoted("a/" + path) + " " + quoted("b/" + path) +
           "\n" + mode_lines(x, y) + body(path, x, y);
  }

 private:
  bool equal_content(const CodeFile& x, const CodeFile& y) const {
    bool are_links = x.mode == kSubmoduleMode;
    if (are_links || a_.id_kind() == b_.id_kind()) return x.id == y.id;
    return a_.read(x) == b_.read(y);
  }

  static std::string mode_lines(const CodeFile* x, const CodeFile* y) {
    if (x == nullptr) return "new file mode " + y->mode + "\n";
    if (y == nullptr) return "deleted file mode " + x->mode + "\n";
    if (x->mode == y->mode) return "";
    return "old mode " + x->mode + "\nnew mode " + y->mode + "\n";
  }

  std::string body(const std::string& path,
                   const CodeFile* x,
                   const CodeFile* y) const {
    std::string old_text = x != nullptr ? a_.read(*x) : "";
    std::string new_text = y != nullptr ? b_.read(*y) : "";
    if (old_text == new_text) return "";
    std::string old_name = x != nullptr ? quoted("a/" + path) : "/dev/null";
    std::string new_name = y != nullptr ? quoted("b/" + path) : "/dev/null";
    if (is_binary(old_text) || is_binary(new_text)) {
      return "Binary files " + old_name + " and " + new_name + " differ\n";
    }
    return "--- " + with_end(old_name) + "\n+++ " + with_end(new_name) + "\n" +
           unified_hunks(old_text, new_text);
  }

  // As git does it: a zero byte near the beginning.
  static bool is_binary(std::string_view text) {
    return text.substr(0, 8000).find('\0') != std::string_view::npos;
  }

  static std::string quoted(const std::string& name) {
    std::string text;
    for (char c : name) {
      auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte == 0x7f) {
        text += fmt::format("\\{:03o}", byte);
      } else if (c == '"' || c == '\\') {
        text += std::string("\\") + c;
      } else {
        text += c;
      }
    }
    return text == name ? name : "\"" + text + "\"";
  }

  // Without the tab, a name with blanks would have no clear end.
  static std::string with_end(const std::string& name) {
    return name.find(' ') == std::string::npos ? name : name + "\t";
  }

  const CodeTree& a_;
  const CodeTree& b_;
};

}  // namespace

std::vector<CodeChange> changes_between(const CodeTree& a, const CodeTree& b) {
  std::vector<CodeChange> changes;
  Comparison comparison(a, b);
  walk_both(a, b, [&](const CodeFile* x, const CodeFile* y) {
    if (comparison.equal(x, y)) return;
    const char* what = "modified";
    if (x == nullptr) what = "added";
    if (y == nullptr) what = "deleted";
    changes.push_back({(x != nullptr ? x : y)->path, what});
  });
  return changes;
}

std::string diff_trees(const CodeTree& a, const CodeTree& b) {
  std::string text;
  Comparison comparison(a, b);
  walk_both(a, b, [&](const CodeFile* x, const CodeFile* y) {
    if (!comparison.equal(x, y)) text += comparison.diff(x, y);
  });
  return text;
}

}  // namespace thexp
