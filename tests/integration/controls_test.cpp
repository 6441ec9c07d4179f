// What people ask for over REST, in the whole pipeline: from the wish to its effect.
#include <gtest/gtest.h>

#include <ptero/product/product.hpp>
#include <ptero/scan/roi_outputs.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "batch_answer.hpp"
#include "held_scan.hpp"
#include "small_scan.hpp"
#include "support/http_client.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

using Json = nlohmann::json;

int port_in(const std::string& url) {
  return std::stoi(url.substr(url.rfind(':') + 1));
}

/// Somebody at the page: does one thing after the other, each as soon as it can be done.
class Visitor {
 public:
  /// True: done, the next.
  using Deed = std::function<bool(Visitor&)>;
  explicit Visitor(std::vector<Deed> deeds) : deeds_(std::move(deeds)) {}

  void look(int port) {
    port_ = port;
    state = Json::parse(telemetry::get(port, "/api/state").body, nullptr, false);
    if (state.is_object() && done_ < deeds_.size() && deeds_[done_](*this)) ++done_;
  }
  bool done() const { return done_ == deeds_.size(); }
  std::string where() const { return "deed " + std::to_string(done_) + ", " + state.dump(); }
  bool ask(const std::string& what, const Json& wish) {
    const auto answer = telemetry::ask(port_, "POST", "/api/control/" + what, wish.dump());
    EXPECT_EQ(answer.status, 200) << what << " " << answer.body;
    return answer.status == 200;
  }
  std::string get(const std::string& path) const { return telemetry::get(port_, path).body; }

  Json state;

 private:
  std::vector<Deed> deeds_;
  std::size_t done_ = 0;
  int port_ = 0;
};

