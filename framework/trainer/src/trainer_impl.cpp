#include "trainer_impl.h"

namespace thexp {

TrainerImpl::TrainerImpl(Trainer& trainer, TrainerParams& params)
    : params(params),
      loaders(plan),
      callbacks(trainer),
      metrics(position.progress()),
      flags(registry.models()),
      rnd(0),
      recorder(params, position.progress(), metrics),
      state({registry, callbacks, position, stop, metrics, missing_data_said,
             flags, rnd, fingerprint}),
      checkpoints({state, recorder, metrics, callbacks, registry,
                   position.progress(), plan}),
      beginning(params, recorder),
      failure({trainer, callbacks, recorder, registry, checkpoints, position,
               stop, point}),
      evaluation({trainer, plan, loaders, callbacks, metrics, metric_set, flags,
                  recorder, failure, rnd, position.progress(), point,
                  time_limit, registry, missing_data_said}),
      loop({trainer, plan, loaders, registry, callbacks, position, stop,
            time_limit, point, metrics, metric_set, checkpoints, beginning, rnd,
            recorder, failure}) {}

}  // namespace thexp
