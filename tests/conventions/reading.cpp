#include "reading.hpp"

#include <cmath>
#include <ptero/scanfile/series_reader.hpp>

namespace ptero::conventions {

using nlohmann::json;
using scanfile::SeriesReader;

namespace {

bool alike(double a, double b) {
  return std::abs(a - b) <= 1e-4 * std::abs(b);
}

class Comparison {
 public:
  Comparison(const Truth& truth, const Expected& expected, const SeriesReader& reader)
      : truth_(truth), expected_(expected), reader_(reader) {}

  std::string difference() const {
    const SeriesInfo& info = reader_.info();
    if (reader_.size() != truth_.count) return "number of frames";
    if (info.frame_shape != truth_.shape) return "shape of the frames";
    if (!alike(info.wavelength_m, expected_.energy ? truth_.wavelength_m : 0)) return "wavelength";
    if (!alike(info.distance_m, truth_.distance_m)) return "distance";
    if (!alike(info.detector_pixel_m, truth_.pixel_m)) return "detector pixel";
    if (const auto said = probe(); !said.empty()) return said;
    for (std::uint64_t i = 0; i < truth_.count; ++i) {
      const bool missing = expected_.missing.contains(i);
      if (reader_.present(i) == missing) return "presence of frame " + std::to_string(i);
      if (!missing && !pixels(i)) return "pixels of frame " + std::to_string(i);
      if (!place(i)) return "position of frame " + std::to_string(i);
    }
    return {};
  }

 private:
  const Truth& truth_;
  const Expected& expected_;
  const SeriesReader& reader_;

  bool pixels(std::uint64_t i) const {
    const Frame frame = reader_.frame(i);
    const auto& mask = reader_.info().mask;
    return with_dtype(frame.dtype, [&]<class T>(T) {
      const T* pixel = reinterpret_cast<const T*>(frame.payload.data());
      for (std::size_t p = 0; p < truth_.shape.count(); ++p) {
        const double value = static_cast<double>(pixel[p]);
        const bool left_out = (!mask.empty() && mask[p] != 0) || !(value < flag_value(frame.dtype));
        if (left_out != (expected_.bad_pixels && truth_.bad[p] != 0)) return false;
        if (!left_out && value != truth_.frames[i * truth_.shape.count() + p]) return false;
      }
      return true;
    });
  }

  bool place(std::uint64_t i) const {
    const auto& place = reader_.positions()[i];
    if (!expected_.positions || expected_.unplaced.contains(i)) return !place;
    constexpr double tolerance_m = 1e-9;  // one hundredth of an object pixel
    return place && std::abs(place->x_m - truth_.x[i] - expected_.shift_x_m) < tolerance_m &&
           std::abs(place->y_m - truth_.y[i] - expected_.shift_y_m) < tolerance_m;
  }

  std::string probe() const {
    if (!expected_.probe) return {};
    if (reader_.probe().empty()) return "no probe";
    const auto& mode = reader_.probe().front();
    if (mode.shape() != truth_.probe_real.shape()) return "shape of the probe";
    for (std::size_t p = 0; p < mode.size(); ++p)
      if (std::abs(mode.pixels()[p].real() - truth_.probe_real.pixels()[p]) > 1e-5 ||
          std::abs(mode.pixels()[p].imag() - truth_.probe_imag.pixels()[p]) > 1e-5)
        return "orientation of the probe";
    return {};
  }
};

}  // namespace

scanfile::ReadOptions options_of(const json& j) {
  using namespace scanfile;
  ReadOptions o;
  o.data = j.value("data", "");
  o.positions = j.value("positions", "");
  o.mask = j.value("mask", "");
  o.probe = j.value("probe", "");
  o.transpose = j.value("transpose", false);
  o.index_offset = j.value("index_offset", 0);
  if (j.value("position_axes", "") == "yx") o.position_axes = PositionAxes::yx;
  if (j.contains("position_sign")) o.position_sign = {j["position_sign"][0], j["position_sign"][1]};
  if (j.value("mask_sense", "") == "good") o.mask_sense = MaskSense::good;
  if (j.contains("energy_ev")) o.energy_ev = j["energy_ev"].get<double>();
  if (j.contains("distance_m")) o.distance_m = j["distance_m"].get<double>();
  if (j.contains("pixel_m")) o.detector_pixel_m = j["pixel_m"].get<double>();
  const std::string unit = j.value("position_unit", "");
  if (unit == "mm") o.position_unit = PositionUnit::mm;
  if (unit == "um") o.position_unit = PositionUnit::um;
  if (unit == "nm") o.position_unit = PositionUnit::nm;
  return o;
}

std::string difference_of_reading(const Truth& truth, const Expected& expected, const std::string& file,
                                  const scanfile::ReadOptions& options) {
  const SeriesReader reader(file, options);
  return Comparison(truth, expected, reader).difference();
}

}  // namespace ptero::conventions
