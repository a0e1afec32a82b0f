#include "unpickler.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "pickle_input.h"
#include "pickle_names.h"
#include "pickle_opcodes.h"
#include "pickle_rebuild.h"

namespace thexp {
namespace {

using namespace pickle;
using Nodes = std::vector<const PickleNode*>;

class Unpickler {
 public:
  Unpickler(std::string_view bytes,
            const std::string& source,
            MemoryBudget& budget)
      : in_(bytes, source), budget_(budget) {}

  PickleTree run();

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    in_.fail(problem);
  }

  // The stack.
  template <typename T>
  void push(T value);
  PickleNode* pop();
  PickleNode* top();
  Nodes pop_to_mark();

  bool step();  // false at the end
  bool push_number(unsigned char code);
  bool push_container(unsigned char code);
  bool fill_container(unsigned char code);
  bool use_memo(unsigned char code);
  bool drop(unsigned char code);
  bool make_object(unsigned char code);

  void push_integer(std::optional<int64_t> value);
  void push_text(std::optional<std::string> text);
  void push_tuple(std::size_t count);
  void push_tuple(Nodes items);
  void append(const Nodes& items);
  void set_items(const Nodes& items);
  void put(uint64_t index);
  void get(uint64_t index);
  void push_global();
  void push_storage();
  void reduce();
  void push_data(PickleData data);
  void push_copy(PickleData data);
  void push_made(std::optional<PickleData> made,
                 const PickleForeign* foreign,
                 const std::string& problem);
  void build();

  PickleInput in_;
  MemoryBudget& budget_;
  PickleTree tree_;
  std::vector<PickleNode*> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  // Not a hash table: a pickle may choose numbers that all share a bucket.
  std::map<uint64_t, PickleNode*> memo_;
};

template <typename T>
void Unpickler::push(T value) {
  tree_.arena.push_back({std::move(value), in_.opcode_offset()});
  stack_.push_back(&tree_.arena.back());
}

PickleNode* Unpickler::top() {
  std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) fail("a value is missing on the stack");
  return stack_.back();
}

PickleNode* Unpickler::pop() {
  PickleNode* node = top();
  stack_.pop_back();
  return node;
}

Nodes Unpickler::pop_to_mark() {
  if (marks_.empty()) fail("a mark is missing on the stack");
  Nodes items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()),
              stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return items;
}

void Unpickler::push_tuple(Nodes items) {
  push(PickleList{std::move(items), true});
}

void Unpickler::push_tuple(std::size_t count) {
  Nodes items(count);
  for (std::size_t i = count; i-- > 0;) items[i] = pop();
  push_tuple(std::move(items));
}

void Unpickler::push_integer(std::optional<int64_t> value) {
  if (value) return push(*value);
  push(PickleForeign{"an integer of more than 64 bits"});
}

void Unpickler::push_text(std::optional<std::string> text) {
  if (text) return push(std::move(*text));
  push(PickleForeign{"text that is not valid UTF-8"});
}

bool Unpickler::push_number(unsigned char code) {
  switch (code) {
    case kNone:
      push(std::monostate{});
      return true;
    case kTrue:
      push(true);
      return true;
    case kFalse:
      push(false);
      return true;
    case kInt1:
      push(static_cast<int64_t>(in_.number(1)));
      return true;
    case kInt2:
      push(static_cast<int64_t>(in_.number(2)));
      return true;
    case kInt4:
      push(int64_t{static_cast<int32_t>(in_.number(4))});
      return true;
    case kLong1:
      push_integer(in_.integer(in_.number(1)));
      return true;
    case kLong4:
      push_integer(in_.integer(in_.number(4)));
      return true;
    case kFloat:
      push(in_.real());
      return true;
    case kUnicode:
      push_text(in_.text());
      return true;
    default:
      return false;
  }
}

bool Unpickler::push_container(unsigned char code) {
  switch (code) {
    case kMark:
      marks_.push_back(stack_.size());
      return true;
    case kEmptyTuple:
      push_tuple(0);
      return true;
    case kTuple1:
      push_tuple(1);
      return true;
    case kTuple2:
      push_tuple(2);
      return true;
    case kTuple3:
      push_tuple(3);
      return true;
    case kTuple:
      push_tuple(pop_to_mark());
      return true;
    case kEmptyList:
      push(PickleList{});
      return true;
    case kEmptyDict:
      push(PickleDict{});
      return true;
    default:
      return false;
  }
}

// What a foreign object is filled with is dropped.
void Unpickler::append(const Nodes& items) {
  if (top()->get<PickleForeign>() != nullptr) return;
  auto* list = std::get_if<PickleList>(&top()->data);
  if (list == nullptr || list->is_tuple) fail("items are added to no list");
  list->items.insert(list->items.end(), items.begin(), items.end());
}

