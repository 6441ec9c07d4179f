#include "preview.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include <ptero/codec/view.hpp>

namespace ptero::classifier {

using namespace std::chrono_literals;

namespace {

constexpr auto pause = 300ms;
constexpr std::size_t largest_side = 512;
constexpr std::uint8_t no_counts = 255;

/// Counts, row by row; NaN where a pixel is masked or flagged.
std::vector<double> counts_of(const Bytes& pixels, Dtype dtype, const std::vector<std::uint8_t>& mask,
                              std::uint64_t& flagged) {
  std::vector<double> counts(pixels.size() / size_of(dtype));
  with_dtype(dtype, [&]<class T>(T) {
    const double flag = flag_value(dtype);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      T value;
      std::memcpy(&value, pixels.data() + i * sizeof value, sizeof value);
      counts[i] = static_cast<double>(value);
      const bool masked = !mask.empty() && mask[i] != 0;
      const bool bad = !(counts[i] < flag);  // NaN too
      if (bad && !masked) ++flagged;
      if (bad || masked) counts[i] = NAN;
    }
  });
  return counts;
}

enum class Pick : std::uint8_t { largest, mean };

/// bin x bin pixels become one: the largest, or the mean, of those that count.
std::vector<double> shrink(const std::vector<double>& in, Shape shape, std::size_t bin, Pick pick) {
  const Shape small{shape.rows / bin, shape.cols / bin};
  std::vector<double> out(small.count(), NAN);
  for (std::size_t r = 0; r < small.rows; ++r) {
    for (std::size_t c = 0; c < small.cols; ++c) {
      double sum = 0, largest = 0;
      std::size_t n = 0;
      for (std::size_t i = r * bin; i < (r + 1) * bin; ++i)
        for (std::size_t j = c * bin; j < (c + 1) * bin; ++j)
          if (const double value = in[i * shape.cols + j]; !std::isnan(value))
            sum += value, largest = std::max(largest, value), ++n;
      if (n > 0) out[r * small.cols + c] = pick == Pick::largest ? largest : sum / static_cast<double>(n);
    }
  }
  return out;
}

Bytes logarithmic(const std::vector<double>& counts, double& largest) {
  largest = 0;
  for (double c : counts)
    if (c > largest) largest = c;
  const double scale = largest > 0 ? 254 / std::log1p(largest) : 0;
  std::vector<std::uint8_t> out(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i)
    out[i] = std::isnan(counts[i])
                 ? no_counts
                 : static_cast<std::uint8_t>(std::lround(std::log1p(std::max(counts[i], 0.0)) * scale));
  return Bytes::take(std::move(out));
}

}  // namespace

void Preview::offer(Look look) {
  {
    const std::lock_guard lock(mutex_);
    newest_ = std::move(look);
  }
  came_.notify_one();
}

void Preview::run(std::stop_token stop, runtime::Heartbeat& beat,
                  const std::function<void(wire::PreviewEvent)>& publish) {
  std::mutex idle;
  std::condition_variable_any never;
  while (!stop.stop_requested()) {
    beat.beat();
    std::optional<Look> look;
    {
      std::unique_lock lock(mutex_);
      came_.wait_for(lock, stop, 500ms, [&] { return newest_.has_value(); });
      std::swap(look, newest_);
    }
    if (!look) continue;
    if (auto event = look_at(*look)) publish(*std::move(event));
    std::unique_lock lock(idle);
    never.wait_for(lock, stop, pause, [] { return false; });
  }
}

std::optional<wire::PreviewEvent> Preview::look_at(const Look& look) {
  const SeriesInfo& info = *look.info;
  const auto pixels = codec::decode(look.frame, info.view);
  if (!pixels) return std::nullopt;
  const SeriesInfo seen = viewed(info);
  if (series_ != look.info) {
    series_ = look.info;
    looked_at_ = 0;
    sum_.assign(seen.frame_shape.count(), 0);
    times_.assign(seen.frame_shape.count(), 0);
  }
  if (pixels->size() != sum_.size() * size_of(seen.dtype)) return std::nullopt;
  wire::PreviewEvent event{.series_uid = info.uid, .frame = look.frame.id, .full_shape = seen.frame_shape};
  const auto counts = counts_of(*pixels, seen.dtype, seen.mask, event.flagged_pixels);
  std::vector<double> mean(counts.size(), NAN);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!std::isnan(counts[i])) sum_[i] += counts[i], ++times_[i];
    if (times_[i] > 0) mean[i] = sum_[i] / times_[i];
  }
  const auto& full = event.full_shape;
  event.bin = (std::max(full.rows, full.cols) + largest_side - 1) / largest_side;
  event.shape = {full.rows / event.bin, full.cols / event.bin};
  event.averaged = ++looked_at_;
  event.saturated_pixels = event.flagged_pixels - std::min(event.flagged_pixels, look.least_flagged);
  event.saturated_frames = look.saturated_frames;
  event.newest = logarithmic(shrink(counts, full, event.bin, Pick::largest), event.max_counts);
  event.mean = logarithmic(shrink(mean, full, event.bin, Pick::mean), event.mean_max_counts);
  return event;
}

}  // namespace ptero::classifier
