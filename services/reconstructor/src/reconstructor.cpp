#include <ptero/services/reconstructor/reconstructor.hpp>

#include <atomic>
#include <filesystem>

#include <ptero/image/render.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/spool/series_folder.hpp>
#include <ptero/telemetry/latency_recorder.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/events.hpp>

#include "frame_intake.hpp"
#include "series_job.hpp"

namespace ptero::reconstructor {

using namespace std::chrono_literals;

struct Reconstructor::State {
  State(transport::Context& context, ReconstructorOptions given)
      : options(std::move(given)),
        queue(100'000, options.queue_bytes, bytes_of),
        link(context, options.selection_link, {.name = "reconstructor", .credit = options.credit},
             [this] { return intake.resume(); }),
        events(context, options.events, {.insecure = options.insecure}) {
    check_files(options.solver);
    if (options.solver.backend == "cuda") ptycho::make_workspace(ptycho::Backend::cuda, {.n = 8});
    using Beat = runtime::Heartbeat;
    service.add_stage("receive", [this](std::stop_token stop, Beat& beat) { receive(stop, beat); });
    service.add_stage("solve", [this](std::stop_token stop, Beat& beat) { solve(stop, beat); });
    service.add_stage("events", [this](std::stop_token stop, Beat& beat) {
      events.run([&] {
        beat.beat();
        return !stop.stop_requested();
      });
    });
    metrics.register_gauge("ptero_reconstructor_queue_bytes", "Frames received and not yet taken in",
                           [this] { return static_cast<double>(queue.bytes()); });
  }

  void receive(std::stop_token stop, runtime::Heartbeat& beat) {
    using Kind = transport::LinkConsumer::EventKind;
    while (!stop.stop_requested()) {
      beat.beat();
      const auto event = link.poll(100ms);
      if (event.kind == Kind::refused) log.warning("the classifier refused", {{"why", event.text}});
      if (event.kind == Kind::entry && !intake.take(event.entry, stop)) unreadable.add();
    }
  }

  void solve(std::stop_token stop, runtime::Heartbeat& beat) {
    while (!stop.stop_requested()) {
      beat.beat();
      const bool busy = job && job->can_run();
      auto item = busy ? queue.try_pop() : queue.pop_for(100ms, stop);
      // A batch takes as long as many frames; take in a few and go on iterating.
      for (int i = 0; item; ++i) {
        std::visit([this](auto& value) { take(value); }, *item);
        if (i >= 64) break;
        item = queue.try_pop();
      }
      if (job && ending_early.exchange(false)) job->finish_early();
      if (job && job->can_run()) job->run();
      if (!job) continue;
      patterns.set(static_cast<double>(job->patterns_run()));
      if (job->done())
        finish();
      else if (job->frames() > 0 && static_cast<double>(runtime::steady_now_ns() - last_snapshot_ns) >
                                        options.snapshot_every_s * 1e9)
        publish_snapshot();
    }
  }

  void take(SeriesInfo& info) {
    if (job) finish();
    log.info("series started", {{"uid", info.uid}});
    job.emplace(std::move(info), options.solver, options.min_frames);
  }

  void take(SelectedFrame& selected) {
    if (!job) return;
    if (const auto why = job->take(selected.frame, selected.t_arrival_ns))
      metrics
          .counter("ptero_reconstructor_refused_frames_total",
                   "Selected frames that could not be used, by reason", {{"reason", *why}})
          .add();
    frames.set(static_cast<double>(job->frames()));
  }

  void take(wire::RevisionNote& note) {
    if (job && note.series_uid == job->info().uid) job->revise(note);
  }

  void publish_snapshot() {
    const auto snapshot = job->snapshot();
    last_snapshot_ns = runtime::steady_now_ns();
    if (snapshot.object.empty()) return;
    const auto age_ns = last_snapshot_ns - job->newest_arrival_ns();
    age.record_ns(age_ns);
    error.set(job->last_error());
    wire::SnapshotEvent event{.series_uid = job->info().uid,
                              .frames_used = snapshot.frames,
                              .last_frame = snapshot.last_frame,
                              .iteration = snapshot.epochs,
                              .amplitude_error = job->last_error(),
                              .age_ms = static_cast<double>(age_ns) * 1e-6,
                              .shape = snapshot.object.shape(),
                              .pixel_m = snapshot.pixel_m};
    const auto phase = image::phase_of(snapshot.object);
    events.publish(
        wire::topic_snapshot,
        {wire::encode(event), Bytes::take(std::vector<float>(phase.pixels().begin(), phase.pixels().end())),
         Bytes::take(
             std::vector<float>(snapshot.coverage.pixels().begin(), snapshot.coverage.pixels().end()))});
  }

  void finish() {
    if (job->frames() > 0) publish_snapshot();
    const auto finished = job->finish();
    const auto& uid = finished.info.uid;
    const auto folder =
        spool::series_folder(options.out, uid, spool::folder_layout(options.folder_per_series));
    write_reconstruction(folder, finished);
    events.publish(std::string(wire::topic_report) + "reconstructor",
                   {wire::encode(wire::ReportEvent{uid, reconstruction_report(options.solver, finished)})});
    if (finished.problem.empty())
      log.info("series reconstructed", {{"uid", uid},
                                        {"frames", finished.snapshot.frames},
                                        {"iterations", finished.snapshot.epochs},
                                        {"amplitude_error", job->last_error()}});
    else
      log.warning(finished.snapshot.object.empty() ? "no image" : "series reconstructed, with a problem",
                  {{"uid", uid}, {"why", finished.problem}});
    job.reset();
  }

  const ReconstructorOptions options;
  telemetry::Logger log{"reconstructor"};
  telemetry::Metrics metrics{"reconstructor"};
  telemetry::Gauge frames = metrics.gauge("ptero_reconstructor_frames", "Frames in the reconstruction");
  telemetry::Gauge patterns =
      metrics.gauge("ptero_reconstructor_pattern_updates", "Pattern updates of the current series");
  telemetry::Gauge error = metrics.gauge("ptero_reconstructor_amplitude_error", "Relative amplitude error");
  telemetry::Counter unreadable = metrics.counter("ptero_reconstructor_unreadable_entries_total",
                                                  "Entries of the selection link that are no message");
  telemetry::LatencyRecorder age{metrics.histogram(
      "ptero_frame_to_snapshot_seconds", "Age of a snapshot: now minus the arrival of its newest frame",
      telemetry::latency_buckets_s())};
  runtime::BoundedQueue<Item> queue;
  FrameIntake intake{queue};
  std::optional<SeriesJob> job;  // of the solve stage
  std::atomic<bool> ending_early = false;
  std::int64_t last_snapshot_ns = 0;
  transport::LinkConsumer link;
  transport::EventPublisher events;
  runtime::Service service{"reconstructor"};
};

Reconstructor::Reconstructor(transport::Context& context, ReconstructorOptions options)
    : state_(std::make_unique<State>(context, std::move(options))) {}
Reconstructor::~Reconstructor() = default;

runtime::Service& Reconstructor::service() {
  return state_->service;
}
telemetry::Metrics& Reconstructor::metrics() {
  return state_->metrics;
}
std::vector<std::string> Reconstructor::not_ready() const {
  return state_->service.unhealthy_stages(30'000'000'000);
}
void Reconstructor::finish_early() {
  state_->ending_early = true;
}
std::string Reconstructor::events() const {
  return state_->events.endpoint();
}

}  // namespace ptero::reconstructor
