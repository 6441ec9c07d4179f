#include <ptero/scan/image_intake.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include <ptero/codec/view.hpp>
#include <ptero/scanfile/series_reader.hpp>

namespace ptero::scan {

namespace {

// Frames of outliers are kept for the case that others come to lie there; more than these are no region.
constexpr std::size_t most_apart = 64;
constexpr std::size_t frames_under_mask = 16;
// So far no grid reaches; the reconstruction refuses it too.
constexpr double most_pixels_away = 1e9;

PositionBulk::Box joined(const PositionBulk::Box& box, const Position& place, bool first) {
  if (first) return {place.x_m, place.y_m, place.x_m, place.y_m};
  return {std::min(box.left_m, place.x_m), std::min(box.top_m, place.y_m), std::max(box.right_m, place.x_m),
          std::max(box.bottom_m, place.y_m)};
}

double distance_m(const Position& a, const Position& b) {
  return std::hypot(a.x_m - b.x_m, a.y_m - b.y_m);
}

}  // namespace

ImageIntake::ImageIntake(const SeriesInfo& info, FrameView view, const ptycho::ReconstructionOptions& options,
                         ptycho::Reconstruction& reconstruction)
    : info_(info),
      view_(view),
      crop_(options.intake),
      pixel_m_(options.pixel_m),
      max_object_pixels_(options.max_object_pixels),
      reconstruction_(reconstruction),
      bulk_(static_cast<double>(options.intake.n) * options.pixel_m) {}

void ImageIntake::expect(const std::map<FrameId, Position>& places) {
  for (const auto& [id, place] : places)
    if (is_finite(place)) bulk_.add(id, place);
  settle();
}

void ImageIntake::take(const Frame& frame) {
  if (positions_.contains(frame.id) || held_.contains(frame.id) || apart_.contains(frame.id)) return;
  left_out_.erase(frame.id);
  const auto position = position_of(info_, frame);
  if (!position || !is_finite(*position)) {
    left_out_[frame.id] = position ? LeftOut::not_finite : LeftOut::no_position;
    return;
  }
  bulk_.add(frame.id, *position);
  if (settled_) {
    place(frame, *position);
    follow_bulk();
    return;
  }
  held_.emplace(frame.id, frame);
  if (held_.size() >= PositionBulk::enough) settle();
}

void ImageIntake::settle() {
  settled_ = true;
  bulk_.judge();
  for (const auto& [id, frame] : std::exchange(held_, {})) place(frame, bulk_.place_of(id));
  follow_bulk();
}

void ImageIntake::place(const Frame& frame, const Position& position) {
  if (bulk_.is_outlying(frame.id)) return set_apart(frame);
  if (const auto why = add(frame, position)) left_out_[frame.id] = *why;
}

void ImageIntake::set_apart(const Frame& frame) {
  left_out_[frame.id] = LeftOut::outlying_position;
  if (apart_.size() < most_apart) apart_.emplace(frame.id, frame);
}

/// Frames change sides as the bulk does.
void ImageIntake::follow_bulk() {
  if (bulk_.outlying() == known_outlying_) return;
  known_outlying_ = bulk_.outlying();
  std::vector<FrameId> leaving;
  for (const FrameId id : known_outlying_)
    if (positions_.contains(id)) leaving.push_back(id);
  reconstruction_.remove_frames(leaving);
  for (const FrameId id : leaving) {
    positions_.erase(id);
    left_out_[id] = LeftOut::outlying_position;
  }
  for (auto at = apart_.begin(); at != apart_.end();) {
    if (known_outlying_.contains(at->first)) {
      ++at;
      continue;
    }
    left_out_.erase(at->first);
    place(at->second, bulk_.place_of(at->first));
    at = apart_.erase(at);
  }
}

std::optional<LeftOut> ImageIntake::add(const Frame& frame, const Position& position) {
  if (!view_.fits(frame.shape) || view_.shape(frame.shape) != info_.frame_shape ||
      view_.dtype(frame.dtype) != info_.dtype)
    return LeftOut::another_size;
  const auto pixels = codec::decode(frame, view_);
  if (!pixels) return LeftOut::unreadable;
  if (!fits(frame.id, position)) return LeftOut::outlying_position;
  look_under_mask(pixels->span());
  const auto taken =
      reconstruction_.add_frame(frame.id, {pixels->span(), info_.frame_shape, info_.dtype}, position);
  if (taken || taken.reason() == ptycho::IntakeFault::duplicate_id) {
    covered_ = joined(covered_, position, positions_.empty());
    positions_.emplace(frame.id, position);
    return std::nullopt;
  }
  switch (taken.reason()) {
    case ptycho::IntakeFault::no_counts:
      return why_no_counts(pixels->span());
    case ptycho::IntakeFault::bad_position:
      return LeftOut::outlying_position;
    default:
      return LeftOut::another_size;
  }
}

/// Bounded before any memory is taken: the object would cover all that lies between the positions.
bool ImageIntake::fits(FrameId id, const Position& position) {
  const auto n = static_cast<double>(crop_.n);
  const auto box = joined(covered_, position, positions_.empty());
  const double rows = std::ceil(box.height_m() / pixel_m_) + n,
               cols = std::ceil(box.width_m() / pixel_m_) + n;
  const bool on_grid = std::max(std::abs(position.x_m), std::abs(position.y_m)) < most_pixels_away * pixel_m_;
  if (on_grid && rows * cols <= static_cast<double>(max_object_pixels_)) return true;
  if (!too_large_.empty()) return false;
  const auto furthest =
      std::max_element(positions_.begin(), positions_.end(), [&](const auto& a, const auto& b) {
        return distance_m(a.second, position) < distance_m(b.second, position);
      });
  too_large_ =
      furthest == positions_.end()
          ? fmt::format("frame {} lies {} from the origin, more than 1e9 object pixels", id,
                        length(std::hypot(position.x_m, position.y_m)))
          : fmt::format(
                "the object would be {:.0f} x {:.0f} pixels ({:.1f} GB), more than the {} million "
                "that are taken (frames {} and {} are {} apart); look at the unit of the positions "
                "and for positions that are wrong",
                rows, cols, rows * cols * sizeof(ptycho::Complex) / 1e9, max_object_pixels_ / 1000000,
                furthest->first, id, length(distance_m(furthest->second, position)));
  return false;
}

void ImageIntake::look_under_mask(std::span<const std::byte> pixels) {
  if (crop_.mask.empty() || looked_at_ >= frames_under_mask || pixels.size() < crop_.mask.size()) return;
  ++looked_at_;
  const double flag = flag_value(info_.dtype);
  with_dtype(info_.dtype, [&]<class T>(T) {
    // What flags pixels of 16 bits stays in wider ones that they were converted to.
    const auto is_narrower_flag = [](double counts) {
      constexpr double ones = std::numeric_limits<std::uint16_t>::max();
      return sizeof(T) > sizeof(std::uint16_t) && (counts == ones || counts == ones - 1);
    };
    for (std::size_t i = 0; i < crop_.mask.size() && (i + 1) * sizeof(T) <= pixels.size(); ++i) {
      T value;
      std::memcpy(&value, pixels.data() + i * sizeof(T), sizeof(T));
      const auto counts = static_cast<double>(value);
      if (!(counts > 0 && counts < flag) || is_narrower_flag(counts)) continue;
      all_ += counts;
      if (crop_.mask[i] != 0) masked_ += counts;
    }
  });
}

std::optional<double> ImageIntake::masked_counts() const {
  return all_ > 0 ? std::optional(masked_ / all_) : std::nullopt;
}

LeftOut ImageIntake::why_no_counts(std::span<const std::byte> pixels) const {
  const std::size_t cols = info_.frame_shape.cols;
  const double flag =
      crop_.saturation > 0 ? std::min(crop_.saturation, flag_value(info_.dtype)) : flag_value(info_.dtype);
  const auto half = static_cast<std::int64_t>(crop_.n / 2);
  const std::int64_t top = std::llround(crop_.centre_row) - half;
  const std::int64_t left = std::llround(crop_.centre_col) - half;
  const auto end = [n = static_cast<std::int64_t>(crop_.n)](std::int64_t begin, std::size_t size) {
    return static_cast<std::size_t>(std::clamp<std::int64_t>(begin + n, 0, static_cast<std::int64_t>(size)));
  };
  bool counts = false, flagged = false;
  with_dtype(info_.dtype, [&]<class T>(T) {
    for (auto r = static_cast<std::size_t>(std::max<std::int64_t>(top, 0));
         r < end(top, info_.frame_shape.rows); ++r)
      for (auto c = static_cast<std::size_t>(std::max<std::int64_t>(left, 0)); c < end(left, cols); ++c) {
        if (!crop_.mask.empty() && crop_.mask[r * cols + c] != 0) continue;
        T value;
        std::memcpy(&value, pixels.data() + (r * cols + c) * sizeof(T), sizeof(T));
        const auto number = static_cast<double>(value);
        (number >= 0 && number < flag ? counts : flagged) = true;
      }
  });
  if (counts) return LeftOut::zero;
  return flagged ? LeftOut::saturated : LeftOut::no_pixels;
}

void ImageIntake::remove(std::span<const FrameId> ids) {
  reconstruction_.remove_frames(ids);
  for (const FrameId id : ids) {
    positions_.erase(id);
    held_.erase(id);
    apart_.erase(id);
    left_out_.erase(id);
    bulk_.remove(id);
  }
}

ImageFrames ImageIntake::frames() const {
  ImageFrames out{.in_image = positions_.size(), .waiting = held_.size()};
  for (const auto& [id, why] : left_out_) ++out[why];
  return out;
}

std::string ImageIntake::length(double metres) const {
  if (scanfile::in_pixels(info_)) return fmt::format("{:.4g} pixels", metres);
  const double size = std::abs(metres);
  if (size >= 1) return fmt::format("{:.3g} m", metres);
  if (size >= 1e-3) return fmt::format("{:.3g} mm", metres * 1e3);
  if (size >= 1e-6) return fmt::format("{:.3g} um", metres * 1e6);
  return fmt::format("{:.3g} nm", metres * 1e9);
}

Warnings ImageIntake::warnings() const {
  Warnings out;
  if (!too_large_.empty()) out.push_back({"object_too_large", too_large_});
  std::size_t count = 0;
  FrameId furthest = 0;
  for (const FrameId id : known_outlying_) {
    ++count;
    if (count == 1 ||
        bulk_.box().distance_m(bulk_.place_of(id)) > bulk_.box().distance_m(bulk_.place_of(furthest)))
      furthest = id;
  }
  if (count == 0) return out;
  const Position& place = bulk_.place_of(furthest);
  const auto& box = bulk_.box();
  out.push_back(
      {"outlying_position",
       fmt::format(
           "{} left out, for it lies far from all others{} (frame {} at x = {}, y = {} is {} away from "
           "a scan of {} x {}); a first sample may be left over from an earlier run",
           count == 1 ? "one frame is" : fmt::format("{} frames are", count),
           count == 1 ? "" : ", as they do", furthest, length(place.x_m), length(place.y_m),
           length(box.distance_m(place)), length(box.width_m()), length(box.height_m()))});
  return out;
}

}  // namespace ptero::scan
