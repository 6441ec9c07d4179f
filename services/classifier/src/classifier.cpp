#include <ptero/services/classifier/classifier.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include <ptero/core/error.hpp>
#include <ptero/core/series_folder.hpp>
#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/on_exit.hpp>
#include <ptero/runtime/peak.hpp>
#include <ptero/services/host/control_socket.hpp>
#include <ptero/services/host/folder_lock.hpp>
#include <ptero/services/host/self_report.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/transport/link_producer.hpp>

#include "advisor.hpp"
#include "label_sender.hpp"
#include "log_options.hpp"
#include "progress.hpp"
#include "region_control.hpp"
#include "selection.hpp"
#include "series_session.hpp"

namespace ptero::classifier {

using namespace std::chrono_literals;

namespace {

// Of a scan of millions of frames; what takes longer is taken for a hang.
constexpr double longest_step_s = 300;

unsigned threads_of(const ClassifierOptions& options) {
  if (options.feature_threads > 0) return options.feature_threads;
  return std::clamp(std::thread::hardware_concurrency() / 2, 1u, 4u);
}

}  // namespace

struct Classifier::State {
  State(transport::Context& context, ClassifierOptions given)
      : options(std::move(given)),
        pool(threads_of(options)),
        frames(context, options.frame_link, {.name = options.name, .credit = options.credit},
               [this] {
                 return wire::Hello{.series_uid = session ? session->info().uid : "",
                                    .next = next,
                                    .started_ns = started_ns};
               }),
        link(
            context, options.selection_link, {.insecure = options.insecure},
            [this](const wire::Hello& hello) -> Result<std::unique_ptr<transport::Feed>, std::string> {
              return std::unique_ptr<transport::Feed>(std::make_unique<SelectionFeed>(selections, hello));
            },
            [](const std::string&, const Parts&) {}),
        events(context, options.events, {.insecure = options.insecure}),
        control(context, options.control, options.insecure),
        wishes(options.method.roi.shape(), options.method.roi.segments),
        advisor(
            options.steering, options.method.roi,
            [this](std::function<void()> task) { tasks.push(std::move(task)); }, events, metrics) {
    using Beat = runtime::Heartbeat;
    service.add_stage("classify", [this](std::stop_token stop, Beat& beat) { classify(stop, beat); });
    service.add_stage("compute", [this](std::stop_token stop, Beat& beat) { compute(stop, beat); });
    service.add_stage("select", [this](std::stop_token stop, Beat& beat) {
      link.run([&] {
        beat.beat();
        return !stop.stop_requested();
      });
    });
    service.add_stage("events", [this](std::stop_token stop, Beat& beat) {
      events.run([&] {
        beat.beat();
        self.publish(service, events);
        // Outlives the classify stage: its report is the last word.
        return classifying || !stop.stop_requested();
      });
    });
    service.add_stage("preview",
                      [this](std::stop_token stop, Beat& beat) { progress.run_preview(stop, beat); });
    metrics.register_gauge("ptero_classifier_link_consumers",
                           [this] { return static_cast<double>(link.consumers()); });
    metrics.register_gauge("ptero_classifier_link_bad_messages",
                           [this] { return static_cast<double>(link.bad_messages()); });
  }

  void classify(std::stop_token stop, runtime::Heartbeat& beat) {
    const runtime::OnExit last([this] {
      if (session && finished) session->log().remove();
      tasks.close();
      classifying = false;
    });
    pulse = &beat;
    while (!stop.stop_requested()) {
      beat.beat();
      // Frames that are there already join the batch; none is waited for.
      const bool batch_open = session && !session->batch_empty();
      const auto event = frames.poll(batch_open ? 0ms : 50ms, &want_wakeup);
      using Kind = transport::LinkConsumer::EventKind;
      if (event.kind == Kind::session) start_link_session();
      if (event.kind == Kind::session) self.alarms().clear("link_refused");
      if (event.kind == Kind::refused)
        self.alarms().raise("link_refused", "ingest refuses us: " + event.text);
      if (event.kind == Kind::entry) {
        if (event.entry.ticket == 0) behind.set(event.entry.behind);
        take(event.entry);
      } else if (!batch_open) {
        behind.set(0);  // nothing came though there is credit
      }
      if (session && !session->batch_empty() && (event.kind != Kind::entry || session->batch_full())) flush();
      if (something_wanted.exchange(false)) fetch_wanted();
      control.answer([this](const wire::Control& asked) { return obey(asked); });
      if (session && !options.method.select_all) {
        pulse->busy("advice", longest_step_s);  // in a pause the whole scan is classified for it
        advisor.look(*session, runtime::steady_now_ns());
      }
      // One message for all labels said while entries keep coming; a pause sends what there is.
      if (session && (event.kind != Kind::entry || session->labelled() % 16 == 0)) labels.send(*session);
    }
  }

  void compute(std::stop_token, runtime::Heartbeat& beat) {
    // Not ended by a stop but by the classify stage, which may be waiting for a revision.
    while (!tasks.drained()) {
      beat.beat();
      const auto task = tasks.pop_for(200ms);
      beat.busy("computing a revision", longest_step_s);
      if (task) (*task)();
    }
  }

