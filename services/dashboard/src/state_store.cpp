#include "state_store.hpp"

#include <chrono>
#include <cmath>

#include <ptero/wire/views.hpp>

#include "advice_json.hpp"
#include "checked_json.hpp"

namespace ptero::dashboard {

using Json = nlohmann::json;

namespace {

constexpr double ns_per_s = 1e9;
// A service publishes its health every second.
constexpr std::int64_t silent_after_ns = 1'600'000'000;
constexpr std::int64_t rate_over_ns = 3'000'000'000;
constexpr std::size_t samples_kept = 600;
constexpr const char* services[] = {"ingest", "classifier", "reconstructor"};

std::int64_t utc_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t utc_ns() {
  return utc_ms() * 1'000'000;
}

double number_of(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number()) return 0;
  return object[key].get<double>();
}

double number_or_nan(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_number() ? object[key].get<double>()
                                                                               : std::nan("");
}

std::uint64_t came(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [state, n] : counts)
    if (state != "expected" && state != "missing" && state != "not_taken") sum += n;
  return sum;
}

Json json_of(const wire::AlarmsEvent& event) {
  Json all = Json::array();
  for (const auto& alarm : event.alarms)
    all.push_back({{"service", event.service},
                   {"id", alarm.id},
                   {"severity", alarm.severity},
                   {"sentence", alarm.sentence},
                   {"since_utc_ms", alarm.since_utc_ns / 1'000'000}});
  return all;
}

Json json_of(const wire::WarningsEvent& event) {
  Json all = Json::array();
  for (const auto& warning : event.warnings)
    all.push_back({{"service", event.service},
                   {"series_uid", event.series_uid},
                   {"code", warning.code},
                   {"sentence", warning.sentence}});
  return all;
}

Json json_of(const wire::HealthEvent& event) {
  Json stages = Json::array();
  for (const auto& stage : event.stages)
    stages.push_back({{"stage", stage.stage},
                      {"state", stage.state},
                      {"silent_s", stage.silent_s},
                      {"doing", stage.doing}});
  return {{"ready", event.ready},
          {"uptime_s", event.uptime_s},
          {"level", event.level},
          {"load", event.load},
          {"stages", stages}};
}

}  // namespace

std::optional<View> StateStore::take(const std::string& service, const Parts& event, std::int64_t now_ns) {
  if (event.size() < 2) return std::nullopt;
  const std::string topic(event[0].text());
  const Parts parts(event.begin() + 1, event.end());
  // Outside the lock: a picture takes a while.
  auto view = view_of(topic, parts);
  const std::lock_guard lock(mutex_);
  auto& source = sources_[service];
  source.heard_ns = now_ns;
  if (view) {
    if (topic == wire::topic_map) map_ = view->numbers;
    if (topic == wire::topic_frame) frame_ = view->numbers;
    if (topic == wire::topic_snapshot) {
      image_ = view->numbers;
      image_.erase("errors");  // a curve, and no number of now
      image_ns_ = now_ns;
    }
    pictures_[topic] = *view;
    return view;
  }
  if (topic == wire::topic_segments)
    segments_ = parts;
  else if (!take_numbers(source, topic, parts, now_ns))
    ++bad_events_;
  return std::nullopt;
}

/// False: the event is damaged, or of another version.
bool StateStore::take_numbers(Source& source, std::string_view topic, const Parts& event,
                              std::int64_t now_ns) {
  if (topic == wire::topic_ledger) {
    const auto e = wire::decode_ledger_event(event[0]);
    if (!e) return false;
    frames_ = came(e->counts);
    take_ledger(e->counts, e->series_uid, e->ended, now_ns);
    return true;
  }
  if (topic == wire::topic_roi) {
    const auto e = wire::decode_roi_event(event[0]);
    if (e) take_roi(*e);
    return e.ok();
  }
  if (topic == wire::topic_reconstruction) {
    const auto e = wire::decode_reconstruction_event(event[0]);
    if (e)
      reconstruction_ = {{"series_uid", e->series_uid}, {"running", e->running},
                         {"frames", e->frames},         {"iteration", e->iteration},
                         {"waiting", e->waiting},       {"left_out", Json(e->left_out)}};
    return e.ok();
  }
  if (topic == wire::topic_advice) {
    auto e = wire::decode_advice_event(event[0]);
    if (e) advice_ = std::move(*e);
    return e.ok();
  }
  if (topic.starts_with(wire::topic_report)) {
    const auto e = wire::decode_report_event(event[0]);
    if (e) take_report(std::string(topic.substr(wire::topic_report.size())), e->series_uid, e->json);
    return e.ok();
  }
  if (topic.starts_with(wire::topic_alarms)) {
    const auto e = wire::decode_alarms_event(event[0]);
    if (e) source.alarms = json_of(*e);
    return e.ok();
  }
  if (topic.starts_with(wire::topic_warnings)) {
    const auto e = wire::decode_warnings_event(event[0]);
    if (e) source.warnings = json_of(*e);
    return e.ok();
  }
  if (topic.starts_with(wire::topic_health)) {
    const auto e = wire::decode_health_event(event[0]);
    if (e) source.health = json_of(*e);
    return e.ok();
  }
  return true;  // of a newer service
}

