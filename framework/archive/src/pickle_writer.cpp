#include "pickle_writer.h"

#include <cstring>
#include <limits>
#include <utility>

#include "little_endian.h"
#include "pickle_opcodes.h"

namespace thexp {

using namespace pickle;

PickleWriter::PickleWriter() {
  op(kProtocol);
  out_.push_back(2);
}

void PickleWriter::none() { op(kNone); }

void PickleWriter::boolean(bool value) { op(value ? kTrue : kFalse); }

void PickleWriter::integer(int64_t value) {
  if (value >= 0 && value <= 0xFF) {
    op(kInt1);
    put_little(out_, static_cast<uint64_t>(value), 1);
  } else if (value >= 0 && value <= 0xFFFF) {
    op(kInt2);
    put_little(out_, static_cast<uint64_t>(value), 2);
  } else if (value >= std::numeric_limits<int32_t>::min() &&
             value <= std::numeric_limits<int32_t>::max()) {
    op(kInt4);
    put_little(out_, static_cast<uint64_t>(value), 4);
  } else {
    op(kLong1);
    out_.push_back(8);
    put_little(out_, static_cast<uint64_t>(value), 8);
  }
}

void PickleWriter::real(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  op(kFloat);
  for (int shift = 56; shift >= 0; shift -= 8) {  // big-endian, unlike the rest
    out_.push_back(static_cast<char>(bits >> shift));
  }
}

void PickleWriter::text(std::string_view utf8) {
  op(kUnicode);
  put_little(out_, utf8.size(), 4);
  out_.append(utf8);
}

void PickleWriter::begin_list() {
  op(kEmptyList);
  op(kMark);
}

void PickleWriter::end_list() { op(kAppends); }

void PickleWriter::begin_dict() {
  op(kEmptyDict);
  op(kMark);
}

void PickleWriter::end_dict() { op(kSetItems); }

void PickleWriter::global(std::string_view module, std::string_view name) {
  op(kGlobal);
  out_.append(module).append("\n").append(name).append("\n");
}

void PickleWriter::integers(const std::vector<int64_t>& values) {
  op(kMark);
  for (int64_t value : values) integer(value);
  op(kTuple);
}

void PickleWriter::storage(const TensorRecord& record) {
  op(kMark);
  text("storage");
  global("torch", info_of(record.type).storage);
  text(record.key);
  text("cpu");
  integer(record.storage_elements);
  op(kTuple);
  op(kPersistentId);
}

void PickleWriter::tensor(const TensorRecord& record) {
  global("torch._utils", "_rebuild_tensor_v2");
  op(kMark);
  storage(record);
  integer(record.offset);
  integers(record.sizes);
  integers(record.strides);
  boolean(false);  // requires_grad
  global("collections", "OrderedDict");
  op(kEmptyTuple);
  op(kReduce);  // no backward hooks
  op(kTuple);
  op(kReduce);
}

std::string PickleWriter::finish() {
  op(kStop);
  return std::move(out_);
}

}  // namespace thexp
