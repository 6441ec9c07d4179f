#include <ptero/ddip/convolution_floor.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "team.hpp"

namespace ptero::ddip {

namespace {

struct Layer {
  at::Tensor input, weight, bias, gradient;
  std::int64_t stride;
  bool input_gradient;
};

Layer layer(std::int64_t in, std::int64_t out, std::int64_t rows, std::int64_t cols, std::int64_t stride,
            bool input_gradient) {
  const at::Tensor x = at::randn({1, in, rows + 4, cols + 4}), w = at::randn({out, in, 5, 5}),
                   b = at::randn({out});
  return {x, w, b, at::randn_like(at::conv2d(x, w, b, stride)), stride, input_gradient};
}

std::vector<Layer> layers_of(const Options& options, std::int64_t in, std::int64_t rows, std::int64_t cols) {
  std::vector<Layer> layers;
  const std::size_t depth = options.channels.size();
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes{{rows, cols}};
  for (std::size_t i = 0; i < depth; ++i) {
    const std::int64_t before = i == 0 ? in : options.channels[i - 1], here = options.channels[i];
    layers.push_back(layer(before, here, rows, cols, 2, i > 0));
    rows = (rows + 1) / 2;
    cols = (cols + 1) / 2;
    sizes.emplace_back(rows, cols);
    layers.push_back(layer(here, here, rows, cols, 1, true));
  }
  for (std::size_t i = 0; i < depth; ++i) {
    const std::int64_t deep = i + 1 == depth ? options.channels[i] : options.channels[i + 1];
    layers.push_back(
        layer(deep + options.skips[i], options.channels[i], sizes[i].first, sizes[i].second, 1, true));
  }
  return layers;
}

void run(const std::vector<Layer>& layers) {
  const at::NoGradGuard no_gradient;
  for (const Layer& l : layers) at::conv2d(l.input, l.weight, l.bias, l.stride);
  for (const Layer& l : layers)
    at::convolution_backward(l.gradient, l.input, l.weight, at::IntArrayRef{l.weight.size(0)},
                             {l.stride, l.stride}, {0, 0}, {1, 1}, false, {0, 0}, 1,
                             {l.input_gradient, true, true});
}

}  // namespace

double convolution_floor_s(Shape shape, const Options& options) {
  const auto rows = static_cast<std::int64_t>(shape.rows), cols = static_cast<std::int64_t>(shape.cols);
  const auto side = static_cast<std::int64_t>(options.weight_input_side);
  const std::size_t threads =
      options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  const std::size_t workers = std::min<std::size_t>(threads, 2);
  Team team(workers, [each = threads / workers] { at::set_num_threads(static_cast<int>(each)); });
  std::vector<std::vector<Layer>> networks(3);
  double best = 1e300;
  for (int repeat = 0; repeat < 6; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    team.run(3, [&](std::size_t i) {
      if (repeat == 0)
        networks[i] = i < 2 ? layers_of(options, 1, rows, cols)
                            : layers_of(options, 2, side > 0 ? side : rows, side > 0 ? side : cols);
      run(networks[i]);
    });
    if (repeat > 0)
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

}  // namespace ptero::ddip
