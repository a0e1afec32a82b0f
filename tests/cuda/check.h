#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cuda_check {

/// One thing that must hold on a device; what is wrong is thrown.
struct Check {
  std::string name;
  std::function<void(at::Device)> run;
};

/// Checks that share a process: one that breaks its device breaks no others.
struct Group {
  std::string name;
  std::vector<Check> checks;
};

// One a file.
Group data_checks();
Group label_checks();
Group list_checks();
Group metric_checks();
Group policy_checks();
Group random_checks();
Group save_checks();
Group scale_checks();
Group trainer_checks();

/// @throws std::runtime_error saying what does not hold.
void require(bool holds, const std::string& what);

/// Equal bits, wherever the two are; NaN equals NaN.
void require_equal(const at::Tensor& found,
                   const at::Tensor& wanted,
                   const std::string& what);

/// Equal up to a relative error.
void require_close(const at::Tensor& found,
                   const at::Tensor& wanted,
                   double tolerance,
                   const std::string& what);
void require_close(double found,
                   double wanted,
                   double tolerance,
                   const std::string& what);

/// The message of the Error that an action throws; nothing thrown is a failure.
template <typename Error, typename Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  throw std::runtime_error("nothing was thrown");
}

/// Whether the device still computes.
void require_alive(at::Device device);

/// Keeps a device busy for some milliseconds: what is not waited for is then
/// read too early.
void load_device(at::Device device);

}  // namespace cuda_check
