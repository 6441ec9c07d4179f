// The service on a real link: what it is told goes in as a classifier says it, what people see comes out.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include <ptero/product/product.hpp>
#include <ptero/runtime/on_exit.hpp>
#include <ptero/services/reconstructor/reconstructor.hpp>
#include <ptero/transport/link_producer.hpp>
#include <ptero/wire/control.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>
#include <ptero/wire/views.hpp>

#include "reconstructor/small_series.hpp"
#include "support/scratch.hpp"

namespace ptero::reconstructor {
namespace {

using namespace std::chrono_literals;

/// Gives every consumer the same entries, as far as they are released.
class Script : public transport::Feed {
 public:
  Script(const std::vector<Parts>& entries, const std::atomic<std::size_t>& released)
      : entries_(entries), released_(released) {}
  std::optional<transport::LinkEntry> next() override {
    if (next_ == released_) return std::nullopt;
    const auto at = next_++;
    return transport::LinkEntry{at, 0, entries_[at]};
  }
  void want(const wire::Want&) override {}

 private:
  const std::vector<Parts>& entries_;
  const std::atomic<std::size_t>& released_;
  std::size_t next_ = 0;
};

class Service : public testing::Test {
 protected:
  Service() {
    options_.selection_link = "inproc://selection";
    options_.events = "inproc://events";
    options_.out = (scratch_ / "out").string();
    options_.folder_per_series = false;
    options_.min_frames = 1;
    options_.solver.epochs = 3;
    options_.solver.engine.threads = 1;
    options_.solver.frc_epochs = 0;
  }

  void say(Parts message) {
    message.insert(message.begin(), wire::encode(wire::Received{.t_arrival_ns = 42}));
    entries_.push_back(std::move(message));
  }
  void say_end(const std::string& uid) {
    entries_.push_back({wire::encode(
        wire::RevisionNote{.series_uid = uid, .revision = 1, .final = true, .set_hash = "f00d"})});
    ends_.push_back(entries_.size());
  }
  void say_small_series() {
    say(wire::encode(series_.info()));
    for (FrameId id = 0; id < series_.count(); ++id)
      say(wire::encode(wire::StreamFrame{series_.info().id, series_.frame(id)}));
    say_end("small");
  }

  /// Runs the service until it has reported on every series, one after the other; returns the reports'
  /// "reconstruction".
  std::vector<nlohmann::json> run() {
    // What happens meanwhile happens before the end of the first series.
    released_ = ends_.front() - (meanwhile_ ? 1 : 0);
    transport::Context context;
    transport::LinkProducer classifier(
        context, options_.selection_link, {},
        [this](const wire::Hello& hello) -> Result<std::unique_ptr<transport::Feed>, std::string> {
          hellos_.push_back(hello);
          return std::unique_ptr<transport::Feed>(std::make_unique<Script>(entries_, released_));
        },
        [](const std::string&, const Parts&) {});
    Reconstructor reconstructor(context, options_);
    transport::Socket watcher(context, transport::SocketKind::sub);
    watcher.connect(reconstructor.events());
    watcher.subscribe("");
    reconstructor.service().start();
    std::jthread link([&](std::stop_token stop) { classifier.run([&] { return !stop.stop_requested(); }); });
    const runtime::OnExit end([&] {
      reconstructor.service().request_stop();
      reconstructor.service().join();
    });
    if (meanwhile_) {
      meanwhile_(context, watcher);
      released_ = ends_.front();
      classifier.wake();
    }
    std::vector<nlohmann::json> reports;
    std::string told;
    for (const auto deadline = std::chrono::steady_clock::now() + 60s;
         std::chrono::steady_clock::now() < deadline;) {
      EXPECT_FALSE(reconstructor.service().failure()) << "the service does not stay up";
      const auto event = watcher.receive(200ms);
      if (!event && reports.size() == ends_.size()) break;
      if (!event) continue;
      events_.push_back(*event);
      const auto report = wire::decode_report_event(event->at(1));
      // What was told is told again every few seconds.
      if (!report || report->json == told) continue;
      told = report->json;
      reports.push_back(nlohmann::json::parse(report->json)["reconstruction"]);
      if (reports.size() < ends_.size()) released_ = ends_[reports.size()];
      classifier.wake();
    }
    metrics_ = reconstructor.metrics().text();
    return reports;
  }
  std::optional<wire::SnapshotEvent> last_snapshot() const {
    std::optional<wire::SnapshotEvent> last;
    for (const auto& event : events_)
      if (auto snapshot = wire::decode_snapshot_event(event.at(1))) last = *std::move(snapshot);
    return last;
  }