void Unpickler::set_items(const Nodes& items) {
  if (top()->get<PickleForeign>() != nullptr) return;
  auto* dict = std::get_if<PickleDict>(&top()->data);
  if (dict == nullptr || items.size() % 2 != 0) {
    fail("entries are added to no dict");
  }
  for (std::size_t i = 0; i < items.size(); i += 2) {
    dict->entries.emplace_back(items[i], items[i + 1]);
  }
}

bool Unpickler::fill_container(unsigned char code) {
  switch (code) {
    case kAppend:
      append({pop()});
      return true;
    case kAppends:
      append(pop_to_mark());
      return true;
    case kSetItems:
      set_items(pop_to_mark());
      return true;
    case kSetItem: {
      const PickleNode* value = pop();
      const PickleNode* key = pop();
      set_items({key, value});
      return true;
    }
    default:
      return false;
  }
}

void Unpickler::put(uint64_t index) { memo_[index] = top(); }

void Unpickler::get(uint64_t index) {
  auto found = memo_.find(index);
  if (found == memo_.end()) fail(fmt::format("no memo {}", index));
  stack_.push_back(found->second);
}

bool Unpickler::use_memo(unsigned char code) {
  switch (code) {
    case kPut1:
      put(in_.number(1));
      return true;
    case kPut4:
      put(in_.number(4));
      return true;
    case kGet1:
      get(in_.number(1));
      return true;
    case kGet4:
      get(in_.number(4));
      return true;
    default:
      return false;
  }
}

// What recursive objects leave behind.
bool Unpickler::drop(unsigned char code) {
  if (code == kPop) pop();
  if (code == kPopMark) pop_to_mark();
  return code == kPop || code == kPopMark;
}

void Unpickler::push_global() {
  std::string module(in_.line());
  std::string name(in_.line());
  push_data(meaning_of(module, name));
}

void Unpickler::push_data(PickleData data) {
  tree_.arena.push_back({std::move(data), in_.opcode_offset()});
  stack_.push_back(&tree_.arena.back());
}

// Arguments may come from the memo: five bytes then copy many.
void Unpickler::push_copy(PickleData data) {
  if (!budget_.spend(copied_bytes(data))) {
    fail(budget_.repeated_too_often());
  }
  push_data(std::move(data));
}

// What is made of a foreign object is foreign itself.
void Unpickler::push_made(std::optional<PickleData> made,
                          const PickleForeign* foreign,
                          const std::string& problem) {
  if (!made && foreign != nullptr) made = *foreign;
  if (!made) fail(problem);
  push_copy(std::move(*made));
}

void Unpickler::push_storage() {
  const PickleNode* id = pop();
  std::string problem;
  auto storage = rebuild_storage(*id, problem);
  push_made(std::move(storage), foreign_part(*id), problem);
}

void Unpickler::reduce() {
  const PickleNode* arguments = pop();
  const PickleNode* callable = pop();
  std::string problem;
  auto object = rebuild_object(*callable, *arguments, problem);
  const PickleForeign* foreign = foreign_part(*callable);
  if (foreign == nullptr) foreign = foreign_part(*arguments);
  push_made(std::move(object), foreign, problem);
}

// Attributes, such as _metadata of a state_dict's OrderedDict, are dropped.
void Unpickler::build() {
  pop();
  const PickleNode* object = top();
  if (object->get<PickleDict>() == nullptr &&
      object->get<PickleForeign>() == nullptr) {
    fail("attributes are set on something that is not an OrderedDict");
  }
}

bool Unpickler::make_object(unsigned char code) {
  switch (code) {
    case kGlobal:
      push_global();
      return true;
    case kPersistentId:
      push_storage();
      return true;
    case kReduce:
    case kNewObject:
      reduce();
      return true;
    case kBuild:
      build();
      return true;
    default:
      return false;
  }
}

bool Unpickler::step() {
  unsigned char code = in_.opcode();
  if (code == kStop) return false;
  bool known = push_number(code) || push_container(code) ||
               fill_container(code) || use_memo(code) || drop(code) ||
               make_object(code);
  if (!known) {
    fail(fmt::format("opcode 0x{:02x} is none that plain data needs", code));
  }
  return true;
}

PickleTree Unpickler::run() {
  if (in_.number(1) != kProtocol) fail("no pickle of protocol 2");
  uint64_t protocol = in_.number(1);
  if (protocol != 2) {
    fail(fmt::format("pickle protocol {}; save with torch.save's default, 2",
                     protocol));
  }
  while (step()) {
  }
  if (stack_.size() != 1 || !marks_.empty()) fail("values are left over");
  if (!in_.at_end()) fail("bytes follow the pickle's end");
  tree_.root = stack_.back();
  return std::move(tree_);
}

}  // namespace

PickleTree unpickle(std::string_view bytes,
                    const std::string& source,
                    MemoryBudget& budget) {
  return Unpickler(bytes, source, budget).run();
}

}  // namespace thexp
