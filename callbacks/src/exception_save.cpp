#include "thexp/callbacks/exception_save.h"

#include <c10/util/Type.h>

#include <typeinfo>

#include "thexp/trainer/trainer.h"

namespace thexp {

void ExceptionSave::on_batch_begin(Trainer& trainer, const Batch&) {
  begun_step_ = trainer.progress().step;
  before_ = &buffer_.copy(trainer.batch_state());
}

// From here on the trainer saves what it has.
void ExceptionSave::on_epoch_end(Trainer&) { begun_step_ = -1; }

void ExceptionSave::on_failure(Trainer& trainer, const std::exception& error) {
  int64_t step = trainer.progress().step;
  if (begun_step_ < 0 || step == 0 || !trainer.run_plan().saves()) return;
  Value info =
      Value::Dict{{"exception", error.what()},
                  {"exception_type", c10::demangle(typeid(error).name())}};
  // A batch that is counted is whole.
  bool broken = step == begun_step_;
  fs::path file = broken ? trainer.save_keypoint(info, *before_)
                         : trainer.save_keypoint(info);
  trainer.logger().info("the last whole step is saved", file.string());
}

}  // namespace thexp
