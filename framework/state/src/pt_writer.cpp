#include <fmt/format.h>

#include <map>
#include <unordered_map>
#include <utility>

#include "pickle_writer.h"
#include "tensor_bytes.h"
#include "thexp/base/error.h"
#include "thexp/state/pt.h"
#include "utf8.h"
#include "zip_writer.h"

namespace thexp {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw UsageError(
      fmt::format("'{}' cannot be saved: {}", path.empty() ? "/" : path, what));
}

std::string below(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "/" + key;
}

void require_text(const std::string& text, const std::string& path) {
  if (!is_utf8(text)) refuse(path, "its text is not valid UTF-8");
  if (text.size() > zip::kMax32) refuse(path, "its text is over 4 GiB");
}

void require_savable(const at::Tensor& tensor, const std::string& path) {
  bool dense = tensor.layout() == at::kStrided && tensor.has_storage() &&
               !tensor.is_meta() &&
               element_type_of(tensor.scalar_type()).has_value();
  if (!dense) {
    refuse(path, fmt::format("{} on {} with layout {} is not a dense tensor "
                             "of a type that Python's torch.load knows here",
                             describe_tensor(tensor), tensor.device().str(),
                             c10::str(tensor.layout())));
  }
}

std::int64_t element_bytes(const at::Tensor& tensor) {
  return static_cast<std::int64_t>(tensor.dtype().itemsize());
}

// Collects the storages of a tree, then writes the tree and the storages.
class PtWriter {
 public:
  explicit PtWriter(const State& state) {
    count_users(state, "");
    write(state, "");
  }

  PtSummary save(ZipWriter::Sink sink);

 private:
  struct Users {
    int count = 0;
    bool same_type = true;
    at::ScalarType type = at::kFloat;
  };
  struct Stored {
    std::string key;
    at::Tensor bytes;  // on the host
  };

  static const void* storage_of(const at::Tensor& tensor) {
    return tensor.storage().unsafeGetStorageImpl();
  }

  void count_users(const State& state, const std::string& path);
  bool keeps_storage(const at::Tensor& tensor) const;
  void write(const State& state, const std::string& path);
  void write_text(const std::string& text, const std::string& path);
  void write_dict(const State& state, const std::string& path);
  void write_tensor(const at::Tensor& tensor);
  std::string store(at::Tensor bytes);

  PickleWriter pickle_;
  std::unordered_map<const void*, Users> users_;
  std::unordered_map<const void*, std::string> keys_;  // of kept storages
  std::vector<Stored> stored_;
};

void PtWriter::count_users(const State& state, const std::string& path) {
  if (state.is_list()) {
    for (std::size_t i = 0; i < state.size(); ++i) {
      count_users(state.as_list()[i], below(path, std::to_string(i)));
    }
  } else if (state.is_dict()) {
    for (const auto& [key, item] : state.as_dict()) {
      count_users(item, below(path, key.to_string()));
    }
  } else if (state.is_tensor()) {
    const at::Tensor& tensor = state.as_tensor();
    require_savable(tensor, path);
    Users& users = users_[storage_of(tensor)];
    if (users.count++ == 0) users.type = tensor.scalar_type();
    if (users.type != tensor.scalar_type()) users.same_type = false;
  }
}

// Whether the file gets the storage as it is, or the tensor's own elements.
bool PtWriter::keeps_storage(const at::Tensor& tensor) const {
  if (tensor.is_conj() || tensor.is_neg()) return false;
  const Users& users = users_.at(storage_of(tensor));
  if (!users.same_type) return false;  // Python has no file for that
  auto storage = static_cast<std::int64_t>(tensor.storage().nbytes());
  if (storage % element_bytes(tensor) != 0) return false;
  bool all_of_it =
      tensor.numel() > 0 && storage / element_bytes(tensor) <= tensor.numel();
  return users.count > 1 || all_of_it;
}

void PtWriter::write(const State& state, const std::string& path) {
  if (state.is_bool()) return pickle_.boolean(state.as_bool());
  if (state.is_integer()) return pickle_.integer(state.as_integer());
  if (state.is_real()) return pickle_.real(state.as_real());
  if (state.is_text()) return write_text(state.as_text(), path);
  if (state.is_tensor()) return write_tensor(state.as_tensor());
  if (state.is_dict()) return write_dict(state, path);
  if (state.is_null()) return pickle_.none();
  pickle_.begin_list();
  for (std::size_t i = 0; i < state.size(); ++i) {
    write(state.as_list()[i], below(path, std::to_string(i)));
  }
  pickle_.end_list();
}

void PtWriter::write_text(const std::string& text, const std::string& path) {
  require_text(text, path);
  pickle_.text(text);
}

void PtWriter::write_dict(const State& state, const std::string& path) {
  pickle_.begin_dict();
  for (const auto& [key, item] : state.as_dict()) {
    std::string here = below(path, key.to_string());
    if (key.is_text()) {
      write_text(key.text(), here);
    } else {
      pickle_.integer(key.integer());
    }
    write(item, here);
  }
  pickle_.end_dict();
}

void PtWriter::write_tensor(const at::Tensor& tensor) {
  TensorRecord record;
  record.type = *element_type_of(tensor.scalar_type());
  at::Tensor layout = tensor;
  if (keeps_storage(tensor)) {
    auto [key, added] = keys_.try_emplace(storage_of(tensor));
    if (added) key->second = store(storage_bytes(tensor));
    record.key = key->second;
    record.offset = tensor.storage_offset();
    record.storage_elements =
        static_cast<std::int64_t>(tensor.storage().nbytes()) /
        element_bytes(tensor);
  } else {
    layout = to_host(tensor);
    record.key = store(layout);
    record.storage_elements = layout.numel();
  }
  record.sizes = layout.sizes().vec();
  record.strides = layout.strides().vec();
  pickle_.tensor(record);
}

std::string PtWriter::store(at::Tensor bytes) {
  stored_.push_back({std::to_string(stored_.size()), std::move(bytes)});
  return stored_.back().key;
}

PtSummary PtWriter::save(ZipWriter::Sink sink) {
  ZipWriter zip(std::move(sink));
  zip.add("archive/data.pkl", pickle_.finish());
  zip.add("archive/byteorder", "little");
  for (const Stored& stored : stored_) {
    zip.add("archive/data/" + stored.key, stored.bytes.data_ptr(),
            stored.bytes.nbytes());
  }
  zip.add("archive/version", "3\n");
  zip.finish();
  return {zip.bytes(), zip.crc32()};
}

}  // namespace

PtSummary save_pt(const fs::path& path, const State& state) {
  PtWriter writer(state);
  AtomicFile file(path);
  PtSummary summary = writer.save(
      [&](const void* data, std::size_t bytes) { file.write(data, bytes); });
  file.commit();
  return summary;
}

std::string to_pt_bytes(const State& state) {
  std::string out;
  PtWriter(state).save([&](const void* data, std::size_t bytes) {
    out.append(static_cast<const char*>(data), bytes);
  });
  return out;
}

}  // namespace thexp
