#include "thexp/data/idx.h"

#include <zlib.h>

#include "data_support.h"
#include "temp_dir.h"
#include "thexp/base/file.h"

namespace {

using thexp::FormatError;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::values;

std::string bytes(std::initializer_list<int> list) {
  return std::string(list.begin(), list.end());
}

// Magic number and sizes, then the data.
std::string idx(int type, std::vector<uint32_t> sizes, std::string data) {
  std::string out = bytes({0, 0, type, static_cast<int>(sizes.size())});
  for (uint32_t size : sizes) {
    for (int shift : {24, 16, 8, 0}) out += static_cast<char>(size >> shift);
  }
  return out + data;
}

std::string compressed(const std::string& content, const TempDir& dir) {
  const auto path = dir / "compressed";
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
  return thexp::read_file(path);
}

struct File {
  TempDir dir;
  std::filesystem::path path = dir / "data.idx";
  void write(const std::string& content) {
    thexp::write_file_atomic(path, content);
  }
  std::string error() {
    return message_of<FormatError>([&] { thexp::read_idx(path); });
  }
};

TEST_CASE("IDX bytes of one to three dimensions") {
  File file;
  file.write(idx(8, {3}, bytes({1, 2, 255})));
  CHECK(values(thexp::read_idx(file.path)) == std::vector<int64_t>{1, 2, 255});
  file.write(idx(8, {2, 1, 2}, bytes({1, 2, 3, 4})));
  const at::Tensor tensor = thexp::read_idx(file.path);
  CHECK(tensor.sizes() == at::IntArrayRef({2, 1, 2}));
  CHECK(tensor.scalar_type() == at::kByte);
  file.write(idx(8, {0, 28, 28}, ""));
  CHECK(thexp::read_idx(file.path).sizes() == at::IntArrayRef({0, 28, 28}));
}

TEST_CASE("IDX numbers of every type are big-endian") {
  File file;
  file.write(idx(0x09, {2}, bytes({-1, 5})));
  CHECK(values(thexp::read_idx(file.path)) == std::vector<int64_t>{-1, 5});
  file.write(idx(0x0B, {2}, bytes({0xFF, 0xFE, 1, 2})));
  CHECK(values(thexp::read_idx(file.path)) == std::vector<int64_t>{-2, 258});
  file.write(idx(0x0C, {1}, bytes({0, 1, 0, 2})));
  CHECK(values(thexp::read_idx(file.path)) == std::vector<int64_t>{65538});
  file.write(idx(0x0D, {1}, bytes({0x40, 0x49, 0x0F, 0xDB})));
  CHECK(thexp::read_idx(file.path).item().toFloat() == 3.14159274F);
  file.write(idx(0x0E, {1}, bytes({0xBF, 0xF8, 0, 0, 0, 0, 0, 0})));
  CHECK(thexp::read_idx(file.path).item().toDouble() == -1.5);
}

TEST_CASE("IDX files may be compressed") {
  File file;
  file.write(compressed(idx(8, {3}, bytes({7, 8, 9})), file.dir));
  CHECK(values(thexp::read_idx(file.path)) == std::vector<int64_t>{7, 8, 9});
}

TEST_CASE("an IDX file that ends too early says where") {
  File file;
  file.write(idx(8, {5}, bytes({1, 2, 3})));
  CHECK(file.error() == file.path.string() +
                            ": at offset 11: the file is truncated: expected 5 "
                            "bytes of data, found 3");
  file.write(bytes({0, 0, 8, 3, 0, 0, 0, 1, 0}));
  CHECK_CONTAINS(file.error(),
                 "at offset 9: the file is truncated: expected 4 bytes of the "
                 "size of dimension 1, found 1");
  file.write("");
  CHECK_CONTAINS(file.error(), "expected 4 bytes of the magic number, found 0");
}

TEST_CASE("every truncation of an IDX file is an error") {
  File file;
  const bool zipped = GENERATE(false, true);
  std::string whole = idx(8, {4, 3}, "abcdefghijkl");
  if (zipped) whole = compressed(whole, file.dir);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("first " << size << " bytes");
    file.write(whole.substr(0, size));
    CHECK_THROWS_AS(thexp::read_idx(file.path), FormatError);
  }
  file.write(whole);
  CHECK(thexp::read_idx(file.path).numel() == 12);
}

TEST_CASE("damaged compressed data is an error") {
  File file;
  std::string data(500, 'x');
  for (int i = 0; i < 500; ++i) data[i] = static_cast<char>(i * i / 3);
  std::string whole = compressed(idx(8, {500}, data), file.dir);
  whole[whole.size() / 2] ^= 0x55;
  file.write(whole);
  CHECK_CONTAINS(file.error(), "the compressed data is damaged");
}

TEST_CASE("bytes that are left over are an error") {
  File file;
  file.write(idx(8, {2}, bytes({1, 2, 3})));
  CHECK_CONTAINS(
      file.error(),
      "at offset 10: expected the end of the file, found more bytes");
}