  std::function<void(transport::Context&, transport::Socket&)> meanwhile_;
  test::Scratch scratch_;
  synth::Simulator series_ = small_series();
  ReconstructorOptions options_;
  std::vector<Parts> entries_;
  std::vector<std::size_t> ends_;  // of series
  std::atomic<std::size_t> released_ = 0;
  std::vector<wire::Hello> hellos_;
  std::vector<Parts> events_;
  std::string metrics_;
};

TEST_F(Service, ShowsPicturesErrorsAndProbe) {
  options_.solver.engine.modes.count = 2;
  say_small_series();
  const auto reports = run();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_FALSE(reports[0].contains("problem"));
  const auto snapshot = last_snapshot();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->frames_used, 30u);
  EXPECT_EQ(snapshot->errors.size(), snapshot->iteration);
  EXPECT_EQ(nlohmann::json(snapshot->errors), reports[0]["amplitude_error"]);
  ASSERT_FALSE(snapshot->verdict.empty());
  EXPECT_EQ(snapshot->verdict[0].code, reports[0]["verdict"]["code"]);
  EXPECT_EQ(snapshot->verdict[0].sentence, reports[0]["verdict"]["sentence"]);
  EXPECT_EQ(snapshot->noise_floor, reports[0]["noise_floor"]);
  std::size_t probes = 0;
  for (const auto& event : events_) {
    if (wire::decode_snapshot_event(event.at(1))) {
      ASSERT_EQ(event.size(), 5u);
    }
    const auto probe = wire::decode_probe_event(event.at(1));
    if (!probe) continue;
    ++probes;
    ASSERT_EQ(event.size(), 3u);
    EXPECT_EQ(probe->modes, 2u);
    EXPECT_EQ(probe->shape, (Shape{32, 32}));
    EXPECT_EQ(event[2].size(), 2 * 32 * 32 * sizeof(std::complex<float>));
  }
  EXPECT_GE(probes, 1u);
  // The object lies where the product says it lies.
  const auto product = product::read_product(scratch_ / "out/product.h5");
  EXPECT_EQ(snapshot->centre.x_m, product.object_centre.x_m);
  EXPECT_EQ(snapshot->shape, product.object[0].shape());
  for (const char* file : {"phase.png", "amplitude.png", "phase.tiff", "amplitude.tiff", "product.cxi"})
    EXPECT_TRUE(std::filesystem::exists(scratch_ / "out" / file)) << file;
}

TEST_F(Service, ThatFindsItsProductShowsItAgainAndDoesNothing) {
  say_small_series();
  const auto first = run();
  ASSERT_EQ(first.size(), 1u);
  const auto verdict = last_snapshot()->verdict;
  const auto written = std::filesystem::last_write_time(scratch_ / "out/product.h5");
  // A classifier that has nothing to add says the start and the final word alone.
  entries_ = {entries_.front(), entries_.back()};
  ends_ = {2};
  hellos_.clear();
  events_.clear();
  const auto again = run();
  ASSERT_EQ(hellos_.size(), 1u);
  EXPECT_EQ(hellos_[0].series_uid, "small");
  EXPECT_EQ(hellos_[0].holds.size(), 30u);
  EXPECT_EQ(again, first);
  ASSERT_TRUE(last_snapshot());
  EXPECT_EQ(last_snapshot()->frames_used, 30u);
  // It is judged as it was, and not anew by what a product does not say.
  EXPECT_EQ(last_snapshot()->verdict, verdict);
  EXPECT_EQ(last_snapshot()->noise_floor, first[0]["noise_floor"]);
  EXPECT_EQ(std::filesystem::last_write_time(scratch_ / "out/product.h5"), written);
}

/// What a person asks over the control socket while events are looked at.
class Person {
 public:
  Person(transport::Context& context, transport::Socket& watcher, const std::string& control)
      : watcher_(watcher), asker_(context, transport::SocketKind::dealer) {
    asker_.connect(control);
  }
  wire::ControlAnswer ask(const std::string& what) {
    asker_.send({wire::encode(
        wire::Control{.action = std::string(wire::action_reconstruction), .by = "test", .what = what})});
    const auto answer = asker_.receive(5000ms);
    return answer ? *wire::decode_control_answer(answer->at(0)) : wire::ControlAnswer{false, "no answer"};
  }
  /// The next word on whether it runs that is as wished; gives up after 20 s.
  wire::ReconstructionEvent wait_for(const std::function<bool(const wire::ReconstructionEvent&)>& wished) {
    for (const auto deadline = std::chrono::steady_clock::now() + 20s;
         std::chrono::steady_clock::now() < deadline;)
      if (const auto event = watcher_.receive(200ms))
        if (const auto word = wire::decode_reconstruction_event(event->at(1)); word && wished(*word))
          return *word;
    ADD_FAILURE() << "it never came to that";
    return {};
  }

