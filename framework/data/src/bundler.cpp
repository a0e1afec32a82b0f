#include "thexp/data/bundler.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <set>

#include "source_checks.h"
#include "thexp/base/error.h"
#include "thexp/base/hash.h"
#include "thexp/data/error.h"

namespace thexp {
namespace {

int64_t epoch_of_pass(int64_t epoch, int64_t pass) {
  if (pass == 0) return epoch;
  const uint64_t key =
      combine64(static_cast<uint64_t>(epoch), static_cast<uint64_t>(pass));
  return static_cast<int64_t>(key >> 1);  // epochs are not negative
}

// A member's batches from the n-th on; one that is cycled starts again.
class MemberStream {
 public:
  MemberStream(const BundleMember& member, int64_t epoch, int64_t first)
      : member_(member), epoch_(epoch) {
    const std::optional<int64_t> length = member.source->batches();
    if (member.cycled && length) {
      pass_ = first / *length;
      first %= *length;
    }
    open(first);
    if (member.cycled && !length) skip(first);
  }

  bool next(Batch& batch) {
    if (stream_->next(batch)) return true;
    if (!member_.cycled) return false;
    ++pass_;
    open(0);
    if (stream_->next(batch)) return true;
    throw DataError(
        fmt::format("the cycled member '{}' of a DataBundler gives no batches",
                    member_.name));
  }

 private:
  void open(int64_t first) {
    const bool unknown = member_.cycled && !member_.source->batches();
    stream_ = member_.source->stream(epoch_of_pass(epoch_, pass_),
                                     unknown ? 0 : first);
  }

  // Where a pass ends is only known by going there.
  void skip(int64_t count) {
    Batch skipped;
    for (int64_t i = 0; i < count; ++i) next(skipped);
  }

  const BundleMember& member_;
  int64_t epoch_;
  int64_t pass_ = 0;
  std::unique_ptr<BatchStream> stream_;
};

class ZipStream : public BatchStream {
 public:
  ZipStream(std::vector<BundleMember> members,
            int64_t epoch,
            int64_t first,
            std::optional<int64_t> end)
      : members_(std::move(members)), next_(first), end_(end) {
    for (const BundleMember& member : members_) {
      streams_.emplace_back(member, epoch, first);
    }
  }

  bool next(Batch& batch) override {
    batch.clear();
    if (end_ && next_ >= *end_) return false;
    ++next_;
    std::exception_ptr error;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      Batch part;
      if (!next_part(i, part, error)) return end(batch);
      batch.add_part(members_[i].name, std::move(part));
    }
    if (error) std::rethrow_exception(error);
    return true;
  }

 private:
  // After one member's error the others still move on: the parts of the next
  // batch belong together.
  bool next_part(std::size_t i, Batch& part, std::exception_ptr& error) {
    try {
      return streams_[i].next(part);
    } catch (const std::exception&) {
      if (!error) error = std::current_exception();
      return true;
    }
  }

  bool end(Batch& batch) {
    batch.clear();
    end_ = 0;
    return false;
  }

  std::vector<BundleMember> members_;
  std::vector<MemberStream> streams_;
  int64_t next_;
  std::optional<int64_t> end_;
};

class ChainStream : public BatchStream {
 public:
  ChainStream(std::vector<BundleMember> members,
              int64_t epoch,
              int64_t first,
              std::optional<int64_t> end)
      : members_(std::move(members)), epoch_(epoch), next_(first), end_(end) {
    skip_to(first);
  }

  bool next(Batch& batch) override {
    batch.clear();
    if (end_ && next_ >= *end_) return false;
    ++next_;
    while (stream_) {
      if (stream_->next(batch)) return true;
      open(member_ + 1, 0);
    }
    return false;
  }

 private:
  void open(std::size_t member, int64_t first) {
    member_ = member;
    stream_.reset();
    if (member < members_.size()) {
      stream_ = std::make_unique<MemberStream>(members_[member], epoch_, first);
    }
  }

  void skip_to(int64_t first) {
    std::size_t member = 0;
    for (; member < members_.size() && !members_[member].cycled; ++member) {
      const std::optional<int64_t> length = members_[member].source->batches();
      if (!length || first < *length) break;
      first -= *length;
    }
    const bool unknown =
        member < members_.size() && !members_[member].source->batches();
    open(member, unknown ? 0 : first);
    if (unknown) read_past(first);
  }

  void read_past(int64_t count) {
    Batch skipped;
    next_ -= count;
    for (int64_t i = 0; i < count; ++i) next(skipped);
  }

  std::vector<BundleMember> members_;
  int64_t epoch_;
  int64_t next_;
  std::optional<int64_t> end_;
  std::size_t member_ = 0;
  std::unique_ptr<MemberStream> stream_;
};

[[noreturn]] void fail(const std::string& problem) {
  throw UsageError("DataBundler: " + problem);
}

bool is_cycled(const BundleMember& member) { return member.cycled; }

// Examples in the first `batches` batches of a member, over all its passes.
std::optional<int64_t> examples_of(const BundleMember& member,
                                   int64_t batches) {
  const std::optional<int64_t> length = member.source->batches();
  const std::optional<int64_t> examples = member.source->examples();
  if (!length || !examples) return std::nullopt;
  if (*length == 0) return 0;
  int64_t sum = batches / *length * *examples;
  for (int64_t i = 0; i < batches % *length; ++i) {
    sum += member.source->batch_size_at(i);
  }
  return sum;
}

int64_t batch_size_of(const BundleMember& member, int64_t batch_index) {
  const std::optional<int64_t> length = member.source->batches();
  if (member.cycled && length) batch_index %= *length;
  return member.source->batch_size_at(batch_index);
}

}  // namespace

