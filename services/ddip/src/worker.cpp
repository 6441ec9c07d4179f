#include <ptero/services/ddip/worker.hpp>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>

#include <ptero/services/ddip/given_slices.hpp>
#include <ptero/services/host/self_report.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/wire/slices_event.hpp>

#include "product_watch.hpp"

namespace ptero::ddip {

namespace fs = std::filesystem;

namespace {

// One epoch of large slices on few cores; what takes longer is taken for a hang.
constexpr double longest_work_s = 300;

Bytes values_of(const Slices& slices) {
  std::vector<float> all;
  for (const Image<float>& slice : slices)
    all.insert(all.end(), slice.pixels().begin(), slice.pixels().end());
  return Bytes::take(std::move(all));
}

/// The networks and what they were fitted to.
struct Fitted {
  std::string series;
  Shape shape;
  std::size_t count = 0;
  std::optional<Separation> separation;
};

}  // namespace

struct Worker::State {
  State(transport::Context& context, WorkerOptions given)
      : options(std::move(given)),
        watch(options.products),
        events(context, options.events, {.insecure = options.insecure}) {
    using Beat = runtime::Heartbeat;
    service.add_stage("separate", [this](std::stop_token stop, Beat& beat) { work(stop, beat); });
    service.add_stage("events", [this](std::stop_token stop, Beat& beat) {
      events.run([&] {
        beat.beat();
        self.publish(service, events);
        return !stop.stop_requested();
      });
    });
  }

  void work(std::stop_token stop, runtime::Heartbeat& beat) {
    std::mutex mutex;
    std::condition_variable_any never;
    while (!stop.stop_requested()) {
      beat.beat();
      const auto product = watch.next();
      if (!product) {
        beat.waiting("for a product");
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, std::chrono::duration<double>(options.look_every_s), [] { return false; });
        continue;
      }
      watch.read(*product);
      beat.busy("fitting the networks", longest_work_s);
      try {
        separate(*product, stop, beat);
      } catch (const Error& error) {
        // Of one product; the next may be sound.
        watch.refuse(*product);
        fitted = {};
        refused.add();
        self.alarms().raise("refused", product->string() + ": " + error.what());
      }
    }
  }

  /// The networks for these slices: those at hand, those saved by an earlier life, or new ones. True: warm.
  bool prepare_networks(const fs::path& product, const GivenSlices& given) {
    const std::string series = product.parent_path().string();
    const Shape shape = given.phases[0].shape();
    if (fitted.separation && fitted.series == series && fitted.shape == shape &&
        fitted.count == given.phases.size()) {
      fitted.separation->replace(given.phases);
      return true;
    }
    fitted = {series, shape, given.phases.size(), Separation(given.phases, options.options)};
    std::ifstream saved(state_beside(product), std::ios::binary);
    if (!saved) return false;
    try {
      fitted.separation->restore(saved);
      return true;
    } catch (const InputError&) {
      return false;  // of another shape: the scan has grown
    }
  }

  void separate(const fs::path& product, std::stop_token stop, runtime::Heartbeat& beat) {
    const GivenSlices given = slices_of(spool::read_product(product));
    const bool warm = prepare_networks(product, given);
    log.info("separating", {{"product", product.string()}, {"slices", given.phases.size()}, {"warm", warm}});
    std::stop_source ended;
    const std::stop_callback on_stop(stop, [&] { ended.request_stop(); });
    RunOptions run_options = options.run;
    if (warm) run_options.early_stop = options.warm_stop;
    const auto observer = [&](const Progress& progress) {
      beat.busy("fitting the networks", longest_work_s);
      epoch.set(static_cast<double>(progress.epoch));
      seconds_an_epoch.set(progress.seconds / static_cast<double>(progress.epoch));
      memory.set(static_cast<double>(peak_memory_bytes()));
      publish(given, warm, false, progress.epoch, progress.losses, progress.mixing, progress.alarms,
              progress.slices);
      if (watch.changed(product)) ended.request_stop();
    };
    const Outcome outcome = run(*fitted.separation, given.phases, run_options, observer, ended.get_token());
    if (stop.stop_requested() || watch.changed(product)) return save_networks(product);
    finish(product, given, warm, outcome);
  }

