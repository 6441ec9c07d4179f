#include "write_stage.hpp"

#include <ptero/runtime/on_exit.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::ingest {

using namespace std::chrono_literals;

WriteStage::WriteStage(const IngestOptions& options, SeriesStore& store, Surroundings around, Sealed sealed)
    : options_(options), store_(store), around_(std::move(around)), sealed_(std::move(sealed)) {}

void WriteStage::run(std::stop_token stop, runtime::Heartbeat& beat) {
  const runtime::OnExit last([this] { writing_ = false; });
  while (true) {
    std::shared_ptr<Series> series;
    while (true) {
      // Asked before the look: a series begun in between would stay in its journal.
      const bool over = stop.stop_requested() && !around_.recording();
      series = store_.take_unwritten();
      if (series) break;
      beat.beat();
      if (over) return;
      store_.wait_for({}, 100ms, [&] { return store_.unwritten() > 0 || !around_.recording(); });
    }
    const auto report = write_series(*series, store_, options_, stop, beat, around_);
    store_.written();
    if (!report) continue;
    telemetry::Logger("ingest").info("raw file sealed",
                                     {{"uid", series->info.uid}, {"folder", series->folder.string()}});
    sealed_(*series, *report);
  }
}

}  // namespace ptero::ingest
