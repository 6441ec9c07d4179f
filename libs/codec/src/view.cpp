#include <algorithm>
#include <cstring>
#include <limits>
#include <ptero/codec/view.hpp>

namespace ptero::codec {

namespace {

/// Where a view's pixels are in rows of a received frame: at(r, c) = first + r x down + c x right, elements.
struct Walk {
  std::ptrdiff_t first = 0;
  std::ptrdiff_t down = 0;
  std::ptrdiff_t right = 0;
};

struct Rows {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// Index of turned pixel (row, col) in the whole received frame.
std::ptrdiff_t index_of(const FrameView& view, Shape received, std::size_t row, std::size_t col) {
  const auto at = view.received_from_turned(received, {static_cast<double>(row), static_cast<double>(col)});
  return static_cast<std::ptrdiff_t>(at[0]) * static_cast<std::ptrdiff_t>(received.cols) +
         static_cast<std::ptrdiff_t>(at[1]);
}

/// The received rows that hold the crop.
Rows rows_of(const FrameView& view, Shape received) {
  const Shape kept = view.cropped(received);
  const auto cols = static_cast<std::ptrdiff_t>(received.cols);
  const auto a = index_of(view, received, view.row0, view.col0) / cols;
  const auto b = index_of(view, received, view.row0 + kept.rows - 1, view.col0 + kept.cols - 1) / cols;
  return {static_cast<std::size_t>(std::min(a, b)), static_cast<std::size_t>(std::abs(a - b)) + 1};
}

Walk walk_of(const FrameView& view, Shape received, std::size_t first_row) {
  const auto cols = static_cast<std::ptrdiff_t>(received.cols);
  const auto sign = [](bool flipped) { return flipped ? std::ptrdiff_t{-1} : std::ptrdiff_t{1}; };
  return {index_of(view, received, view.row0, view.col0) - static_cast<std::ptrdiff_t>(first_row) * cols,
          sign(view.flip_rows) * (view.transpose ? 1 : cols),
          sign(view.flip_cols) * (view.transpose ? cols : 1)};
}

template <class T>
void gather(const T* in, const Walk& walk, Shape shape, T* out) {
  for (std::size_t r = 0; r < shape.rows; ++r, out += shape.cols) {
    const T* row = in + walk.first + static_cast<std::ptrdiff_t>(r) * walk.down;
    if (walk.right == 1)
      std::copy_n(row, shape.cols, out);
    else
      for (std::size_t c = 0; c < shape.cols; ++c) out[c] = row[static_cast<std::ptrdiff_t>(c) * walk.right];
  }
}

template <class T, class Sum>
Sum bin_at(const T* corner, const Walk& walk, std::size_t bin, double flag) {
  double sum = 0;
  for (std::size_t i = 0; i < bin; ++i)
    for (std::size_t j = 0; j < bin; ++j) {
      const auto value = static_cast<double>(
          corner[static_cast<std::ptrdiff_t>(i) * walk.down + static_cast<std::ptrdiff_t>(j) * walk.right]);
      if (value >= flag)
        return std::is_same_v<Sum, float> ? std::numeric_limits<Sum>::infinity()
                                          : std::numeric_limits<Sum>::max();
      sum += value;
    }
  constexpr double largest = std::is_same_v<Sum, float> ? std::numeric_limits<float>::max()
                                                        : double(std::numeric_limits<Sum>::max() - 2);
  return static_cast<Sum>(std::min(sum, largest));
}

template <class T>
void gather_binned(const T* in, const Walk& walk, Shape shape, std::size_t bin, double flag,
                   std::byte* bytes) {
  using Sum = std::conditional_t<std::is_same_v<T, float>, float, std::uint32_t>;
  auto* out = reinterpret_cast<Sum*>(bytes);
  for (std::size_t r = 0; r < shape.rows; ++r)
    for (std::size_t c = 0; c < shape.cols; ++c) {
      const auto at = walk.first + static_cast<std::ptrdiff_t>(r * bin) * walk.down +
                      static_cast<std::ptrdiff_t>(c * bin) * walk.right;
      *out++ = bin_at<T, Sum>(in + at, walk, bin, flag);
    }
}

/// A detector's flag is negative in signed types, the largest values in others.
template <class To, class From>
To computed(From value) {
  if constexpr (std::is_floating_point_v<From>) {
    return static_cast<To>(value);  // beyond the largest float: infinite, and a flag
  } else {
    constexpr auto flag = std::numeric_limits<To>::max();
    if constexpr (std::is_signed_v<From>)
      if (value < 0) return flag;
    return static_cast<std::uint64_t>(value) < flag ? static_cast<To>(value) : flag;
  }
}

/// Pixels of a type that ptero does not compute on, as the one that it takes them for.
Bytes as_computed(const Bytes& pixels, Dtype dtype) {
  if (is_computed(dtype)) return pixels;
  const std::size_t n = pixels.size() / size_of(dtype);
  std::vector<std::byte> out(n * size_of(computed_as(dtype)));
  with_recorded_dtype(dtype, [&]<class From>(From) {
    with_dtype(computed_as(dtype), [&]<class To>(To) {
      for (std::size_t i = 0; i < n; ++i) {
        From value;
        std::memcpy(&value, pixels.data() + i * sizeof value, sizeof value);
        if constexpr (std::is_floating_point_v<From> == std::is_floating_point_v<To>) {
          const To put = computed<To>(value);
          std::memcpy(out.data() + i * sizeof put, &put, sizeof put);
        }
      }
    });
  });
  return Bytes::take(std::move(out));
}

/// Decoded rows as T. A payload that was never compressed may lie at any address.
template <class T>
const T* aligned(const Bytes& rows, std::vector<T>& copy) {
  if (reinterpret_cast<std::uintptr_t>(rows.data()) % alignof(T) == 0)
    return reinterpret_cast<const T*>(rows.data());
  copy.resize(rows.size() / sizeof(T));
  std::memcpy(copy.data(), rows.data(), copy.size() * sizeof(T));
  return copy.data();
}

}  // namespace

Result<Bytes, FrameFault> decode(const Frame& frame, const FrameView& view) {
  if (view.is_identity()) {
    auto whole = decode(frame);
    if (!whole || is_computed(frame.dtype)) return whole;
    return as_computed(*whole, frame.dtype);
  }
  if (frame.shape.count() == 0 || !view.fits(frame.shape)) return FrameFault::wrong_shape;
  const Rows rows = rows_of(view, frame.shape);
  const auto recorded = decode_rows(frame, rows.first, rows.count);
  if (!recorded) return recorded.reason();
  const Bytes decoded = as_computed(*recorded, frame.dtype);
  const Walk walk = walk_of(view, frame.shape, rows.first);
  const Shape shape = view.shape(frame.shape);
  std::vector<std::byte> out(shape.count() * size_of(view.dtype(frame.dtype)));
  with_dtype(computed_as(frame.dtype), [&]<class T>(T) {
    std::vector<T> copy;
    const T* in = aligned<T>(decoded, copy);
    if (view.bin == 1)
      gather(in, walk, shape, reinterpret_cast<T*>(out.data()));
    else
      gather_binned(in, walk, shape, view.bin, flag_value(frame.dtype), out.data());
  });
  return Bytes::take(std::move(out));
}

}  // namespace ptero::codec
