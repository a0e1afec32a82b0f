#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "thexp/base/file.h"

namespace thexp {

/// Bytes that can be read at any offset.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual uint64_t size() const = 0;

  /// Reads exactly `bytes` bytes. @throws FormatError when they are not there.
  void read(uint64_t offset, void* to, std::size_t bytes) const;

  /// How error messages call it.
  virtual const std::string& name() const = 0;

 private:
  virtual void read_inside(uint64_t offset,
                           void* to,
                           std::size_t bytes) const = 0;
};

class MemorySource : public ByteSource {
 public:
  MemorySource(std::string_view bytes, std::string name)
      : bytes_(bytes), name_(std::move(name)) {}
  uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }

 private:
  void read_inside(uint64_t offset, void* to, std::size_t bytes) const override;

  std::string_view bytes_;
  std::string name_;
};

class FileSource : public ByteSource {
 public:
  /// @throws FileError
  explicit FileSource(const fs::path& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }

 private:
  void read_inside(uint64_t offset, void* to, std::size_t bytes) const override;

  std::string name_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace thexp
