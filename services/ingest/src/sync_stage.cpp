#include "sync_stage.hpp"

#include <algorithm>

#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>

namespace ptero::ingest {

using namespace std::chrono_literals;

SyncStage::SyncStage(const IngestOptions& options, const SeriesStore& store, telemetry::Metrics& metrics,
                     runtime::Alarms& alarms, std::function<bool()> recording)
    : options_(options), store_(store), alarms_(alarms), recording_(std::move(recording)) {
  metrics.register_gauge("ptero_ingest_unsynced_bytes", [this] {
    double bytes = 0;
    for (const auto& series : store_.unsynced()) bytes += static_cast<double>(series->log.unsynced_bytes());
    return bytes;
  });
  metrics.register_gauge("ptero_ingest_sync_seconds",
                         [this] { return static_cast<double>(sync_ns_) * 1e-9; });
}

void SyncStage::run(std::stop_token stop, runtime::Heartbeat& beat) {
  const auto pause = std::chrono::milliseconds(
      std::max<std::int64_t>(1, static_cast<std::int64_t>(options_.sync_seconds * 1000)));
  while (recording_()) {
    const auto next = std::chrono::steady_clock::now() + pause;
    while (recording_() && std::chrono::steady_clock::now() < next) {
      beat.beat();
      store_.wait_for(stop.stop_requested() ? std::stop_token{} : stop,
                      std::min<std::chrono::milliseconds>(pause, 200ms), [this] { return !recording_(); });
    }
    beat.waiting("for the disk");
    sync_all();
  }
}

void SyncStage::sync_all() {
  for (const auto& series : store_.unsynced()) {
    const auto begin = runtime::steady_now_ns();
    try {
      series->log.sync();
      alarms_.clear("journal_sync");
    } catch (const Error& error) {
      alarms_.raise("journal_sync", std::string("a journal could not be put on the disk, and a power cut "
                                                "would lose what it holds: ") +
                                        error.what());
    }
    sync_ns_ = runtime::steady_now_ns() - begin;
  }
}

}  // namespace ptero::ingest