 private:
  transport::Socket& watcher_;
  transport::Socket asker_;
};

TEST_F(Service, StopsGoesOnAndBeginsAnewWhenSomebodyAsks) {
  options_.control = "inproc://control";
  options_.snapshot_every_s = 0.05;
  options_.solver.engine.positions.refine = true;
  say_small_series();
  meanwhile_ = [&](transport::Context& context, transport::Socket& watcher) {
    Person person(context, watcher, "inproc://control");
    person.wait_for([](const auto& e) { return e.running && e.iteration > 5 && e.frames == 30; });
    EXPECT_TRUE(person.ask("stop").ok);
    const auto then = person.wait_for([](const auto& e) { return !e.running; }).iteration;
    // It says again how it is, and does nothing.
    for (int i = 0; i < 8; ++i) {
      const auto now = person.wait_for([](const auto&) { return true; });
      EXPECT_FALSE(now.running);
      EXPECT_EQ(now.iteration, then);
      EXPECT_EQ(now.frames, 30u);
    }
    EXPECT_TRUE(person.ask("start").ok);
    person.wait_for([&](const auto& e) { return e.running && e.iteration > then + 20; });
    EXPECT_TRUE(person.ask("restart").ok);
    person.wait_for([&](const auto& e) { return e.running && e.iteration < then; });
    EXPECT_FALSE(person.ask("explode").ok);
    EXPECT_TRUE(person.ask("stop").ok);
    person.wait_for([](const auto& e) { return !e.running; });
    EXPECT_TRUE(person.ask("start").ok);
  };
  const auto reports = run();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_FALSE(reports[0].contains("problem")) << reports[0]["problem"];
  EXPECT_EQ(reports[0]["frames"]["in_image"], 30);

  // Where the frames lie: as planned, and near to it.
  std::optional<wire::PositionsEvent> positions;
  for (const auto& event : events_)
    if (event[0].text() == wire::topic_positions)
      positions = *wire::decode_positions_event({event.begin() + 1, event.end()});
  ASSERT_TRUE(positions);
  ASSERT_EQ(positions->frames, 30u);
  const auto at = [](const Bytes& column, std::size_t row) {
    float value = 0;
    std::memcpy(&value, column.data() + row * sizeof value, sizeof value);
    return value;
  };
  for (FrameId id = 0; id < 30; ++id) {
    const auto planned = *position_of(series_.info(), series_.frame(id));
    EXPECT_FLOAT_EQ(at(positions->nominal_x_m, id), static_cast<float>(planned.x_m));
    EXPECT_FLOAT_EQ(at(positions->nominal_y_m, id), static_cast<float>(planned.y_m));
    EXPECT_NEAR(at(positions->refined_x_m, id), planned.x_m, 0.5e-6);
  }
}

TEST_F(Service, ShortSeriesThatFollowEachOtherAtOnceAreAllFinished) {
  for (int i = 0; i < 6; ++i) {
    auto info = series_.info();
    info.uid = "short-" + std::to_string(i);
    say(wire::encode(info));
    for (FrameId id = 0; id < series_.count(); ++id)
      say(wire::encode(wire::StreamFrame{info.id, series_.frame(id)}));
    say_end(info.uid);
  }
  // All of them at once: nobody waits for a report.
  ends_.assign(ends_.size(), ends_.back());
  options_.folder_per_series = true;
  for (const auto& report : run()) {
    EXPECT_FALSE(report.contains("problem")) << report["problem"];
    EXPECT_EQ(report["frames"]["in_image"], 30);
  }
  for (int i = 0; i < 6; ++i) {
    const auto made = product::read_product(scratch_ / "out" / ("short-" + std::to_string(i)) / "product.h5");
    EXPECT_GE(made.loss_values.size(), 3u) << i;
    EXPECT_EQ(made.positions.size(), 30u) << i;
  }
}

TEST_F(Service, SaysWhyItCannotDoWhatIsAsked) {
  options_.control = "inproc://control";
  transport::Context context;
  Reconstructor reconstructor(context, options_);
  EXPECT_EQ(reconstructor.control(), "inproc://control");
  transport::Socket nothing(context, transport::SocketKind::sub);
  reconstructor.service().start();
  Person person(context, nothing, "inproc://control");
  const auto answer = person.ask("stop");
  EXPECT_FALSE(answer.ok);
  EXPECT_NE(answer.why.find("nothing is being reconstructed"), std::string::npos);
  reconstructor.service().request_stop();
  reconstructor.service().join();
}

TEST_F(Service, ThatCanUseNoFrameSaysWhyAndGoesOnWithTheNextSeries) {
  // Counts beyond what any detector counts are flags.
  auto info = series_.info();
  info.uid = "absurd";
  info.dtype = Dtype::f32;
  say(wire::encode(info));
  for (FrameId id = 0; id < 8; ++id) {
    Frame frame = series_.frame(id);
    frame.dtype = Dtype::f32;
    frame.payload = Bytes::take(std::vector<float>(frame.shape.count(), 1e37F));
    say(wire::encode(wire::StreamFrame{info.id, std::move(frame)}));
  }
  say_end("absurd");
  say_small_series();
  const auto reports = run();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0]["problem"], "none of the 8 selected frames can be used: 8 saturated");
  EXPECT_FALSE(reports[1].contains("problem")) << reports[1]["problem"];
  EXPECT_EQ(reports[1]["frames"]["in_image"], 30);
}

