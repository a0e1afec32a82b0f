#include "earlier_formats.h"

#include <fmt/format.h>

#include "checkpoint.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

// Format 1 counted the position in an epoch in batches alone. How large they
// were follows from how many the data gave.
void count_in_examples(State& own) {
  int64_t size = 0;
  if (const State* train = own.at("data").find("train")) {
    int64_t examples = train->at("examples").as_integer();
    int64_t batches = train->at("batches").as_integer();
    if (batches > 0) size = (examples + batches - 1) / batches;
  }
  State& progress = own["progress"];
  int64_t seen = progress.at("batch").as_integer() * size;
  progress["epoch_examples"] = State(seen);
  progress["batch_offset"] = State(int64_t{0});
}

// It knew neither of these parameters, and evaluated as their defaults say.
void add_parameters(State& own) {
  State& params = own["params"];
  params["steps"] = State();
  params["eval.every"] = State(int64_t{1});
  params["eval.every_steps"] = State(int64_t{0});
  params["eval.at_start"] = State(false);
  params["test.every"] = State(int64_t{5});
}

// Evaluations came at the ends of epochs alone.
void close_step(State& own) {
  own["loop"]["step_open"] = State(false);
  own["loop"]["train_is_whole"] = State(false);
}

}  // namespace

void upgrade_format(State& own) {
  int64_t format = own.at("format").as_integer();
  if (format < 1 || format > Checkpoint::kFormat) {
    throw FormatError(
        fmt::format("the checkpoint has format {}, this program reads 1 to {}",
                    format, Checkpoint::kFormat));
  }
  if (format == 1) {
    count_in_examples(own);
    add_parameters(own);
    close_step(own);
  }
  own["format"] = State(Checkpoint::kFormat);
}

}  // namespace thexp
