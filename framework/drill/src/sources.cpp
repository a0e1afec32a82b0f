#include "sources.h"

#include <functional>
#include <limits>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/data/loader.h"

namespace thexp {
namespace {

using Change = std::function<at::Tensor(const at::Tensor&)>;

Batch changed(const Batch& batch, const Change& change) {
  Batch result = batch;
  for (std::size_t i = 0; i < batch.tensors(); ++i) {
    result.set(i, change(batch[i]));
  }
  if (batch.part_names().empty()) return result;
  Batch zipped;
  for (std::size_t i = 0; i < result.tensors(); ++i) zipped.add(result[i]);
  for (const std::string& name : batch.part_names()) {
    zipped.add_part(name, changed(batch.part(name), change));
  }
  zipped.set_size(batch.size());
  return zipped;
}

class RepeatedStream : public BatchStream {
 public:
  explicit RepeatedStream(Batch batch) : batch_(std::move(batch)) {}

  // A copy: a step that changes its batch in place changes no other step's.
  bool next(Batch& batch) override {
    batch = changed(batch_, [](const at::Tensor& t) { return t.clone(); });
    return true;
  }

 private:
  Batch batch_;
};

class RepeatedSource : public BatchSource {
 public:
  explicit RepeatedSource(std::shared_ptr<BatchSource> source)
      : source_(std::move(source)) {}

  std::unique_ptr<BatchStream> stream(int64_t, int64_t) override {
    Batch first;
    if (!source_->stream(0)->next(first)) {
      throw Error("the training data gives no batch");
    }
    return std::make_unique<RepeatedStream>(std::move(first));
  }
  std::optional<int64_t> batches() const override { return std::nullopt; }
  std::optional<int64_t> examples() const override { return std::nullopt; }
  int64_t batch_size_at(int64_t) const override {
    return source_->batch_size_at(0);
  }

 private:
  std::shared_ptr<BatchSource> source_;
};

struct Poison {
  std::int64_t left;  // batches to let pass, this one included
  std::shared_ptr<bool> done;

  void touch(Batch& batch) {
    if (--left != 0) return;
    batch = changed(batch, [this](const at::Tensor& tensor) {
      if (!tensor.is_floating_point()) return tensor;
      *done = true;
      return at::Tensor(tensor.clone())
          .fill_(std::numeric_limits<double>::quiet_NaN());
    });
  }
};

class PoisonedStream : public BatchStream {
 public:
  PoisonedStream(std::unique_ptr<BatchStream> stream, Poison& poison)
      : stream_(std::move(stream)), poison_(poison) {}

  bool next(Batch& batch) override {
    bool there = stream_->next(batch);
    if (there) poison_.touch(batch);
    return there;
  }

 private:
  std::unique_ptr<BatchStream> stream_;
  Poison& poison_;
};

class PoisonedSource : public BatchSource {
 public:
  PoisonedSource(std::shared_ptr<BatchSource> source, Poison poison)
      : source_(std::move(source)), poison_(std::move(poison)) {}

  std::unique_ptr<BatchStream> stream(int64_t epoch, int64_t first) override {
    return std::make_unique<PoisonedStream>(source_->stream(epoch, first),
                                            poison_);
  }
  std::optional<int64_t> batches() const override { return source_->batches(); }
  std::optional<int64_t> examples() const override {
    return source_->examples();
  }
  int64_t batch_size_at(int64_t batch_index) const override {
    return source_->batch_size_at(batch_index);
  }

 private:
  std::shared_ptr<BatchSource> source_;
  Poison poison_;
};

}  // namespace

std::shared_ptr<BatchSource> repeat_first_batch(
    std::shared_ptr<BatchSource> source) {
  return std::make_shared<RepeatedSource>(std::move(source));
}

std::shared_ptr<BatchSource> poison_batch(std::shared_ptr<BatchSource> source,
                                          std::int64_t number,
                                          std::shared_ptr<bool> poisoned) {
  return std::make_shared<PoisonedSource>(std::move(source),
                                          Poison{number, std::move(poisoned)});
}

std::shared_ptr<BatchSource> change_workers(
    const std::shared_ptr<BatchSource>& source) {
  auto loader = std::dynamic_pointer_cast<DataLoader>(source);
  if (loader == nullptr) return source;
  LoaderOptions options = loader->options();
  options.workers(options.workers() == 0 ? 2 : 0);
  // The dataset belongs to the old loader, which so lives on.
  std::shared_ptr<const Dataset> dataset(loader, &loader->dataset());
  return std::make_shared<DataLoader>(std::move(dataset), options);
}

}  // namespace thexp
