#include "feature_kernel.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <utility>

// The vectors below never cross a call that is not inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace ptero::roi {
namespace {

template <class T>
using Lane = std::conditional_t<std::is_floating_point_v<T>, double,
                                std::conditional_t<sizeof(T) == 4, std::uint64_t, std::uint32_t>>;

template <class T, std::size_t lanes>
struct Vector {
  typedef T type __attribute__((vector_size(lanes * sizeof(T))));
};
template <class T, std::size_t lanes>
using vector = typename Vector<T, lanes>::type;

/// The integer whose lanes compare beside pixels of type T.
template <class T>
using Place = std::conditional_t<sizeof(T) == 1, std::uint8_t,
                                 std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint32_t>>;

/// 0, 1, 2, ...
template <class T, std::size_t... i>
constexpr std::array<T, sizeof...(i)> count_up(std::index_sequence<i...>) {
  return {static_cast<T>(i)...};
}

/// Floats as far from zero as this carry no counts: flag_value(Dtype::f32), rounded to a float.
template <class T>
inline constexpr T beyond_counts = static_cast<T>(std::numeric_limits<std::uint32_t>::max());

#define PTERO_INLINE [[gnu::always_inline]] inline

template <class U, std::size_t lanes, std::size_t... i>
PTERO_INLINE U sum_of(const vector<U, lanes>& v, std::index_sequence<i...>) {
  if constexpr (lanes == 1) {
    return v[0];
  } else {
    constexpr std::size_t half = lanes / 2;
    const vector<U, half> low = __builtin_shufflevector(v, v, static_cast<int>(i)...);
    const vector<U, half> high = __builtin_shufflevector(v, v, static_cast<int>(i + half)...);
    return sum_of<U, half>(low + high, std::make_index_sequence<half / 2>());
  }
}

// Far enough ahead for the latency of memory; a prefetch beyond the pattern is harmless.
constexpr std::size_t prefetch_bytes = 2048;

/// How pixels of type T become lanes that can be added up.
template <class T, std::size_t bytes>
struct Layout {
  using U = Lane<T>;
  static constexpr bool is_float = std::is_floating_point_v<T>;
  /// Integers: a lane is a word of neighbouring pixels that shifts and masks take apart.
  static constexpr std::size_t packed = is_float ? 1 : sizeof(U) / sizeof(T);
  static constexpr std::size_t lanes = is_float ? 8 : bytes / sizeof(U);
  static constexpr std::size_t pixels = lanes * packed;
  using Raw = vector<T, pixels>;
  using Sums = vector<U, lanes>;

  static constexpr U flag = is_float ? 0 : static_cast<U>(std::numeric_limits<T>::max() - 1);
};

/// Sums over the blocks v_b of one run: a = sum v_b, c = sum (n - b) v_b, o = sum of the pixels weighted by
/// their place within their lane. No multiplication is needed inside the loop.
template <class T, std::size_t bytes>
struct RunSums {
  using L = Layout<T, bytes>;
  typename L::Sums a{}, c{}, o{};
  typename L::Raw top{};

