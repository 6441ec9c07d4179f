#include <ptero/services/reconstructor/reconstructor.hpp>

#include <atomic>
#include <filesystem>

#include <ptero/core/series_folder.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/peak.hpp>
#include <ptero/services/host/folder_lock.hpp>
#include <ptero/services/host/self_report.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/transport/link_consumer.hpp>

#include "checkpoint_keeper.hpp"
#include "frame_intake.hpp"
#include "job_gauges.hpp"
#include "reconstruction_control.hpp"
#include "series_job.hpp"
#include "series_news.hpp"

namespace ptero::reconstructor {

using namespace std::chrono_literals;

namespace {
// Of large frames on few cores; what takes longer is taken for a hang.
constexpr double longest_step_s = 300;
// Its last passes go on for so long while the next series waits; after that the pass under way is the last.
constexpr double passes_before_next_s = 10;

std::vector<FrameId> left_out_of(const SeriesJob& job) {
  std::vector<FrameId> ids;
  for (const auto& [id, why] : job.left_out()) ids.push_back(id);
  return ids;
}
}  // namespace

struct Reconstructor::State {
  State(transport::Context& context, ReconstructorOptions given)
      : options(std::move(given)),
        queue(100'000, options.queue_bytes, bytes_of),
        before_us(options.checkpoint_every_s > 0 && options.solver.enabled
                      ? earlier_series(options.out, options.solver)
                      : std::nullopt),
        intake(queue, before_us),
        link(context, options.selection_link, {.name = options.name, .credit = options.credit},
             [this] { return intake.resume(); }),
        events(context, options.events, {.insecure = options.insecure}),
        control(context, options.control, options.insecure) {
    scan::check_before_start(options.solver);
    if (options.solver.engine.backend == ptycho::Backend::cuda)
      ptycho::make_workspace(ptycho::Backend::cuda, {.n = 8});
    using Beat = runtime::Heartbeat;
    service.add_stage("receive", [this](std::stop_token stop, Beat& beat) { receive(stop, beat); });
    service.add_stage("solve", [this](std::stop_token stop, Beat& beat) { solve(stop, beat); });
    self.add_events_stage(service, events);
    control.add_stage(service);
    metrics.register_gauge("ptero_reconstructor_running", [this] { return stopped ? 0.0 : 1.0; });
    metrics.register_gauge("ptero_reconstructor_queue_bytes",
                           [this] { return static_cast<double>(queue.bytes()); });
  }

  void receive(std::stop_token stop, runtime::Heartbeat& beat) {
    using Kind = transport::LinkConsumer::EventKind;
    while (!stop.stop_requested()) {
      beat.beat();
      const auto event = link.poll(100ms);
      behind = event.kind == Kind::entry ? event.entry.behind : 0;
      if (event.kind == Kind::entry) beat.waiting("for room in the queue");
      if (event.kind == Kind::session) self.alarms().clear("link_refused");
      if (event.kind == Kind::refused)
        self.alarms().raise("link_refused", "the classifier refuses us: " + event.text);
      if (event.kind == Kind::entry && !intake.take(event.entry, stop)) unreadable.add();
      if (intake.must_say_hello()) link.hello();
    }
  }

  void solve(std::stop_token stop, runtime::Heartbeat& beat) {
    stop_of_solve = stop;
    beat_of_solve = &beat;
    while (!stop.stop_requested()) {
      beat.beat();
      obey_wishes();
      const bool busy = job && !stopped && job->can_run();
      auto item = busy ? queue.try_pop() : queue.pop_for(100ms, stop);
      // Most of it is one batch; a series that starts has files to read, one that ends has files to write.
      beat.busy(stopped ? "stopped by a person" : "reconstructing", longest_step_s);
      // A batch takes as long as many frames; take in a few and go on iterating.
      for (int i = 0; item; ++i) {
        std::visit([this](auto& value) { take(value); }, *item);
        if (i >= frames_a_step()) break;
        item = queue.try_pop();
      }
      note_load();
      if (job && ending_early.exchange(false)) {
        set_stopped(false);
        job->finish_early();
      }
      if (job && !stopped && job->can_run()) job->run();
      if (!job) continue;
      show_progress();
      // Who was told that it begins anew shall see it do so.
      if (job->done()) obey_wishes();
      if (job->done())
        finish(stop, &beat);
      else if (job->frames() > 0 && news.snapshot_due(snapshot_every_s()))
        publish_snapshot();
      if (job && checkpoint_due()) write_checkpoint();
    }
    // A restart in order loses nothing at all.
    if (job && keeper) write_checkpoint();
  }

  void obey_wishes() {
    while (const auto wish = control.next()) obey(*wish);
  }

  void obey(Wish wish) {
    if (!job) return;
    if (wish == Wish::restart) {
      job->restart();
      told_recoveries = 0;
      told_problem = false;
      for (const char* of_the_last : {"diverged", "no_image"}) self.alarms().clear(of_the_last);
      // What it held is given up: a kill now begins anew too.
      if (keeper) keeper->remove();
      begin_checkpoints();
    }
    set_stopped(wish == Wish::stop);
  }

  void set_stopped(bool stop) {
    stopped = stop;
    if (job) news.tell_running(*job, !stopped);
  }

  /// What is left out while frames come faster than they are taken in, in this order: the probe's pictures,
  /// snapshots, iterations.
  using Degradation = runtime::Degradation;
  double snapshot_every_s() const {
    return options.snapshot_every_s * (self.at_least(Degradation::snapshots) ? 5 : 1);
  }
  int frames_a_step() const { return self.at_least(Degradation::iterations) ? 1024 : 64; }
  /// What a step could not take in: between two steps frames gather as they should.
  void note_load() {
    const auto left = static_cast<double>(queue.depth() + behind);
    load.set(std::max(left / static_cast<double>(options.lag_frames),
                      static_cast<double>(queue.bytes()) / static_cast<double>(options.queue_bytes)));
  }

  void show_progress() {
    gauges.show(*job);
    news.tell_warnings(*job);
    if (job->recoveries() > told_recoveries)
      self.alarms().raise("diverged", "the reconstruction of " + job->info().uid + " diverged " +
                                          std::to_string(job->recoveries()) +
                                          " times; it goes on from its last good state with smaller steps");
    tell_problem();
    told_recoveries = job->recoveries();
  }

  /// Short series come faster than their last passes are done, and an image of none is none. What comes
  /// meanwhile waits on the link.
  void complete_before_next() {
    if (!job->is_final()) return;
    const auto begun_ns = runtime::steady_now_ns();
    while (job->can_run() && !stopped && !stop_of_solve.stop_requested()) {
      if (beat_of_solve) beat_of_solve->busy("the last passes, while the next series waits", longest_step_s);
      job->run();
      if (static_cast<double>(runtime::steady_now_ns() - begun_ns) > passes_before_next_s * 1e9)
        job->finish_early();
      obey_wishes();
    }
    show_progress();
  }

  void take(SeriesStart& start) {
    if (job) {
      complete_before_next();
      finish({}, nullptr);
    }
    while (control.next()) {
    }  // of the series before: no word on this one
    log.info("series started", {{"uid", start.info.uid}});
    leave_earlier(start);
    for (const char* of_the_last : {"diverged", "no_image"}) self.alarms().clear(of_the_last);
    began_ns = runtime::steady_now_ns();
    news.begin();
    told_recoveries = 0;
    told_problem = false;
    const auto uid = start.info.uid;
    started_ns = start.started_ns;
    owner = {uid, start.started_ns, std::move(start.entry), checkpoint_options(options.solver)};
    job.emplace(std::move(start.info), options.solver, options.min_frames);
    control.set_active(job->works());
    set_stopped(false);
    tell_problem();
    begin_checkpoints();
    if (!keeper) return;
    if (const auto earlier = keeper->earlier()) resume(*earlier);
  }

  void begin_checkpoints() {
    if (options.checkpoint_every_s == 0 || !options.solver.enabled) return;
    keeper.emplace(folder_of(owner.series_uid), owner);
    last_checkpoint_ns = runtime::steady_now_ns();
    last_checkpoint_epochs = 0;
  }

  /// At once, and not only at the end of a scan that somebody is still running.
  void tell_problem() {
    if (!job->problem().empty() && options.solver.enabled && !std::exchange(told_problem, true))
      self.alarms().raise("no_image",
                          (job->epochs() == 0 ? "there will be no image of " + job->info().uid
                                              : "the image of " + job->info().uid + " gets no better") +
                              ": " + job->problem());
  }

  /// The classifier has gone on: the frames of a checkpoint's series will not come again, and without them
  /// the checkpoint is of no use. They are in its raw file.
  void leave_earlier(const SeriesStart& start) {
    const auto left = std::exchange(before_us, std::nullopt);
    if (!left || left->finished ||
        (left->series_uid == start.info.uid && left->started_ns == start.started_ns))
      return;
    log.warning("a series was not finished and is not sent again; ptero batch reconstructs its raw.h5",
                {{"uid", left->series_uid}, {"checkpoint", left->file.string()}});
    std::error_code ignored;
    std::filesystem::remove(left->file, ignored);
  }

  /// Nothing to do but to say it again, for who came since.
  void take(AlreadyFinished& done) {
    const auto& record = *done.series.finished;
    log.info(
        "series is reconstructed already",
        {{"uid", record.series_uid}, {"product", done.series.file.string()}, {"set_hash", record.set_hash}});
    before_us.reset();
    try {
      news.tell_finished(done.series);
    } catch (const Error& gone) {
      log.warning("its product cannot be shown any more", {{"why", gone.what()}});
    }
    news.tell_report(record.series_uid, record.report);
  }

  void resume(const WorkerCheckpoint& earlier) {
    try {
      job->resume(earlier);
    } catch (const InputError& refused) {
      return keeper->discard(refused.what());
    }
    last_checkpoint_epochs = job->epochs();
    told_recoveries = job->recoveries();
    log.info("goes on from a checkpoint", {{"uid", job->info().uid},
                                           {"revision", earlier.revision},
                                           {"frames", earlier.state.frames.size()},
                                           {"iterations", job->epochs()},
                                           {"amplitude_error", job->last_error()}});
  }

  std::filesystem::path folder_of(const std::string& uid) const {
    return series_folder(options.out, uid, folder_layout(options.folder_per_series));
  }

  /// After whole epochs only: between them nothing is settled.
  bool checkpoint_due() const {
    return keeper && job->epochs() > last_checkpoint_epochs && !keeper->busy() &&
           static_cast<double>(runtime::steady_now_ns() - last_checkpoint_ns) >
               options.checkpoint_every_s * 1e9;
  }

  void write_checkpoint() {
    auto checkpoint = job->epochs() > last_checkpoint_epochs ? job->checkpoint() : std::nullopt;
    last_checkpoint_ns = runtime::steady_now_ns();
    last_checkpoint_epochs = job->epochs();
    if (checkpoint) keeper->write(*std::move(checkpoint));
  }

  void take(SelectedFrame& selected) {
    if (!job) return;
    job->take(selected.frame, selected.t_arrival_ns);
  }

  void take(wire::RevisionNote& note) {
    if (job && note.series_uid == job->info().uid) job->revise(note);
  }

  void publish_snapshot() {
    news.tell_snapshot(*job, !stopped, self.at_least(Degradation::previews) ? Extras::none : Extras::probe);
  }

  /// The picture first, then the numbers that take as long as some epochs.
  void finish(std::stop_token stop, runtime::Heartbeat* beat) {
    control.set_active(false);
    if (job->frames() > 0) publish_snapshot();
    show_progress();
    auto finished = job->finish();
    const auto& uid = finished.info.uid;
    scan::compare_with_truth(options.solver, finished.snapshot, finished.quality);
    scan::write_reconstruction(folder_of(uid), finished);
    scan::Quality measured = job->quality([&] {
      if (beat) beat->busy("measuring the quality", longest_step_s);
      // Another series waits, somebody is in a hurry, or this is the end.
      return beat && !stop.stop_requested() && !ending_early && queue.depth() == 0;
    });
    finished.quality.sums = measured.sums;
    finished.quality.frc = std::move(measured.frc);
    ending_early = false;
    if (const auto ages = news.ages(); ages.count > 0) finished.age = ages;
    const auto wrong = scan::what_is_wrong(finished);
    if (!wrong.empty() && options.solver.enabled)
      self.alarms().raise("no_image", (finished.snapshot.object.empty()
                                           ? "there is no image of " + uid + ": "
                                           : "the image of " + uid + " is not what it should be: ") +
                                          wrong);
    const auto report = self.with_alarms(scan::reconstruction_report(options.solver, finished), began_ns);
    // One that was cut short or diverged is not done: a worker that starts again takes it up.
    if (finished.problem.empty() && !job->set_hash().empty())
      finished.record =
          ProductRecord{
              uid,    started_ns,       job->revision(), job->set_hash(), product_options(options.solver),
              report, left_out_of(*job)}
              .to_text();
    scan::write_product_of(folder_of(uid), finished);
    news.tell_report(uid, report);
    if (finished.problem.empty())
      log.info("series reconstructed", {{"uid", uid},
                                        {"frames", finished.snapshot.frames},
                                        {"iterations", finished.snapshot.epochs},
                                        {"converged", finished.snapshot.converged},
                                        {"amplitude_error", job->last_error()}});
    if (keeper) keeper->remove();
    keeper.reset();
    if (stopped) set_stopped(false);
    job.reset();
  }

  const ReconstructorOptions options;
  const host::FolderLock lock{options.out, "reconstructor"};
  telemetry::Logger log{"reconstructor"};
  telemetry::Metrics metrics{"reconstructor"};
  host::SelfReport self{"reconstructor", metrics, [this] { return load.take_most(); }};
  JobGauges gauges{metrics};
  telemetry::Counter unreadable = metrics.counter("ptero_reconstructor_unreadable_entries_total");
  runtime::BoundedQueue<Item> queue;
  runtime::Peak<double> load;
  std::atomic<std::uint64_t> behind = 0;   // frames that the classifier has for us, beyond those on their way
  std::optional<EarlierSeries> before_us;  // until its series or another starts
  FrameIntake intake;
  // Of the solve stage, and of one series: the job and its checkpoint.
  std::optional<SeriesJob> job;
  std::optional<CheckpointKeeper> keeper;
  std::int64_t began_ns = 0;
  std::int64_t last_checkpoint_ns = 0;
  std::size_t last_checkpoint_epochs = 0;
  unsigned told_recoveries = 0;
  bool told_problem = false;
  CheckpointOwner owner;
  std::atomic<bool> stopped = false;  // by a person
  std::atomic<bool> ending_early = false;
  std::stop_token stop_of_solve;
  runtime::Heartbeat* beat_of_solve = nullptr;
  std::int64_t started_ns = 0;
  transport::LinkConsumer link;
  transport::EventPublisher events;
  SeriesNews news{events,
                  metrics.histogram("ptero_frame_to_snapshot_seconds", telemetry::latency_buckets_s()),
                  options.solver};  // of the solve stage
  ReconstructionControl control;
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
  return state_->self.not_ready(state_->service);
}
runtime::Alarms& Reconstructor::alarms() {
  return state_->self.alarms();
}
void Reconstructor::finish_early() {
  state_->ending_early = true;
}
bool Reconstructor::stopped() const {
  return state_->stopped;
}
std::string Reconstructor::events() const {
  return state_->events.endpoint();
}
std::string Reconstructor::control() const {
  return state_->control.endpoint();
}

}  // namespace ptero::reconstructor
