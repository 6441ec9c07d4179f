#include "frame_activity.hpp"

#include <algorithm>
#include <cstring>

namespace ptero::ingest {

double frame_activity(const Frame& frame) {
  if (frame.codec != Codec::none) return static_cast<double>(frame.payload.size());
  const std::size_t pixels = frame.shape.count();
  // An odd step visits every column in turn.
  const std::size_t step = std::max<std::size_t>(pixels / 4096, 1) | 1;
  return with_recorded_dtype(frame.dtype, [&]<class T>(T) {
    const double flag = std::min(flag_value(frame.dtype), 3.0e38);
    double sum = 0;
    for (std::size_t i = 0; i < pixels; i += step) {
      T value;
      std::memcpy(&value, frame.payload.data() + i * sizeof value, sizeof value);
      if (static_cast<double>(value) < flag) sum += static_cast<double>(value);
    }
    return sum;
  });
}

}  // namespace ptero::ingest
