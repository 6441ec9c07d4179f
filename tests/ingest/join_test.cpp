// Promise 2: a frame has its own position or none, whatever happens to the order and the completeness of
// either stream. Every frame names its id in its pixels and in its position, and every one is looked at.

#include "joined_scan.hpp"

#include <fstream>

#include "support/python.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

struct Trouble {
  const char* name;
  const char* bind = "panda-zmq:tcp://127.0.0.1:*";
  std::uint64_t frames = 4'000;
  detector::StageOptions stage;
  synth::FaultRates faults;
};

void PrintTo(const Trouble& trouble, std::ostream* out) {
  *out << trouble.name;
}

class Join : public testing::TestWithParam<Trouble> {};

/// The stage is bound before ingest connects to it: its address is known then.
detector::Stage stage_of(transport::Context& context, const Trouble& trouble) {
  auto options = trouble.stage;
  options.bind = trouble.bind;
  return detector::Stage(context, options);
}

TEST_P(Join, EveryFrameHasItsOwnPositionOrNone) {
  const Trouble trouble = GetParam();
  transport::Context context;
  auto stage = stage_of(context, trouble);
  JoinedScan scan([&](ingest::IngestOptions& o) {
    o.positions = stage.uri();
    o.position.join.samples_per_frame = trouble.stage.samples_per_frame;
    o.position.join.skip_samples = trouble.stage.settling;
  });
  ASSERT_TRUE(stage.wait_for_listener({}));
  NamedSource source(1, trouble.frames);
  const auto plan = synth::plan_faults(trouble.frames, trouble.faults);
  detector::SendOptions send{.faults = trouble.faults, .stage = &stage};
  ASSERT_TRUE(detector::send_series(scan.push(), source, send, {}).complete);

  const auto frames = scan.frames();
  ASSERT_EQ(frames.size(), trouble.frames - plan.dropped.size());
  std::uint64_t unpositioned = 0;
  for (const auto& [id, got] : frames) {
    ASSERT_EQ(got.pixel, id);
    ASSERT_EQ(got.position.has_value(), got.join == JoinOutcome::joined);
    if (!got.position) {
      ++unpositioned;
      continue;
    }
    ASSERT_TRUE(is_of(*got.position, id)) << id << " is at " << got.position->x_m;
    ASSERT_EQ(got.monitor, NamedSource::monitor_of(id));
  }
  // Each lost message costs the frames it had samples of, no other.
  const auto most = stage.lost() * (trouble.stage.samples_per_message / trouble.stage.samples_per_frame + 2);
  EXPECT_LE(unpositioned, most);
  EXPECT_EQ(unpositioned == 0, stage.lost() == 0);
  if (trouble.stage.loss > 0) {
    EXPECT_GT(stage.lost(), 0u) << "the trouble is too tame";
  }

  // The same in the file, and the ledger.
  const scanfile::SeriesReader raw(scan.raw("joined-1"));
  for (FrameId id = 0; id < raw.size(); ++id) {
    ASSERT_EQ(raw.present(id), frames.contains(id));
    if (!raw.present(id)) continue;
    ASSERT_EQ(raw.positions()[id].has_value(), frames.at(id).position.has_value()) << id;
    if (raw.positions()[id]) {
      ASSERT_TRUE(is_of(*raw.positions()[id], id));
    }
  }
  EXPECT_EQ(scan.metric("ptero_ledger_frames", "unpositioned"), static_cast<double>(unpositioned));
  EXPECT_EQ(scan.metric("ptero_ingest_join_frames_total", "joined"),
            static_cast<double>(frames.size() - unpositioned + plan.duplicated.size()));
}

constexpr const char* tcp = "panda-tcp:127.0.0.1:*";

