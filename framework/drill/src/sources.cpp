#include "sources.h"

#include <functional>
#include <limits>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/data/loader.h"

namespace thexp::detail {
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

using Next = std::function<bool(Batch&)>;

class FunctionStream : public BatchStream {
 public:
  explicit FunctionStream(Next next) : next_(std::move(next)) {}
  bool next(Batch& batch) override { return next_(batch); }

 private:
  Next next_;
};

// A source whose batches come from a function for each stream.
class ChangedSource : public BatchSource {
 public:
  using MakeNext = std::function<Next(int64_t epoch, int64_t first)>;

  ChangedSource(std::shared_ptr<BatchSource> source, MakeNext make_next)
      : source_(std::move(source)), make_next_(std::move(make_next)) {}

  std::unique_ptr<BatchStream> stream(int64_t epoch, int64_t first) override {
    return std::make_unique<FunctionStream>(make_next_(epoch, first));
  }
  std::optional<int64_t> batches() const override { return source_->batches(); }
  std::optional<int64_t> examples() const override {
    return source_->examples();
  }
  int64_t batch_size_at(int64_t batch_index) const override {
    return source_->batch_size_at(batch_index);
  }

 protected:
  std::shared_ptr<BatchSource> source_;

 private:
  MakeNext make_next_;
};

class EndlessSource : public ChangedSource {
 public:
  using ChangedSource::ChangedSource;
  std::optional<int64_t> batches() const override { return std::nullopt; }
  std::optional<int64_t> examples() const override { return std::nullopt; }
  int64_t batch_size_at(int64_t) const override {
    return source_->batch_size_at(0);
  }
};

// False without real numbers.
bool make_nan(Batch& batch) {
  bool done = false;
  batch = changed(batch, [&done](const at::Tensor& tensor) {
    if (!tensor.is_floating_point()) return tensor;
    done = true;
    return at::Tensor(tensor.clone())
        .fill_(std::numeric_limits<double>::quiet_NaN());
  });
  return done;
}

}  // namespace

std::shared_ptr<BatchSource> repeat_first_batch(
    std::shared_ptr<BatchSource> source) {
  auto make_next = [source](int64_t, int64_t) -> Next {
    Batch first;
    if (!source->stream(0)->next(first)) {
      throw Error("the training data gives no batch");
    }
    // A copy: a step that changes its batch in place changes no other step's.
    return [first](Batch& batch) {
      batch = changed(first, [](const at::Tensor& t) { return t.clone(); });
      return true;
    };
  };
  return std::make_shared<EndlessSource>(source, make_next);
}

std::shared_ptr<BatchSource> poison_batch(std::shared_ptr<BatchSource> source,
                                          int64_t number,
                                          std::shared_ptr<bool> poisoned) {
  auto left = std::make_shared<int64_t>(number);
  auto make_next = [=](int64_t epoch, int64_t first) -> Next {
    std::shared_ptr<BatchStream> stream = source->stream(epoch, first);
    return [=](Batch& batch) {
      bool there = stream->next(batch);
      if (there && --*left == 0) *poisoned = make_nan(batch);
      return there;
    };
  };
  return std::make_shared<ChangedSource>(source, make_next);
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

}  // namespace thexp::detail
