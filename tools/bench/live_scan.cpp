#include "bench/live_scan.hpp"

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include <ptero/codec/codec.hpp>
#include <ptero/core/error.hpp>
#include <ptero/product/product.hpp>
#include <ptero/quality/placed.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/on_exit.hpp>
#include <ptero/scan/quality_numbers.hpp>
#include <ptero/services/classifier/classifier.hpp>
#include <ptero/services/detector/sender.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/services/reconstructor/reconstructor.hpp>

namespace ptero::tools {

namespace {

using namespace std::chrono_literals;

/// A scan made beforehand: the simulation takes nothing from what is measured.
class Prepared : public detector::FrameSource {
 public:
  explicit Prepared(const synth::Simulator& simulator) : info_(simulator.info()) {
    for (FrameId id = 0; id < simulator.count(); ++id) frames_.push_back(simulator.frame(id));
  }
  const SeriesInfo& info() const override { return info_; }
  std::uint64_t size() const override { return frames_.size(); }
  std::optional<Frame> frame(FrameId id) override { return frames_[id]; }
  std::optional<Position> position(FrameId id) override { return frames_[id].position; }

 private:
  SeriesInfo info_;
  std::vector<Frame> frames_;
};

/// The three services on ports of their own.
class Pipeline {
 public:
  Pipeline(transport::Context& context, const std::string& source, const LiveScanOptions& options)
      : ingest_(context, at_ingest(source, options)),
        classifier_(context, at_classifier(ingest_.frame_link(), options)),
        reconstructor_(context, at_reconstructor(classifier_.selection_link(), options)) {
    for (auto* service : services()) service->start();
  }
  ~Pipeline() {
    for (auto* service : services()) service->request_stop();
    for (auto* service : services()) service->join();
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  std::string pictures() const { return reconstructor_.events(); }
  void fail_if_a_stage_failed() {
    for (auto* service : services())
      if (const auto failure = service->failure()) std::rethrow_exception(failure->exception);
  }

 private:
  std::array<runtime::Service*, 3> services() {
    return {&ingest_.service(), &classifier_.service(), &reconstructor_.service()};
  }
  static ingest::IngestOptions at_ingest(const std::string& source, const LiveScanOptions& options) {
    ingest::IngestOptions o;
    o.source = "native:" + source;
    o.frame_link = o.events = "tcp://127.0.0.1:*";
    o.out = options.out.string();
    o.folder_per_series = false;
    return o;
  }
  static classifier::ClassifierOptions at_classifier(const std::string& link,
                                                     const LiveScanOptions& options) {
    classifier::ClassifierOptions o;
    o.method.select_all = options.select_all;
    o.frame_link = link;
    o.selection_link = o.events = "tcp://127.0.0.1:*";
    o.out = options.out.string();
    o.folder_per_series = false;
    return o;
  }
  static reconstructor::ReconstructorOptions at_reconstructor(const std::string& link,
                                                              const LiveScanOptions& options) {
    reconstructor::ReconstructorOptions o;
    o.solver = options.solver;
    o.selection_link = link;
    o.events = "tcp://127.0.0.1:*";
    o.out = options.out.string();
    o.folder_per_series = false;
    o.snapshot_every_s = options.snapshot_every_s;
    return o;
  }

  ingest::Ingest ingest_;
  classifier::Classifier classifier_;
  reconstructor::Reconstructor reconstructor_;
};

SeenPicture picture_of(wire::SnapshotEvent event, const Parts& parts) {
  if (parts.size() != 5 || parts[2].size() != event.shape.count() * sizeof(float))
    throw Error("a snapshot has not the pictures it announces");
  const auto values = [&](std::size_t part) {
    Image<float> image(event.shape);
    std::memcpy(image.data(), parts[part].data(), parts[part].size());
    return image;
  };
  const auto phase = values(2), amplitude = values(4);
  SeenPicture seen{.object = Image<std::complex<float>>(event.shape), .coverage = values(3)};
  for (std::size_t i = 0; i < phase.size(); ++i)
    seen.object.data()[i] = std::polar(amplitude.data()[i], phase.data()[i]);
  seen.event = std::move(event);
  return seen;
}

/// When the scan passed its marks, on the steady clock; 0: not yet. Written by the detector's thread.
struct Marks {
  std::atomic<std::int64_t> quarter_ns = 0, last_ns = 0;
  std::atomic<bool> holding = false;  ///< the detector waits at a quarter
  std::atomic<bool> let_go = false;
  ProcessorUse processor;  ///< valid once last_ns is there
};

void send(transport::Socket& push, detector::FrameSource& source, const LiveScanOptions& options,
          Marks& marks, std::stop_token stop) {
  const ProcessorMeter meter;
  detector::send_series(push, source, {.rate_hz = options.rate_hz}, stop,
                        [&](std::uint64_t sent, std::uint64_t of) {
                          if (sent == of / 4) {
                            marks.holding = options.seen_enough != nullptr;
                            const auto patience = std::chrono::steady_clock::now() + 1min;
                            while (marks.holding && !marks.let_go && !stop.stop_requested() &&
                                   std::chrono::steady_clock::now() < patience)
                              std::this_thread::sleep_for(10ms);
                            marks.holding = false;
                            marks.quarter_ns = runtime::steady_now_ns();
                          }
                          if (sent != of) return;
                          marks.processor = meter.use();
                          marks.last_ns = runtime::steady_now_ns();
                        });
}

double seconds_between(std::int64_t from_ns, std::int64_t to_ns) {
  return static_cast<double>(to_ns - from_ns) * 1e-9;
}

/// What the watcher makes of the events, until the reconstructor reports.
struct Watching {
  const LiveScanOptions& options;
  Marks& marks;
  LiveScanResult& result;
  nlohmann::json report;

