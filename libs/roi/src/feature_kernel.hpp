#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ptero/roi/features.hpp>
#include <span>
#include <type_traits>

namespace ptero::roi {

/// Integers for counts, so that every variant of the kernel gives the same bits; doubles for float patterns,
/// always in eight lanes for the same reason.
template <class T>
using Exact = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;

/// Sums of p, column * p and row * p over one segment.
template <class T>
struct MomentSums {
  Exact<T> total = 0;
  Exact<T> x = 0;
  Exact<T> y = 0;
};

/// Longest run whose first moment about its start fits the 32-bit lanes (8- and 16-bit pixels: 2^24 / 256 and
/// 2^24 / 65536 pixels, squared and halved, times the largest pixel stay below 2^32).
template <class T>
inline constexpr std::size_t longest_run = sizeof(T) == 1   ? 4096
                                           : sizeof(T) == 2 ? 256
                                                            : 65535;

/// Adds the runs of a pattern to the sums of their segments; returns how many pixels were flagged.
template <class T>
using FeatureKernel = std::uint64_t (*)(std::span<const T> pixels, std::size_t cols,
                                        std::span<const FeatureExtractor::Run> runs, MomentSums<T>* sums);

template <class T>
FeatureKernel<T> feature_kernel(Simd simd);

}  // namespace ptero::roi