void StateStore::take_roi(const wire::RoiEvent& event) {
  roi_ = {{"series_uid", event.series_uid},
          {"revision", event.revision},
          {"labelled", event.labelled},
          {"selected", event.selected},
          {"latency_p50_ms", event.latency_p50_ms},
          {"latency_p99_ms", event.latency_p99_ms},
          {"latency_p99_recent_ms",
           event.latency_p99_recent_ms ? Json(*event.latency_p99_recent_ms) : Json(nullptr)},
          {"next_segments", event.next_segments != 0 ? Json(event.next_segments) : Json(nullptr)}};
  bad_ranges_ = Json::array();
  for (std::size_t i = 0; i + 1 < event.bad.size(); i += 2)
    bad_ranges_.push_back({event.bad[i], event.bad[i + 1]});
}

void StateStore::take_ledger(const Json& counts, const std::string& uid, bool ended, std::int64_t now_ns) {
  if (uid != series_uid_) {
    series_uid_ = uid;
    arrivals_.clear();
  }
  std::uint64_t total = 0;
  for (const auto& [state, n] : counts.items()) total += n.get<std::uint64_t>();
  ledger_ = {
      {"series_uid", uid}, {"counts", counts}, {"total", total}, {"arrived", frames_}, {"ended", ended}};
  arrivals_.emplace_back(now_ns, frames_);
  while (arrivals_.size() > 2 && now_ns - arrivals_.front().first > rate_over_ns) arrivals_.pop_front();
}

void StateStore::take_report(const std::string& service, const std::string& uid, const std::string& text) {
  Json part = checked_json(text).value;
  if (!part.is_object()) {
    ++bad_events_;
    return;
  }
  auto known =
      std::find_if(series_.begin(), series_.end(), [&](const Json& s) { return s["series_uid"] == uid; });
  if (known == series_.end()) {
    series_.push_front({{"series_uid", uid}, {"report", Json::object()}, {"reported_by", Json::array()}});
    if (series_.size() > series_kept) series_.pop_back();
    known = series_.begin();
  }
  auto& by = (*known)["reported_by"];
  if (std::find(by.begin(), by.end(), service) == by.end()) {
    by.push_back(service);
    (*known)["ended_utc_ms"] = utc_ms();
  }
  auto& report = (*known)["report"];
  // A list would be replaced, and each service has its own.
  Json warnings = report.value("warnings", Json::array());
  for (auto& warning : part.value("warnings", Json::array()))
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
  report.update(part, true);
  if (!warnings.empty()) report["warnings"] = std::move(warnings);
}

void StateStore::add_series(Json report, std::int64_t ended_utc_s) {
  const std::lock_guard lock(mutex_);
  const std::string uid = report.value("series_uid", "");
  series_.push_front({{"series_uid", uid},
                      {"report", std::move(report)},
                      {"reported_by", {"report.json"}},
                      {"ended_utc_ms", ended_utc_s * 1000}});
  if (series_.size() > series_kept) series_.pop_back();
}

bool StateStore::is_running() const {
  return ledger_.is_object() && !ledger_["ended"].get<bool>();
}

double StateStore::rate_hz(std::int64_t now_ns) const {
  if (arrivals_.size() < 2 || now_ns - arrivals_.back().first > rate_over_ns) return 0;
  const auto& [t0, n0] = arrivals_.front();
  const auto& [t1, n1] = arrivals_.back();
  if (t1 <= t0 || n1 < n0) return 0;
  return static_cast<double>(n1 - n0) / (static_cast<double>(t1 - t0) / ns_per_s);
}

