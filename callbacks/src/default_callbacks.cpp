#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/interrupt_save.h"
#include "thexp/callbacks/logger_callback.h"
#include "thexp/callbacks/out_of_memory_report.h"
#include "thexp/callbacks/progress_callback.h"
#include "thexp/callbacks/record_callback.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

void default_callbacks(Trainer& trainer) {
  trainer.add_callback<EvalCallback>();
  trainer.add_callback<RecordCallback>();
  trainer.add_callback<LoggerCallback>();
  trainer.add_callback<ProgressCallback>();
  trainer.add_callback<InterruptSave>();
  trainer.add_callback<OutOfMemoryReport>();
}

}  // namespace thexp
