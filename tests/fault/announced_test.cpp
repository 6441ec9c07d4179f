// Promise 5, for what ingest has not journalled yet. A series that was announced and has no image yet is on
// disk all the same: killed between arming and the first image, ingest goes on with it. Frames that wait for
// their positions are lost with the process, and counted.
#include <gtest/gtest.h>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/simplon/encode.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/stream.hpp>

#include "support/folders.hpp"
#include "support/http_client.hpp"
#include "support/metric.hpp"
#include "support/ports.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "tiny_source.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

class Announced : public testing::Test {
 protected:
  Announced() { push_.bind("tcp://127.0.0.1:*"); }

  Program start(const std::string& protocol, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words;
    for (const auto& word :
         {"source=" + protocol + ":" + push_.endpoint(), std::string("frame_link=tcp://127.0.0.1:*"),
          std::string("events=tcp://127.0.0.1:*"), "http_port=" + std::to_string(port_),
          std::string("label_wait_s=0"), "out=" + out().string()}) {
      words.insert(words.end(), {"--set", "ingest." + word});
    }
    for (const auto& word : more) words.insert(words.end(), {"--set", "ingest." + word});
    return Program("ptero-ingest", words, scratch_ / ("ingest" + std::to_string(lives_++) + ".log"));
  }
  /// Sent sooner it could go down the connection of a process that is dead.
  void wait_until_up(Program& ingest) const {
    ASSERT_TRUE(
        eventually([&] { return ingest.ended() || telemetry::get(port_, "/healthz").status == 200; }));
    ASSERT_FALSE(ingest.ended()) << ingest.output();
    std::this_thread::sleep_for(200ms);
  }
  void send(const Parts& parts) { ASSERT_EQ(push_.send(parts, 20s), transport::Socket::Sent::yes); }
  double metric_now(const std::string& name) const {
    return metric(telemetry::get(port_, "/metrics").body, name);
  }
  std::filesystem::path out() const { return scratch_ / "data"; }
  std::filesystem::path kept() const { return out() / "announced.journal"; }
  std::vector<std::filesystem::path> folders() const { return folders_in(out()); }
  /// The only series there is, once its file is sealed.
  std::filesystem::path sealed(Program& ingest) const {
    EXPECT_TRUE(eventually([&] {
      return folders().size() == 1 && std::filesystem::exists(folders()[0] / "raw.h5") &&
             !std::filesystem::exists(folders()[0] / "series.journal");
    })) << ingest.output();
    EXPECT_EQ(folders().size(), 1u);
    return folders().at(0) / "raw.h5";
  }
  static void kill(Program& doomed) {
    doomed.kill(SIGKILL);
    EXPECT_EQ(doomed.wait(), 128 + SIGKILL) << doomed.output();
  }

  static constexpr std::uint64_t frames = 40;
  Scratch scratch_;
  TinySource source_{"armed", frames};
  transport::Context context_;
  transport::Socket push_{context_, transport::SocketKind::push, {.linger = 0ms}};
  const int port_ = free_ports(1)[0];
  int lives_ = 0;
};

/// A detector of one version of SIMPLON.
struct Speech {
  std::string protocol;
  Parts start(const SeriesInfo& info) const {
    return protocol == "simplon1" ? simplon::encode_start_v1(info) : simplon::encode_start_v2(info);
  }
  Parts image(const SeriesInfo& info, const Frame& frame) const {
    return protocol == "simplon1" ? simplon::encode_image_v1(info.id, frame)
                                  : simplon::encode_image_v2(info.id, info.uid, frame);
  }
  Parts end(const SeriesInfo& info) const {
    return protocol == "simplon1" ? simplon::encode_end_v1(info.id)
                                  : simplon::encode_end_v2(info.id, info.uid);
  }
};

class AnnouncedBySimplon : public Announced, public testing::WithParamInterface<std::string> {};

TEST_P(AnnouncedBySimplon, ASeriesKilledBeforeItsFirstImageIsWhole) {
  const Speech detector{GetParam()};
  SeriesInfo info = source_.info();
  info.wavelength_m = 1.4e-10;
  info.distance_m = 1.92;
  info.detector_pixel_m = 75e-6;
  info.mask.assign(64, 0);
  info.mask[17] = 1;
  {
    auto armed = start(GetParam());
    wait_until_up(armed);
    send(detector.start(info));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(kept()); })) << armed.output();
    std::this_thread::sleep_for(50ms);
    kill(armed);
  }
  {
    auto still_armed = start(GetParam());
    wait_until_up(still_armed);
    kill(still_armed);
  }
  EXPECT_TRUE(folders().empty()) << "the series has no image yet";
  {
    auto first_half = start(GetParam());
    wait_until_up(first_half);
    std::filesystem::copy_file(kept(), scratch_ / "copy");
    for (FrameId id = 0; id < frames / 2; ++id) send(detector.image(info, *source_.frame(id)));
    ASSERT_TRUE(eventually([&] { return metric_now("ptero_ingest_frames_total") == frames / 2; }));
    EXPECT_FALSE(std::filesystem::exists(kept())) << "the series is in its own journal";
    kill(first_half);
  }
  // As if it had been killed when the series' journal had begun and the start was not yet removed.
  std::filesystem::copy_file(scratch_ / "copy", kept());
  auto ingest = start(GetParam());
  wait_until_up(ingest);
  EXPECT_FALSE(std::filesystem::exists(kept()));
  for (FrameId id = frames / 2; id < frames; ++id) send(detector.image(info, *source_.frame(id)));
  send(detector.end(info));
  const auto raw = sealed(ingest);

  const auto proof = scanfile::prove_ledger(raw);
  EXPECT_TRUE(proof.sealed && proof.faults.empty());
  EXPECT_EQ(proof.counted.total(), frames);
  EXPECT_EQ(proof.counted[FrameState::missing], 0u);
  const scanfile::SeriesReader reader(raw);
  EXPECT_NEAR(reader.info().wavelength_m, 1.4e-10, 1e-14) << "of the header";
  EXPECT_EQ(reader.info().mask, info.mask);
  for (FrameId id = 0; id < frames; ++id) {
    std::uint32_t pixel = 0;
    std::memcpy(&pixel, reader.frame(id).payload.data(), sizeof pixel);
    EXPECT_EQ(pixel, id);
  }
  ingest.kill(SIGTERM);
  EXPECT_EQ(ingest.wait(), 0) << ingest.output();
}

