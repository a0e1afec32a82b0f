// Truncated, flipped and foreign bytes: an error, or the same content.
#include <ATen/ATen.h>

#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/state/pt.h"

namespace {

using thexp::FormatError;
using thexp::State;
using thexp_test::message_of;

State small_state() {
  return State::Dict{{"w", at::arange(40, at::kFloat)},
                     {"n", State::List{1, 0.5, "text"}}};
}

std::string load_error(const std::string& bytes) {
  return message_of<FormatError>([&] { thexp::from_pt_bytes(bytes, "x.pt"); });
}

TEST_CASE("every truncation is an error that names the file") {
  std::string bytes = thexp::to_pt_bytes(small_state());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO("truncated to " << size);
    CHECK_CONTAINS(load_error(bytes.substr(0, size)), "x.pt: ");
  }
}

TEST_CASE("a flipped bit is an error or changes nothing") {
  const State state = small_state();
  const std::string bytes = thexp::to_pt_bytes(state);
  std::size_t errors = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    try {
      State loaded = thexp::from_pt_bytes(flipped);
      INFO("bit " << bit);
      CHECK(first_difference(state, loaded) == "");
    } catch (const FormatError&) {
      ++errors;
    }
  }
  CHECK(errors > 8 * 160);  // the tensor's bytes at least
}

TEST_CASE("damaged tensor bytes are an error that names the entry") {
  std::string bytes = thexp::to_pt_bytes(State(at::full({4}, 1.5)));
  std::size_t at = bytes.find(std::string("\0\0\xc0\x3f", 4));
  bytes[at] ^= 1;
  CHECK_CONTAINS(load_error(bytes),
                 "x.pt: entry 'archive/data/0' is damaged: its CRC-32 is");
}

TEST_CASE("foreign bytes are no archive") {
  CHECK_CONTAINS(load_error(""), "not a file of torch.save, but empty");
  CHECK_CONTAINS(load_error(std::string(100000, 'x')),
                 "not a file of torch.save, but a text file");
  CHECK_CONTAINS(load_error(std::string(100000, '\1')), "no zip archive");
}

TEST_CASE("the format of PyTorch before 1.6 is refused with advice") {
  std::string legacy("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
                     14);
  CHECK_CONTAINS(load_error(legacy + "."), "PyTorch before 1.6");
}

}  // namespace
