#include <ptero/services/ingest/ingest.hpp>

#include <limits>

#include <ptero/core/error.hpp>
#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/on_exit.hpp>
#include <ptero/scanfile/read_options.hpp>
#include <ptero/services/host/folder_lock.hpp>
#include <ptero/services/host/self_report.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/transport/link_producer.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/selection.hpp>

#include "disk_watch.hpp"
#include "frame_feed.hpp"
#include "journal_replay.hpp"
#include "kept_start.hpp"
#include "labels_into_ledger.hpp"
#include "position_stage.hpp"
#include "positioning.hpp"
#include "recorder.hpp"
#include "source.hpp"
#include "writer.hpp"

namespace ptero::ingest {

using namespace std::chrono_literals;

namespace {

std::optional<RasterPlan> plan_of(const IngestOptions& options) {
  const auto source = PositionSource::parse(options.positions);
  if (source.kind != PositionSource::Kind::plan) return std::nullopt;
  auto raster = scanfile::parse_raster(source.where);
  if (!raster)
    throw InputError("cannot take positions from '" + options.positions + "'", "",
                     "write plan:raster:ROWSxCOLS or plan:snake:ROWSxCOLS");
  raster->step_x_m = options.step_x_m;
  raster->step_y_m = options.step_y_m != 0 ? options.step_y_m : options.step_x_m;
  return raster;
}

/// Finds out now, not after the scan, that the raw file cannot be written.
void prepare_folder(const IngestOptions& options) {
  const std::filesystem::path out = options.out;
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) throw InputError("cannot make the folder " + out.string(), error.message());
}

/// A folder for one series takes no second one.
void refuse_a_used_folder(const IngestOptions& options) {
  const std::filesystem::path out = options.out;
  if (options.folder_per_series || options.overwrite) return;
  const auto journal = out / Series::journal_name;
  if (std::filesystem::exists(journal))
    throw InputError(journal.string() + " exists", "an unfinished series is in it",
                     "finish it with: ptero rebuild " + journal.string() +
                         ", choose another folder, or give --overwrite (overwrite = true in [ingest])");
  if (std::filesystem::exists(out / Series::raw_name))
    throw InputError((out / Series::raw_name).string() + " exists",
                     "a recorded series is never replaced unasked",
                     "choose another folder, or give --overwrite (overwrite = true in [ingest])");
}

// On a slow disk; what takes longer is taken for a hang.
constexpr double longest_step_s = 300;

transport::SocketKind detector_kind(const IngestOptions& options) {
  return options.socket == "sub" ? transport::SocketKind::sub : transport::SocketKind::pull;
}

transport::SocketOptions detector_socket(const IngestOptions& options) {
  const bool native = parse_source(options.source).protocol == "native";
  const bool sub = detector_kind(options) == transport::SocketKind::sub;
  transport::SocketOptions socket;
  // What a kill of this process may lose; but a SUB drops what it has no room for, where a PULL lets wait.
  socket.high_water_mark = options.receive_hwm > 0 ? options.receive_hwm : sub ? 10'000 : 64;
  // A payload may be larger compressed than plain, and the mask travels beside a header. A header of SIMPLON
  // is larger: four bytes a pixel in each table, an image may hold several channels.
  const std::size_t frame = options.max_frame_bytes + options.max_frame_bytes / 8 + (1 << 20);
  socket.max_message_bytes = native ? frame : 4 * frame;
  socket.foreign = true;
  socket.curve = options.curve;
  return socket;
}

}  // namespace

