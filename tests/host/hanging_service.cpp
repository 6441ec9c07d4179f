// A service whose stage "dig" hangs after a while, in a process like any other: for watchdog_test.cpp.
// [hanging] silent_after_s: what it may take; hang_s: how long it then takes; the rest as any service's.

#include <chrono>
#include <fstream>
#include <thread>

#include <ptero/services/host/host.hpp>
#include <ptero/services/host/self_report.hpp>

namespace {

using namespace ptero;

struct Options {
  double silent_after_s;
  double hang_s;
  std::string kept;  ///< written by the stage "keep" when it is asked to stop
};

class Hanging {
 public:
  Hanging(transport::Context& context, Options options)
      : options_(std::move(options)), events_(context, "tcp://127.0.0.1:*", {}) {
    service_.add_stage("dig", [this](std::stop_token, runtime::Heartbeat& beat) {
      for (const auto until = after(0.2); std::chrono::steady_clock::now() < until;) {
        beat.beat();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      beat.busy("digging", options_.silent_after_s);
      std::this_thread::sleep_until(after(options_.hang_s));
      beat.beat();
    });
    service_.add_stage("keep", [this](std::stop_token stop, runtime::Heartbeat& beat) {
      while (!stop.stop_requested()) {
        beat.beat();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      std::ofstream(options_.kept) << "kept";
    });
    service_.add_stage("events", [this](std::stop_token stop, runtime::Heartbeat& beat) {
      events_.run([&] {
        beat.beat();
        self_.publish(service_, events_);
        return !stop.stop_requested();
      });
    });
    telemetry::log_info("made", {{"events", events_.endpoint()}});
  }

  runtime::Service& service() { return service_; }
  telemetry::Metrics& metrics() { return metrics_; }
  runtime::Alarms& alarms() { return self_.alarms(); }
  std::vector<std::string> not_ready() const { return self_.not_ready(service_); }

 private:
  static std::chrono::steady_clock::time_point after(double seconds) {
    return std::chrono::steady_clock::now() +
           std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
  }

  Options options_;
  telemetry::Metrics metrics_{"hanging"};
  host::SelfReport self_{"hanging", metrics_, {}};
  transport::EventPublisher events_;
  runtime::Service service_{"hanging"};
};

}  // namespace

int main(int argc, char** argv) {
  return host::run_service(argc, argv, "hanging", 0, [](const config::Section& section) -> host::Make {
    const Options options{section.get("silent_after_s", 0.3), section.get("hang_s", 3600.0),
                          section.get("kept", std::string("/dev/null"))};
    return [options](transport::Context& context) {
      auto service = std::make_shared<Hanging>(context, options);
      return std::pair(std::shared_ptr<void>(service), host::hosted(*service));
    };
  });
}
