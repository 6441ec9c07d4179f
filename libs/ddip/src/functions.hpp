#pragma once
// The operations of the networks on tensors of shape (1, channels, rows, cols), differentiable; float or
// double. On the CPU they are our own fused loops unless `loops` says otherwise, elsewhere PyTorch's.

#include <ATen/ATen.h>

#include <ptero/ddip/options.hpp>

namespace ptero::ddip {

/// Batch normalisation (of this image alone), leaky ReLU (leak 1: none) and a reflected border.
at::Tensor normalise(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, double epsilon,
                     double leak, std::int64_t pad, Loops loops = Loops::own);

/// A 1 x 1 convolution. w: (out, in, 1, 1).
at::Tensor mix(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, Loops loops = Loops::own);

/// The exclusion term of [Du21, eq. 4] between two images (1, 1, rows, cols), without gamma, as the authors'
/// code has it: sum over levels and x, y of mean(tanh^2(g1 / 2) tanh^2(g2 / 2))^power / divisor, g forward
/// differences, 2 x 2 means between levels. A level without differences (a side of 1) adds nothing.
at::Tensor exclusion(at::Tensor first, at::Tensor second, std::size_t levels, double divisor, double power);

}  // namespace ptero::ddip
