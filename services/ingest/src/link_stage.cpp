#include "link_stage.hpp"

#include <ptero/runtime/clock.hpp>
#include <ptero/wire/selection.hpp>

#include "frame_feed.hpp"
#include "labels_into_ledger.hpp"
#include "longest_step.hpp"

namespace ptero::ingest {

LinkStage::LinkStage(transport::Context& context, const IngestOptions& options, SeriesStore& store,
                     telemetry::Metrics& metrics, runtime::Alarms& alarms)
    : store_(store),
      alarms_(alarms),
      unreadable_labels_(metrics.counter("ptero_ingest_unreadable_labels_total")),
      link_(
          context, options.frame_link, {.insecure = options.insecure},
          [this](const wire::Hello& hello) -> Result<std::unique_ptr<transport::Feed>, std::string> {
            return std::unique_ptr<transport::Feed>(std::make_unique<FrameFeed>(store_, hello));
          },
          [this](const std::string&, const Parts& parts) { take_labels(parts); },
          {options.labels_from, [this](const std::string& sentence) { foreign_labels(sentence); }}) {
  metrics.register_gauge("ptero_ingest_link_consumers",
                         [this] { return static_cast<double>(link_.consumers()); });
  metrics.register_gauge("ptero_ingest_link_bad_messages",
                         [this] { return static_cast<double>(link_.bad_messages()); });
  metrics.register_gauge("ptero_ingest_link_refused_hellos",
                         [this] { return static_cast<double>(link_.refused_hellos()); });
  metrics.register_gauge("ptero_ingest_link_refused_deliveries",
                         [this] { return static_cast<double>(link_.refused_deliveries()); });
  metrics.register_gauge("ptero_ingest_link_entries",
                         [this] { return static_cast<double>(link_.entries_sent()); });
}

void LinkStage::run(std::stop_token stop, runtime::Heartbeat& beat) {
  link_.run([&] {
    // A round may read many entries from the disk.
    beat.busy("serving consumers", longest_step_s);
    if (link_.consumers() > 0) consumer_seen_ns_ = runtime::steady_now_ns();
    return !stop.stop_requested();
  });
}

bool LinkStage::consumer_expected() const {
  constexpr std::int64_t restart_ns = 10'000'000'000;
  return link_.consumers() > 0 || runtime::steady_now_ns() - consumer_seen_ns_ < restart_ns;
}

/// Rings for as long as somebody goes on, and a minute more.
void LinkStage::foreign_labels(const std::string& sentence) {
  foreign_labels_ns_ = runtime::steady_now_ns();
  alarms_.raise("foreign_labels", sentence);
}

void LinkStage::look(std::int64_t now_ns) {
  if (now_ns - foreign_labels_ns_ > 60'000'000'000) alarms_.clear("foreign_labels");
}

void LinkStage::take_labels(const Parts& parts) {
  if (parts.empty()) return;
  const auto labels = wire::decode_labels(parts[0]);
  if (!labels) unreadable_labels_.add();
  const auto series = labels ? store_.find(labels->series_uid) : nullptr;
  if (!series) return;
  ingest::take_labels(*labels, series->ledger);
  if (labels->final) {
    series->labels_final = true;
    store_.notify();
  }
}

}  // namespace ptero::ingest