  void finish(const fs::path& product, const GivenSlices& given, bool warm, const Outcome& outcome) {
    if (outcome.slices.empty()) {
      watch.refuse(product);
      fitted = {};
      self.alarms().raise("doubtful", product.string() + ": the fit diverged, there is no image");
      return;
    }
    publish(given, warm, true, outcome.epoch, outcome.losses, outcome.mixing, outcome.alarms, outcome.slices);
    spool::Product separated = with_slices(*given.product, given.window, outcome.slices);
    separated.numbers["ddip_epoch"] = static_cast<double>(outcome.epoch);
    separated.numbers["ddip_alarms"] = static_cast<double>(outcome.alarms.size());
    if (const auto start = second_pass_start(*given.product, given.window, outcome.slices))
      spool::write_product(product.parent_path() / "second-pass.h5", *start);
    spool::write_product(separated_beside(product), separated);
    save_networks(product);
    done.add();
    self.alarms().clear("refused");
    if (outcome.alarms.empty())
      self.alarms().clear("doubtful");
    else
      self.alarms().raise("doubtful",
                          "the slices of " + separated.name + " are doubtful: " + outcome.alarms[0]);
    log.info("separated", {{"product", product.string()},
                           {"epochs", outcome.epochs},
                           {"epoch", outcome.epoch},
                           {"warm", warm}});
    // A collapsed fit is no start for the next.
    if (!outcome.alarms.empty()) fitted = {};
  }

  void publish(const GivenSlices& given, bool warm, bool is_done, std::size_t at, const Losses& losses,
               const Image<double>& mixing, const std::vector<std::string>& alarms, const Slices& slices) {
    wire::SlicesEvent event{.series_uid = given.product->name,
                            .slices = slices.size(),
                            .shape = slices[0].shape(),
                            .pixel_m = given.pixel_m,
                            .epoch = at,
                            .done = is_done,
                            .warm = warm,
                            .mixing = {mixing.pixels().begin(), mixing.pixels().end()},
                            .mismatch = losses.data,
                            .exclusion = losses.exclusion,
                            .alarms = alarms};
    events.publish(wire::topic_slices, {wire::encode(event), values_of(slices)});
  }

  static fs::path state_beside(const fs::path& product) { return product.parent_path() / "ddip.state"; }

  void save_networks(const fs::path& product) const {
    const fs::path path = state_beside(product), half = path.string() + ".part";
    std::ofstream out(half, std::ios::binary);
    if (!out) throw Error("cannot write " + half.string());
    fitted.separation->save(out);
    out.close();
    fs::rename(half, path);
  }

  const WorkerOptions options;
  telemetry::Logger log{"ddip"};
  telemetry::Metrics metrics{"ddip"};
  telemetry::Gauge epoch = metrics.gauge("ptero_ddip_epoch", "Epoch of the separation under way");
  telemetry::Gauge seconds_an_epoch = metrics.gauge("ptero_ddip_epoch_seconds", "Time an epoch takes");
  telemetry::Gauge memory = metrics.gauge("ptero_ddip_peak_memory_bytes", "The most memory held so far");
  telemetry::Counter done = metrics.counter("ptero_ddip_separations_total", "Products separated");
  telemetry::Counter refused =
      metrics.counter("ptero_ddip_refused_products_total", "Products that could not be separated");
  // Of the separate stage.
  ProductWatch watch;
  Fitted fitted;
  host::SelfReport self{"ddip", metrics, {{"refused"}, {"doubtful"}}};
  transport::EventPublisher events;
  runtime::Service service{"ddip"};
};

Worker::Worker(transport::Context& context, WorkerOptions options)
    : state_(std::make_unique<State>(context, std::move(options))) {}
Worker::~Worker() = default;

runtime::Service& Worker::service() {
  return state_->service;
}
telemetry::Metrics& Worker::metrics() {
  return state_->metrics;
}
std::vector<std::string> Worker::not_ready() const {
  return state_->self.not_ready(state_->service);
}
runtime::Alarms& Worker::alarms() {
  return state_->self.alarms();
}
std::string Worker::events() const {
  return state_->events.endpoint();
}

}  // namespace ptero::ddip
