#include "check.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace cuda_check {
namespace {

at::Tensor on_host(const at::Tensor& tensor) {
  return tensor.detach().to(at::kCPU).contiguous();
}

// A difference between NaN and NaN is none.
double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.numel() == 0) return 0;
  at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  at::Tensor same = x.eq(y).logical_or(x.isnan().logical_and(y.isnan()));
  at::Tensor far = x.sub(y).abs().nan_to_num(INFINITY, INFINITY, INFINITY);
  return far.masked_fill(same, 0).max().item<double>();
}

void require_same_kind(const at::Tensor& a,
                       const at::Tensor& b,
                       const std::string& what) {
  require(a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type(),
          fmt::format("{}: {} [{}] instead of {} [{}]", what,
                      c10::toString(a.scalar_type()), a.numel(),
                      c10::toString(b.scalar_type()), b.numel()));
}

}  // namespace

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

void require_equal(const at::Tensor& found,
                   const at::Tensor& wanted,
                   const std::string& what) {
  at::Tensor a = on_host(found), b = on_host(wanted);
  require_same_kind(a, b, what);
  double difference = largest_difference(a, b);
  require(difference == 0,
          fmt::format("{}: differs by up to {}", what, difference));
}

void require_close(const at::Tensor& found,
                   const at::Tensor& wanted,
                   double tolerance,
                   const std::string& what) {
  at::Tensor a = on_host(found), b = on_host(wanted);
  require_same_kind(a, b, what);
  if (a.numel() == 0) return;
  double size =
      b.to(at::kDouble).abs().nan_to_num(0, 0, 0).max().item<double>();
  double difference = largest_difference(a, b);
  require(difference <= tolerance * std::max(size, 1.0),
          fmt::format("{}: differs by up to {}, of numbers up to {}", what,
                      difference, size));
}

void require_close(double found,
                   double wanted,
                   double tolerance,
                   const std::string& what) {
  double allowed = tolerance * std::max(std::abs(wanted), 1.0);
  require(std::abs(found - wanted) <= allowed,
          fmt::format("{}: {} instead of {}", what, found, wanted));
}

void require_alive(at::Device device) {
  double sum = at::ones({1000}, device).sum().item<double>();
  require(sum == 1000, "the device does not compute any more");
}

void load_device(at::Device device) {
  int64_t size = device.is_cpu() ? 64 : 4096;
  at::Tensor matrix = at::ones({size, size}, device);
  for (int i = 0; i < 4; ++i) matrix = matrix.mm(matrix).mul_(1e-6);
}

}  // namespace cuda_check
