#pragma once

/// What programs use of thexp. Not in it, each with its own header:
///
///     thexp/drill/drill.h         drill() in code of your own
///     thexp/trainer/grad_scaler.h   loss scaling for float16
///     thexp/data/torch_dataset.h      datasets of torch::data
///     thexp/archive/...               checkpoint files without LibTorch
///
/// and small tools: thexp/base/text.h, thexp/data/permutation.h,
/// thexp/state/tensor_lists.h, thexp/state/libtorch_compat.h,
/// thexp/tracking/crash_note.h.
///
/// LibTorch's headers are yours to choose: torch/torch.h has everything; those
/// of the modules and the optimizer that a program uses
/// (torch/nn/modules/linear.h, torch/optim/adam.h) compile much faster.

#include "thexp/base/error.h"
#include "thexp/callbacks/early_stopping.h"
#include "thexp/callbacks/ema.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/exception_save.h"
#include "thexp/callbacks/gradient_clipping.h"
#include "thexp/callbacks/interrupt_save.h"
#include "thexp/callbacks/lambda_callback.h"
#include "thexp/callbacks/logger_callback.h"
#include "thexp/callbacks/lr_schedule.h"
#include "thexp/callbacks/metric_callback.h"
#include "thexp/callbacks/model_checkpoint.h"
#include "thexp/callbacks/nan_policy.h"
#include "thexp/callbacks/out_of_memory_report.h"
#include "thexp/callbacks/plateau.h"
#include "thexp/callbacks/progress_callback.h"
#include "thexp/callbacks/record_callback.h"
#include "thexp/callbacks/timing_checkpoint.h"
#include "thexp/data/bundler.h"
#include "thexp/data/cifar.h"
#include "thexp/data/csv.h"
#include "thexp/data/dataset.h"
#include "thexp/data/idx.h"
#include "thexp/data/loader.h"
#include "thexp/data/step_source.h"
#include "thexp/data/text_file.h"
#include "thexp/experiments/globals.h"
#include "thexp/experiments/query.h"
#include "thexp/meters/avg_meter.h"
#include "thexp/meters/meter.h"
#include "thexp/meters/metrics.h"
#include "thexp/optim/gradients.h"
#include "thexp/optim/schedule.h"
#include "thexp/params/grid_search.h"
#include "thexp/params/params.h"
#include "thexp/program/run_program.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/state/pt.h"
#include "thexp/state/safetensors.h"
#include "thexp/tracking/metric_reader.h"
#include "thexp/tracking/progress_text.h"
#include "thexp/tracking/workspace.h"
#include "thexp/trainer/trainer.h"
