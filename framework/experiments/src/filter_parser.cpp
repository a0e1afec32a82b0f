#include <charconv>

#include "filter_node.h"
#include "filter_tokens.h"
#include "thexp/base/clock.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

using Kind = FilterToken::Kind;
using Node = Filter::Node;
using NodePointer = std::shared_ptr<const Node>;
using Names = std::vector<const Node::Name*>;

class Both : public Node {
 public:
  Both(NodePointer left, bool is_or, NodePointer right)
      : left_(std::move(left)), right_(std::move(right)), is_or_(is_or) {}

  bool holds(const RunEntry& run) const override {
    return is_or_ ? left_->holds(run) || right_->holds(run)
                  : left_->holds(run) && right_->holds(run);
  }
  void add_names(Names& names) const override {
    left_->add_names(names);
    right_->add_names(names);
  }

 private:
  NodePointer left_, right_;
  bool is_or_;
};

class Not : public Node {
 public:
  explicit Not(NodePointer inner) : inner_(std::move(inner)) {}

  bool holds(const RunEntry& run) const override { return !inner_->holds(run); }
  void add_names(Names& names) const override { inner_->add_names(names); }

 private:
  NodePointer inner_;
};

// One of the literals fits; of `in` there are several.
class Compare : public Node {
 public:
  Compare(Name name, Comparison comparison, std::vector<Literal> literals)
      : name_(std::move(name)),
        comparison_(comparison),
        literals_(std::move(literals)) {}

  bool holds(const RunEntry& run) const override {
    Value value = name_.field.of(run).value_or(Value());
    for (const Literal& literal : literals_) {
      if (fits(value, comparison_, literal)) return true;
    }
    return false;
  }
  void add_names(Names& names) const override { names.push_back(&name_); }

 private:
  Name name_;
  Comparison comparison_;
  std::vector<Literal> literals_;
};

class Has : public Node {
 public:
  explicit Has(Name name) : name_(std::move(name)) {}

  bool holds(const RunEntry& run) const override {
    Value value = name_.field.of(run).value_or(Value());
    return !value.is_null() && value != Value(false);
  }
  void add_names(Names& names) const override { names.push_back(&name_); }

 private:
  Name name_;
};

std::optional<double> number_in(const std::string& text) {
  if (auto special = parse_non_finite(text)) return special;
  const char* begin = text.data() + (starts_with(text, "+") ? 1 : 0);
  const char* end = text.data() + text.size();
  double number = 0;
  auto [rest, error] = std::from_chars(begin, end, number);
  if (error == std::errc() && rest == end) return number;
  if (auto duration = parse_duration(text)) return duration->count();
  return std::nullopt;
}

Literal bare_literal(const std::string& text) {
  Literal literal{text, number_in(text), std::nullopt, text == "null"};
  if (text == "true" || text == "false") literal.truth = text == "true";
  return literal;
}

class Parser {
 public:
  explicit Parser(std::string_view text)
      : text_(text), tokens_(filter_tokens(text)) {}

  NodePointer whole() {
    NodePointer node = any_of();
    if (token().kind != Kind::kEnd) fail("expected 'and', 'or' or the end");
    return node;
  }

 private:
  NodePointer any_of() {
    NodePointer node = all_of();
    while (accept("or")) node = std::make_shared<Both>(node, true, all_of());
    return node;
  }

  NodePointer all_of() {
    NodePointer node = one();
    while (accept("and")) node = std::make_shared<Both>(node, false, one());
    return node;
  }

  NodePointer one() {
    if (accept("not")) return std::make_shared<Not>(one());
    if (!accept("(")) return comparison();
    NodePointer node = any_of();
    expect(")");
    return node;
  }

  NodePointer comparison() {
    Node::Name name = this->name();
    if (accept("in")) return is_in(std::move(name));
    if (accept("not")) {
      expect("in");
      return std::make_shared<Not>(is_in(std::move(name)));
    }
    std::optional<Comparison> sign = comparison_sign();
    if (!sign) return std::make_shared<Has>(std::move(name));
    std::vector<Literal> one{literal()};
    return std::make_shared<Compare>(std::move(name), *sign, std::move(one));
  }

  NodePointer is_in(Node::Name name) {
    std::vector<Literal> several;
    expect("[");
    while (!accept("]")) {
      if (!several.empty()) expect(",");
      several.push_back(literal());
    }
    return std::make_shared<Compare>(std::move(name), Comparison::kEqual,
                                     std::move(several));
  }

  Node::Name name() {
    bool is_name = token().kind == Kind::kWord || token().kind == Kind::kQuoted;
    bool is_reserved =
        token().is("and") || token().is("or") || token().is("in");
    if (!is_name || is_reserved) {
      fail("expected a name, such as status or params.optim.lr");
    }
    Node::Name name{RunField(token().text), token().offset};
    ++at_;
    return name;
  }

  Literal literal() {
    FilterToken value = token();
    if (value.kind == Kind::kQuoted) {
      ++at_;
      return {value.text, std::nullopt, std::nullopt, false};
    }
    bool is_word = value.kind == Kind::kWord && !value.is("and") &&
                   !value.is("or") && !value.is("not");
    if (!is_word) {
      fail("expected a value behind '" + tokens_[at_ - 1].text + "'");
    }
    ++at_;
    return bare_literal(value.text);
  }

  std::optional<Comparison> comparison_sign() {
    constexpr std::pair<const char*, Comparison> kAll[] = {
        {"==", Comparison::kEqual},  {"!=", Comparison::kUnequal},
        {"<", Comparison::kLess},    {"<=", Comparison::kLessEqual},
        {">", Comparison::kGreater}, {">=", Comparison::kGreaterEqual},
        {"~", Comparison::kLike}};
    for (const auto& [sign, comparison] : kAll) {
      if (accept(sign)) return comparison;
    }
    return std::nullopt;
  }

  bool accept(std::string_view text) {
    if (!token().is(text)) return false;
    ++at_;
    return true;
  }

  void expect(const std::string& sign) {
    if (!accept(sign)) fail("expected '" + sign + "'");
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw_in_filter(text_, token().offset, problem);
  }

  const FilterToken& token() const { return tokens_[at_]; }

  std::string_view text_;
  std::vector<FilterToken> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

NodePointer parse_filter(std::string_view text) { return Parser(text).whole(); }

}  // namespace thexp
