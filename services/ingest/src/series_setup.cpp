#include "series_setup.hpp"

#include <cmath>
#include <sstream>

#include <ptero/core/inside.hpp>
#include <ptero/scanfile/mask.hpp>

namespace ptero::ingest {

namespace {

// Beyond any beamline: millimetres taken for metres.
constexpr double max_distance_m = 100;

/// Counter-clockwise, then transpose, then flips, as one transpose and flips.
FrameView turned_by(const FrameOptions& options) {
  FrameView view;
  view.transpose = options.rotate_deg == 90 || options.rotate_deg == 270;
  view.flip_rows = options.rotate_deg == 90 || options.rotate_deg == 180;
  view.flip_cols = options.rotate_deg == 180 || options.rotate_deg == 270;
  if (options.transpose) {
    view.transpose = !view.transpose;
    std::swap(view.flip_rows, view.flip_cols);
  }
  if (options.flip_rows) view.flip_rows = !view.flip_rows;
  if (options.flip_cols) view.flip_cols = !view.flip_cols;
  return view;
}

/// First pixel of n, such that `centre` falls on pixel n / 2; outside the frame where it does not fit.
std::size_t first_of(double centre, std::size_t n) {
  const double first = std::round(centre) - static_cast<double>(n / 2);
  return first < 0 ? SIZE_MAX / 2 : static_cast<std::size_t>(first);
}

std::string text_of(Shape shape) {
  return std::to_string(shape.rows) + " x " + std::to_string(shape.cols);
}

std::string place_text(const std::array<double, 2>& place) {
  std::ostringstream text;
  text << place[0] << ", " << place[1];
  return text.str();
}

}  // namespace

SeriesSetup::SeriesSetup(const IngestOptions& options, runtime::Alarms& alarms)
    : options_(options), alarms_(alarms) {
  if (options.frames.mask.empty()) return;
  auto mask = scanfile::read_mask(options.frames.mask);
  mask_shape_ = mask.shape;
  mask_ = std::move(mask.bad);
}

bool SeriesSetup::override_geometry(SeriesInfo& info) {
  const FrameOptions& frames = options_.frames;
  bool changed = false;
  const auto put = [&](double& value, double given) {
    if (given <= 0 || value == given) return;
    value = given;
    changed = true;
  };
  put(info.wavelength_m, frames.energy_ev > 0 ? hc_ev_m / frames.energy_ev : 0);
  put(info.distance_m, frames.distance_m);
  put(info.detector_pixel_m, frames.detector_pixel_m);
  return changed;
}

void SeriesSetup::check_distance(SeriesInfo& info) {
  if (info.distance_m > max_distance_m) {
    alarms_.raise("detector_distance",
                  "the detector says a distance of more than 100 m, perhaps millimetres, which is not used: "
                  "set distance_m in [ingest]");
    info.distance_m = 0;
  } else if (info.distance_m == 0 && info.object_pixel_m == 0) {
    alarms_.raise("detector_distance",
                  "the detector does not say its distance: set distance_m in [ingest] to reconstruct");
  } else {
    alarms_.clear("detector_distance");
  }
}

bool SeriesSetup::apply_mask(SeriesInfo& info) {
  if (mask_.empty()) return false;
  if (mask_shape_ != info.frame_shape) {
    alarms_.raise("mask", "the mask " + options_.frames.mask + " of " + text_of(mask_shape_) +
                              " pixels does not fit the frames of " + text_of(info.frame_shape) +
                              " and is not used");
    return false;
  }
  alarms_.clear("mask");
  info.mask = mask_;
  return true;
}

bool SeriesSetup::apply_view(SeriesInfo& info) {
  const FrameOptions& frames = options_.frames;
  FrameView view = turned_by(frames);
  const Shape whole = view.turned(info.frame_shape);
  const bool centred = frames.centre && inside(whole, (*frames.centre)[0], (*frames.centre)[1]);
  if (centred) {
    const auto at = view.received_from_turned(info.frame_shape, *frames.centre);
    info.centre_row = at[0];
    info.centre_col = at[1];
  }
  if (frames.crop > 0) {
    std::array<double, 2> about{static_cast<double>(whole.rows / 2), static_cast<double>(whole.cols / 2)};
    if (info.centre_row && info.centre_col)
      about = view.turned_from_received(info.frame_shape, {*info.centre_row, *info.centre_col});
    view.crop = {frames.crop, frames.crop};
    view.row0 = first_of(about[0], frames.crop);
    view.col0 = first_of(about[1], frames.crop);
  }
  view.bin = frames.bin;
  const bool fits = view.fits(info.frame_shape);
  info.view = fits ? view : turned_by(frames);
  if (frames.centre && !centred) {
    alarms_.raise("crop", "the centre " + place_text(*frames.centre) + " is outside the frames of " +
                              text_of(whole) + " pixels and is not used");
  } else if (fits) {
    alarms_.clear("crop");
  } else {
    alarms_.raise("crop", "crop " + std::to_string(frames.crop) + " and bin " + std::to_string(frames.bin) +
                              " do not fit the frames of " + text_of(whole) + " pixels; they are used whole");
  }
  return centred || !info.view.is_identity();
}

bool SeriesSetup::apply(SeriesInfo& info) {
  const bool geometry = override_geometry(info);
  const double said_m = info.distance_m;
  check_distance(info);
  const bool mask = apply_mask(info);
  // A start that brings a view of its own keeps it where the configuration asks for none.
  const bool view = options_.frames.is_default() ? false : apply_view(info);
  return geometry || mask || view || said_m != info.distance_m;
}

}  // namespace ptero::ingest