struct Ingest::State {
  State(transport::Context& context, IngestOptions given)
      : options(std::move(given)),
        detector(context, detector_kind(options), detector_socket(options)),
        queue(100'000, options.queue_bytes, [](const Incoming& m) { return m.bytes(); }),
        link(
            context, options.frame_link, {.insecure = options.insecure},
            [this](const wire::Hello& hello) -> Result<std::unique_ptr<transport::Feed>, std::string> {
              return std::unique_ptr<transport::Feed>(std::make_unique<FrameFeed>(store, hello));
            },
            [this](const std::string&, const Parts& parts) { take_labels(parts); },
            {options.labels_from, [this](const std::string& sentence) { foreign_labels(sentence); }}),
        events(context, options.events, {.insecure = options.insecure}),
        source(make_source(options, metrics)),
        recorder(options, plan_of(options), store, metrics, self.alarms(), [this] {
          link.wake();
          store.notify();
        }) {
    const std::string endpoint = parse_source(options.source).endpoint;
    prepare_folder(options);
    auto unfinished = unfinished_series(options);
    if (unfinished.empty()) refuse_a_used_folder(options);
    announced = kept_start.earlier();
    for (auto& series : unfinished) {
      // Killed after the series had begun, before what was kept of it was removed.
      if (announced && announced->t_arrival_ns == series->started_ns) announced.reset();
      kept_start.started(series->started_ns);
      recorder.resume(std::move(series));
    }
    const auto position_source = PositionSource::parse(options.positions);
    if (position_source.apart()) join_positions(context, position_source);
    detector.connect(endpoint);
    if (detector_kind(options) == transport::SocketKind::sub) detector.subscribe("");
    service.add_stage("receive",
                      [this](std::stop_token stop, runtime::Heartbeat& beat) { receive(stop, beat); });
    service.add_stage("record",
                      [this](std::stop_token stop, runtime::Heartbeat& beat) { record(stop, beat); });
    service.add_stage("link", [this](std::stop_token stop, runtime::Heartbeat& beat) {
      link.run([&] {
        // A round may read many entries from the disk.
        beat.busy("serving consumers", longest_step_s);
        if (link.consumers() > 0) consumer_seen_ns = runtime::steady_now_ns();
        return !stop.stop_requested();
      });
    });
    service.add_stage("sync", [this](std::stop_token stop, runtime::Heartbeat& beat) { sync(stop, beat); });
    service.add_stage("write", [this](std::stop_token stop, runtime::Heartbeat& beat) { write(stop, beat); });
    service.add_stage("events",
                      [this](std::stop_token stop, runtime::Heartbeat& beat) { publish(stop, beat); });
    register_metrics();
  }

  void join_positions(transport::Context& context, const PositionSource& from) {
    positioning.emplace(
        from, options.position, inbox, metrics,
        PositioningOutlets{[this](const Arrival& arrival) { record(arrival); },
                           [this](std::string report) { recorder.note_join(std::move(report)); },
                           [this] { return recorder.running_info(); }});
    positioning->resume(runtime::steady_now_ns());
    if (from.kind == PositionSource::Kind::file) return;
    // An empty message wakes a recorder that waits; one at work looks by itself.
    stage.emplace(context, from, options.position, inbox, metrics, [this] {
      if (queue.depth() == 0) queue.push({});
    });
    service.add_stage("positions",
                      [this](std::stop_token stop, runtime::Heartbeat& beat) { stage->run(stop, beat); });
    metrics.register_gauge("ptero_ingest_positions_connected",
                           [this] { return stage->connected() ? 1.0 : 0.0; });
  }

  void register_metrics() {
    metrics.register_snapshot("ptero_ledger_frames", [this] {
      telemetry::Metrics::Snapshot out;
      if (const auto series = store.current())
        for (const auto& [name, n] : series->ledger.snapshot().by_name()) out.emplace_back(name, n);
      return out;
    });
    metrics.register_gauge("ptero_ingest_queue_bytes", [this] { return static_cast<double>(queue.bytes()); });
    metrics.register_gauge("ptero_ingest_unsynced_bytes", [this] {
      double bytes = 0;
      for (const auto& series : store.unsynced()) bytes += static_cast<double>(series->log.unsynced_bytes());
      return bytes;
    });
    metrics.register_gauge("ptero_ingest_sync_seconds",
                           [this] { return static_cast<double>(sync_ns) * 1e-9; });
    metrics.register_gauge("ptero_ingest_disk_free_bytes",
                           [this] { return static_cast<double>(disk.free_bytes()); });
    metrics.register_gauge("ptero_ingest_link_consumers",
                           [this] { return static_cast<double>(link.consumers()); });
    metrics.register_gauge("ptero_ingest_link_bad_messages",
                           [this] { return static_cast<double>(link.bad_messages()); });
    metrics.register_gauge("ptero_ingest_link_refused_hellos",
                           [this] { return static_cast<double>(link.refused_hellos()); });
    metrics.register_gauge("ptero_ingest_link_refused_deliveries",
                           [this] { return static_cast<double>(link.refused_deliveries()); });
    metrics.register_gauge("ptero_ingest_link_entries",
                           [this] { return static_cast<double>(link.entries_sent()); });
  }

  void receive(std::stop_token stop, runtime::Heartbeat& beat) {
    log.info("waits for series", {{"source", options.source},
                                  {"positions", options.positions},
                                  {"out", std::filesystem::path(options.out).string()}});
    const runtime::OnExit last([this] { queue.close(); });
    while (!stop.stop_requested()) {
      beat.beat();
      auto parts = detector.receive(100ms);
      if (parts) beat.waiting("for room in the queue");
      if (parts && !queue.push({*std::move(parts), runtime::steady_now_ns(), {}}, stop)) break;
    }
  }

  void record(const Arrival& arrival) {
    recorder.take(arrival);
    if (arrival.message && std::holds_alternative<SeriesInfo>(*arrival.message))
      kept_start.started(arrival.t_arrival_ns);
  }

  void record(std::stop_token stop, runtime::Heartbeat& beat) {
    recorder.wait_for_room([this, stop, &beat] {
      beat.waiting("for room on the disk");
      store.wait_for(stop, 200ms, [] { return false; });
      return !stop.stop_requested();
    });
    const runtime::OnExit last([this] {
      recording = false;
      store.notify();
    });
    const Source::Emit emit = [this](const Arrival& arrival) {
      if (positioning)
        positioning->take(arrival, runtime::steady_now_ns());
      else
        record(arrival);
    };
    if (announced) {
      log.info("a series announced to an earlier process is expected", {});
      beat.waiting("for the disk");
      source->take(*announced, emit);
    }
    // Ends when the queue is closed and drained, not at the stop: what was received is journalled.
    while (!queue.drained()) {
      beat.beat();
      const auto message = queue.pop_for(200ms);
      // However slow it is, nothing is gained by giving up what is queued.
      beat.waiting("for the disk");
      if (!message)
        recorder.idle(runtime::steady_now_ns());
      else if (message->end)
        emit({wire::StreamMessage(*message->end), {}, message->t_arrival_ns, 0});
      else if (!message->parts.empty()) {
        source->take(*message, emit);
        if (source->held_start() == message->t_arrival_ns ||
            (positioning && positioning->holds_start(message->t_arrival_ns)))
          kept_start.keep(*message);
      }
      if (positioning) positioning->advance(runtime::steady_now_ns());
    }
    source->finish(emit);
    if (positioning) positioning->finish();
    recorder.finish();
  }

  /// A power cut costs what was appended since, and while the disk was at it.
  void sync(std::stop_token stop, runtime::Heartbeat& beat) {
    const auto pause = std::chrono::milliseconds(
        std::max<std::int64_t>(1, static_cast<std::int64_t>(options.sync_seconds * 1000)));
    while (recording) {
      const auto next = std::chrono::steady_clock::now() + pause;
      while (recording && std::chrono::steady_clock::now() < next) {
        beat.beat();
        store.wait_for(stop.stop_requested() ? std::stop_token{} : stop,
                       std::min<std::chrono::milliseconds>(pause, 200ms), [this] { return !recording; });
      }
      beat.waiting("for the disk");
      sync_all();
    }
  }

  void sync_all() {
    for (const auto& series : store.unsynced()) {
      const auto begin = runtime::steady_now_ns();
      try {
        series->log.sync();
        self.alarms().clear("journal_sync");
      } catch (const Error& error) {
        self.alarms().raise("journal_sync",
                            std::string("a journal could not be put on the disk, and a power cut "
                                        "would lose what it holds: ") +
                                error.what());
      }
      sync_ns = runtime::steady_now_ns() - begin;
    }
  }

  void write(std::stop_token stop, runtime::Heartbeat& beat) {
    const runtime::OnExit last([this] { writing = false; });
    while (true) {
      std::shared_ptr<Series> series;
      while (true) {
        // Asked before the look: a series begun in between would stay in its journal.
        const bool over = stop.stop_requested() && !recording;
        series = store.take_unwritten();
        if (series) break;
        beat.beat();
        if (over) return;
        store.wait_for({}, 100ms, [&] { return store.unwritten() > 0 || !recording; });
      }
      const auto report = write_series(*series, store, options, stop, beat,
                                       {.recording = [this] { return recording.load(); },
                                        .has_consumer = [this] { return consumer_expected(); },
                                        .has_room = [this] { return disk.has_room(); },
                                        .alarms = self.alarms()});
      store.written();
      if (!report) continue;
      log.info("raw file sealed", {{"uid", series->info.uid}, {"folder", series->folder.string()}});
      events.publish(
          std::string(wire::topic_report) + "ingest",
          {wire::encode(wire::ReportEvent{series->info.uid, self.with_alarms(*report, series->started_ns)})});
    }
  }

  /// One that was there a moment ago may be starting again, and labels then what it left.
  bool consumer_expected() const {
    constexpr std::int64_t restart_ns = 10'000'000'000;
    return link.consumers() > 0 || runtime::steady_now_ns() - consumer_seen_ns < restart_ns;
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
      if (runtime::steady_now_ns() - foreign_labels_ns > 60'000'000'000)
        self.alarms().clear("foreign_labels");
      self.publish(service, events);
      // Outlives the writer: the report of the last series is published when its file is sealed.
      return writing || !stop.stop_requested();
    });
  }