TEST_F(Service, ThatDivergesSaysSo) {
  options_.solver.engine.algorithm = ptycho::Algorithm::rpie;
  options_.solver.engine.pie.object_step = 1e30;
  say_small_series();
  const auto reports = run();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0]["problem"], std::string(ptycho::why_diverged));
  EXPECT_GE(reports[0]["recoveries"].get<int>(), 1);
  bool told = false;
  for (const auto& event : events_)
    if (const auto snapshot = wire::decode_snapshot_event(event.at(1)))
      told = told || std::isnan(snapshot->amplitude_error);
  EXPECT_TRUE(told) << "an event says that it diverged";
}

TEST_F(Service, CountsFramesLeftOutByReason) {
  auto info = series_.info();
  info.raster.reset();
  say(wire::encode(info));
  for (FrameId id = 0; id < series_.count(); ++id) {
    Frame frame = series_.frame(id);
    if (id == 3) frame.payload = Bytes::take(std::vector<std::uint16_t>(32 * 32, 0xFFFF));
    if (id == 4) frame.position = Position{NAN, 0};
    if (id == 5) frame.payload = Bytes::take(std::vector<std::uint16_t>(32 * 32, 0));
    say(wire::encode(wire::StreamFrame{info.id, std::move(frame)}));
  }
  say_end("small");
  const auto reports = run();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0]["frames"]["in_image"], 27);
  for (const char* reason : {"saturated", "zero", "no_position"})
    EXPECT_NE(metrics_.find("reason=\"" + std::string(reason) + "\"} 1\n"), std::string::npos)
        << reason << metrics_;
}

}  // namespace
}  // namespace ptero::reconstructor