INSTANTIATE_TEST_SUITE_P(Versions, AnnouncedBySimplon, testing::Values("simplon1", "simplon2"),
                         [](const auto& version) { return version.param; });

TEST_F(Announced, AStartThatIsDamagedOnDiskIsLeftOut) {
  std::filesystem::create_directories(out());
  for (const std::string& bytes : {std::string(), std::string("nonsense"), std::string(1000, '\x93')}) {
    spill(kept(), bytes);
    auto ingest = start("simplon2");
    wait_until_up(ingest);
    EXPECT_FALSE(std::filesystem::exists(kept()));
    ingest.kill(SIGTERM);
    EXPECT_EQ(ingest.wait(), 0) << ingest.output();
  }
  EXPECT_TRUE(folders().empty());
}

/// The stage never says anything: every frame waits for its position until max_wait_s.
class WaitingForPositions : public Announced {
 protected:
  Program start() {
    const auto stage = "panda-zmq:tcp://127.0.0.1:" + std::to_string(free_ports(1)[0]);
    return Announced::start("native", {"positions=" + stage, "position_x=X.VAL.Value",
                                       "position_y=Y.VAL.Value", "max_wait_s=" + max_wait_s_});
  }
  void send_frames(FrameId from, FrameId to) {
    for (FrameId id = from; id < to; ++id)
      send(wire::encode(wire::StreamFrame{source_.info().id, *source_.frame(id), source_.info().uid}));
  }
  std::string max_wait_s_ = "3600.0";
};

TEST_F(WaitingForPositions, FramesLostByAKillAreCounted) {
  {
    auto doomed = start();
    wait_until_up(doomed);
    send(wire::encode(source_.info()));
    send_frames(0, 25);
    ASSERT_TRUE(eventually([&] { return metric_now("ptero_ingest_held_frames") == 25; })) << doomed.output();
    kill(doomed);
  }
  max_wait_s_ = "0.5";
  auto ingest = start();
  wait_until_up(ingest);
  send_frames(25, frames);
  send(wire::encode(wire::StreamEnd{source_.info().id, frames}));
  const auto proof = scanfile::prove_ledger(sealed(ingest));
  EXPECT_TRUE(proof.sealed && proof.faults.empty());
  EXPECT_EQ(proof.counted[FrameState::missing], 25u);
  EXPECT_EQ(proof.counted[FrameState::unpositioned], frames - 25);
  EXPECT_EQ(proof.counted.total(), frames);
}

TEST_F(WaitingForPositions, AStartBehindThemIsNotLost) {
  SeriesInfo next = source_.info();
  next.id = 2;
  next.uid = "next";
  {
    auto doomed = start();
    wait_until_up(doomed);
    send(wire::encode(source_.info()));
    send_frames(0, frames);
    send(wire::encode(wire::StreamEnd{source_.info().id, frames}));
    send(wire::encode(next));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(kept()); })) << doomed.output();
    std::this_thread::sleep_for(50ms);
    EXPECT_FALSE(std::filesystem::exists(out() / "next"));
    kill(doomed);
  }
  max_wait_s_ = "0.2";
  auto ingest = start();
  wait_until_up(ingest);
  for (FrameId id = 0; id < frames; ++id) send(wire::encode(wire::StreamFrame{2, *source_.frame(id)}));
  send(wire::encode(wire::StreamEnd{2, frames}));
  ASSERT_TRUE(eventually([&] {
    return std::filesystem::exists(out() / "next/raw.h5") &&
           !std::filesystem::exists(out() / "next/series.journal");
  })) << ingest.output();
  const auto first = scanfile::prove_ledger(out() / "armed/raw.h5");
  EXPECT_TRUE(first.sealed && first.faults.empty());
  // Its end was lost too: nobody can say of the frames after the last one seen whether they were taken.
  EXPECT_EQ(first.counted[FrameState::missing] + first.counted[FrameState::not_taken], frames);
  const auto second = scanfile::prove_ledger(out() / "next/raw.h5");
  EXPECT_TRUE(second.sealed && second.faults.empty());
  EXPECT_EQ(second.counted[FrameState::unpositioned], frames);
}

}  // namespace
}  // namespace ptero::test