  void see(const Parts& parts) {
    const auto now = runtime::steady_now_ns();
    if (auto event = wire::decode_snapshot_event(parts.at(1))) return see(*std::move(event), parts, now);
    const auto told = wire::decode_report_event(parts.at(1));
    if (!told) return;
    report = nlohmann::json::parse(told->json);
    const auto& errors = report["reconstruction"]["amplitude_error"];
    result.seconds_to_end = seconds_between(marks.last_ns, now);
    if (!errors.empty() && result.seconds_to_end <= options.watch_s) read_off(errors, now);
  }

  void see(wire::SnapshotEvent event, const Parts& parts, std::int64_t now) {
    const auto last = marks.last_ns.load();
    if (last == 0) result.epochs_at_last = event.iteration;
    if (last != 0 && seconds_between(last, now) <= options.watch_s && !event.errors.empty())
      read_off(event.errors, now);
    if (marks.holding && options.seen_enough(event)) marks.let_go = true;
    if (marks.quarter_ns != 0 && !result.quarter.object.empty()) return;
    result.epochs_at_quarter = event.iteration;
    result.quarter = picture_of(std::move(event), parts);
  }

  template <class Errors>
  void read_off(const Errors& errors, std::int64_t now) {
    result.error_live = errors.back();
    result.epochs_live = errors.size();
    result.seconds_after_last = seconds_between(marks.last_ns, now);
  }
};

void compare_pictures(const LiveScanOptions& options, LiveScanResult& result) {
  const auto final = product::read_object((options.out / "product.h5").string());
  const auto& then = result.quarter;
  const auto common = quality::common_area({then.object, then.event.pixel_m, then.event.centre},
                                           {final.layers.at(0), final.pixel_width_m, final.centre},
                                           scan::covered(then.coverage));
  if (!common) throw Error("the picture at a quarter of the scan lies outside the final one");
  result.ssim_quarter =
      quality::compare(common->image, common->reference, common->mask, then.event.pixel_m).ssim_phase;
}

/// The same frames, all there from the beginning, until the same end.
void run_batch_reference(Prepared& source, const LiveScanOptions& options, LiveScanResult& result) {
  const auto product = product::read_product(options.out / "product.h5");
  auto set_up = scan::set_up(options.solver, source.info());
  if (!set_up) throw Error("the batch reference cannot be set up", set_up.reason());
  ptycho::Reconstruction batch(std::move(set_up.value()));
  for (const auto id : product.position_indexes) {
    const Frame frame = *source.frame(static_cast<FrameId>(id));
    const auto pixels = codec::decode(frame);
    (void)batch.add_frame(frame.id, {pixels->span(), frame.shape, frame.dtype}, *frame.position);
  }
  while (batch.epochs() < options.solver.epochs && !(options.solver.stop_converged && batch.settled()))
    if (batch.run_epoch().status != ptycho::RunStatus::ok) throw Error("the batch reference diverged");
  result.used = batch.frames();
  result.epochs_batch = batch.epochs();
  result.error_batch = batch.snapshot().errors.back();
}

}  // namespace

LiveScanResult run_live_scan(const LiveScanOptions& given) {
  LiveScanOptions options = given;
  std::filesystem::create_directories(options.out);
  const synth::Simulator simulator(options.simulation);
  options.solver.truth = (options.out / "truth.h5").string();
  detector::write_truth(options.solver.truth, options.simulation);
  Prepared source(simulator);

  transport::Context context;
  transport::Socket push(context, transport::SocketKind::push, {.high_water_mark = 16});
  push.bind("tcp://127.0.0.1:*");
  LiveScanResult result;
  Marks marks;
  Watching watching{options, marks, result, {}};
  {
    Pipeline pipeline(context, push.endpoint(), options);
    transport::Socket watcher(context, transport::SocketKind::sub);
    watcher.connect(pipeline.pictures());
    watcher.subscribe(std::string(wire::topic_snapshot));
    watcher.subscribe(std::string(wire::topic_report));
    std::jthread detector([&](std::stop_token stop) { send(push, source, options, marks, stop); });
    for (auto heard = std::chrono::steady_clock::now(); watching.report.is_null();) {
      if (const auto event = watcher.receive(100ms)) {
        watching.see(*event);
        heard = std::chrono::steady_clock::now();
      }
      pipeline.fail_if_a_stage_failed();
      if (std::chrono::steady_clock::now() - heard > 5min)
        throw Error("the reconstructor says nothing", "no event for five minutes");
    }
  }
  const auto& r = watching.report["reconstruction"];
  if (r.contains("problem")) throw Error("the live reconstruction failed", r["problem"]);
  const auto& age = watching.report["latency_ms"]["frame_to_snapshot"];
  result.frames = source.size();
  result.age_p50_ms = age["p50"];
  result.age_p99_ms = age["p99"];
  result.ssim_truth = r["ssim_truth"].is_number() ? r["ssim_truth"].get<double>() : 0;
  result.solving_share = watching.report["seconds"]["reconstruction"].get<double>() /
                         (result.seconds_to_end + static_cast<double>(result.frames) / options.rate_hz);
  result.processor = marks.processor;
  compare_pictures(options, result);
  run_batch_reference(source, options, result);
  return result;
}

}  // namespace ptero::tools