  void take(const transport::LinkEntry& entry) {
    const auto decoded = wire::decode_entry(entry.parts);
    if (entry.ticket == 0) next = entry.sequence + 1;
    if (!decoded) return unreadable.add();
    const auto& [note, message] = *decoded;
    if (!message) {
      // In order: ingest counted it, and the id is given up in time. Wanted: ingest does not hold it any
      // more.
      if (const auto wanted = asked(entry.ticket); wanted && note.fault->frame)
        wanted->give_up(*note.fault->frame);
      return link.wake();
    }
    if (entry.ticket != 0) return answer_came(*message, entry);
    if (const auto* info = std::get_if<SeriesInfo>(&*message)) return start(*info, note, entry.parts);
    if (!session) return;
    if (const auto* frame = std::get_if<wire::StreamFrame>(&*message)) {
      if (finished) return;
      session->take(entry.sequence, note, *frame, entry.parts);
      progress.show(frame->frame);
      return;
    }
    finish();
  }

  /// The answer to a person.
  wire::ControlAnswer obey(const wire::Control& asked) {
    if (auto decided = advisor.decide(asked, runtime::steady_now_ns())) return *std::move(decided);
    const auto said = wishes.obey(asked, {[this](roi::RegionShape shape) { return reshape(shape); },
                                          [this](int segments) { return resegment(segments); },
                                          [this](const roi::Mark& mark) { return this->mark(mark); }});
    if (said.ok && session) progress.publish_roi(*session);
    return said;
  }
  bool running() const { return session && !finished; }

  wire::ControlAnswer reshape(roi::RegionShape shape) {
    if (options.method.select_all) return {false, "every frame is selected (select_all); there is no region"};
    if (!running()) return {true, "in force for the next series"};
    session->reshape(shape);
    return {true, "in force within 17 frames"};
  }
  wire::ControlAnswer resegment(int segments) {
    if (running()) session->want_segments(segments);
    return {true, std::to_string(segments) + " segments from the next series on"};
  }
  wire::ControlAnswer mark(const roi::Mark& mark) {
    if (!running()) return {false, "no series runs; frames can be marked while theirs does"};
    const auto count = std::to_string(session->mark(mark));
    link.wake();
    labels.send(*session);
    return {true, mark.bad
                      ? count + " of them have come and are out of the set; those that will come are out too"
                      : count + " of them come into the set again where a revision within 17 frames says so"};
  }

  std::shared_ptr<Selection> asked(std::uint64_t ticket) const {
    return ticket == 0 ? nullptr : selections.get(ticket - 1);
  }

  void answer_came(const wire::StreamMessage& message, const transport::LinkEntry& entry) {
    const auto* frame = std::get_if<wire::StreamFrame>(&message);
    if (const auto wanted = asked(entry.ticket); wanted && frame) wanted->offer(frame->frame.id, entry.parts);
    link.wake();
  }

  void start(const SeriesInfo& info, const wire::Received& note, const Parts& parts) {
    // The same entry again: a replay from the beginning.
    if (session && session->info().uid == info.uid && note.t_arrival_ns == started_ns) return;
    pulse->busy("reading the checkpoint", longest_step_s);
    started_ns = note.t_arrival_ns;
    if (session && finished) session->log().remove();
    finished = false;
    progress.begin(info);
    make_session(info, parts);
    const auto resume_at = restore(info, parts);
    // What a person did to this series stands in its log; otherwise what the series before ended with.
    if (session->reshaped())
      wishes.set_wanted(session->shape());
    else if (!(wishes.wanted() == session->shape()))
      session->reshape(wishes.wanted());
    if (resume_at || session->wanted_segments())
      wishes.set_segments(session->wanted_segments().value_or(method.roi.segments));
    selection = std::make_shared<Selection>(info.uid, parts, options.cache_bytes, [this] {
      something_wanted = true;
      want_wakeup.notify();
    });
    session->tell(selection);
    advisor.begin(info.uid, session->changes_by_people());
    selections.add(selection);
    link.wake();
    if (!resume_at) return;
    // What is on its way since the first hello is in the log already, or comes again.
    next = *resume_at;
    frames.hello();
  }

  std::filesystem::path folder_of(const std::string& uid) const {
    return series_folder(options.out, uid, folder_layout(options.folder_per_series));
  }

  void make_session(const SeriesInfo& info, const Parts& start_entry) {
    session.reset();  // its log is another's from here on
    const auto path = folder_of(info.uid) / "roi.journal";
    method = options.method;
    method.roi.segments = wishes.segments();
    if (const auto begun = segments_begun_with(path, start_entry, options.method, options.wait))
      method.roi.segments = *begun;
    session.emplace(
        info, method, options.wait,
        SessionTools{[this](std::function<void()> task) { tasks.push(std::move(task)); }, pool, latency},
        std::make_unique<FeatureLog>(
            path, LogOwner{info.uid, start_entry, log_options(method, options.method, options.wait)}));
  }

