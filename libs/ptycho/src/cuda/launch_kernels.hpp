#pragma once
// How kernel bodies run on a GPU: one thread a pixel, or one block a strip of pixels where sums are taken.
// For device.cu alone. where sums are taken.

#include <cstddef>

namespace ptero::ptycho::cuda {

constexpr unsigned block = 256;
// A reduction cuts its items into strips until there is work for the whole device, none of them shorter than
// a few rounds of its block.
constexpr std::size_t wanted_blocks = 4096;
constexpr std::size_t shortest_strip = 4 * block;
template <class Body>
__global__ void __launch_bounds__(block) run_each(Body body, unsigned blocks_per_item, unsigned pixels) {
  const unsigned item = blockIdx.x / blocks_per_item;
  const unsigned pixel = (blockIdx.x - item * blocks_per_item) * block + threadIdx.x;
  if (pixel < pixels) body(item, pixel);
}

// All threads of the block give a value; thread 0 gets the sum. `shared` has a place for each warp and must
// be free; it is free again after the next __syncthreads.
__device__ inline double sum_over_block(double value, double* shared) {
  for (int offset = warpSize / 2; offset > 0; offset /= 2)
    value += __shfl_down_sync(0xFFFFFFFFU, value, offset);
  const unsigned warp = threadIdx.x / warpSize, lane = threadIdx.x % warpSize;
  if (lane == 0) shared[warp] = value;
  __syncthreads();
  double sum = 0;
  if (threadIdx.x == 0)
    for (unsigned w = 0; w < block / warpSize; ++w) sum += shared[w];
  return sum;
}

// One block a strip of an item's pixels.
template <class Body>
__global__ void __launch_bounds__(block)
    run_reduce(Body body, unsigned strips, unsigned strip, unsigned pixels, double* out) {
  __shared__ double shared[Body::sums][block / 32];
  const unsigned item = blockIdx.x / strips, first = (blockIdx.x - item * strips) * strip;
  const unsigned last = pixels - first < strip ? pixels : first + strip;
  float sums[Body::sums] = {};
  for (unsigned pixel = first + threadIdx.x; pixel < last; pixel += block) body(item, pixel, sums);
  for (int s = 0; s < Body::sums; ++s) {
    const double sum = sum_over_block(static_cast<double>(sums[s]), shared[s]);
    if (threadIdx.x == 0) out[static_cast<std::size_t>(blockIdx.x) * Body::sums + s] = sum;
  }
}

// out[item, s] = sum over strips of parts[item, strip, s]. One thread each.
static __global__ void __launch_bounds__(block)
    sum_strips(const double* parts, unsigned strips, unsigned sums, std::size_t count, double* out) {
  const std::size_t index = static_cast<std::size_t>(blockIdx.x) * block + threadIdx.x;
  if (index >= count) return;
  const std::size_t item = index / sums, s = index % sums;
  double sum = 0;
  for (unsigned strip = 0; strip < strips; ++strip) sum += parts[(item * strips + strip) * sums + s];
  out[index] = sum;
}

// The bits of non-negative floats are ordered as they are. `out` is 0 before.
static __global__ void __launch_bounds__(block) run_most(const float* values, std::size_t count, int* out) {
  float most = 0;
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * block;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * block + threadIdx.x; i < count; i += stride)
    most = fmaxf(most, values[i]);
  for (int offset = warpSize / 2; offset > 0; offset /= 2)
    most = fmaxf(most, __shfl_down_sync(0xFFFFFFFFU, most, offset));
  if (threadIdx.x % warpSize == 0) atomicMax(out, __float_as_int(most));
}

}  // namespace ptero::ptycho::cuda
