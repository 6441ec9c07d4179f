#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/degradation.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/event_publisher.hpp>

namespace ptero::host {

/// The alarms that a service may raise: those of the catalogue that name it, and the watchdog's.
std::vector<runtime::AlarmKind> alarm_kinds(const std::string& service);

/// What a service says about itself: its alarms as events, metric (`ptero_alarm_active`) and log lines; its
/// health as an event. Every member may be called from any thread, publish() from one.
class SelfReport {
 public:
  /// The alarms are those of the catalogue that name the service. load: what the level of degradation
  /// follows, asked in publish(); without it the level stays none.
  SelfReport(const std::string& service, telemetry::Metrics& metrics, std::function<double()> load = {});

  runtime::Alarms& alarms() { return alarms_; }
  /// What keeps the service from working, in words: stages that failed or are silent, critical alarms.
  std::vector<std::string> not_ready(const runtime::Service& service) const;
  /// What is to be left out now.
  runtime::Degradation level() const { return level_; }
  bool at_least(runtime::Degradation level) const { return level_ >= level; }
  /// Publishes what has changed, and the health once a second. To be called a few times a second.
  void publish(const runtime::Service& service, transport::EventPublisher& events);
  /// Adds the stage that publishes until the service stops: this and whatever else is told. Before the start;
  /// `service` and `events` outlive the stage.
  void add_events_stage(runtime::Service& service, transport::EventPublisher& events);
  /// The service's part of report.json (a JSON object), and what rang since then (steady clock) as
  /// {"alarms": {"SERVICE": [...]}}.
  std::string with_alarms(const std::string& report, std::int64_t since_ns) const;

 private:
  void follow_load(std::int64_t now_ns);
  void log_change(const runtime::Alarm& alarm) const;
  void publish_health(const runtime::Service& service, transport::EventPublisher& events,
                      std::int64_t now_ns);

  const std::string service_;
  const telemetry::Logger log_;
  const std::int64_t started_ns_;
  runtime::Alarms alarms_;
  const std::function<double()> load_;
  double last_load_ = 0;
  runtime::DegradationLadder ladder_;
  std::atomic<runtime::Degradation> level_ = runtime::Degradation::none;
  std::uint64_t told_changes_ = UINT64_MAX;  // nothing told yet
  std::int64_t told_health_ns_ = 0;
};

}  // namespace ptero::host
