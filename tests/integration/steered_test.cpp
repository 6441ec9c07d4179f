// The closed loop: a simulated stage follows the advice that the classifier makes of what it shows.

#include <gtest/gtest.h>

#include <thread>

#include <ptero/core/error.hpp>
#include <ptero/wire/control.hpp>
#include <ptero/wire/events.hpp>

#include "small_scan.hpp"
#include "support/ports.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

/// A particle in the middle of an empty field of 8 um.
synth::SimulatorOptions one_particle() {
  synth::SimulatorOptions o = small_scan();
  o.grid = {33, 33, 0.25e-6, 0.25e-6, ScanOrder::raster};
  o.distance_m = 1.2;
  o.sample_coverage = 0.02;
  o.position_jitter_m = 0.02e-6;
  return o;
}

struct Measured {
  Position place;
  bool selected = false;
};

std::vector<Measured> read_roi(const std::filesystem::path& csv) {
  std::vector<Measured> frames;
  std::istringstream in(slurp(csv));
  for (std::string line; std::getline(in, line);) {
    double id = 0;
    Measured m;
    if (std::sscanf(line.c_str(), "%lf,%lf,%lf", &id, &m.place.x_m, &m.place.y_m) != 3) continue;
    m.selected = line.ends_with(",selected");
    frames.push_back(m);
  }
  return frames;
}

/// Share of the sample's pixels that lie within `reach_m` of a selected frame.
double share_found(const synth::SimulatorOptions& options, const std::vector<Measured>& frames,
                   double reach_m) {
  const synth::Simulator simulator(options);
  const auto& truth = simulator.truth();
  std::size_t found = 0, all = 0;
  for (std::size_t r = 0; r < truth.object.rows(); r += 4)
    for (std::size_t c = 0; c < truth.object.cols(); c += 4) {
      if (std::arg(truth.object(r, c)) > -0.05F) continue;
      const double x = static_cast<double>(truth.extent.col + static_cast<std::int64_t>(c)) * truth.pixel_m;
      const double y = static_cast<double>(truth.extent.row + static_cast<std::int64_t>(r)) * truth.pixel_m;
      ++all;
      found += std::any_of(frames.begin(), frames.end(), [&](const Measured& m) {
        return m.selected && std::hypot(m.place.x_m - x, m.place.y_m - y) <= reach_m;
      });
    }
  return all > 0 ? static_cast<double>(found) / static_cast<double>(all) : 0;
}

/// What must hold of a steered scan of one_particle(), by its folder.
void expect_found(const std::filesystem::path& folder, std::uint64_t exposures) {
  const auto frames = read_roi(folder / "roi.csv");
  EXPECT_EQ(frames.size(), exposures);
  EXPECT_GT(exposures, 81u);  // the first pass
  EXPECT_LT(exposures, 1089u * 6 / 10);
  for (const Measured& m : frames) {
    EXPECT_LE(std::abs(m.place.x_m), 4e-6 + 6 * 0.02e-6);  // and the stage's unsteadiness
    EXPECT_LE(std::abs(m.place.y_m), 4e-6 + 6 * 0.02e-6);
  }
  EXPECT_GT(share_found(one_particle(), frames, 0.35e-6), 0.95);
}

TEST(Steered, AScanThatFollowsItsAdviceFindsTheSampleAndEndsByItself) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.simulation = one_particle();
  options.classifier.steering.mode = steering::Mode::automatic;
  options.steered = {.speed_m_s = 1, .settle_s = 0};
  const auto report = run_live(options);
  EXPECT_EQ(report["steering"]["end"], "converged");
  EXPECT_EQ(report["steering"]["uniform_exposures"], 1089);
  EXPECT_GT(report["steering"]["travel_m"].get<double>(), 50e-6);
  const auto exposures = report["steering"]["exposures"].get<std::uint64_t>();
  const auto& ledger = report["ledger"];
  EXPECT_EQ(sum(ledger), exposures);
  EXPECT_EQ(ledger["selected"].get<std::uint64_t>() + ledger["background"].get<std::uint64_t>(), exposures);
  EXPECT_EQ(report["reconstruction"]["frames"]["in_image"], ledger["selected"]);
  expect_found(scratch / "out", exposures);
}