  /// What an earlier run of this series logged is taken in. Returns where the frame link has to go on.
  std::optional<std::uint64_t> restore(const SeriesInfo& info, const Parts& start_entry) {
    const auto start_ns = runtime::steady_now_ns();
    try {
      const auto resume_at = session->restore();
      resumed.set(static_cast<double>(session->labelled()));
      if (resume_at)
        log.info("series resumed from the checkpoint",
                 {{"uid", info.uid},
                  {"frames", session->labelled()},
                  {"seconds", static_cast<double>(runtime::steady_now_ns() - start_ns) * 1e-9}});
      return resume_at;
    } catch (const Error& error) {
      session->log().discard(error.what());
      make_session(info, start_entry);
      resumed.set(0);
      return std::nullopt;
    }
  }

  void flush() {
    pulse->busy("labelling", longest_step_s);  // may wait for a revision
    frames_total.add(static_cast<double>(session->batch_size()));
    bad_payloads.add(static_cast<double>(session->flush()));
    link.wake();
    progress.publish(*session, false);
  }

  void finish() {
    if (finished) return;
    flush();
    finished = true;
    pulse->busy("the final set and its files", longest_step_s);
    session->finish();
    labels.finish(*session);
    link.wake();
    const auto& info = session->info();
    progress.conclude(*session, method, folder_of(info.uid));
    log.info("series classified", {{"uid", info.uid},
                                   {"frames", session->labelled()},
                                   {"selected", session->set().size()},
                                   {"fraction", session->classification().fraction}});
  }

  void start_link_session() {
    labels.repeat(session && !finished ? &*session : nullptr);
    for (const auto& [number, one] : selections.alive()) one->ask_again();
  }

  void fetch_wanted() {
    for (const auto& [number, one] : selections.alive()) {
      auto ids = one->take_wanted(64);
      if (ids.empty()) continue;
      fetched.add(static_cast<double>(ids.size()));
      frames.want({.series_uid = one->series_uid(), .ticket = number + 1, .ids = std::move(ids)});
    }
  }

  /// How far behind it was at most since it was asked last.
  double take_load() {
    return static_cast<double>(behind.take_most()) / static_cast<double>(options.lag_frames);
  }

  const ClassifierOptions options;
  const host::FolderLock lock{options.out, "classifier"};
  telemetry::Logger log{"classifier"};
  telemetry::Metrics metrics{"classifier"};
  runtime::Peak<std::uint64_t> behind;  // frames that ingest has for us, beyond those on their way
  host::SelfReport self{"classifier", metrics, [this] { return take_load(); }};
  telemetry::Counter frames_total = metrics.counter("ptero_classifier_frames_total");
  telemetry::Counter bad_payloads = metrics.counter("ptero_classifier_bad_payloads_total");
  telemetry::Counter unreadable = metrics.counter("ptero_classifier_unreadable_entries_total");
  telemetry::Counter fetched = metrics.counter("ptero_classifier_fetched_frames_total");
  telemetry::Gauge resumed = metrics.gauge("ptero_classifier_resumed_frames");
  telemetry::LatencyRecorder latency{
      metrics.histogram("ptero_frame_to_label_seconds", telemetry::latency_buckets_s())};
  SelectionStore selections;
  FeaturePool pool;
  runtime::BoundedQueue<std::function<void()>> tasks{16};
  transport::Wakeup want_wakeup;
  std::atomic<bool> something_wanted = false;  // set by selections
  std::optional<SeriesSession> session;        // of the classify stage, as what follows
  std::shared_ptr<Selection> selection;
  std::uint64_t next = 0;
  bool finished = false;
  std::int64_t started_ns = 0;
  std::atomic<bool> classifying = true;
  runtime::Heartbeat* pulse = nullptr;  // of the classify stage
  transport::LinkConsumer frames;
  LabelSender labels{frames};  // of the classify stage
  transport::LinkProducer link;
  transport::EventPublisher events;
  host::ControlSocket control;                                  // of the classify stage
  RegionControl wishes;                                         // likewise, as what follows
  Progress progress{{events, metrics, self, latency, wishes}};  // likewise, but for the preview
  scan::MethodOptions method;                                   // of the series
  Advisor advisor;
  runtime::Service service{"classifier"};
};

Classifier::Classifier(transport::Context& context, ClassifierOptions options)
    : state_(std::make_unique<State>(context, std::move(options))) {}
Classifier::~Classifier() = default;

runtime::Service& Classifier::service() {
  return state_->service;
}
telemetry::Metrics& Classifier::metrics() {
  return state_->metrics;
}
std::vector<std::string> Classifier::not_ready() const {
  return state_->self.not_ready(state_->service);
}
runtime::Alarms& Classifier::alarms() {
  return state_->self.alarms();
}
std::string Classifier::selection_link() const {
  return state_->link.endpoint();
}
std::string Classifier::events() const {
  return state_->events.endpoint();
}
std::string Classifier::control() const {
  return state_->control.endpoint();
}

}  // namespace ptero::classifier