  void publish_ledger() {
    const auto series = store.current();
    if (!series) return;
    const auto snapshot = series->ledger.snapshot();
    events.publish(wire::topic_ledger,
                   {wire::encode(wire::LedgerEvent{series->info.uid, snapshot.by_name(), snapshot.ended})});
  }

  /// Rings for as long as somebody goes on, and a minute more.
  void foreign_labels(const std::string& sentence) {
    foreign_labels_ns = runtime::steady_now_ns();
    self.alarms().raise("foreign_labels", sentence);
  }

  void take_labels(const Parts& parts) {
    if (parts.empty()) return;
    const auto labels = wire::decode_labels(parts[0]);
    if (!labels) unreadable_labels.add();
    const auto series = labels ? store.find(labels->series_uid) : nullptr;
    if (!series) return;
    ingest::take_labels(*labels, series->ledger);
    if (labels->final) {
      series->labels_final = true;
      store.notify();
    }
  }

  const IngestOptions options;
  const host::FolderLock lock{options.out, "ingest"};
  telemetry::Logger log{"ingest"};
  telemetry::Metrics metrics{"ingest"};
  host::SelfReport self{"ingest", metrics};
  DiskWatch disk{options.out, options.low_space_bytes, options.queue_bytes, self.alarms()};
  telemetry::Counter unreadable_labels = metrics.counter("ptero_ingest_unreadable_labels_total");
  SeriesStore store;
  std::atomic<bool> recording = true;
  std::atomic<bool> writing = true;
  std::atomic<std::int64_t> sync_ns = 0;
  std::atomic<std::int64_t> foreign_labels_ns = 0;
  std::atomic<std::int64_t> consumer_seen_ns = std::numeric_limits<std::int64_t>::min() / 2;
  transport::Socket detector;
  runtime::BoundedQueue<Incoming> queue;
  transport::LinkProducer link;
  transport::EventPublisher events;
  std::unique_ptr<Source> source;
  Recorder recorder;
  KeptStart kept_start{options};
  std::optional<Incoming> announced;  // to an earlier process
  PositionInbox inbox{options.position.join.max_positions};
  std::optional<Positioning> positioning;  // only where positions come apart from the frames
  std::optional<PositionStage> stage;      // ... in a stream
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
  state_->detector.disconnect(parse_source(state_->options.source).endpoint);
}
std::string Ingest::frame_link() const {
  return state_->link.endpoint();
}
std::string Ingest::events() const {
  return state_->events.endpoint();
}

}  // namespace ptero::ingest
