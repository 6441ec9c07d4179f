#include "record_stage.hpp"

#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/on_exit.hpp>
#include <ptero/scanfile/read_options.hpp>

#include "journal_replay.hpp"

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

}  // namespace

RecordStage::RecordStage(const IngestOptions& options, ReceiveQueue& queue, SeriesStore& store,
                         PositionInbox& inbox, telemetry::Metrics& metrics, runtime::Alarms& alarms,
                         std::function<void()> appended)
    : options_(options),
      queue_(queue),
      store_(store),
      alarms_(alarms),
      mistakes_(alarms, options.source, options.positions),
      source_(make_source(options, metrics)),
      recorder_(options, plan_of(options), store, metrics, alarms, mistakes_, std::move(appended)),
      admission_(options, metrics, alarms, mistakes_,
                 {.take =
                      [this](const Arrival& arrival) {
                        if (positioning_)
                          positioning_->take(arrival, runtime::steady_now_ns());
                        else
                          record(arrival);
                      },
                  .aside = [this](Aside why) { recorder_.note_aside(why); },
                  .complete = [this](const wire::StreamEnd& end) { return recorder_.is_complete(end); },
                  .warn = [this](Warning warning) { recorder_.note(std::move(warning)); }}),
      kept_start_(options),
      refused_(metrics.counter("ptero_ingest_refused_messages_total")) {
  recorder_.set_aside_by([this](Aside why, const Arrival& arrival) { admission_.put_aside(why, arrival); });
  take_up_earlier();
  const auto from = PositionSource::parse(options.positions);
  if (!from.apart()) return;
  positioning_.emplace(
      from, options.position, inbox, metrics, alarms,
      PositioningOutlets{[this](const Arrival& arrival) { record(arrival); },
                         [this](std::string report) { recorder_.note_join(std::move(report)); },
                         [this](Warning warning) { recorder_.note(std::move(warning)); },
                         [this] { return recorder_.running_info(); }});
  positioning_->resume(runtime::steady_now_ns());
}

void RecordStage::take_up_earlier() {
  auto unfinished = unfinished_series(options_, alarms_);
  if (unfinished.empty()) refuse_a_used_folder(options_);
  announced_ = kept_start_.earlier(alarms_);
  for (auto& series : unfinished) {
    // Killed after the series had begun, before what was kept of it was removed.
    if (announced_ && announced_->t_arrival_ns == series->started_ns) announced_.reset();
    kept_start_.started(series->started_ns);
    recorder_.resume(series);
    if (!series->log.closed())
      admission_.resume(series->info, series->ledger.arrived_end(), series->frame_uid);
  }
}

void RecordStage::record(const Arrival& arrival) {
  recorder_.take(arrival);
  if (arrival.message && std::holds_alternative<SeriesInfo>(*arrival.message))
    kept_start_.started(arrival.t_arrival_ns);
}

void RecordStage::guard(const Incoming& message, const std::function<void()>& work) {
  try {
    work();
    return;
  } catch (const journal::DiskFull&) {
    throw;  // asked to stop while the disk took nothing
  } catch (const std::exception& error) {
    refused_.add();
    log_.error("a message of the detector cannot be handled; it is set aside", {{"why", error.what()}});
    alarms_.raise("series_elsewhere", std::string("a message of the detector cannot be handled (") +
                                          error.what() +
                                          "); it is set aside, and so is what it would have begun");
  }
  admission_.put_aside(Aside::start, {.message = wire::StreamFault{},
                                      .native = {},
                                      .raw = message.parts,
                                      .t_arrival_ns = message.t_arrival_ns});
}

void RecordStage::take(const Incoming& message) {
  const Source::Emit admit = [this](const Arrival& arrival) { admission_.take(arrival); };
  if (message.end)
    return guard(message, [&] {
      admit({.message = wire::StreamMessage(*message.end),
             .native = {},
             .raw = {},
             .t_arrival_ns = message.t_arrival_ns,
             .by_person = true});
    });
  if (message.parts.empty()) return;  // wakes, for positions
  guard(message, [&] { source_->take(message, admit); });
  if (source_->held_start() == message.t_arrival_ns ||
      (positioning_ && positioning_->holds_start(message.t_arrival_ns)))
    kept_start_.keep(message);
}

void RecordStage::run(std::stop_token stop, runtime::Heartbeat& beat) {
  recorder_.wait_for_room([this, stop, &beat] {
    beat.waiting("for room on the disk");
    store_.wait_for(stop, 200ms, [] { return false; });
    return !stop.stop_requested();
  });
  const runtime::OnExit last([this] {
    recording_ = false;
    store_.notify();
  });
  if (announced_) {
    log_.info("a series announced to an earlier process is expected", {});
    beat.waiting("for the disk");
    take(*announced_);
    kept_start_.survived();
  }
  while (!queue_.drained()) {
    beat.beat();
    const auto message = queue_.pop_for(admission_.waits() ? 20ms : 200ms);
    // However slow it is, nothing is gained by giving up what is queued.
    beat.waiting("for the disk");
    if (message)
      take(*message);
    else
      recorder_.idle(runtime::steady_now_ns());
    guard({}, [&] { admission_.advance(runtime::steady_now_ns()); });
    if (positioning_) guard({}, [&] { positioning_->advance(runtime::steady_now_ns()); });
  }
  guard({}, [&] { source_->finish([this](const Arrival& arrival) { admission_.take(arrival); }); });
  guard({}, [&] { admission_.finish(); });
  if (positioning_) guard({}, [&] { positioning_->finish(); });
  recorder_.finish();
}

}  // namespace ptero::ingest
