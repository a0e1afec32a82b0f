#include "thexp/data/loader.h"

#include <ATen/Context.h>
#include <c10/core/GradMode.h>
#include <c10/util/SmallVector.h>

#include <algorithm>

#include "source_checks.h"
#include "thexp/base/error.h"
#include "worker_pool.h"

namespace thexp {
namespace {

using Indices = c10::SmallVector<int64_t, 256>;

std::shared_ptr<const Sampler> make_sampler(const Dataset& dataset,
                                            const LoaderOptions& options) {
  std::shared_ptr<const Sampler> sampler = options.sampler();
  if (sampler && options.shuffle()) {
    throw UsageError(
        "LoaderOptions: shuffle(true) and sampler(…) exclude each other; a "
        "sampler says the order itself");
  }
  if (!sampler && options.shuffle()) {
    sampler = std::make_shared<ShuffledSampler>(dataset.size(), options.seed());
  } else if (!sampler) {
    sampler = std::make_shared<SequentialSampler>(dataset.size());
  }
  if (options.world() == 1 && options.rank() == 0) return sampler;
  return std::make_shared<ShardedSampler>(
      sampler, options.rank(), options.world(), options.shard_remainder());
}

bool pins_memory(const LoaderOptions& options) {
  return options.pin_memory().value_or(false) && at::hasCUDA();
}

// Page-locked is a block of the CPU's memory: a batch may hold other tensors,
// too, and undefined ones.
bool can_be_pinned(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().is_cpu() &&
         tensor.layout() == at::kStrided && !tensor.is_pinned();
}

Batch pinned(Batch batch) {
  for (std::size_t i = 0; i < batch.tensors(); ++i) {
    if (can_be_pinned(batch[i])) batch.set(i, batch[i].pin_memory());
  }
  return batch;
}

}  // namespace

class DataLoader::Impl {
 public:
  Impl(std::shared_ptr<const Dataset> dataset, LoaderOptions options)
      : dataset_(std::move(dataset)),
        options_(std::move(options)),
        sampler_(make_sampler(*dataset_, options_)),
        pool_(pins_memory(options_), static_cast<int>(window() + 1)) {}

  // Batches on their way: one for the consumer's next call, besides those
  // that the workers are ahead.
  int64_t window() const {
    return options_.workers() * options_.prefetch() + 1;
  }

  int64_t batches() const {
    const int64_t whole = sampler_->size() / options_.batch_size();
    const bool has_rest = sampler_->size() % options_.batch_size() != 0;
    return whole + (has_rest && !options_.drop_last() ? 1 : 0);
  }

  int64_t batch_size_at(int64_t batch_index) const {
    return std::min(options_.batch_size(),
                    sampler_->size() - batch_index * options_.batch_size());
  }

  // Called by several threads at once.
  void load(int64_t epoch, int64_t batch_index, Batch& out) {
    c10::AutoGradMode no_gradients(false);
    Indices samples(static_cast<std::size_t>(batch_size_at(batch_index)));
    sampler_->indices(epoch, batch_index * options_.batch_size(),
                      static_cast<int64_t>(samples.size()), samples.data());
    try {
      make({options_.seed(), epoch, batch_index, samples}, out);
    } catch (const std::exception& cause) {
      std::throw_with_nested(
          DataError::in_batch(epoch, batch_index, samples, cause.what()));
    }
  }

  detail::WorkerPool& workers() {
    std::call_once(started_, [this] {
      workers_ = std::make_unique<detail::WorkerPool>(options_.workers());
    });
    return *workers_;
  }

  const Dataset& dataset() const { return *dataset_; }
  const LoaderOptions& options() const { return options_; }
  const Sampler& sampler() const { return *sampler_; }

 private:
  void make(const BatchContext& context, Batch& out) {
    const at::IntArrayRef samples = context.samples();
    if (options_.collate()) {
      out = options_.collate()(dataset_->examples(samples));
    } else {
      dataset_->get_into(samples, pool_, out);
    }
    if (options_.transform()) {
      out = options_.transform()(std::move(out), context);
    }
    if (pool_.pin_memory()) out = pinned(std::move(out));
  }

  std::shared_ptr<const Dataset> dataset_;
  LoaderOptions options_;
  std::shared_ptr<const Sampler> sampler_;
  TensorPool pool_;
  std::once_flag started_;
  std::unique_ptr<detail::WorkerPool> workers_;
};

namespace {

// Loads in the thread that asks.
template <typename Impl>
class InlineStream : public BatchStream {
 public:
  InlineStream(std::shared_ptr<Impl> impl, int64_t epoch, int64_t first)
      : impl_(std::move(impl)), epoch_(epoch), next_(first) {}

  bool next(Batch& batch) override {
    batch.clear();
    if (next_ >= impl_->batches()) return false;
    impl_->load(epoch_, next_++, batch);
    return true;
  }

 private:
  std::shared_ptr<Impl> impl_;
  int64_t epoch_;
  int64_t next_;
};

// Takes what the loader's threads have loaded ahead.
template <typename Impl>
class WorkerStream : public BatchStream {
 public:
  WorkerStream(std::shared_ptr<Impl> impl, int64_t epoch, int64_t first)
      : impl_(std::move(impl)),
        lane_([this, epoch](int64_t index,
                            Batch& out) { impl_->load(epoch, index, out); },
              first,
              impl_->batches(),
              impl_->window()) {
    impl_->workers().add(lane_);
  }
  ~WorkerStream() override { impl_->workers().remove(lane_); }

  bool next(Batch& batch) override {
    std::exception_ptr error;
    if (!lane_.take(batch, error)) return false;
    impl_->workers().advanced(lane_);
    if (error) std::rethrow_exception(std::move(error));
    return true;
  }

 private:
  std::shared_ptr<Impl> impl_;
  detail::Lane lane_;
};

}  // namespace

DataLoader::DataLoader(std::shared_ptr<const Dataset> dataset,
                       LoaderOptions options) {
  if (!dataset) throw UsageError("a DataLoader needs a dataset; got null");
  impl_ = std::make_shared<Impl>(std::move(dataset), std::move(options));
}

DataLoader::~DataLoader() = default;

std::unique_ptr<BatchStream> DataLoader::stream(int64_t epoch,
                                                int64_t first_batch) {
  detail::check_stream(epoch, first_batch);
  if (impl_->options().workers() == 0) {
    return std::make_unique<InlineStream<Impl>>(impl_, epoch, first_batch);
  }
  return std::make_unique<WorkerStream<Impl>>(impl_, epoch, first_batch);
}

std::optional<int64_t> DataLoader::batches() const { return impl_->batches(); }

std::optional<int64_t> DataLoader::examples() const {
  const int64_t all = impl_->sampler().size();
  return impl_->options().drop_last()
             ? impl_->batches() * impl_->options().batch_size()
             : all;
}

int64_t DataLoader::batch_size_at(int64_t batch_index) const {
  detail::check_batch_index(batch_index, impl_->batches());
  return impl_->batch_size_at(batch_index);
}

const Dataset& DataLoader::dataset() const { return impl_->dataset(); }
const LoaderOptions& DataLoader::options() const { return impl_->options(); }
const Sampler& DataLoader::sampler() const { return impl_->sampler(); }

}  // namespace thexp
