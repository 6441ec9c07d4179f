#include <ptero/services/ingest/ingest.hpp>

#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/services/host/folder_lock.hpp>
#include <ptero/services/host/self_report.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/wire/events.hpp>

#include "disk_watch.hpp"
#include "link_stage.hpp"
#include "longest_step.hpp"
#include "position_stage.hpp"
#include "receive_stage.hpp"
#include "record_stage.hpp"
#include "sync_stage.hpp"
#include "write_stage.hpp"

namespace ptero::ingest {

namespace {

/// Finds out now, not after the scan, that the raw file cannot be written.
void prepare_folder(const IngestOptions& options) {
  const std::filesystem::path out = options.out;
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) throw InputError("cannot make the folder " + out.string(), error.message());
}

}  // namespace

/// Wires the stages: each owns its data and its thread, and they meet in the queue, the inbox and the store.
struct Ingest::State {
  State(transport::Context& context, IngestOptions given)
      : options(std::move(given)),
        queue(100'000, options.queue_bytes, [](const Incoming& m) { return m.bytes(); }),
        link(context, options, store, metrics, self.alarms()),
        events(context, options.events, {.insecure = options.insecure}),
        record((prepare_folder(options), options), queue, store, inbox, metrics, self.alarms(),
               [this] {
                 link.wake();
                 store.notify();
               }),
        receive(context, options, queue),
        sync(options, store, metrics, self.alarms(), [this] { return record.recording(); }),
        write(options, store,
              {.recording = [this] { return record.recording(); },
               .has_consumer = [this] { return link.consumer_expected(); },
               .has_room = [this] { return disk.has_room(); },
               .alarms = self.alarms()},
              [this](const Series& series, const std::string& report) { publish_report(series, report); }) {
    const auto from = PositionSource::parse(options.positions);
    // An empty message wakes a recorder that waits; one at work looks by itself.
    if (from.apart() && from.kind != PositionSource::Kind::file)
      positions.emplace(context, from, options.position, inbox, metrics, [this] {
        if (queue.depth() == 0) queue.push({});
      });
    add_stages();
    register_metrics();
  }

  void add_stages() {
    const auto add = [this](const char* name, auto& stage) {
      service.add_stage(name,
                        [&stage](std::stop_token stop, runtime::Heartbeat& beat) { stage.run(stop, beat); });
    };
    add("receive", receive);
    if (positions) add("positions", *positions);
    add("record", record);
    add("link", link);
    add("sync", sync);
    add("write", write);
    service.add_stage("events",
                      [this](std::stop_token stop, runtime::Heartbeat& beat) { publish(stop, beat); });
  }

  void register_metrics() {
    metrics.register_snapshot("ptero_ledger_frames", [this] {
      telemetry::Metrics::Snapshot out;
      if (const auto series = store.current())
        for (const auto& [name, n] : series->ledger.snapshot().by_name()) out.emplace_back(name, n);
      return out;
    });
    metrics.register_gauge("ptero_ingest_queue_bytes", [this] { return static_cast<double>(queue.bytes()); });
    metrics.register_gauge("ptero_ingest_disk_free_bytes",
                           [this] { return static_cast<double>(disk.free_bytes()); });
    if (positions)
      metrics.register_gauge("ptero_ingest_positions_connected",
                             [this] { return positions->connected() ? 1.0 : 0.0; });
  }

  void publish_report(const Series& series, const std::string& report) {
    events.publish(
        std::string(wire::topic_report) + "ingest",
        {wire::encode(wire::ReportEvent{series.info.uid, self.with_alarms(report, series.started_ns)})});
  }

  void publish(std::stop_token stop, runtime::Heartbeat& beat) {
    std::int64_t last_ns = 0;
    events.run([&] {
      beat.busy("looking at the disk", longest_step_s);
      if (const auto now = runtime::steady_now_ns(); now - last_ns > 250'000'000) {
        last_ns = now;
        publish_ledger();
      }
      disk.look(queue.bytes());
      link.look(runtime::steady_now_ns());
      self.publish(service, events);
      // Outlives the writer: the report of the last series is published when its file is sealed.
      return write.writing() || !stop.stop_requested();
    });
  }

  void publish_ledger() {
    const auto series = store.current();
    if (!series) return;
    const auto snapshot = series->ledger.snapshot();
    events.publish(wire::topic_ledger,
                   {wire::encode(wire::LedgerEvent{series->info.uid, snapshot.by_name(), snapshot.ended})});
  }

  const IngestOptions options;
  const host::FolderLock lock{options.out, "ingest"};
  telemetry::Metrics metrics{"ingest"};
  host::SelfReport self{"ingest", metrics};
  DiskWatch disk{options.out, options.low_space_bytes, options.queue_bytes, self.alarms()};
  SeriesStore store;
  PositionInbox inbox{options.position.join.max_positions};
  ReceiveQueue queue;
  LinkStage link;
  transport::EventPublisher events;
  RecordStage record;
  ReceiveStage receive;
  SyncStage sync;
  std::optional<PositionStage> positions;  // only where they come in a stream of their own
  WriteStage write;
  runtime::Service service{"ingest"};
};

Ingest::Ingest(transport::Context& context, IngestOptions options)
    : state_(std::make_unique<State>(context, std::move(options))) {}
Ingest::~Ingest() = default;

runtime::Service& Ingest::service() {
  return state_->service;
}
telemetry::Metrics& Ingest::metrics() {
  return state_->metrics;
}
std::vector<std::string> Ingest::not_ready() const {
  return state_->self.not_ready(state_->service);
}
runtime::Alarms& Ingest::alarms() {
  return state_->self.alarms();
}
bool Ingest::end_series() {
  const auto series = state_->store.current();
  if (!series || series->log.closed()) return false;
  // In the queue behind what has come, like the detector's own word, but in no protocol of its.
  return state_->queue.push({{}, runtime::steady_now_ns(), wire::StreamEnd{series->info.id, std::nullopt}});
}
void Ingest::leave_detector() {
  state_->receive.leave();
}
std::string Ingest::frame_link() const {
  return state_->link.endpoint();
}
std::string Ingest::events() const {
  return state_->events.endpoint();
}

}  // namespace ptero::ingest