/// Somebody at the control socket who accepts every proposal, once it was seen.
class Person {
 public:
  Person(const std::string& events, const std::string& control)
      : thread_([this, events, control](std::stop_token stop) { watch(events, control, stop); }) {}
  std::size_t accepted() const { return accepted_; }

 private:
  void watch(const std::string& events, const std::string& control, std::stop_token stop) {
    transport::Socket sub(context_, transport::SocketKind::sub), ask(context_, transport::SocketKind::dealer);
    sub.connect(events);
    sub.subscribe(std::string(wire::topic_advice));
    ask.connect(control);
    while (!stop.stop_requested()) {
      const auto event = sub.receive(50ms);
      if (!event) continue;
      const auto advice = wire::decode_advice_event(event->at(1));
      if (!advice || advice->standing != "proposed") continue;
      ask.send({wire::encode(
          wire::Control{.action = std::string(wire::action_accept_advice), .advice = advice->id})});
      const auto answer = ask.receive(2s);
      accepted_ += answer && wire::decode_control_answer(answer->at(0))->ok;
    }
  }
  transport::Context context_;
  std::atomic<std::size_t> accepted_ = 0;
  std::jthread thread_;
};

TEST(Steered, TheSimulatorAsAProcessFollowsProposalsThatSomebodyAccepts) {
  Scratch scratch;
  const auto ports = free_ports(6);
  const auto tcp = [&](std::size_t i) { return "tcp://127.0.0.1:" + std::to_string(ports[i]); };
  std::ofstream(scratch / "services.toml")
      << "[ingest]\nsource = \"native:" << tcp(0) << "\"\nframe_link = \"" << tcp(1) << "\"\nevents = \""
      << tcp(2) << "\"\nhttp_port = 0\nout = \"" << (scratch / "data").string()
      << "\"\n[classifier]\nframe_link = \"" << tcp(1) << "\"\nselection_link = \"" << tcp(3)
      << "\"\nevents = \"" << tcp(4) << "\"\ncontrol = \"" << tcp(5) << "\"\nhttp_port = 0\nout = \""
      << (scratch / "data").string()
      << "\"\nsteering = \"propose\"\nsteering_step_m = 0.25e-6\n"
         "steering_bounds_m = [-4e-6, -4e-6, 4e-6, 4e-6]\n";
  const std::vector<std::string> configuration{"-c", (scratch / "services.toml").string()};
  const Program ingest("ptero-ingest", configuration, scratch / "ingest.log");
  const Program classifier("ptero-classifier", configuration, scratch / "classifier.log");
  const Person person(tcp(4), tcp(5));
  const auto ran = run("ptero",
                       {"simulate",
                        "nanosheets",
                        "--bind",
                        tcp(0),
                        "--follow",
                        tcp(4),
                        "--stage-speed",
                        "1",
                        "--stage-settle",
                        "0",
                        "--rate",
                        "0",
                        "--scan",
                        "33x33",
                        "--scan-step",
                        "0.25e-6",
                        "--pattern",
                        "64",
                        "--outer-zone-width",
                        "70e-9",
                        "--sim-seed",
                        "3"},
                       scratch / "simulate.log");
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_NE(ran.output.find("converged"), std::string::npos) << ran.output;
  EXPECT_GT(person.accepted(), 3u);
}

TEST(Steered, WhatCannotBeSteeredIsRefusedAtOnce) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.steered.emplace();
  EXPECT_NE(message_of<InputError>([&] { live::Live(options, {}); }).find("none is given"),
            std::string::npos);
  options.classifier.steering.mode = steering::Mode::automatic;
  options.source = "replay:scan.h5";
  EXPECT_NE(message_of<InputError>([&] { live::Live(options, {}); }).find("replay:scan.h5"),
            std::string::npos);
}

}  // namespace
}  // namespace ptero::test