TEST_CASE("a wrong magic number is shown") {
  File file;
  file.write("PNG\x01 and more");
  CHECK_CONTAINS(file.error(), "found 50 4e 47 01");
  CHECK_CONTAINS(file.error(), "expected an IDX magic number");
  file.write(idx(0x0A, {1}, "x"));
  CHECK_CONTAINS(file.error(), "found 00 00 0a 01");
  file.write(bytes({0, 0, 8, 0}));
  CHECK_CONTAINS(file.error(), "found 00 00 08 00");
}

TEST_CASE("a file of another kind than IDX is called what it is") {
  File file;
  file.write("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n");
  CHECK_CONTAINS(file.error(), ": not an IDX file, but a Git LFS pointer");
  file.write("<!DOCTYPE html><html>");
  CHECK_CONTAINS(file.error(), ": not an IDX file, but an HTML page");
}

TEST_CASE("a header that claims too much takes no memory") {
  File file;
  file.write(idx(8, {4000000000U, 30000}, "abc"));  // 120 TB, and 3 bytes
  CHECK_CONTAINS(file.error(), "expected 120000000000000 bytes of data");
  const uint32_t most = 0xFFFFFFFF;
  file.write(idx(0x0E, {most, most, most, most}, "abc"));
  CHECK_CONTAINS(file.error(), "absurd amount of data");
}

TEST_CASE("an IDX file that is missing or a folder is a file error") {
  TempDir dir;
  CHECK_CONTAINS(
      message_of<thexp::FileError>([&] { thexp::read_idx(dir / "none.idx"); }),
      "none.idx': No such file");
  CHECK_THROWS_AS(thexp::read_idx(dir.path()), thexp::FileError);
}

struct Mnist {
  TempDir dir;
  void write(const std::string& name, const std::string& content) {
    thexp::write_file_atomic(dir / name, content);
  }
};

TEST_CASE("MNIST files under each of their names") {
  Mnist mnist;
  const std::string dot = GENERATE("-", ".");
  const bool zipped = GENERATE(false, true);
  std::string images = idx(8, {2, 1, 2}, bytes({0, 255, 51, 102}));
  std::string labels = idx(8, {2}, bytes({3, 9}));
  if (zipped) {
    images = compressed(images, mnist.dir);
    labels = compressed(labels, mnist.dir);
  }
  const std::string gz = zipped ? ".gz" : "";
  mnist.write("train-images" + dot + "idx3-ubyte" + gz, images);
  mnist.write("train-labels" + dot + "idx1-ubyte" + gz, labels);

  using thexp::ImageLayout;
  using thexp::MnistSplit;
  auto flat = thexp::load_mnist(mnist.dir.path(), MnistSplit::kTrain);
  CHECK(at::allclose(flat->tensors()[0],
                     at::tensor({0.0F, 1.0F, 0.2F, 0.4F}).view({2, 2})));
  CHECK(flat->tensors()[1].scalar_type() == at::kLong);
  CHECK(values(flat->tensors()[1]) == std::vector<int64_t>{3, 9});
  auto channels = thexp::load_mnist(mnist.dir.path(), MnistSplit::kTrain,
                                    ImageLayout::kChannels);
  CHECK(channels->tensors()[0].sizes() == at::IntArrayRef({2, 1, 1, 2}));
}

TEST_CASE("MNIST files that do not fit together are told") {
  using thexp::MnistSplit;
  Mnist mnist;
  const auto load = [&] {
    thexp::load_mnist(mnist.dir.path(), MnistSplit::kTest);
  };
  CHECK_CONTAINS(message_of<thexp::FileError>(load),
                 "looked for t10k-images-idx3-ubyte, "
                 "t10k-images-idx3-ubyte.gz, t10k-images.idx3-ubyte, "
                 "t10k-images.idx3-ubyte.gz");
  mnist.write("t10k-images-idx3-ubyte", idx(8, {2, 1, 1}, "ab"));
  mnist.write("t10k-labels-idx1-ubyte", idx(8, {3}, "abc"));
  CHECK_CONTAINS(message_of<FormatError>(load), "expected 2 labels");
  CHECK_CONTAINS(message_of<FormatError>(load), "found 3");
  mnist.write("t10k-images-idx3-ubyte", idx(8, {2, 1}, "ab"));
  CHECK_CONTAINS(message_of<FormatError>(load),
                 "expected unsigned bytes of 3 dimensions, found Byte of 2");
}

TEST_CASE("the real MNIST test set") {
  const std::filesystem::path folder =
      std::filesystem::path(THEXP_SOURCE_DIR) / "../shared/data/mnist";
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: there is no " << folder);
    return;
  }
  auto dataset = thexp::load_mnist(folder, thexp::MnistSplit::kTest);
  CHECK(dataset->size() == 10000);
  const at::Tensor& images = dataset->tensors()[0];
  CHECK(images.sizes() == at::IntArrayRef({10000, 784}));
  CHECK(images.min().item().toFloat() == 0.0F);
  CHECK(images.max().item().toFloat() == 1.0F);
  CHECK(values(dataset->get({0, 1, 2, 3, 4})[1]) ==
        std::vector<int64_t>{7, 2, 1, 0, 4});
}

}  // namespace
