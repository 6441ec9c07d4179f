// One physical scan, written by an independent writer in random combinations of what formats allow: each is
// read right, refused, or read with a warning. None is wrong in silence.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <set>

#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::scanfile {
namespace {

using nlohmann::json;

struct Truth {
  Shape shape;
  std::uint64_t count = 0;
  std::vector<double> frames, x, y, probe_real, probe_imag;
  std::vector<int> bad;
  double wavelength_m = 0, distance_m = 0, pixel_m = 0;

  explicit Truth(const json& j)
      : shape{j["rows"], j["cols"]},
        count(j["count"]),
        frames(j["frames"].get<std::vector<double>>()),
        x(j["x"].get<std::vector<double>>()),
        y(j["y"].get<std::vector<double>>()),
        probe_real(j["probe_real"].get<std::vector<double>>()),
        probe_imag(j["probe_imag"].get<std::vector<double>>()),
        bad(j["bad"].get<std::vector<int>>()),
        wavelength_m(j["wavelength_m"]),
        distance_m(j["distance_m"]),
        pixel_m(j["pixel_m"]) {}
};

ReadOptions options_of(const json& j) {
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

bool alike(double a, double b) {
  return std::abs(a - b) <= 1e-4 * std::abs(b);
}

/// What differs between the scan as it was and as it was read; empty: nothing.
class Comparison {
 public:
  Comparison(const Truth& truth, const json& expect, const SeriesReader& reader)
      : truth_(truth), expect_(expect), reader_(reader) {}

  std::string difference() const {
    const SeriesInfo& info = reader_.info();
    if (reader_.size() != truth_.count) return "number of frames";
    if (info.frame_shape != truth_.shape) return "shape of the frames";
    const double wavelength_m = expect_["energy"].get<bool>() ? truth_.wavelength_m : 0;
    if (!alike(info.wavelength_m, wavelength_m)) return "wavelength";
    if (!alike(info.distance_m, truth_.distance_m)) return "distance";
    if (!alike(info.detector_pixel_m, truth_.pixel_m)) return "detector pixel";
    if (const auto said = probe(); !said.empty()) return said;
    const auto missing = expect_["missing"].get<std::set<std::uint64_t>>();
    for (std::uint64_t i = 0; i < truth_.count; ++i) {
      if (reader_.present(i) == missing.contains(i)) return "presence of frame " + std::to_string(i);
      if (!missing.contains(i) && !pixels(i)) return "pixels of frame " + std::to_string(i);
      if (!place(i)) return "position of frame " + std::to_string(i);
    }
    return {};
  }

 private:
  const Truth& truth_;
  const json& expect_;
  const SeriesReader& reader_;

  bool pixels(std::uint64_t i) const {
    const Frame frame = reader_.frame(i);
    const bool flagged = expect_["bad"].get<bool>();
    const auto& mask = reader_.info().mask;
    return with_dtype(frame.dtype, [&]<class T>(T) {
      const T* pixel = reinterpret_cast<const T*>(frame.payload.data());
      for (std::size_t p = 0; p < truth_.shape.count(); ++p) {
        const double value = static_cast<double>(pixel[p]);
        const bool left_out = (!mask.empty() && mask[p] != 0) || !(value < flag_value(frame.dtype));
        if (left_out != (flagged && truth_.bad[p] != 0)) return false;
        if (!left_out && value != truth_.frames[i * truth_.shape.count() + p]) return false;
      }
      return true;
    });
  }

  bool place(std::uint64_t i) const {
    const auto& place = reader_.positions()[i];
    const auto unplaced = expect_.value("unplaced", std::set<std::uint64_t>{});
    if (!expect_.value("positions", true) || unplaced.contains(i)) return !place;
    constexpr double tolerance_m = 1e-9;  // one hundredth of a step
    return place && std::abs(place->x_m - truth_.x[i]) < tolerance_m &&
           std::abs(place->y_m - truth_.y[i]) < tolerance_m;
  }

  std::string probe() const {
    if (!expect_["probe"].get<bool>()) return {};
    if (reader_.probe().empty()) return "no probe";
    const ComplexImage& mode = reader_.probe().front();
    if (mode.shape() != truth_.shape) return "shape of the probe";
    for (std::size_t p = 0; p < mode.size(); ++p)
      if (std::abs(mode.pixels()[p].real() - truth_.probe_real[p]) > 1e-5 ||
          std::abs(mode.pixels()[p].imag() - truth_.probe_imag[p]) > 1e-5)
        return "orientation of the probe";
    return {};
  }
};

struct Tally {
  std::map<std::string, std::size_t> outcomes;
  std::set<std::string> warnings;
  std::size_t cases = 0;
};

/// One line where a case did not end as it may.
std::string try_case(const Truth& truth, const json& c, Tally& tally) {
  ++tally.cases;
  const bool may_be_said = !c["said"].empty();
  std::string how, why;
  try {
    const SeriesReader reader(c["file"].get<std::string>(), options_of(c["options"]));
    why = Comparison(truth, c["expect"], reader).difference();
    for (const Warning& warning : reader.warnings()) {
      tally.warnings.insert(warning.code);
      if (!why.empty()) why += "; " + warning.sentence;
    }
    how = why.empty()                 ? reader.warnings().empty() ? "right" : "right, with a warning"
          : reader.warnings().empty() ? "wrong in silence"
                                      : "wrong, with a warning";
  } catch (const InputError& refusal) {
    why = refusal.what();
    how = why.empty() || why.find('\n') != std::string::npos ? "refused without a sentence" : "refused";
  }
  ++tally.outcomes[how];
  const bool right = how.starts_with("right");
  const bool said = how == "refused" || how == "wrong, with a warning";
  return right || (said && may_be_said) ? "" : how + ": " + why + "\n    " + c.dump();
}

void run_cases(std::uint64_t seed, std::size_t count) {
  test::Scratch scratch;
  Tally tally;
  std::string failures;
  constexpr std::size_t batch = 50;
  for (std::size_t first = 0; first < count; first += batch) {
    const std::filesystem::path folder = scratch / std::to_string(first);
    std::filesystem::create_directory(folder);
    const std::size_t size = std::min(batch, count - first);
    const std::string command = "/usr/bin/python3 " PTERO_GENERATOR " " + std::to_string(seed) + " " +
                                std::to_string(first) + " " + std::to_string(size) + " '" + folder.string() +
                                "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const Truth truth(json::parse(test::slurp(folder / "truth.json")));
    for (std::size_t k = first; k < first + size; ++k) {
      const json c = json::parse(test::slurp(folder / std::to_string(k) / "case.json"));
      if (const auto failure = try_case(truth, c, tally); !failure.empty())
        failures += "case " + std::to_string(k) + " " + failure + "\n";
    }
    std::filesystem::remove_all(folder);
  }
  for (const auto& [how, n] : tally.outcomes) std::cout << "  " << how << ": " << n << "\n";
  EXPECT_EQ(tally.cases, count);
  EXPECT_EQ(tally.outcomes["wrong in silence"], 0u);
  // A reader that refuses everything would be silent about nothing.
  EXPECT_GT(tally.outcomes["right"] + tally.outcomes["right, with a warning"], count * 4 / 5);
  EXPECT_GE(tally.warnings.size(), 5u);
  EXPECT_EQ(failures, "");
}

TEST(Conventions, EachOfTwoHundredCombinationsIsReadRightOrSaid) {
  SKIP_WITHOUT_H5PY();
  run_cases(20, 200);
}

/// PTERO_CONVENTIONS=2000 (and PTERO_CONVENTIONS_SEED, default 1): the long form.
TEST(Conventions, AsManyCombinationsAsAreAskedFor) {
  SKIP_WITHOUT_H5PY();
  const char* count = std::getenv("PTERO_CONVENTIONS");
  if (count == nullptr) GTEST_SKIP() << "PTERO_CONVENTIONS says how many";
  const char* seed = std::getenv("PTERO_CONVENTIONS_SEED");
  run_cases(seed != nullptr ? std::stoull(seed) : 1, std::stoull(count));
}

}  // namespace
}  // namespace ptero::scanfile
