// What other programs send, through a real socket to `ptero live`, with its exit codes: selected frames that
// show nothing, a place far from all others, pixels of types that detectors have and the classifier has not,
// more frames than were announced.

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/synth/simulator.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/stream.hpp>

#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t count = 80;

synth::Simulator small_scan() {
  synth::SimulatorOptions options;
  options.grid = {8, 10, 0.2e-6, 0.2e-6, ScanOrder::raster};
  options.pattern = 32;
  options.zone_plate.outer_zone_width_m = 140e-9;
  return synth::Simulator(options);
}

/// The counts of a simulated frame as another type.
template <class T>
Bytes counts_as(const Frame& frame) {
  std::vector<std::uint16_t> counts(frame.shape.count());
  std::memcpy(counts.data(), frame.payload.data(), counts.size() * sizeof counts[0]);
  return Bytes::take(std::vector<T>(counts.begin(), counts.end()));
}

class SentByAnother : public testing::Test {
 protected:
  using Change = std::function<void(Frame& frame)>;

  SentByAnother() : push_(context_, transport::SocketKind::push, {.linger = 0ms}) {
    push_.bind("tcp://127.0.0.1:*");
  }

  void live(const Change& change, Dtype dtype = Dtype::u16, std::uint64_t announced = count) {
    Program program(
        "ptero",
        {"live", "--source", "native:" + push_.endpoint(), "--no-roi", "--epochs", "2", "--out", out()},
        scratch_ / "log");
    const auto series = small_scan();
    SeriesInfo info = series.info();
    info.dtype = dtype;
    info.n_expected = announced;
    send(wire::encode(info));
    for (FrameId id = 0; id < count; ++id) {
      Frame frame = series.frame(id);
      change(frame);
      frame.dtype = dtype;
      send(wire::encode(wire::StreamFrame{info.id, frame}));
    }
    send(wire::encode(wire::StreamEnd{info.id, count}));
    code_ = program.wait();
    output_ = program.output();
    const auto path = scratch_ / "out" / "report.json";
    if (std::filesystem::exists(path)) report_ = nlohmann::json::parse(slurp(path));
  }
  std::string out() const { return (scratch_ / "out").string(); }
  bool says(const std::string& what) const { return output_.find(what) != std::string::npos; }
  bool warns(const std::string& code) const {
    for (const auto& warning : report_.value("warnings", nlohmann::json::array()))
      if (warning["code"] == code) return true;
    return false;
  }
  /// What became of the selected frames, which must sum.
  nlohmann::json frames() const {
    auto frames = report_.at("reconstruction").at("frames");
    std::uint64_t sum = frames["in_image"].get<std::uint64_t>() + frames["waiting"].get<std::uint64_t>();
    for (const auto& [reason, number] : frames["left_out"].items()) sum += number.get<std::uint64_t>();
    EXPECT_EQ(frames["selected"], sum) << frames;
    return frames;
  }
  scanfile::LedgerProof proof() const { return scanfile::prove_ledger(scratch_ / "out" / "raw.h5"); }

  Scratch scratch_;
  int code_ = -1;
  std::string output_;
  nlohmann::json report_;

 private:
  void send(const Parts& parts) {
    ASSERT_TRUE(eventually([&] { return push_.send(parts, 50ms) == transport::Socket::Sent::yes; }));
  }

  transport::Context context_;
  transport::Socket push_;
};

TEST_F(SentByAnother, FramesThatShowNothingAreLeftOutAndSaid) {
  live([](Frame& frame) {
    if (frame.id % 3 == 1) frame.payload = Bytes::take(std::vector<std::uint16_t>(frame.shape.count()));
  });
  EXPECT_EQ(code_, 0) << output_;
  EXPECT_EQ(frames()["in_image"], 53u);
  EXPECT_EQ(frames()["left_out"], (nlohmann::json{{"zero", 27}}));
  EXPECT_TRUE(says("53 of 80 selected frames, 27 left out: 27 no counts")) << output_;
}

TEST_F(SentByAnother, AnImageOfLessThanHalfOfTheSelectedFramesIsAFailure) {
  live([](Frame& frame) {
    if (frame.id % 3 != 1) frame.payload = Bytes::take(std::vector<std::uint16_t>(frame.shape.count()));
  });
  EXPECT_EQ(code_, 1) << output_;
  EXPECT_EQ(frames()["in_image"], 27u);
  EXPECT_EQ(frames()["left_out"], (nlohmann::json{{"zero", 53}}));
  EXPECT_EQ(proof().counted.total(), count);
}

TEST_F(SentByAnother, OnePlaceFarFromAllOthersIsSetApart) {
  live([](Frame& frame) {
    if (frame.id == 0) frame.position = Position{3.8, -3.8};
  });
  EXPECT_EQ(code_, 0) << output_;
  EXPECT_EQ(frames()["in_image"], 79u);
  EXPECT_EQ(frames()["left_out"], (nlohmann::json{{"outlying_position", 1}}));
  EXPECT_TRUE(warns("outlying_position")) << report_["warnings"];
  EXPECT_TRUE(says("warning          one frame is left out")) << output_;
}

TEST_F(SentByAnother, SignedPixelsWithFlagsAreRecordedAndUsed) {
  live(
      [](Frame& frame) {
        std::vector<std::uint16_t> counts(frame.shape.count());
        std::memcpy(counts.data(), frame.payload.data(), counts.size() * sizeof counts[0]);
        std::vector<std::int32_t> pixels(counts.begin(), counts.end());
        for (std::size_t row = 0; row < 32; ++row) pixels[row * 32 + 3] = -1;  // a gap between modules
        frame.payload = Bytes::take(std::move(pixels));
      },
      Dtype::i32);
  EXPECT_EQ(code_, 0) << output_;
  EXPECT_EQ(frames()["in_image"], count);
  const scanfile::SeriesReader reader(scratch_ / "out" / "raw.h5", {});
  const Frame frame = reader.frame(7);
  ASSERT_EQ(frame.dtype, computed_as(Dtype::i32));
  std::uint32_t gap = 0;
  std::memcpy(&gap, frame.payload.data() + 3 * sizeof gap, sizeof gap);
  EXPECT_EQ(gap, 0xffffffff) << "the flag of the type it is computed as";
  EXPECT_LT(report_["reconstruction"]["final_amplitude_error"].get<double>(), 0.015);
}

TEST_F(SentByAnother, WidePixelsAreRecordedAndUsed) {
  live([](Frame& frame) { frame.payload = counts_as<double>(frame); }, Dtype::f64);
  EXPECT_EQ(code_, 0) << output_;
  EXPECT_EQ(frames()["in_image"], count);
  EXPECT_EQ(proof().counted[FrameState::selected], count);
  EXPECT_LT(report_["reconstruction"]["final_amplitude_error"].get<double>(), 0.015);
}

TEST_F(SentByAnother, FramesBeyondTheAnnouncedNumberAreTaken) {
  live([](Frame&) {}, Dtype::u16, count / 2);
  EXPECT_EQ(code_, 0) << output_;
  EXPECT_EQ(frames()["in_image"], count);
  EXPECT_TRUE(warns("more_than_announced")) << report_["warnings"];
  EXPECT_EQ(proof().counted[FrameState::selected], count);
}

}  // namespace
}  // namespace ptero::test
