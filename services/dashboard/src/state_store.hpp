#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <ptero/core/bytes.hpp>
#include <ptero/wire/events.hpp>

#include "view_message.hpp"

namespace ptero::dashboard {

/// What the services said last, and the numbers that follow from it. Members may be called from any thread;
/// times are monotonic nanoseconds and given by the caller.
class StateStore {
 public:
  /// A series is remembered with its report until so many later ones have ended.
  static constexpr std::size_t series_kept = 20;

  /// An event of `service` came. Returns its picture where it has one.
  std::optional<View> take(const std::string& service, const Parts& event, std::int64_t now_ns);

  /// All numbers of now: the JSON of /api/state.
  nlohmann::json state(std::int64_t now_ns) const;
  /// Adds the numbers of now to the history; once a second.
  void remember(std::int64_t now_ns);
  /// {"t_s": [...], "frames": [...], ...}, the last ten minutes.
  nlohmann::json history() const;
  /// Reported series, the newest first.
  nlohmann::json series() const;
  void add_series(nlohmann::json report, std::int64_t ended_utc_s);

  /// The last picture of a topic, empty when there is none.
  std::string picture(const std::string& topic) const;
  std::optional<View> segment(std::uint64_t number) const;

  /// What a person asked for last; what it does not name stays as it was wanted before.
  void set_wanted(const nlohmann::json& region);
  /// Which services can be asked, for good.
  void set_controls(nlohmann::json can_be_asked);
  /// The services have ended for good: nothing more will be said.
  void set_over();
  /// The newest advice in full; null before there was one.
  nlohmann::json advice() const;
  std::uint64_t bad_events() const;

 private:
  struct Source {
    std::int64_t heard_ns = 0;
    nlohmann::json health;  // null until it says something
    nlohmann::json alarms = nlohmann::json::array();
    nlohmann::json warnings = nlohmann::json::array();
  };
  struct Sample {
    std::int64_t t_ns = 0;
    std::int64_t utc_ms = 0;
    double frames = 0, rate_hz = 0, label_p99_ms = 0, age_ms = 0, selected = 0;
  };
  bool take_numbers(Source& source, std::string_view topic, const Parts& event, std::int64_t now_ns);
  void take_roi(const wire::RoiEvent& event);
  void take_ledger(const nlohmann::json& counts, const std::string& uid, bool ended, std::int64_t now_ns);
  void take_report(const std::string& service, const std::string& uid, const std::string& text);
  double rate_hz(std::int64_t now_ns) const;
  bool is_running() const;
  nlohmann::json image_now(std::int64_t now_ns) const;

  mutable std::mutex mutex_;
  std::map<std::string, Source> sources_;
  std::string series_uid_;
  nlohmann::json ledger_, roi_, map_, image_, frame_, reconstruction_, wanted_, controls_;
  nlohmann::json bad_ranges_ = nlohmann::json::array();
  std::optional<wire::AdviceEvent> advice_;
  bool over_ = false;
  std::int64_t image_ns_ = 0;
  std::uint64_t frames_ = 0;                                     // that came, of the series
  std::deque<std::pair<std::int64_t, std::uint64_t>> arrivals_;  // the last seconds
  std::map<std::string, View> pictures_;
  Parts segments_;
  std::deque<Sample> samples_;
  std::deque<nlohmann::json> series_;  // the newest first
  std::uint64_t bad_events_ = 0;
};

}  // namespace ptero::dashboard
