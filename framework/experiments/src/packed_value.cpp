#include "packed_value.h"

#include <fmt/format.h>

#include "byte_reader.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

enum Kind : unsigned char {
  kNull,
  kFalse,
  kTrue,
  kInteger,
  kReal,
  kText,
  kList,
  kDict
};

// Small negative numbers are short, too.
uint64_t zigzag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^
         static_cast<uint64_t>(value >> 63);
}

int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

// A list or dict says how many bytes it has, so that it can be passed over.
class Sized {
 public:
  explicit Sized(std::string& out) : out_(out), at_(out.size()) {
    put_plain(out_, uint32_t{0});
  }
  ~Sized() {
    auto bytes = static_cast<uint32_t>(out_.size() - at_ - sizeof(uint32_t));
    std::memcpy(out_.data() + at_, &bytes, sizeof bytes);
  }

 private:
  std::string& out_;
  std::size_t at_;
};

void pack_list(const Value::List& list, KeyTable& keys, std::string& out) {
  Sized sized(out);
  for (const Value& item : list) pack(item, keys, out);
}

void pack_dict(const Value::Dict& dict, KeyTable& keys, std::string& out) {
  Sized sized(out);
  for (const auto& [key, item] : dict) {
    put_number(out, keys.id_of(key));
    pack(item, keys, out);
  }
}

// The bytes of the value at the front.
std::string_view take_value(ByteReader& reader) {
  std::string_view start = reader.rest();
  switch (reader.byte()) {
    case kNull:
    case kFalse:
    case kTrue:
      break;
    case kInteger:
      reader.number();
      break;
    case kReal:
      reader.take(sizeof(double));
      break;
    case kText:
      reader.text();
      break;
    case kList:
    case kDict:
      reader.take(reader.plain<uint32_t>());
      break;
    default:
      throw FormatError("the packed runs hold an unknown kind of value");
  }
  return start.substr(0, start.size() - reader.rest().size());
}

Value unpack_list(ByteReader reader, const KeyTable& keys) {
  Value::List list;
  while (!reader.at_end()) {
    list.push_back(PackedValue(take_value(reader), keys).unpack());
  }
  return list;
}

Value unpack_dict(PackedEntries entries) {
  Value::Dict dict;
  while (entries.next()) {
    dict.emplace_back(entries.key(), entries.value().unpack());
  }
  return dict;
}

}  // namespace

uint64_t KeyTable::id_of(std::string_view key) {
  auto found = ids_.find(key);
  if (found != ids_.end()) return found->second;
  names_.emplace_back(key);
  by_id_.push_back(&names_.back());
  uint64_t id = names_.size() - 1;
  ids_.emplace(names_.back(), id);
  return id;
}

void KeyTable::throw_unknown(uint64_t id) {
  throw FormatError(fmt::format("the packed runs have no key {}", id));
}

void pack(const Value& value, KeyTable& keys, std::string& out) {
  if (value.is_null()) {
    out += static_cast<char>(kNull);
  } else if (value.is_bool()) {
    out += static_cast<char>(value.as_bool() ? kTrue : kFalse);
  } else if (value.is_integer()) {
    out += static_cast<char>(kInteger);
    put_number(out, zigzag(value.as_integer()));
  } else if (value.is_real()) {
    out += static_cast<char>(kReal);
    put_plain(out, value.as_real());
  } else if (value.is_text()) {
    out += static_cast<char>(kText);
    put_text(out, value.as_text());
  } else if (value.is_list()) {
    out += static_cast<char>(kList);
    pack_list(value.as_list(), keys, out);
  } else {
    out += static_cast<char>(kDict);
    pack_dict(value.as_dict(), keys, out);
  }
}

bool PackedValue::is_null() const {
  return bytes_.empty() || bytes_[0] == static_cast<char>(kNull);
}

bool PackedValue::is_dict() const {
  return !bytes_.empty() && bytes_[0] == static_cast<char>(kDict);
}

PackedEntries PackedValue::entries() const {
  constexpr std::size_t kHead = 1 + sizeof(uint32_t);
  bool has_some = is_dict() && bytes_.size() > kHead;
  return {has_some ? bytes_.substr(kHead) : std::string_view(), keys_};
}

std::optional<PackedValue> PackedValue::find(std::string_view path) const {
  for (PackedEntries all = entries(); all.next();) {
    const std::string& key = all.key();
    // The first letter tells most keys apart.
    if (key.empty() || path.empty() || key[0] != path[0]) continue;
    if (key == path) return all.value();
    bool leads_on = path.size() > key.size() && path[key.size()] == '.' &&
                    starts_with(path, key);
    if (!leads_on) continue;
    auto found = all.value().find(path.substr(key.size() + 1));
    if (found) return found;
  }
  return std::nullopt;
}

PackedValue PackedValue::dict(std::string_view key) const {
  auto found = find(key);
  return found && found->is_dict() ? *found : PackedValue({}, *keys_);
}

Value PackedValue::unpack() const {
  if (bytes_.empty()) return {};
  ByteReader reader(bytes_);
  switch (reader.byte()) {
    case kFalse:
      return false;
    case kTrue:
      return true;
    case kInteger:
      return unzigzag(reader.number());
    case kReal:
      return reader.plain<double>();
    case kText:
      return reader.text();
    case kList:
      return unpack_list(ByteReader(reader.take(reader.plain<uint32_t>())),
                         *keys_);
    case kDict:
      return unpack_dict(entries());
    default:
      return {};
  }
}

bool PackedEntries::next() {
  if (rest_.empty()) return false;
  ByteReader reader(rest_);
  key_ = &keys_->name(reader.number());
  value_ = PackedValue(take_value(reader), *keys_);
  rest_ = reader.rest();
  return true;
}

}  // namespace thexp