INSTANTIATE_TEST_SUITE_P(
    Troubles, Join,
    testing::Values(
        Trouble{.name = "together", .frames = 20'000},
        Trouble{.name = "over_tcp", .bind = tcp, .frames = 20'000},
        Trouble{.name = "lag", .stage = {.lag = 700}}, Trouble{.name = "lead", .stage = {.lag = -700}},
        Trouble{.name = "jitter", .stage = {.lag = -50, .jitter = 200, .samples_per_message = 3}},
        Trouble{.name = "one_in_a_thousand_lost",
                .frames = 20'000,
                .stage = {.jitter = 20, .loss = 0.001, .samples_per_message = 1}},
        Trouble{.name = "a_tenth_lost", .stage = {.lag = 30, .loss = 0.1}},
        Trouble{.name = "settling", .stage = {.settling = 37}},
        Trouble{.name = "settling_over_tcp", .bind = tcp, .stage = {.lag = 9, .settling = 37}},
        Trouble{.name = "ten_to_one", .stage = {.samples_per_frame = 10, .samples_per_message = 41}},
        Trouble{.name = "ten_to_one_over_tcp",
                .bind = tcp,
                .stage = {.jitter = 40, .samples_per_frame = 10, .settling = 13, .samples_per_message = 41}},
        Trouble{.name = "ten_to_one_lost",
                .frames = 10'000,
                .stage = {.loss = 0.01, .samples_per_frame = 10, .samples_per_message = 7}},
        Trouble{.name = "a_bad_detector",
                .stage = {.lag = 20, .jitter = 60},
                .faults = {.drop = 0.02, .duplicate = 0.02, .swap = 0.05}}),
    [](const auto& test) { return std::string(test.param.name); });

/// A controller and a detector in the hand of a test.
class JoinByHand : public testing::Test {
 protected:
  void begin(const std::function<void(ingest::IngestOptions&)>& adjust = {}) {
    const std::string endpoint = "ipc://" + (scratch_ / "panda").string();
    panda_.bind(endpoint);
    scan_ = std::make_unique<JoinedScan>([&](ingest::IngestOptions& o) {
      o.positions = "panda-zmq:" + endpoint;
      if (adjust) adjust(o);
    });
    ASSERT_TRUE(panda_.receive(30s).has_value()) << "nobody listens";
  }

  void say(std::string text) { panda_.send({Bytes::take(std::move(text))}, 10s); }
  void arm(const std::string& time) { say(R"({"msg_type":"start","arm_time":")" + time + R"("})"); }
  void disarm() { say(R"({"msg_type":"stop"})"); }
  /// Samples of these indexes; they name their index, or another where `wrong` says so.
  void samples(std::uint64_t first, std::uint64_t count, std::uint64_t wrong = 0) {
    nlohmann::json x, y, monitor;
    for (std::uint64_t i = first; i < first + count; ++i) {
      const auto p = NamedSource::position_of(i + wrong);
      x.push_back(p.x_m);
      y.push_back(p.y_m);
      monitor.push_back(NamedSource::monitor_of(i));
    }
    nlohmann::json message{{"msg_type", "data"}, {"frame_number", 0}};
    for (const auto& [name, values] : {std::pair("/X.VAL.Value", x), std::pair("/Y.VAL.Value", y),
                                       std::pair("/MONITOR.VAL.Mean", monitor)})
      message["datasets"][name] = {{"starting_sample_number", first}, {"data", values}};
    say(message.dump());
  }
  /// What was said so far is known to ingest.
  void heard(double samples) {
    ASSERT_TRUE(
        eventually([&] { return scan_->metric("ptero_ingest_position_samples_total") >= samples; }, 30));
  }

  void detector(const Parts& parts) {
    ASSERT_EQ(scan_->push().send(parts, 10s), transport::Socket::Sent::yes);
  }
  void start(NamedSource& source) { detector(wire::encode(source.info())); }
  void frames(NamedSource& source, FrameId first, std::uint64_t count) {
    for (FrameId id = first; id < first + count; ++id)
      detector(wire::encode(wire::StreamFrame{source.info().id, *source.frame(id)}));
  }
  void end(NamedSource& source) { detector(wire::encode(wire::StreamEnd{source.info().id, source.size()})); }

  static void expect_all_joined(const std::map<FrameId, Got>& frames, std::size_t count) {
    ASSERT_EQ(frames.size(), count);
    for (const auto& [id, got] : frames) {
      ASSERT_EQ(got.pixel, id);
      ASSERT_TRUE(got.position) << id << " " << name_of(got.join);
      ASSERT_TRUE(is_of(*got.position, id)) << id;
    }
  }
  Scratch scratch_;
  transport::Context context_;
  transport::Socket panda_{context_, transport::SocketKind::xpub, {.high_water_mark = 0}};
  std::unique_ptr<JoinedScan> scan_;
};

TEST_F(JoinByHand, ThePreviousScansSamplesAndAStartSaidTwice) {
  begin();
  NamedSource one(1, 100), two(2, 100);
  start(one);
  arm("A");
  samples(0, 100);
  frames(one, 0, 100);
  end(one);
  expect_all_joined(scan_->frames(0), 100);
  // A still runs when the next series begins, and its samples name other frames.
  samples(100, 50, 7);
  heard(150);
  start(two);
  frames(two, 0, 60);
  samples(150, 50, 7);
  heard(200);
  EXPECT_EQ(scan_->metric("ptero_ingest_join_frames_total"), 100) << "the frames wait";
  arm("B");
  arm("B");
  samples(0, 50);
  arm("B");
  samples(50, 50);
  frames(two, 60, 40);
  end(two);
  expect_all_joined(scan_->frames(1), 100);
}

TEST_F(JoinByHand, AScanThatRanBeforeIngestDidIsNotTheFirstSeries) {
  begin([](ingest::IngestOptions& o) { o.position.join.arm_window_s = 0.05; });
  arm("A");
  samples(0, 40, 7);
  heard(40);
  std::this_thread::sleep_for(100ms);
  NamedSource one(1, 50);
  start(one);
  frames(one, 0, 50);
  samples(40, 40, 7);
  heard(80);
  arm("B");
  samples(0, 50);
  disarm();
  end(one);
  expect_all_joined(scan_->frames(0), 50);
}

TEST_F(JoinByHand, SeriesThatFollowAtOnceKeepTheirOwnArms) {
  begin([](ingest::IngestOptions& o) { o.label_wait_s = 0; });
  constexpr std::size_t series = 5;
  for (std::size_t n = 0; n < series; ++n) {
    NamedSource source(n + 1, 40);
    start(source);
    frames(source, 0, 40);
    end(source);
  }
  // Every position comes after every frame: all but the first start wait.
  constexpr double waiting = series * (1 + 40 + 1) - 1;
  ASSERT_TRUE(eventually([&] { return scan_->metric("ptero_ingest_held_frames") == waiting; }, 30));
  for (std::size_t n = 0; n < series; ++n) {
    arm("arm " + std::to_string(n));
    samples(0, 40);
    disarm();
  }
  // Consumers are served the two newest series alone; the files have them all.
  for (std::size_t n = 1; n <= series; ++n) {
    const scanfile::SeriesReader raw(scan_->raw("joined-" + std::to_string(n)));
    ASSERT_EQ(raw.size(), 40u);
    for (FrameId id = 0; id < 40; ++id) {
      ASSERT_TRUE(raw.positions()[id]);
      ASSERT_TRUE(is_of(*raw.positions()[id], id));
    }
  }
}

TEST_F(JoinByHand, WhatNeverComesIsGivenUpAndTheJournalSaysWhy) {
  begin([](ingest::IngestOptions& o) { o.position.join.max_wait_s = 0.3; });
  NamedSource one(1, 30);
  start(one);
  arm("A");
  samples(0, 10);
  samples(12, 8);
  frames(one, 0, 30);
  end(one);
  const auto frames = scan_->frames(0);
  ASSERT_EQ(frames.size(), 30u);
  for (const auto& [id, got] : frames) {
    const auto wanted = id == 10 || id == 11 ? JoinOutcome::lost
                        : id < 20            ? JoinOutcome::joined
                                             : JoinOutcome::timed_out;
    EXPECT_EQ(got.join, wanted) << id;
    EXPECT_EQ(got.position.has_value(), wanted == JoinOutcome::joined);
  }
  EXPECT_EQ(scan_->metric("ptero_ledger_frames", "unpositioned"), 12);
}

TEST_F(JoinByHand, WaitingFramesAreBoundedInMemory) {
  begin([](ingest::IngestOptions& o) { o.position.held_bytes = 50'000; });
  NamedSource one(1, 400);
  start(one);
  arm("A");
  frames(one, 0, 400);
  ASSERT_TRUE(
      eventually([&] { return scan_->metric("ptero_ingest_join_frames_total", "crowded_out") > 300; }, 30));
  EXPECT_LE(scan_->metric("ptero_ingest_held_bytes"), 50'000);
  samples(0, 400);
  disarm();
  end(one);
  const auto frames = scan_->frames(0);
  ASSERT_EQ(frames.size(), 400u);
  for (const auto& [id, got] : frames) {
    ASSERT_EQ(got.pixel, id);
    if (got.position) {
      ASSERT_TRUE(is_of(*got.position, id));
    }
  }
  EXPECT_TRUE(frames.at(399).position);
  EXPECT_EQ(frames.at(0).join, JoinOutcome::crowded_out);
}

TEST_F(JoinByHand, ThePlanOfTheDetectorPlacesNobodyWhosePositionDidNotCome) {
  begin();
  NamedSource one(1, 20);
  auto info = one.info();
  info.raster = RasterPlan{4, 5, 1e-6, 1e-6, ScanOrder::raster};
  detector(wire::encode(info));
  arm("A");
  samples(0, 19);
  disarm();
  frames(one, 0, 20);
  end(one);
  const auto frames = scan_->frames(0);
  EXPECT_EQ(frames.at(19).join, JoinOutcome::ended);
  EXPECT_EQ(scan_->metric("ptero_ledger_frames", "unpositioned"), 1);
}

TEST_F(JoinByHand, BadMessagesCostThemselves) {
  begin();
  NamedSource one(1, 20);
  start(one);
  arm("A");
  say("{");
  say(R"({"msg_type":"data","datasets":{}})");
  say(std::string(1000, '['));
  samples(0, 20);
  frames(one, 0, 20);
  end(one);
  expect_all_joined(scan_->frames(0), 20);
  EXPECT_EQ(scan_->metric("ptero_ingest_position_faults_total"), 3);
}

TEST_F(JoinByHand, TheReportNamesWhatWasJoinedAndWhatLooksWrong) {
  SKIP_WITHOUT_H5PY();
  begin();
  NamedSource one(1, 20);
  auto info = one.info();
  info.object_pixel_m = 1e-3;  // a step of micrometres cannot be right
  detector(wire::encode(info));
  arm("A");
  samples(0, 22);
  disarm();
  frames(one, 0, 20);
  end(one);
  expect_all_joined(scan_->frames(0), 20);
  const auto json = nlohmann::json::parse(run_python(
      "print(next(v[()].decode() for v in h5py.File(f)['entry_1/ptero_1'].values() if 'join' in v.name))",
      scan_->raw("joined-1").string()));
  EXPECT_EQ(json["frames"]["joined"], 20);
  EXPECT_EQ(json["positions"], 22);
  EXPECT_EQ(json["unused_positions"], 2);
  EXPECT_EQ(json["arm_time"], "A");
  ASSERT_EQ(json["suspicions"].size(), 2u) << json;
  EXPECT_NE(json["suspicions"][0].get<std::string>().find("2 positions more than frames"), std::string::npos);
  EXPECT_NE(json["suspicions"][1].get<std::string>().find("unit"), std::string::npos);
}

TEST(JoinFile, TextAndHdf5) {
  Scratch scratch;
  std::ofstream csv(scratch / "p.csv");
  csv << "trigger,y,x\n";
  for (int i = 0; i < 50; ++i) csv << i + 1 << ',' << i * 3 << ',' << i << '\n';
  csv.close();
  std::vector<std::string> files{"p.csv"};
  if (has_h5py()) {
    run_python("h = h5py.File(f, 'w'); i = np.arange(50.); h['x'] = i; h['y'] = 3 * i",
               (scratch / "p.h5").string());
    files.push_back("p.h5");
  }
  for (const auto& file : files) {
    JoinedScan scan([&](ingest::IngestOptions& o) {
      o.positions = "file:" + (scratch / file).string();
      o.position.channels = {.x = "x", .y = "y", .monitor = {}, .index = {}};
      o.position.unit = "um";
      o.position.join.transform.unit_m = 1e-6;
      o.position.join.transform.sign = {1, -1};
      if (file == "p.csv") {
        o.position.channels.index = "trigger";
        o.position.join.index_offset = -1;
      }
    });
    NamedSource source(1, 50);
    ASSERT_TRUE(detector::send_series(scan.push(), source, {}, {}).complete);
    const auto frames = scan.frames();
    ASSERT_EQ(frames.size(), 50u);
    for (const auto& [id, got] : frames) {
      ASSERT_TRUE(got.position) << file;
      ASSERT_TRUE(is_of(*got.position, id));
    }
  }
}

}  // namespace
}  // namespace ptero::test
