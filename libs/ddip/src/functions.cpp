#include "functions.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <ptero/core/contract.hpp>

#include "kernels.hpp"

namespace ptero::ddip {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool by_own_loops(const at::Tensor& x, Loops loops) {
  return loops == Loops::own && x.is_cpu() &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble);
}

kernels::Plane plane_of(const at::Tensor& x, double epsilon, double leak, std::int64_t pad) {
  return {x.size(2), x.size(3), pad, epsilon, leak};
}

struct Normalise : torch::autograd::Function<Normalise> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, const at::Tensor& gamma,
                            const at::Tensor& beta, double epsilon, double leak, std::int64_t pad) {
    const at::Tensor x = given.contiguous();
    const kernels::Plane plane = plane_of(x, epsilon, leak, pad);
    const std::int64_t channels = x.size(1);
    at::Tensor y = at::empty({1, channels, plane.padded_rows(), plane.padded_cols()}, x.options());
    at::Tensor statistics = at::empty({2, channels}, x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "normalise", [&] {
      const auto* in = x.data_ptr<scalar_t>();
      const auto *g = gamma.data_ptr<scalar_t>(), *b = beta.data_ptr<scalar_t>();
      auto *out = y.data_ptr<scalar_t>(), *s = statistics.data_ptr<scalar_t>();
      const std::int64_t input = plane.rows * plane.cols, output = plane.padded_rows() * plane.padded_cols();
      at::parallel_for(0, channels, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t c = begin; c < end; ++c)
          kernels::normalise(plane, in + c * input, g[c], b[c], out + c * output, s[c], s[channels + c]);
      });
    });
    context->save_for_backward({x, gamma, beta, statistics});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["leak"] = leak;
    context->saved_data["pad"] = pad;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &gamma = saved[1], &beta = saved[2], &statistics = saved[3];
    const at::Tensor gradient = gradients[0].contiguous();
    const kernels::Plane plane =
        plane_of(x, context->saved_data["epsilon"].toDouble(), context->saved_data["leak"].toDouble(),
                 context->saved_data["pad"].toInt());
    const std::int64_t channels = x.size(1);
    at::Tensor gx = at::empty_like(x), ggamma = at::empty_like(gamma), gbeta = at::empty_like(beta);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "normalise_gradient", [&] {
      const auto *gy = gradient.data_ptr<scalar_t>(), *in = x.data_ptr<scalar_t>();
      const auto *g = gamma.data_ptr<scalar_t>(), *b = beta.data_ptr<scalar_t>();
      const auto* s = statistics.data_ptr<scalar_t>();
      auto *out = gx.data_ptr<scalar_t>(), *og = ggamma.data_ptr<scalar_t>(),
           *ob = gbeta.data_ptr<scalar_t>();
      const std::int64_t input = plane.rows * plane.cols, output = plane.padded_rows() * plane.padded_cols();
      at::parallel_for(0, channels, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t c = begin; c < end; ++c)
          kernels::normalise_gradient(plane, gy + c * output, in + c * input, g[c], b[c], s[c],
                                      s[channels + c], out + c * input, og[c], ob[c]);
      });
    });
    return {gx, ggamma, gbeta, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

struct Mix : torch::autograd::Function<Mix> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, const at::Tensor& w,
                            const at::Tensor& b) {
    const at::Tensor x = given.contiguous();
    context->save_for_backward({x, w});
    at::Tensor y = at::empty({1, w.size(0), x.size(2), x.size(3)}, x.options());
    run(x, w, w.size(1), w.size(0), w.size(1), 1, b, y);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1];
    const at::Tensor gradient = gradients[0].contiguous();
    at::Tensor gx;
    if (context->needs_input_grad(0)) {
      gx = at::empty_like(x);
      run(gradient, w, w.size(0), w.size(1), 1, w.size(1), at::Tensor(), gx);
    }
    at::Tensor gw = at::zeros_like(w), gb = at::zeros({w.size(0)}, w.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "mix_gradient", [&] {
      kernels::mix_gradient(w.size(1), w.size(0), x.size(2) * x.size(3), gradient.data_ptr<scalar_t>(),
                            x.data_ptr<scalar_t>(), gw.data_ptr<scalar_t>(), gb.data_ptr<scalar_t>());
    });
    return {gx, gw, gb};
  }

 private:
  static void run(const at::Tensor& x, const at::Tensor& w, std::int64_t in, std::int64_t out,
                  std::int64_t stride_out, std::int64_t stride_in, const at::Tensor& b, at::Tensor& y) {
    const std::int64_t pixels = x.size(2) * x.size(3);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "mix", [&] {
      const auto *px = x.data_ptr<scalar_t>(), *pw = w.data_ptr<scalar_t>();
      const auto* pb = b.defined() ? b.data_ptr<scalar_t>() : nullptr;
      auto* py = y.data_ptr<scalar_t>();
      at::parallel_for(0, pixels, 4096, [&](std::int64_t begin, std::int64_t end) {
        kernels::mix(in, out, pixels, begin, end, pw, stride_out, stride_in, pb, px, py);
      });
    });
  }
};

}  // namespace

at::Tensor normalise(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, double epsilon,
                     double leak, std::int64_t pad, Loops loops) {
  if (by_own_loops(x, loops)) return Normalise::apply(x, gamma, beta, epsilon, leak, pad);
  at::Tensor y = at::batch_norm(x, gamma, beta, {}, {}, true, 0, epsilon, true);
  if (leak != 1) y = at::leaky_relu(y, leak);
  return pad == 0 ? y : at::reflection_pad2d(y, {pad, pad, pad, pad});
}

at::Tensor mix(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, Loops loops) {
  return by_own_loops(x, loops) ? Mix::apply(x, w, b) : at::conv2d(x, w, b);
}

at::Tensor exclusion(at::Tensor first, at::Tensor second, std::size_t levels, double divisor, double power) {
  PTERO_EXPECT(first.sizes() == second.sizes());
  // Keeps the power's slope finite where an image has no gradients at all.
  constexpr double least = 1e-20;
  at::Tensor sum = at::zeros({}, first.options());
  for (std::size_t level = 0; level < levels; ++level) {
    for (const std::int64_t axis : {2, 3}) {
      if (first.size(axis) < 2) continue;
      const auto squashed = [&](const at::Tensor& y) {
        return at::square(at::tanh(at::diff(y, 1, axis) * 0.5));
      };
      const at::Tensor shared = at::mean(squashed(first) * squashed(second));
      sum = sum + at::pow(shared + least, power);
    }
    if (level + 1 == levels || first.size(2) < 2 || first.size(3) < 2) break;
    first = at::avg_pool2d(first, 2);
    second = at::avg_pool2d(second, 2);
  }
  return sum / divisor;
}

}  // namespace ptero::ddip