  PTERO_INLINE void add(const typename L::Raw& raw) {
    typename L::Sums v;
    if constexpr (L::is_float) {
      v = __builtin_convertvector(raw, typename L::Sums);
    } else {
      constexpr auto mask = static_cast<typename L::U>(std::numeric_limits<T>::max());
      typename L::Sums word;
      std::memcpy(&word, &raw, sizeof word);
      v = word & mask;
      if constexpr (L::packed > 1) {
        typename L::Sums suffix{};
        for (std::size_t i = L::packed - 1; i > 0; --i) {
          suffix += (word >> static_cast<typename L::U>(8 * sizeof(T) * i)) & mask;
          o += suffix;
        }
        v += suffix;
      }
    }
    a += v;
    c += a;
  }
};

enum class Flags { none, drop };

/// Zero for pixels that carry no counts.
template <Flags flags, class T, std::size_t bytes>
PTERO_INLINE void filter(typename Layout<T, bytes>::Raw& raw, RunSums<T, bytes>& sums) {
  using Raw = typename Layout<T, bytes>::Raw;
  if constexpr (Layout<T, bytes>::is_float) {
    raw = (raw < beyond_counts<T>)&(raw > -beyond_counts<T>) ? raw : Raw{};
  } else if constexpr (flags == Flags::drop) {
    raw = raw >= static_cast<T>(Layout<T, bytes>::flag) ? Raw{} : raw;
  } else {
    sums.top = raw > sums.top ? raw : sums.top;
  }
}

template <Flags flags, class T, std::size_t bytes>
PTERO_INLINE void sum_run(const T* p, std::size_t length, const T* end, RunSums<T, bytes>& sums) {
  using L = Layout<T, bytes>;
  typename L::Raw raw;
  std::size_t b = length / L::pixels;
  for (; b > 0; --b, p += L::pixels) {
    __builtin_prefetch(reinterpret_cast<const char*>(p) + prefetch_bytes);
    std::memcpy(&raw, p, sizeof raw);
    filter<flags, T, bytes>(raw, sums);
    sums.add(raw);
  }
  if (const std::size_t rest = length % L::pixels; rest > 0) {
    if (p + L::pixels <= end) {
      std::memcpy(&raw, p, sizeof raw);
      constexpr auto places = count_up<Place<T>>(std::make_index_sequence<L::pixels>());
      vector<Place<T>, L::pixels> place;
      std::memcpy(&place, places.data(), sizeof place);
      raw = place < static_cast<Place<T>>(rest) ? raw : typename L::Raw{};
    } else {
      T padded[L::pixels] = {};
      std::memcpy(padded, p, rest * sizeof(T));
      std::memcpy(&raw, padded, sizeof raw);
    }
    filter<flags, T, bytes>(raw, sums);
    sums.add(raw);
  }
}

template <class T>
PTERO_INLINE bool is_flagged(const T* address) {
  T p;
  std::memcpy(&p, address, sizeof p);
  if constexpr (std::is_floating_point_v<T>)
    return !(p < beyond_counts<T> && p > -beyond_counts<T>);
  else
    return p >= std::numeric_limits<T>::max() - 1;
}

template <class T, std::size_t bytes>
PTERO_INLINE std::uint64_t add_runs(std::span<const T> pixels, std::size_t cols,
                                    std::span<const FeatureExtractor::Run> runs, MomentSums<T>* sums) {
  using L = Layout<T, bytes>;
  using U = typename L::U;
  constexpr auto halves = std::make_index_sequence<L::lanes / 2>();

  typename L::Sums lane;
  for (std::size_t i = 0; i < L::lanes; ++i) lane[i] = static_cast<U>(i);
  const T* end = pixels.data() + pixels.size();
  std::uint64_t flagged = 0;
  for (const auto& run : runs) {
    const T* p = pixels.data() + run.row * cols + run.col;
    RunSums<T, bytes> part;
    sum_run<Flags::none, T, bytes>(p, run.length, end, part);
    // Flags are rare: a run that holds one is summed again without them.
    bool any = L::is_float;
    if constexpr (!L::is_float) {
      const auto marks = part.top >= static_cast<T>(L::flag);
      vector<std::uint64_t, bytes / 8> words;
      std::memcpy(&words, &marks, sizeof words);
      std::uint64_t all = 0;
      for (std::size_t i = 0; i < bytes / 8; ++i) all |= words[i];
      any = all != 0;
    }
    if (any) {
      std::uint64_t found = 0;
      for (std::size_t i = 0; i < run.length; ++i) found += is_flagged(p + i) ? 1u : 0u;
      flagged += found;
      if constexpr (!L::is_float) {
        part = {};
        sum_run<Flags::drop, T, bytes>(p, run.length, end, part);
      }
    }
    // First moment about the start of the run: pixel = packed (lanes b + lane) + place within the lane.
    const std::size_t n = (run.length + L::pixels - 1) / L::pixels;
    const typename L::Sums from_start =
        (part.a * (lane + static_cast<U>(L::lanes * n)) - part.c * static_cast<U>(L::lanes)) *
            static_cast<U>(L::packed) +
        part.o;
    const Exact<T> total = sum_of<U, L::lanes>(part.a, halves);
    const Exact<T> moment = sum_of<U, L::lanes>(from_start, halves);
    auto& sum = sums[run.segment];
    sum.total += total;
    sum.x += static_cast<Exact<T>>(run.col) * total + moment;
    sum.y += static_cast<Exact<T>>(run.row) * total;
  }
  return flagged;
}

#define PTERO_KERNEL(name, attributes, bytes)                                                       \
  template <class T>                                                                                \
  attributes std::uint64_t name(std::span<const T> pixels, std::size_t cols,                        \
                                std::span<const FeatureExtractor::Run> runs, MomentSums<T>* sums) { \
    return add_runs<T, bytes>(pixels, cols, runs, sums);                                            \
  }
PTERO_KERNEL(add_runs_baseline, , 16)
#if defined(__x86_64__)
PTERO_KERNEL(add_runs_avx2, __attribute__((target("avx2"))), 32)
PTERO_KERNEL(add_runs_avx512, __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), 64)
#endif

}  // namespace

template <class T>
FeatureKernel<T> feature_kernel(Simd simd) {
#if defined(__x86_64__)
  if (simd == Simd::avx512) return add_runs_avx512<T>;
  if (simd == Simd::avx2) return add_runs_avx2<T>;
#endif
  static_cast<void>(simd);
  return add_runs_baseline<T>;
}

template FeatureKernel<std::uint8_t> feature_kernel(Simd);
template FeatureKernel<std::uint16_t> feature_kernel(Simd);
template FeatureKernel<std::uint32_t> feature_kernel(Simd);
template FeatureKernel<float> feature_kernel(Simd);

}  // namespace ptero::roi
