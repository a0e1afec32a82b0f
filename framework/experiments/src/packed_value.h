#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "thexp/base/value.h"

namespace thexp {

// The keys of all dicts of an index, each once: runs have the same ones.
class KeyTable {
 public:
  KeyTable() = default;
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // The key's number; a new key gets the next one.
  uint64_t id_of(std::string_view key);
  // @throws FormatError when there is no such number.
  const std::string& name(uint64_t id) const {
    if (id >= by_id_.size()) throw_unknown(id);
    return *by_id_[id];
  }
  std::size_t size() const { return names_.size(); }

 private:
  [[noreturn]] static void throw_unknown(uint64_t id);

  std::deque<std::string> names_;  // they stay where they are
  std::vector<const std::string*> by_id_;
  std::unordered_map<std::string_view, uint64_t> ids_;
};

// Appends the value in a compact form, which PackedValue reads.
void pack(const Value& value, KeyTable& keys, std::string& out);

class PackedEntries;

// A packed value, read where it lies; both must outlive it. Every read that
// meets damage throws a FormatError.
class PackedValue {
 public:
  PackedValue() = default;
  PackedValue(std::string_view bytes, const KeyTable& keys)
      : bytes_(bytes), keys_(&keys) {}

  bool is_null() const;
  bool is_dict() const;
  // Equal bytes of one key table: equal values.
  std::string_view bytes() const { return bytes_; }

  // The entries of a dict; none of another value.
  PackedEntries entries() const;
  // What a path such as "optim.lr" leads to. A key may hold dots itself.
  std::optional<PackedValue> find(std::string_view path) const;
  // The dict that is the entry `key`; an empty value where there is none.
  PackedValue dict(std::string_view key) const;
  Value unpack() const;

 private:
  std::string_view bytes_;
  const KeyTable* keys_ = nullptr;
};

// Goes through the entries of a packed dict.
class PackedEntries {
 public:
  PackedEntries(std::string_view bytes, const KeyTable* keys)
      : rest_(bytes), keys_(keys) {}

  // The next one is then key() and value().
  bool next();
  const std::string& key() const { return *key_; }
  PackedValue value() const { return value_; }

 private:
  std::string_view rest_;
  const KeyTable* keys_;
  const std::string* key_ = nullptr;
  PackedValue value_;
};

}  // namespace thexp
