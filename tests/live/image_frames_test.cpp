// What became of the selected frames, through the commands: one wrong position, masks over everything, frames
// without a position; offline and live, with the exit codes.

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include <ptero/h5/write.hpp>
#include <ptero/synth/simulator.hpp>

#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

constexpr std::size_t frames = 80, side = 32;

synth::Simulator small_scan() {
  synth::SimulatorOptions options;
  options.grid = {8, 10, 0.2e-6, 0.2e-6, ScanOrder::raster};
  options.pattern = side;
  options.zone_plate.outer_zone_width_m = 140e-9;
  return synth::Simulator(options);
}

class ImageFrames : public testing::Test {
 protected:
  /// places: the scan's own where `spoil` leaves them alone.
  void write(const std::function<void(std::vector<double>& x, std::vector<double>& y)>& spoil,
             bool all_masked = false) {
    const auto series = small_scan();
    std::vector<std::uint16_t> pixels(frames * side * side);
    std::vector<double> x(frames), y(frames);
    for (FrameId id = 0; id < frames; ++id) {
      const Frame frame = series.frame(id);
      std::memcpy(pixels.data() + id * side * side, frame.payload.data(), side * side * 2);
      x[id] = frame.position->x_m;
      y[id] = frame.position->y_m;
    }
    spoil(x, y);
    const auto file = h5::create_file(path());
    h5::write_array<std::uint16_t>(file, "frames", pixels, {frames, side, side});
    h5::write_array<double>(file, "x", x, {frames});
    h5::write_array<double>(file, "y", y, {frames});
    const std::vector<std::uint8_t> mask(side * side, all_masked ? 1 : 0);
    h5::write_array<std::uint8_t>(file, "mask", mask, {side, side});
    info_ = series.info();
  }
  std::string path() const { return (scratch_ / "scan.h5").string(); }
  std::string out() const { return (scratch_ / "out").string(); }

  Ran ptero(const std::vector<std::string>& command) {
    std::filesystem::remove_all(out());
    auto words = command;
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"--data", "frames"},
             {"--positions", "x,y"},
             {"--position-unit", "m"},
             {"--mask", "mask"},
             {"--wavelength", std::to_string(info_.wavelength_m * 1e12) + "e-12"},
             {"--distance", std::to_string(info_.distance_m)},
             {"--pixel-size", std::to_string(info_.detector_pixel_m * 1e6) + "e-6"},
             {"--epochs", "2"},
             {"--out", out()}}) {
      words.push_back(name);
      words.push_back(value);
    }
    words.push_back("--no-roi");
    return run("ptero", words, scratch_ / "log");
  }
  Ran batch() { return ptero({"batch", path()}); }
  Ran live() { return ptero({"live", "--source", "replay:" + path()}); }
  nlohmann::json report() const { return nlohmann::json::parse(slurp(scratch_ / "out" / "report.json")); }

  Scratch scratch_;
  SeriesInfo info_;
};

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

TEST_F(ImageFrames, OneWrongPositionIsSetApartWhereverItStands) {
  for (const std::size_t wrong : {0, 41}) {
    write([&](auto& x, auto& y) { x[wrong] = 3.8, y[wrong] = -3.8; });
    for (const bool offline : {true, false}) {
      const auto ran = offline ? batch() : live();
      EXPECT_EQ(ran.code, 0) << ran.output;
      EXPECT_TRUE(says(ran.output, "79 of 80 selected frames, 1 left out: 1 outlying position"))
          << ran.output;
      EXPECT_TRUE(says(ran.output, "warning          one frame is left out")) << ran.output;
      const auto kept = report();
      EXPECT_EQ(
          kept["reconstruction"]["frames"],
          (nlohmann::json{
              {"selected", 80}, {"in_image", 79}, {"waiting", 0}, {"left_out", {{"outlying_position", 1}}}}));
      ASSERT_FALSE(kept["warnings"].empty());
      bool said = false;
      for (const auto& warning : kept["warnings"])
        said = said || (warning["code"] == "outlying_position" &&
                        says(warning["sentence"], "frame " + std::to_string(wrong) + " "));
      EXPECT_TRUE(said) << kept["warnings"];
    }
  }
}

TEST_F(ImageFrames, AMaskOverEverythingIsAskedAboutBeforeAnythingIsComputed) {
  write([](auto&, auto&) {}, true);
  for (const bool offline : {true, false}) {
    const auto ran = offline ? batch() : live();
    EXPECT_EQ(ran.code, 2) << ran.output;
    EXPECT_TRUE(says(ran.output, "--mask-sense")) << ran.output;
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "out" / "product.h5"));
  }
}

}  // namespace
}  // namespace ptero::test