BundleMember cycle(std::string name, std::shared_ptr<BatchSource> source) {
  BundleMember member(std::move(name), std::move(source));
  member.cycled = true;
  return member;
}

std::shared_ptr<DataBundler> DataBundler::chain(
    std::vector<BundleMember> members, std::optional<int64_t> length) {
  return std::shared_ptr<DataBundler>(
      new DataBundler(Mode::kChain, std::move(members), length));
}

std::shared_ptr<DataBundler> DataBundler::zip(std::vector<BundleMember> members,
                                              std::optional<int64_t> length) {
  return std::shared_ptr<DataBundler>(
      new DataBundler(Mode::kZip, std::move(members), length));
}

DataBundler::DataBundler(Mode mode,
                         std::vector<BundleMember> members,
                         std::optional<int64_t> length)
    : mode_(mode), members_(std::move(members)), length_(length) {
  check();
}

DataBundler::~DataBundler() = default;

void DataBundler::check() const {
  if (members_.empty()) fail("needs at least one member");
  if (length_ && *length_ < 0) {
    fail(fmt::format("a length of {} batches; needed is 0 or more", *length_));
  }
  std::set<std::string> names;
  for (const BundleMember& member : members_) {
    if (!member.source) fail(fmt::format("member '{}' is null", member.name));
    if (!names.insert(member.name).second) {
      fail(fmt::format("two members are called '{}'", member.name));
    }
    if (member.cycled && member.source->batches() == 0) {
      fail(fmt::format("member '{}' is cycled, but has no batches",
                       member.name));
    }
  }
  if (mode_ == Mode::kZip) {
    if (!length_ && std::all_of(members_.begin(), members_.end(), is_cycled)) {
      fail("all members of a zip are cycled: give a length, or it never ends");
    }
    return;
  }
  if (std::any_of(members_.begin(), members_.end() - 1, is_cycled)) {
    fail(
        "only the last member of a chain can be cycled: those after it would "
        "never come");
  }
  if (members_.back().cycled && !length_) {
    fail(
        "the last member of a chain is cycled: give a length, or it never "
        "ends");
  }
}

std::unique_ptr<BatchStream> DataBundler::stream(int64_t epoch,
                                                 int64_t first_batch) {
  detail::check_stream(epoch, first_batch);
  if (mode_ == Mode::kZip) {
    const std::optional<int64_t> known = batches();
    return std::make_unique<ZipStream>(members_, epoch, first_batch,
                                       known ? known : length_);
  }
  return std::make_unique<ChainStream>(members_, epoch, first_batch, length_);
}

std::optional<int64_t> DataBundler::batches() const {
  const std::optional<int64_t> natural = natural_batches();
  if (!length_) return natural;
  const bool endless =
      mode_ == Mode::kZip
          ? std::all_of(members_.begin(), members_.end(), is_cycled)
          : members_.back().cycled;
  if (endless) return length_;
  if (!natural) return std::nullopt;
  return std::min(*length_, *natural);
}

// Without regard to length_: the shortest of a zip, the sum of a chain.
std::optional<int64_t> DataBundler::natural_batches() const {
  std::optional<int64_t> result;
  for (const BundleMember& member : members_) {
    if (member.cycled) continue;
    const std::optional<int64_t> count = member.source->batches();
    if (!count) return std::nullopt;
    if (!result) {
      result = count;
    } else {
      result =
          mode_ == Mode::kZip ? std::min(*result, *count) : *result + *count;
    }
  }
  return result;
}

std::optional<int64_t> DataBundler::examples() const {
  std::optional<int64_t> left = batches();
  if (!left) return std::nullopt;
  if (mode_ == Mode::kZip) return examples_of(members_[0], *left);
  int64_t sum = 0;
  for (const BundleMember& member : members_) {
    const std::optional<int64_t> there = member.source->batches();
    if (!there) return std::nullopt;
    const int64_t count = member.cycled ? *left : std::min(*left, *there);
    const std::optional<int64_t> part = examples_of(member, count);
    if (!part) return std::nullopt;
    sum += *part;
    *left -= count;
  }
  return sum;
}

int64_t DataBundler::batch_size_at(int64_t batch_index) const {
  detail::check_batch_index(batch_index, batches());
  if (mode_ == Mode::kZip) return batch_size_of(members_[0], batch_index);
  for (const BundleMember& member : members_) {
    const std::optional<int64_t> length = member.source->batches();
    if (member.cycled || !length || batch_index < *length) {
      return batch_size_of(member, batch_index);
    }
    batch_index -= *length;
  }
  fail("batch_size_at: no member has this batch");
}

}  // namespace thexp
