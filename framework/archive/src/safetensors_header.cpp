#include "safetensors_header.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "thexp/base/error.h"

namespace thexp {
namespace {

// Takes the JSON as it is parsed: {name: {dtype: text, shape: [...],
// data_offsets: [...]}, __metadata__: {text: text}}. Nothing else fits, so
// nesting and memory are bounded by the format itself.
class HeaderParser {
 public:
  using Json = nlohmann::json;

  explicit HeaderParser(const std::string& source) : source_(source) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool null() { return wrong("null"); }
  bool boolean(bool) { return wrong("a bool"); }
  bool number_float(double, const std::string&) { return wrong("a real"); }
  bool number_integer(int64_t) { return wrong("a negative integer"); }
  bool binary(Json::binary_t&) { return wrong("binary data"); }
  bool number_unsigned(uint64_t value);
  bool string(std::string& text);
  bool start_object(std::size_t);
  bool end_object();
  bool start_array(std::size_t);
  bool end_array();
  bool key(std::string& text);
  bool parse_error(std::size_t byte,
                   const std::string&,
                   const nlohmann::detail::exception&) {
    fail(fmt::format("malformed JSON at its byte {}", byte));
  }

 private:
  enum class Place { kStart, kTop, kTensor, kShape, kOffsets, kMetadata, kEnd };

  [[noreturn]] void fail(const std::string& problem) const {
    throw FormatError::in_file(source_, "in the header: " + problem);
  }
  bool wrong(const char* what);
  SafetensorsEntry& entry() { return header_.entries.back(); }
  void open_entry();
  void add_field(const std::string& name);

  const std::string& source_;
  SafetensorsHeader header_;
  Place place_ = Place::kStart;
  std::string name_;   // of the tensor, or the key of the metadata
  std::string field_;  // of the tensor
  std::unordered_set<std::string> names_, fields_, metadata_;
};

bool HeaderParser::wrong(const char* what) {
  std::string where = name_.empty() ? "at the top" : "in '" + name_ + "'";
  if (place_ == Place::kTensor) where += " as " + field_;
  if (place_ == Place::kShape) where += " in shape";
  if (place_ == Place::kOffsets) where += " in data_offsets";
  fail(fmt::format("{} {} does not fit the format", what, where));
}

bool HeaderParser::number_unsigned(uint64_t value) {
  constexpr auto kMax = std::numeric_limits<int64_t>::max();
  bool in_list = place_ == Place::kShape || place_ == Place::kOffsets;
  if (!in_list) return wrong("an integer");
  if (value > static_cast<uint64_t>(kMax)) {
    return wrong("an integer of over 63 bits");
  }
  auto& list = place_ == Place::kShape ? entry().shape : entry().offsets;
  list.push_back(static_cast<int64_t>(value));
  return true;
}

bool HeaderParser::string(std::string& text) {
  if (place_ == Place::kMetadata) {
    header_.metadata.emplace_back(name_, std::move(text));
    return true;
  }
  if (place_ != Place::kTensor || field_ != "dtype") return wrong("a text");
  entry().dtype = std::move(text);
  return true;
}

bool HeaderParser::start_object(std::size_t) {
  if (place_ == Place::kStart) {
    place_ = Place::kTop;
  } else if (place_ != Place::kTop) {
    return wrong("an object");
  } else if (name_ == kSafetensorsMetadata) {
    place_ = Place::kMetadata;
  } else {
    open_entry();
  }
  return true;
}

void HeaderParser::open_entry() {
  place_ = Place::kTensor;
  fields_.clear();
  header_.entries.push_back({name_, "", {}, {}});
}

bool HeaderParser::end_object() {
  if (place_ == Place::kTensor && fields_.size() != 3) {
    fail(fmt::format("'{}' needs dtype, shape and data_offsets", name_));
  }
  place_ = place_ == Place::kTop ? Place::kEnd : Place::kTop;
  name_.clear();
  return true;
}

bool HeaderParser::start_array(std::size_t) {
  bool is_shape = place_ == Place::kTensor && field_ == "shape";
  bool is_offsets = place_ == Place::kTensor && field_ == "data_offsets";
  if (!is_shape && !is_offsets) return wrong("a list");
  place_ = is_shape ? Place::kShape : Place::kOffsets;
  return true;
}

bool HeaderParser::end_array() {
  place_ = Place::kTensor;
  return true;
}

bool HeaderParser::key(std::string& text) {
  if (place_ == Place::kTensor) {
    add_field(text);
    return true;
  }
  auto& seen = place_ == Place::kMetadata ? metadata_ : names_;
  if (!seen.insert(text).second) {
    fail(fmt::format("the key '{}' is there twice", text));
  }
  name_ = std::move(text);
  return true;
}

void HeaderParser::add_field(const std::string& name) {
  bool known = name == "dtype" || name == "shape" || name == "data_offsets";
  if (!known) fail(fmt::format("'{}' has an unknown key '{}'", name_, name));
  if (!fields_.insert(name).second) {
    fail(fmt::format("'{}' has '{}' twice", name_, name));
  }
  field_ = name;
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json,
                                           const std::string& source) {
  HeaderParser parser(source);
  nlohmann::json::sax_parse(json.begin(), json.end(), &parser);
  return parser.take();
}

}  // namespace thexp
