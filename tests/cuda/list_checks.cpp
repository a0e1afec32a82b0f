// Operations on lists of tensors, which a GPU does in one kernel, against the
// same in double on the host.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "check.h"
#include "thexp/optim/gradients.h"
#include "thexp/state/tensor_lists.h"

namespace cuda_check {
namespace {

using Tensors = std::vector<at::Tensor>;

// Sizes from none to many blocks, a scalar, and another memory format.
Tensors mixed(at::Device device, at::ScalarType type) {
  Tensors tensors = {at::randn({3, 5}),  at::randn({}),
                     at::randn({0}),     at::randn({257}),
                     at::randn({70000}), at::randn({2, 3, 4, 5})};
  tensors.back() = tensors.back().contiguous(at::MemoryFormat::ChannelsLast);
  for (at::Tensor& tensor : tensors) tensor = tensor.to(device, type);
  return tensors;
}

Tensors joined(Tensors a, const Tensors& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Of several types in one list, too.
Tensors of_all_types(at::Device device) {
  return joined(joined(mixed(device, at::kFloat), mixed(device, at::kBFloat16)),
                mixed(device, at::kDouble));
}

double precision_of(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kBFloat16 ? 1e-2 : 1e-6;
}

void copy(at::Device device) {
  at::NoGradGuard no_grad;
  Tensors to = of_all_types(device), from = of_all_types(device);
  thexp::copy_each(to, from);
  for (std::size_t i = 0; i < to.size(); ++i) {
    require_equal(to[i], from[i], "tensor " + std::to_string(i));
  }
}

void lerp(at::Device device) {
  at::NoGradGuard no_grad;
  Tensors to = of_all_types(device), from = of_all_types(device), wanted;
  for (std::size_t i = 0; i < to.size(); ++i) {
    at::Tensor a = to[i].to(at::kDouble), b = from[i].to(at::kDouble);
    wanted.push_back((a + 0.1 * (b - a)).to(to[i].scalar_type()));
  }
  thexp::lerp_each(to, from, 0.1);
  for (std::size_t i = 0; i < to.size(); ++i) {
    require_close(to[i], wanted[i], precision_of(to[i]),
                  "tensor " + std::to_string(i));
  }
}

void lerp_infinite(at::Device device) {
  at::NoGradGuard no_grad;
  Tensors to = of_all_types(device), from = of_all_types(device);
  for (std::size_t i = 1; i < to.size(); i += 2) {
    to[i].fill_(-INFINITY);
    from[i].fill_(-INFINITY);
  }
  thexp::lerp_finite_each(to, from, 0.1);
  for (std::size_t i = 0; i < to.size(); ++i) {
    std::string what = "tensor " + std::to_string(i);
    if (i % 2 == 1) require_equal(to[i], from[i], what);
    require(!to[i].isnan().any().item<bool>(), what + " has NaN");
  }
}

void scale(at::Device device) {
  at::NoGradGuard no_grad;
  for (at::Device of_factor : {device, at::Device(at::kCPU)}) {
    Tensors tensors = of_all_types(device), wanted;
    for (const at::Tensor& each : tensors) wanted.push_back(each * 0.5);
    thexp::scale_each(tensors, at::full({}, 0.5, of_factor));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      require_equal(tensors[i], wanted[i], "tensor " + std::to_string(i));
    }
  }
}

void norms(at::Device device) {
  at::NoGradGuard no_grad;
  Tensors tensors = of_all_types(device);
  Tensors found = thexp::norm_each(tensors);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    at::Tensor wanted =
        tensors[i].to(at::kDouble).norm().to(tensors[i].scalar_type());
    require_close(found[i], wanted, precision_of(wanted),
                  "tensor " + std::to_string(i));
  }
}

Tensors with_gradients(at::Device device, double last) {
  Tensors parameters;
  for (const at::Tensor& each : mixed(device, at::kFloat)) {
    parameters.push_back(at::zeros_like(each).requires_grad_());
    parameters.back().mutable_grad() = each;
  }
  parameters.push_back(at::zeros({2}, device).requires_grad_());
  parameters.back().mutable_grad() = at::full({2}, last, device);
  return parameters;
}

void clip(at::Device device) {
  for (double max_norm : {1.0, 1e6}) {
    Tensors parameters = with_gradients(device, 3), wanted;
    double squares = 0;
    for (const at::Tensor& each : parameters) {
      squares += each.grad().to(at::kDouble).square().sum().item<double>();
    }
    double factor = std::min(1.0, max_norm / (std::sqrt(squares) + 1e-6));
    for (const at::Tensor& each : parameters) {
      wanted.push_back(each.grad() * factor);
    }
    at::Tensor norm = thexp::clip_gradient_norm(parameters, max_norm);
    require(norm.device() == device, "the norm is on another device");
    require_close(norm.item<double>(), std::sqrt(squares), 1e-5, "the norm");
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      require_close(parameters[i].grad(), wanted[i], 1e-5,
                    "gradient " + std::to_string(i));
    }
  }
}

void clip_not_finite(at::Device device) {
  for (double bad : {INFINITY, -INFINITY, NAN}) {
    Tensors parameters = with_gradients(device, bad);
    at::Tensor norm = thexp::clip_gradient_norm(parameters, 1.0);
    require(!std::isfinite(norm.item<double>()), "the norm is finite");
    for (const at::Tensor& each : parameters) {
      require(each.grad().isnan().all().item<bool>(), "a gradient is not NaN");
    }
  }
}

void clip_zeros(at::Device device) {
  at::Tensor parameter = at::zeros({4}, device).requires_grad_();
  parameter.mutable_grad() = at::zeros({4}, device);
  at::Tensor norm = thexp::clip_gradient_norm({parameter}, 1.0);
  require(norm.item<double>() == 0, "the norm is not 0");
  require_equal(parameter.grad(), at::zeros({4}), "the gradient");
}

}  // namespace

Group list_checks() {
  return {"lists",
          {{"copy", copy},
           {"lerp", lerp},
           {"lerp of infinities", lerp_infinite},
           {"scale", scale},
           {"norms", norms},
           {"clipping is as on the host", clip},
           {"an infinite norm makes every gradient NaN", clip_not_finite},
           {"gradients of zero stay", clip_zeros}}};
}

}  // namespace cuda_check
