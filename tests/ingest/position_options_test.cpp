#include <gtest/gtest.h>

#include <ptero/config/document.hpp>
#include <ptero/services/ingest/ingest.hpp>

#include "support/scratch.hpp"

namespace ptero::ingest {
namespace {

PositionOptions read(const std::string& text) {
  return PositionOptions::from(config::Document::parse("[ingest]\n" + text, "a.toml").section("ingest"));
}

std::string mistake(const std::string& text) {
  return test::message_of<InputError>([&] { read(text); });
}

TEST(PositionOptions, EveryKeyIsRead) {
  const auto o = read(
      "position_x = 'A'\nposition_y = 'B'\nposition_index = 'C'\nposition_monitor = 'D'\nposition_unit = "
      "'nm'\n"
      "position_sign = [1, -1]\nposition_swap = true\nposition_scale = [0.5, 2]\nposition_offset_m = [1e-6, "
      "0]\n"
      "position_rotation_deg = 30\nposition_range_x_m = [-1, 1]\nindex_offset = -1\nsamples_per_frame = 10\n"
      "skip_samples = 3\nposition_use = 'mid'\nmissing_positions = 'hold'\nskip_frames = 2\n"
      "reorder_samples = 5\nmax_wait_s = 3\narm_window_s = 4\naccept_unstarted = true\nheld_bytes = "
      "2000000\n");
  EXPECT_EQ(o.channels.monitor, "D");
  EXPECT_EQ(o.join.transform.unit_m, 1e-9);
  EXPECT_EQ(o.join.transform.sign[1], -1);
  EXPECT_EQ(o.join.transform.scale[0], 0.5);
  EXPECT_EQ(o.join.index_offset, -1);
  EXPECT_EQ(o.join.use, positions::Use::mid);
  EXPECT_EQ(o.join.missing, positions::Missing::hold);
  EXPECT_EQ(o.join.reorder_samples, 5u);
  EXPECT_EQ(o.held_bytes, 2'000'000u);
}

TEST(PositionOptions, MistakesNameFileAndKey) {
  EXPECT_NE(mistake("position_sign = [1, 2]").find("position_sign"), std::string::npos);
  EXPECT_NE(mistake("position_sign = [1]").find("two numbers"), std::string::npos);
  EXPECT_NE(mistake("position_unit = 'inch'").find("a.toml:2"), std::string::npos);
  EXPECT_NE(mistake("reorder_samples = 2\nsamples_per_frame = 100").find("reorder_samples"),
            std::string::npos);
}

TEST(PositionSource, SaysWhatCanBeGiven) {
  EXPECT_EQ(PositionSource::parse("frame").kind, PositionSource::Kind::frame);
  const auto panda = PositionSource::parse("panda-tcp:panda.local:8889");
  EXPECT_EQ(panda.kind, PositionSource::Kind::panda_tcp);
  EXPECT_EQ(panda.where, "panda.local:8889");
  EXPECT_FALSE(PositionSource::parse("plan:raster:2x3").apart());
  const auto text = test::message_of<InputError>([] { PositionSource::parse("moon"); });
  EXPECT_NE(text.find("moon"), std::string::npos);
  EXPECT_NE(text.find("panda-zmq"), std::string::npos);
}

TEST(PositionSource, MistakesAreFoundBeforeAnythingStarts) {
  test::Scratch scratch;
  const auto refused = [&](const std::string& positions, const std::string& x) {
    return test::message_of<InputError>([&] {
      transport::Context context;
      IngestOptions options{.source = "native:tcp://127.0.0.1:1", .positions = positions};
      options.frame_link = "inproc://link";
      options.events = "inproc://events";
      options.out = (scratch / "out").string();
      options.position.channels = {.x = x, .y = x, .monitor = {}, .index = {}};
      Ingest ingest(context, options);
    });
  };
  EXPECT_NE(refused("panda-zmq:tcp://127.0.0.1:6666", "").find("position_x"), std::string::npos);
  EXPECT_NE(refused("panda-tcp:nowhere", "X").find("HOST:PORT"), std::string::npos);
  EXPECT_NE(refused("file:" + (scratch / "none.txt").string(), "").find("no such file"), std::string::npos);
  test::spill(scratch / "p.txt", "1 2\n3 nonsense\n");
  EXPECT_NE(refused("file:" + (scratch / "p.txt").string(), "").find("line 2"), std::string::npos);
  test::spill(scratch / "p.txt", "100 200\n300 400\n");
  EXPECT_NE(refused("file:" + (scratch / "p.txt").string(), "").find("position_unit"), std::string::npos);
}

}  // namespace
}  // namespace ptero::ingest
