// The programs of tools/python/README.md and tools/examples run against real services.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <regex>

#include "support/http_client.hpp"
#include "support/ports.hpp"
#include "support/program.hpp"
#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

bool has_modules() {
  static const bool present = std::system("/usr/bin/python3 -c 'import zmq, msgpack' 2>/dev/null") == 0;
  return present;
}

/// The block of the page that opens with the fence ```python NAME.
std::string program_on_page(const std::string& name) {
  const std::string text = slurp("tools/python/README.md");
  const std::string fence = "```python " + name + "\n";
  const auto begin = text.find(fence);
  if (begin == std::string::npos) throw std::runtime_error("the page has no program called " + name);
  return text.substr(begin + fence.size(), text.find("\n```", begin) + 1 - begin - fence.size());
}

class PythonClient : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_PYTHON(has_modules(), "zmq and msgpack in /usr/bin/python3");
    setenv("PYTHONPATH", "tools/python", 1);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
  }
  std::string tcp(std::size_t i) const { return "tcp://127.0.0.1:" + std::to_string(ports_[i]); }
  std::string http(std::size_t i) const { return "http://127.0.0.1:" + std::to_string(ports_[i]); }

  void start_services(const std::string& steering) {
    std::ofstream(scratch_ / "services.toml")
        << "[ingest]\nsource = \"native:" << tcp(0) << "\"\nframe_link = \"" << tcp(1) << "\"\nevents = \""
        << tcp(2) << "\"\nhttp_port = " << ports_[6] << "\nout = \"" << (scratch_ / "data").string()
        << "\"\nlabel_wait_s = 2\n[classifier]\nframe_link = \"" << tcp(1) << "\"\nselection_link = \""
        << tcp(3) << "\"\nevents = \"" << tcp(4) << "\"\ncontrol = \"" << tcp(5)
        << "\"\nhttp_port = " << ports_[7] << "\nout = \"" << (scratch_ / "data").string() << "\"\n"
        << steering;
    for (const std::string service : {"ingest", "classifier"})
      services_.push_back(std::make_unique<Program>(
          "ptero-" + service, std::vector{std::string("-c"), (scratch_ / "services.toml").string()},
          scratch_ / (service + ".log")));
    for (const std::size_t port : {6, 7})
      ASSERT_TRUE(eventually([&] { return telemetry::get(ports_[port], "/readyz").status == 200; }));
  }
  std::unique_ptr<Program> python(const std::vector<std::string>& arguments, const std::string& log) {
    return std::make_unique<Program>("/usr/bin/python3", arguments, scratch_ / log);
  }
  std::unique_ptr<Program> on_page(const std::string& name, const std::vector<std::string>& endpoints) {
    std::vector<std::string> arguments{"-c", program_on_page(name)};
    arguments.insert(arguments.end(), endpoints.begin(), endpoints.end());
    return python(arguments, name + ".log");
  }
  static void expect_done(Program& program, const std::string& says) {
    EXPECT_EQ(program.wait(), 0);
    EXPECT_NE(program.output().find(says), std::string::npos) << program.output();
  }

  Scratch scratch_;
  std::vector<int> ports_ = free_ports(8);
  std::vector<std::unique_ptr<Program>> services_;
};

const std::string steered =
    "steering = \"propose\"\nsteering_step_m = 0.25e-6\nsteering_levels = 2\n"
    "steering_bounds_m = [-4e-6, -4e-6, 4e-6, 4e-6]\nsegments = 4\n";

TEST_F(PythonClient, ProgramsOfThePageRunAsTheyStand) {
  start_services(steered);
  const auto watch = on_page("watch", {tcp(2), tcp(4)});
  const auto detector = on_page("detector", {tcp(0)});
  expect_done(*detector, "");
  expect_done(*watch, "of 120");
  const auto state = on_page("state", {http(6)});
  expect_done(*state, "frames 120");
  EXPECT_NE(state->output().find("ready\nledger {"), std::string::npos) << state->output();
  const auto steer = on_page("steer", {tcp(4), tcp(5)});
  expect_done(*steer, "accepted\nrefused: advice 1 is unknown");
}

TEST_F(PythonClient, ADetectorSendsWhatItWasGivenOrSaysWhyNot) {
  const auto sends = python({"tests/python/detector_sends.py"}, "sends.log");
  EXPECT_EQ(sends->wait(), 0);
  EXPECT_EQ(sends->output(), "");
}

TEST_F(PythonClient, AScanFollowsTheAdviceToItsEndAndFindsBothParticles) {
  start_services(steered);
  const auto scan = python({"tools/examples/adaptive_scan.py", "--bind", tcp(0), "--events", tcp(4),
                            "--control", tcp(5), "--uid", "adaptive"},
                           "scan.log");
  EXPECT_EQ(scan->wait(), 0) << scan->output();
  const std::string said = scan->output();
  std::smatch found;
  ASSERT_TRUE(std::regex_search(said, found, std::regex("(\\d+) exposures.* takes (\\d+)"))) << said;
  EXPECT_LT(std::stoi(found[1]), std::stoi(found[2]) / 2) << said;
  ASSERT_TRUE(
      eventually([&] { return std::filesystem::exists(scratch_ / "data" / "adaptive" / "roi.csv"); }));
  // Both particles lie under frames 0.25 um apart: the pass before (0.5 um) leaves at most 5 and 4 in these
  // circles. How many of the fine ones are selected differs by a few, with the moments at which advice is
  // taken.
  std::istringstream csv(slurp(scratch_ / "data" / "adaptive" / "roi.csv"));
  int first = 0, second = 0;
  for (std::string line; std::getline(csv, line);) {
    double id = 0, x = 0, y = 0;
    if (std::sscanf(line.c_str(), "%lf,%lf,%lf", &id, &x, &y) != 3 ||
        line.find("selected") == std::string::npos)
      continue;
    first += std::hypot(x + 1.3e-6, y + 0.8e-6) < 0.6e-6;
    second += std::hypot(x - 1.9e-6, y - 1.6e-6) < 0.4e-6;
  }
  EXPECT_GT(first, 8) << said;
  EXPECT_GT(second, 3) << said;
}

}  // namespace
}  // namespace ptero::test
