#include <ptero/services/host/self_report.hpp>

#include <nlohmann/json.hpp>

#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/watchdog.hpp>
#include <ptero/telemetry/catalogue.hpp>
#include <ptero/wire/events.hpp>

namespace ptero::host {

namespace {

constexpr std::int64_t health_every_ns = 1'000'000'000;

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) * 1e-9;
}

const char* name_of(const runtime::StageHealth& stage) {
  using runtime::StageState;
  switch (stage.state) {
    case StageState::waiting:
      return "waiting";
    case StageState::running:
      return stage.silent ? "silent" : "running";
    case StageState::finished:
      return "finished";
    case StageState::failed:
      break;
  }
  return "failed";
}

}  // namespace

std::vector<runtime::AlarmKind> alarm_kinds(const std::string& service) {
  using runtime::Severity;
  std::vector<runtime::AlarmKind> kinds;
  for (const auto& alarm : telemetry::all_alarms())
    if (may_raise(alarm, service))
      kinds.push_back({std::string(alarm.id), alarm.critical ? Severity::critical : Severity::warning});
  return kinds;
}

SelfReport::SelfReport(const std::string& service, telemetry::Metrics& metrics, std::function<double()> load)
    : service_(service),
      log_(service),
      started_ns_(runtime::steady_now_ns()),
      alarms_(alarm_kinds(service), [this](const runtime::Alarm& alarm) { log_change(alarm); }),
      load_(std::move(load)) {
  metrics.register_gauge("ptero_degradation_level", [this] { return static_cast<double>(level()); });
  metrics.register_snapshot("ptero_alarm_active", [this] { return alarms_.gauges(); });
}

void SelfReport::log_change(const runtime::Alarm& alarm) const {
  if (!alarm.is_active())
    log_.info("the alarm is over",
              {{"alarm", alarm.id}, {"seconds", seconds(alarm.until_ns - alarm.since_ns)}});
  else if (alarm.severity == runtime::Severity::critical)
    log_.error(alarm.sentence, {{"alarm", alarm.id}});
  else
    log_.warning(alarm.sentence, {{"alarm", alarm.id}});
}

std::vector<std::string> SelfReport::not_ready(const runtime::Service& service) const {
  auto reasons = service.unhealthy_stages();
  for (const auto& alarm : alarms_.active())
    if (alarm.severity == runtime::Severity::critical && alarm.id != runtime::Watchdog::alarm)
      reasons.push_back(alarm.sentence);
  return reasons;
}

void SelfReport::follow_load(std::int64_t now_ns) {
  if (!load_) return;
  last_load_ = load_();
  const auto before = ladder_.level();
  const auto now = ladder_.update(last_load_, now_ns);
  if (now == before) return;
  level_ = now;
  told_health_ns_ = 0;  // at once
  log_.info(now > before ? "behind: leaves out more" : "keeps up: leaves out less",
            {{"level", static_cast<int>(now)}, {"load", last_load_}});
}

void SelfReport::publish(const runtime::Service& service, transport::EventPublisher& events) {
  if (const auto changes = alarms_.changes(); changes != told_changes_) {
    told_changes_ = changes;
    wire::AlarmsEvent event{.service = service_, .alarms = {}};
    for (const auto& alarm : alarms_.active())
      event.alarms.push_back(
          {alarm.id, std::string(name_of(alarm.severity)), alarm.sentence, alarm.since_utc_ns});
    events.publish(std::string(wire::topic_alarms) + service_, {wire::encode(event)});
  }
  const auto now = runtime::steady_now_ns();
  follow_load(now);
  if (told_health_ns_ == 0 || now - told_health_ns_ >= health_every_ns) publish_health(service, events, now);
}

void SelfReport::add_events_stage(runtime::Service& service, transport::EventPublisher& events) {
  service.add_stage("events", [&, this](std::stop_token stop, runtime::Heartbeat& beat) {
    events.run([&] {
      beat.beat();
      publish(service, events);
      return !stop.stop_requested();
    });
  });
}

void SelfReport::publish_health(const runtime::Service& service, transport::EventPublisher& events,
                                std::int64_t now_ns) {
  told_health_ns_ = now_ns;
  wire::HealthEvent event{.service = service_,
                          .ready = not_ready(service).empty(),
                          .uptime_s = seconds(now_ns - started_ns_),
                          .level = static_cast<std::uint64_t>(level()),
                          .load = last_load_,
                          .stages = {}};
  for (const auto& stage : service.health())
    event.stages.push_back({stage.stage, name_of(stage), seconds(stage.beat_age_ns), stage.doing});
  events.publish(std::string(wire::topic_health) + service_, {wire::encode(event)});
}

std::string SelfReport::with_alarms(const std::string& report, std::int64_t since_ns) const {
  auto list = nlohmann::json::array();
  for (const auto& alarm : alarms_.since(since_ns)) {
    nlohmann::json one{{"id", alarm.id},
                       {"severity", name_of(alarm.severity)},
                       {"sentence", alarm.sentence},
                       {"since_utc_ns", alarm.since_utc_ns}};
    if (!alarm.is_active()) one["seconds"] = seconds(alarm.until_ns - alarm.since_ns);
    list.push_back(std::move(one));
  }
  auto whole = nlohmann::json::parse(report);
  whole["alarms"][service_] = std::move(list);
  return whole.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ptero::host
