#include <ptero/services/ddip/worker.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <new>

#include <ptero/ddip/memory.hpp>
#include <ptero/services/ddip/given_slices.hpp>
#include <ptero/services/ddip/separation_outputs.hpp>
#include <ptero/services/host/folder_lock.hpp>
#include <ptero/services/host/self_report.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/wire/slices_event.hpp>

#include "product_watch.hpp"
#include "saved_networks.hpp"
#include "separation_control.hpp"

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

}  // namespace

struct Worker::State {
  State(transport::Context& context, WorkerOptions given)
      : options(std::move(given)),
        watch(options.products),
        events(context, options.events, {.insecure = options.insecure}),
        control(context, options.control, options.insecure,
                [&products = options.products] { return ProductWatch(products).newest().has_value(); }) {
    service.add_stage("separate",
                      [this](std::stop_token stop, runtime::Heartbeat& beat) { work(stop, beat); });
    self.add_events_stage(service, events);
    control.add_stage(service);
  }

  void work(std::stop_token stop, runtime::Heartbeat& beat) {
    std::mutex mutex;
    std::condition_variable_any never;
    while (!stop.stop_requested()) {
      beat.beat();
      const bool asked = control.take_start();
      const auto product = asked ? watch.newest() : watch.next();
      if (!product) {
        beat.waiting("for a product");
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, std::chrono::duration<double>(options.look_every_s), [] { return false; });
        continue;
      }
      watch.read(*product);
      beat.busy("fitting the networks", longest_work_s);
      std::stop_source ended = control.begin();
      try {
        product::Product read = product::read_product(*product);
        // That of an ordinary scan: nothing is wrong, unless somebody asked for its slices.
        if (read.object.size() < 2 && !asked)
          watch.refuse(*product);
        else
          separate(*product, slices_of(std::move(read)), stop, ended, beat);
      } catch (const Error& error) {
        refuse(*product, error.what());
      } catch (const fs::filesystem_error& error) {
        refuse(*product, error.what());
      } catch (const std::bad_alloc&) {
        refuse(*product, "out of memory; crop the slices");
      }
      if (control.end()) watch.leave(*product);
    }
  }

  /// One product; the next may be sound.
  void refuse(const fs::path& product, const std::string& sentence) {
    watch.refuse(product);
    refused.add();
    self.alarms().raise("refused", product.string() + ": " + sentence);
  }

  /// ended: stops it without a result, as `stop` does and a newer product.
  void separate(const fs::path& product, const GivenSlices& given, std::stop_token stop,
                std::stop_source& ended, runtime::Heartbeat& beat) {
    const auto began = std::chrono::steady_clock::now();
    const std::stop_callback on_stop(stop, [&] { ended.request_stop(); });
    Ensemble ensemble;
    bool warm = true;
    for (std::size_t k = 0; k < options.runs; ++k) {
      run_number.set(static_cast<double>(k + 1));
      const SavedNetworks saved(product.parent_path(), k);
      Options one = options.options;
      one.seed += k;
      Separation separation(given.phases, one);
      const auto start = saved.restore(separation);
      const bool knows = start == SavedNetworks::Start::warm;
      warm = warm && knows;
      if (k == 0)
        log.info("separating",
                 {{"product", product.string()}, {"slices", given.phases.size()}, {"warm", warm}});
      Outcome outcome = fit(separation, given, product, k, knows, ended, beat);
      if (ended.stop_requested() || watch.changed(product)) {
        saved.save_interrupted(separation, start);
        if (watch.changed(product)) preempted.add();
        return;
      }
      if (outcome.slices.empty() || !outcome.alarms.empty())
        saved.forget();
      else
        saved.save_finished(separation);
      ensemble.runs.push_back(std::move(outcome));
      summarise(ensemble);
      if (k + 1 < options.runs && !ensemble.mean.empty()) publish(given, warm, false, ensemble);
    }
    finish(product, given, warm, ensemble);
    separation_seconds.set(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }

  Outcome fit(Separation& separation, const GivenSlices& given, const fs::path& product,
              std::size_t run_index, bool knows, std::stop_source& ended, runtime::Heartbeat& beat) {
    RunOptions run_options = options.run;
    if (knows) run_options.early_stop = options.warm_stop;
    const auto observer = [&](const Progress& progress) {
      beat.busy("fitting the networks", longest_work_s);
      epoch.set(static_cast<double>(progress.epoch));
      seconds_an_epoch.set(progress.seconds / static_cast<double>(progress.epoch));
      memory.set(static_cast<double>(peak_memory_bytes()));
      mismatch.set(progress.losses.data);
      double least = 1;
      for (std::size_t i = 0; i < progress.mixing.rows(); ++i) least = std::min(least, progress.mixing(i, i));
      own_share.set(least);
      // Later runs show as mean and sigma, once each is over.
      if (run_index == 0)
        publish(given, knows, false,
                {.mean = progress.slices,
                 .mixing = progress.mixing,
                 .losses = progress.losses,
                 .epoch = progress.epoch,
                 .alarms = progress.alarms});
      if (watch.changed(product)) ended.request_stop();
    };
    return run(separation, given.phases, run_options, observer, ended.get_token());
  }

  void finish(const fs::path& product, const GivenSlices& given, bool warm, const Ensemble& ensemble) {
    if (ensemble.mean.empty()) {
      watch.refuse(product);
      self.alarms().raise("doubtful", product.string() + ": the fit diverged, there is no image");
      return;
    }
    control.settled();
    publish(given, warm, true, ensemble);
    write_separated(product.parent_path(), given, ensemble);
    watch.done(product);
    done.add();
    self.alarms().clear("refused");
    if (ensemble.alarms.empty())
      self.alarms().clear("doubtful");
    else
      self.alarms().raise("doubtful",
                          "the slices of " + given.product->name + " are doubtful: " + ensemble.alarms[0]);
    log.info("separated", {{"product", product.string()},
                           {"runs", ensemble.runs.size()},
                           {"epoch", ensemble.epoch},
                           {"warm", warm}});
  }

  /// With sigma where there were several runs.
  void publish(const GivenSlices& given, bool warm, bool is_done, const Ensemble& ensemble) {
    const std::size_t runs = std::max<std::size_t>(1, ensemble.runs.size());
    const wire::SlicesEvent event{
        .series_uid = given.product->name,
        .slices = ensemble.mean.size(),
        .shape = ensemble.mean[0].shape(),
        .pixel_m = given.pixel_m,
        .epoch = ensemble.epoch,
        .done = is_done,
        .warm = warm,
        .runs = runs,
        .mixing = {ensemble.mixing.pixels().begin(), ensemble.mixing.pixels().end()},
        .mismatch = ensemble.losses.data,
        .exclusion = ensemble.losses.exclusion,
        .alarms = ensemble.alarms};
    std::vector<Bytes> parts{wire::encode(event), values_of(ensemble.mean)};
    if (runs > 1) parts.push_back(values_of(ensemble.sigma));
    events.publish(wire::topic_slices, std::move(parts));
  }

  const WorkerOptions options;
  const host::FolderLock folder_lock{options.products, "ddip"};
  telemetry::Logger log{"ddip"};
  telemetry::Metrics metrics{"ddip"};
  telemetry::Gauge epoch = metrics.gauge("ptero_ddip_epoch");
  telemetry::Gauge seconds_an_epoch = metrics.gauge("ptero_ddip_epoch_seconds");
  telemetry::Gauge memory = metrics.gauge("ptero_ddip_peak_memory_bytes");
  telemetry::Gauge run_number = metrics.gauge("ptero_ddip_run");
  telemetry::Gauge mismatch = metrics.gauge("ptero_ddip_mismatch");
  telemetry::Gauge own_share = metrics.gauge("ptero_ddip_least_own_share");
  telemetry::Gauge separation_seconds = metrics.gauge("ptero_ddip_separation_seconds");
  telemetry::Counter preempted = metrics.counter("ptero_ddip_preempted_total");
  telemetry::Counter done = metrics.counter("ptero_ddip_separations_total");
  telemetry::Counter refused = metrics.counter("ptero_ddip_refused_products_total");
  // Of the separate stage.
  ProductWatch watch;
  host::SelfReport self{"ddip", metrics};
  transport::EventPublisher events;
  SeparationControl control;
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
std::string Worker::control() const {
  return state_->control.endpoint();
}

}  // namespace ptero::ddip