/// With the age as it is now, not as it was when the picture was sent.
Json StateStore::image_now(std::int64_t now_ns) const {
  Json image = image_;
  if (!image.is_object()) return image;
  image["age_ms"] = number_of(image, "age_ms") + static_cast<double>(now_ns - image_ns_) * 1e-6;
  image["running"] = !reconstruction_.is_object() || reconstruction_["running"].get<bool>();
  return image;
}

Json StateStore::state(std::int64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  Json all = {{"utc_ms", utc_ms()}, {"series_uid", series_uid_},  {"ledger", ledger_}, {"roi", roi_},
              {"map", map_},        {"image", image_now(now_ns)}, {"frame", frame_},   {"wanted", wanted_}};
  all["over"] = over_;
  all["rate_hz"] = rate_hz(now_ns);
  all["reconstruction"] = reconstruction_;
  all["advice"] = advice_ ? numbers_of(*advice_, utc_ns()) : Json(nullptr);
  all["bad_ranges"] = bad_ranges_;
  all["controls"] = controls_;
  Json alarms = Json::array(), warnings = Json::array();
  std::set<std::string> names(std::begin(services), std::end(services));
  for (const auto& [name, source] : sources_) names.insert(name);  // ddip, where it runs
  for (const auto& name : names) {
    Json service = {{"heard_ms", nullptr}, {"alive", false}, {"health", nullptr}};
    if (const auto found = sources_.find(name); found != sources_.end()) {
      const auto silent_ns = now_ns - found->second.heard_ns;
      service = {{"heard_ms", static_cast<double>(silent_ns) * 1e-6},
                 {"alive", silent_ns < silent_after_ns},
                 {"health", found->second.health}};
      // Of a series that is over they are in its report.
      for (const auto& warning : found->second.warnings)
        if (warning["series_uid"] == series_uid_) warnings.push_back(warning);
      // What a dead service said last is no news.
      if (silent_ns < silent_after_ns)
        for (const auto& alarm : found->second.alarms) alarms.push_back(alarm);
    }
    all["services"][name] = service;
  }
  all["alarms"] = alarms;
  all["warnings"] = warnings;
  return all;
}

void StateStore::remember(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  samples_.push_back({.t_ns = now_ns,
                      .utc_ms = utc_ms(),
                      .frames = static_cast<double>(frames_),
                      .rate_hz = rate_hz(now_ns),
                      .label_p99_ms = number_or_nan(roi_, "latency_p99_recent_ms"),
                      // After the end it says only how long ago that was.
                      .age_ms = is_running() ? number_of(image_now(now_ns), "age_ms") : std::nan(""),
                      .selected = number_of(roi_, "selected")});
  if (samples_.size() > samples_kept) samples_.pop_front();
}

Json StateStore::history() const {
  const std::lock_guard lock(mutex_);
  Json all;
  for (const char* key : {"utc_ms", "frames", "rate_hz", "label_p99_ms", "age_ms", "selected"})
    all[key] = Json::array();
  for (const auto& s : samples_) {
    all["utc_ms"].push_back(s.utc_ms);
    all["frames"].push_back(s.frames);
    all["rate_hz"].push_back(s.rate_hz);
    all["label_p99_ms"].push_back(s.label_p99_ms);  // NaN becomes null
    all["age_ms"].push_back(s.age_ms);
    all["selected"].push_back(s.selected);
  }
  return all;
}

Json StateStore::series() const {
  const std::lock_guard lock(mutex_);
  return Json(series_);
}

std::string StateStore::picture(const std::string& topic) const {
  const std::lock_guard lock(mutex_);
  const auto found = pictures_.find(topic);
  return found == pictures_.end() ? std::string() : found->second.message;
}

std::optional<View> StateStore::segment(std::uint64_t number) const {
  Parts event;
  {
    const std::lock_guard lock(mutex_);
    event = segments_;
  }
  return segment_view(event, number);
}

void StateStore::set_wanted(const Json& region) {
  const std::lock_guard lock(mutex_);
  if (wanted_.is_null()) wanted_ = Json::object();
  wanted_.update(region);
}

void StateStore::set_controls(Json can_be_asked) {
  const std::lock_guard lock(mutex_);
  controls_ = std::move(can_be_asked);
}

void StateStore::set_over() {
  const std::lock_guard lock(mutex_);
  over_ = true;
}

Json StateStore::advice() const {
  const std::lock_guard lock(mutex_);
  return advice_ ? all_of(*advice_, utc_ns()) : Json(nullptr);
}

std::uint64_t StateStore::bad_events() const {
  const std::lock_guard lock(mutex_);
  return bad_events_;
}

}  // namespace ptero::dashboard
