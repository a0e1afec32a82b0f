#pragma once

#include <cstdint>
#include <type_traits>

#include "thexp/trainer/callback.h"

namespace thexp {

// Every hook of Callback: its bit, and its method. A new hook is declared in
// callback.h and listed here.
#define THEXP_EACH_HOOK(X)              \
  X(kTrainBegin, on_train_begin)        \
  X(kTrainEnd, on_train_end)            \
  X(kTrainSaved, on_train_saved)        \
  X(kEpochBegin, on_epoch_begin)        \
  X(kEpochEnd, on_epoch_end)            \
  X(kBatchBegin, on_batch_begin)        \
  X(kBatchEnd, on_batch_end)            \
  X(kStepEnd, on_step_end)              \
  X(kEvalBegin, on_eval_begin)          \
  X(kEvalEnd, on_eval_end)              \
  X(kTestBegin, on_test_begin)          \
  X(kTestEnd, on_test_end)              \
  X(kPredictBegin, on_predict_begin)    \
  X(kPredictEnd, on_predict_end)        \
  X(kPhaseBatchEnd, on_phase_batch_end) \
  X(kUpdateBegin, on_update_begin)      \
  X(kUpdateEnd, on_update_end)          \
  X(kException, on_exception)           \
  X(kFailure, on_failure)               \
  X(kSaveModels, on_save_models)        \
  X(kSave, on_save)                     \
  X(kLoad, on_load)

namespace detail {

#define THEXP_NUMBER(bit, method) kNumberOf##bit,
enum HookNumber : unsigned { THEXP_EACH_HOOK(THEXP_NUMBER) kHooks };
#undef THEXP_NUMBER

}  // namespace detail

/// One bit a hook: which of them a callback overrides.
enum Hook : uint32_t {
#define THEXP_BIT(bit, method) bit = 1u << detail::kNumberOf##bit,
  THEXP_EACH_HOOK(THEXP_BIT)
#undef THEXP_BIT
      kAllHooks = (1u << detail::kHooks) - 1
};

namespace detail {

// HookMethod<kTrainBegin>::value is &Callback::on_train_begin.
template <Hook hook>
struct HookMethod;
#define THEXP_METHOD(bit, method)                    \
  template <>                                        \
  struct HookMethod<bit> {                           \
    static constexpr auto value = &Callback::method; \
  };
THEXP_EACH_HOOK(THEXP_METHOD)
#undef THEXP_METHOD

// A hook's address has the type `R (Callback::*)(…)` exactly when no class
// below Callback overrides it. Where the address cannot be taken (a private
// or overloaded override) the hook counts as overridden: never missed.
#define THEXP_TEST(bit, method)                                   \
  template <typename C, typename = void>                          \
  struct overrides_##method : std::true_type {};                  \
  template <typename C>                                           \
  struct overrides_##method<C, std::void_t<decltype(&C::method)>> \
      : std::bool_constant<!std::is_same_v<decltype(&C::method),  \
                                           decltype(&Callback::method)>> {};
THEXP_EACH_HOOK(THEXP_TEST)
#undef THEXP_TEST

}  // namespace detail

/// The hooks that `C` overrides. All of them for Callback itself, whose real
/// type is not known here.
template <typename C>
constexpr uint32_t overridden_hooks() {
  if constexpr (std::is_same_v<C, Callback>) {
    return kAllHooks;
  } else {
#define THEXP_OVERRIDDEN(bit, method) \
  | (detail::overrides_##method<C>::value ? uint32_t{bit} : 0u)
    return 0u THEXP_EACH_HOOK(THEXP_OVERRIDDEN);
#undef THEXP_OVERRIDDEN
  }
}

}  // namespace thexp
