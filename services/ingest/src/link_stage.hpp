#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <stop_token>

#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/transport/link_producer.hpp>

#include "series_store.hpp"

namespace ptero::ingest {

/// The frame link: frames out by credit, labels back into the ledger. Made by one thread, run by one stage.
class LinkStage {
 public:
  /// Binds. Throws InputError.
  LinkStage(transport::Context& context, const IngestOptions& options, SeriesStore& store,
            telemetry::Metrics& metrics, runtime::Alarms& alarms);

  void run(std::stop_token stop, runtime::Heartbeat& beat);
  /// There may be something new to send. Thread-safe, as what follows.
  void wake() const { link_.wake(); }
  std::string endpoint() const { return link_.endpoint(); }
  /// To be called now and then: clears what has not been seen for a while.
  void look(std::int64_t now_ns);
  /// One is there, or was there a moment ago: it may be starting again, and labels then what it left.
  bool consumer_expected() const;

 private:
  void take_labels(const Parts& parts);
  void foreign_labels(const std::string& sentence);

  SeriesStore& store_;
  runtime::Alarms& alarms_;
  telemetry::Counter unreadable_labels_;
  std::atomic<std::int64_t> foreign_labels_ns_ = 0;
  transport::LinkProducer link_;
  std::atomic<std::int64_t> consumer_seen_ns_ = std::numeric_limits<std::int64_t>::min() / 2;
};

}  // namespace ptero::ingest