TEST(Controls, MarkFramesBadAndStopAndBeginAnewTheReconstruction) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.with_dashboard = true;
  HeldScan scan(120, {300, 700});
  options.source = scan.source();
  options.reconstructor.snapshot_every_s = 0.1;
  options.reconstructor.solver.epochs = 60;
  options.reconstructor.solver.engine.positions.refine = true;
  const auto method = options.classifier.method;
  std::size_t stopped_at = 0;
  Visitor visitor({
      [](Visitor& v) {
        return !v.state["roi"].is_null() && v.state["roi"]["labelled"] > 100 && !v.state["image"].is_null() &&
               v.state["controls"] == (Json{{"classifier", true}, {"reconstructor", true}, {"ddip", false}});
      },
      [](Visitor& v) {
        return v.ask("frames", {{"first", 30}, {"last", 69}, {"bad", true}});
      },
      [](Visitor& v) {
        return v.state["bad_ranges"] == (Json{{30, 69}});
      },
      [](Visitor& v) {
        return v.ask("frames", {{"first", 40}, {"last", 44}, {"bad", false}});
      },
      [](Visitor& v) {
        return v.ask("frames", {{"first", 500}, {"last", 539}, {"bad", true}});
      },
      [](Visitor& v) {
        return v.state["bad_ranges"] == (Json{{30, 39}, {45, 69}, {500, 539}});
      },
      [](Visitor& v) {
        return v.ask("region", {{"segments", 4}});
      },
      [](Visitor& v) { return v.state["roi"]["next_segments"] == 4 && v.state["map"]["segments"] == 8; },
      [](Visitor& v) {
        return v.state["image"]["running"] == true && v.ask("reconstruction", {{"do", "stop"}});
      },
      [&](Visitor& v) {
        stopped_at = v.state["reconstruction"]["frames"].get<std::size_t>();
        const bool stopped = v.state["image"]["running"] == false;
        if (stopped) scan.let_pass(1);
        return stopped;
      },
      // Frames are taken in all the same.
      [&](Visitor& v) { return v.state["reconstruction"]["frames"].get<std::size_t>() > stopped_at + 20; },
      [](Visitor& v) {
        return v.ask("reconstruction", {{"do", "restart"}});
      },
      [](Visitor& v) { return v.state["image"]["running"] == true; },
      [](Visitor& v) { return v.get("/api/positions").find("refined_x_m") != std::string::npos; },
  });
  const auto report = run_live(options, [&](const live::Progress&, live::Live& live) {
    visitor.look(port_in(live.url()));
    if (visitor.done()) scan.let_pass(2);
  });
  EXPECT_TRUE(visitor.done()) << visitor.where();
  roi::BadFrames bad;
  for (const roi::Mark& mark : {roi::Mark{30, 39}, {45, 69}, {500, 539}}) bad.apply(mark);
  const auto batch = batch_answer(scratch / "out/raw.h5", method, bad);
  EXPECT_EQ(report["roi"]["set_hash"], batch.set_hash);
  EXPECT_EQ(report["roi"]["marked_bad"], 75);
  EXPECT_EQ(report["roi"]["segments"], 8);
  EXPECT_EQ(report["ledger"]["excluded"], 75);
  EXPECT_EQ(sum(report["ledger"]), 720u);
  EXPECT_FALSE(report["reconstruction"].contains("problem")) << report["reconstruction"]["problem"];
  EXPECT_EQ(report["reconstruction"]["frames"]["in_image"], report["ledger"]["selected"]);
  for (const auto id : product::read_product(scratch / "out/product.h5").position_indexes)
    EXPECT_FALSE(bad.contains(static_cast<FrameId>(id))) << id;
  EXPECT_TRUE(scanfile::prove_ledger(scratch / "out/raw.h5").faults.empty());
  // Offline the same, unless told otherwise.
  const auto offline = [&](const std::vector<std::string>& more) {
    const auto out = (scratch / "again").string();
    std::vector<std::string> arguments{"batch", (scratch / "out/raw.h5").string(), "--roi-only", "--out",
                                       out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ran = run("ptero", arguments, scratch / "log");
    EXPECT_EQ(ran.code, 0) << ran.output;
    auto made = Json::parse(slurp(scratch / "again/report.json"));
    made["said"] = ran.output;
    return made;
  };
  const auto again = offline({});
  EXPECT_EQ(again["roi"]["set_hash"], report["roi"]["set_hash"]);
  EXPECT_EQ(again["roi"]["marked_bad"], 75);
  EXPECT_EQ(again["ledger"]["excluded"], 75);
  EXPECT_EQ(sum(again["ledger"]), 720u);
  EXPECT_NE(again["said"].get<std::string>().find("75 frames that a person marked bad"), std::string::npos);
  // Rows as the reader numbers them.
  EXPECT_EQ(offline({"--frames", "35:520"})["roi"]["marked_bad"], 5 + 25 + 20);
  const auto kept = offline({"--keep-marked"});
  EXPECT_EQ(kept["roi"]["marked_bad"], 0);
  EXPECT_EQ(kept["roi"]["set_hash"], batch_answer(scratch / "out/raw.h5", method).set_hash);
}

TEST(Controls, AnInterruptEndsAReconstructionThatAPersonStopped) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.with_dashboard = true;
  options.send.rate_hz = 40;  // long enough for all of it to come before its end
  options.reconstructor.snapshot_every_s = 0.1;
  options.reconstructor.solver.epochs = 1'000'000;
  options.reconstructor.solver.stop_converged = false;
  Visitor visitor({
      [](Visitor& v) {
        return !v.state["image"].is_null() && v.ask("reconstruction", {{"do", "stop"}});
      },
      [](Visitor& v) { return v.state["image"]["running"] == false; },
  });
  live::Live live(options, {});
  const auto begun = std::chrono::steady_clock::now();
  const auto text = live.run([&](const live::Progress&) { visitor.look(port_in(live.url())); },
                             [&] {
                               const auto patience = std::chrono::seconds(visitor.done() ? 60 : 50);
                               const bool too_long = std::chrono::steady_clock::now() - begun > patience;
                               return too_long ? 2 : visitor.done() ? 1 : 0;
                             });
  ASSERT_TRUE(visitor.done()) << visitor.where();
  ASSERT_FALSE(text.empty()) << "it waits for whoever stopped it";
  EXPECT_GT(Json::parse(text)["ledger"]["not_taken"].get<int>(), 0);
  EXPECT_TRUE(std::filesystem::exists(scratch / "out/product.h5"));
}

}  // namespace
}  // namespace ptero::test
