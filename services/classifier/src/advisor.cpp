#include "advisor.hpp"

#include <array>
#include <cmath>
#include <unordered_set>

#include <ptero/roi/batch.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/scan/roi_outputs.hpp>

namespace ptero::classifier {

namespace {

constexpr std::int64_t pause_ns = 500'000'000;
/// With fewer frames there is no telling background from sample.
constexpr std::size_t least_frames = 25;

/// Frames of the plan that have not come; nothing where the frames do not lie where the plan says.
std::vector<steering::Planned> still_planned(const SeriesInfo& info, const roi::FeatureTable& table) {
  if (!info.raster || info.raster->step_x_m == 0 || info.raster->step_y_m == 0) return {};
  const RasterPlan& plan = *info.raster;
  const auto place_of = [&](FrameId id) { return *position_of(info, Frame{.id = id}); };
  std::unordered_set<FrameId> came;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const roi::FrameRecord& record = table.row(row);
    came.insert(record.id);
    if (!record.position || record.id >= plan.count()) continue;
    const Position planned = place_of(record.id);
    if (std::abs(planned.x_m - record.position->x_m) > std::abs(plan.step_x_m) ||
        std::abs(planned.y_m - record.position->y_m) > std::abs(plan.step_y_m))
      return {};
  }
  std::vector<steering::Planned> planned;
  for (FrameId id = 0; id < plan.count(); ++id)
    if (!came.contains(id)) planned.push_back({id, place_of(id)});
  return planned;
}

/// What both kinds of situation have in common.
steering::Situation complete(steering::Situation situation, const SeriesSession& session,
                             const steering::SteeringOptions& options) {
  const roi::FeatureTable& table = session.table();
  situation.planned = still_planned(session.info(), table);
  if (table.size() > 0) situation.stage = table.row(table.size() - 1).position;
  situation.dose_spent = static_cast<double>(table.size()) * options.dose_per_exposure;
  return situation;
}

}  // namespace

Advisor::Advisor(steering::SteeringOptions options, roi::RoiOptions method, roi::Executor executor,
                 transport::EventPublisher& events, telemetry::Metrics& metrics)
    : options_(options),
      method_(method),
      executor_(std::move(executor)),
      events_(events),
      given_(metrics.counters(
          "ptero_steering_advice_total",
          {telemetry::names_of(std::array{steering::Action::measure, steering::Action::stop})})),
      decided_(metrics.counters("ptero_steering_decisions_total", {{"accepted", "rejected"}})),
      points_(metrics.gauge("ptero_steering_points")),
      // After a restart no id means an advice given before it.
      desk_(options, static_cast<std::uint64_t>(runtime::utc_now_ns() / 1'000'000)) {}

void Advisor::begin(const std::string& series_uid, std::uint64_t changes_by_people) {
  if (options_.mode == steering::Mode::off) return;
  ++series_;
  series_uid_ = series_uid;
  desk_.clear();
  rows_ = planned_rows_ = 0;
  basis_ = planned_basis_ = {0, changes_by_people};
  busy_ = false;
  publish(std::nullopt, runtime::steady_now_ns());
  if (options_.bounds) plan({});  // the first pass needs no frame
}

void Advisor::look(const SeriesSession& session, std::int64_t now_ns) {
  if (options_.mode == steering::Mode::off) return;
  // Stale from the moment the region changes, however long the next plan takes.
  if (const Basis now{session.set().revision(), session.changes_by_people()}; now != basis_) {
    basis_ = now;
    desk_.put(std::nullopt, basis_.revision, now_ns);
  }
  take_planned(now_ns);
  const auto advice = desk_.current(now_ns);
  // A scan that goes on gets it anew; one that is over does not.
  const bool lapsed = desk_.lapsed(now_ns) && !session.ended();
  if (advice.has_value() != shown_.has_value() ||
      (advice && (advice->id != shown_->id || advice->standing != shown_->standing)))
    publish(advice, now_ns);

  if (session.table().size() != rows_) {
    rows_ = session.table().size();
    rows_since_ns_ = now_ns;
  }
  if (busy_) return;
  const bool news = rows_ != planned_rows_ || basis_.changes_by_people != planned_basis_.changes_by_people;
  if ((news && now_ns - rows_since_ns_ >= pause_ns) || lapsed) {
    planned_rows_ = rows_;
    planned_basis_ = basis_;
    plan(settled(session));
  } else if (basis_ != planned_basis_) {
    planned_basis_ = basis_;
    plan(in_force(session));
  }
}

Advisor::View Advisor::blind(const SeriesSession& session) const {
  steering::Situation situation{.revision = session.set().revision()};
  const roi::FeatureTable& table = session.table();
  // Where the stage may go is not learned from frames that show nothing.
  for (std::size_t row = 0; options_.bounds && row < table.size(); ++row)
    if (const auto& position = table.row(row).position; position && is_finite(*position))
      situation.seen.push_back({*position, false, 1});
  return {complete(std::move(situation), session, options_), Sight::blind};
}

Advisor::View Advisor::in_force(const SeriesSession& session) const {
  if (basis_.revision == 0 || session.no_contrast()) return blind(session);
  steering::Situation situation{.revision = session.set().revision()};
  const roi::FeatureTable& table = session.table();
  for (std::size_t row = 0; row < table.size(); ++row) {
    const auto& position = table.row(row).position;
    const roi::Labelled now = session.label_at(row);
    // One without a label yet was measured, and says nothing.
    const bool pending = now.label == roi::Label::pending;
    if (!position || (now.label != roi::Label::selected && now.label != roi::Label::background && !pending))
      continue;
    situation.seen.push_back({*position, now.label == roi::Label::selected, pending ? 0.0F : now.confidence});
  }
  return {complete(std::move(situation), session, options_)};
}

/// The batch answer on everything there is: nothing comes that would have to wait for it.
Advisor::View Advisor::settled(const SeriesSession& session) const {
  if (session.table().size() < least_frames) return blind(session);
  roi::RoiOptions method = method_;
  method.segments = static_cast<int>(session.segments());
  method.border = session.shape().border;
  method.fill_in = session.shape().fill_in;
  const auto labels = roi::classify(session.table(), scan::layout_of(session.info()), method, session.bad());
  auto situation = steering::situation_of(session.table(), labels, session.set().revision());
  return situation ? View{complete(*std::move(situation), session, options_)} : blind(session);
}

void Advisor::plan(View view) {
  busy_ = true;
  executor_(
      [view = std::move(view), options = options_, series = series_, basis = planned_basis_, tray = tray_] {
        Planned planned{series, basis, steering::plan(view.situation, options)};
        if (view.sight == Sight::blind && planned.advice) {
          planned.advice->skip.clear();
          if (planned.advice->action == steering::Action::stop) planned.advice.reset();
        }
        const std::lock_guard lock(tray->mutex);
        tray->planned = std::move(planned);
      });
}

void Advisor::take_planned(std::int64_t now_ns) {
  std::optional<Planned> planned;
  {
    const std::lock_guard lock(tray_->mutex);
    std::swap(planned, tray_->planned);
  }
  if (!planned || planned->series != series_) return;
  busy_ = false;
  if (planned->basis != basis_) return;
  if (planned->advice) given_.add(name_of(planned->advice->action));
  desk_.put(std::move(planned->advice), planned->basis.revision, now_ns);
}

void Advisor::publish(const std::optional<steering::Advice>& advice, std::int64_t now_ns) {
  shown_ = advice;
  points_.set(advice ? static_cast<double>(advice->points.size()) : 0);
  auto event = advice ? event_of(*advice, series_uid_, now_ns, runtime::utc_now_ns())
                      : wire::AdviceEvent{.series_uid = series_uid_};
  event.mode = name_of(options_.mode);
  events_.publish(wire::topic_advice, {wire::encode(event)});
}

std::optional<wire::ControlAnswer> Advisor::decide(const wire::Control& asked, std::int64_t now_ns) {
  const bool accept = asked.action == wire::action_accept_advice;
  if (!accept && asked.action != wire::action_reject_advice) return std::nullopt;
  if (options_.mode == steering::Mode::off)
    return wire::ControlAnswer{false, "steering is off; set steering = \"propose\" in [classifier]"};
  if (!asked.advice) return wire::ControlAnswer{false, "no \"advice\" is named; give the id of the event"};
  const auto done = accept ? desk_.accept(*asked.advice, now_ns) : desk_.reject(*asked.advice, now_ns);
  if (!done)
    return wire::ControlAnswer{false, "advice " + std::to_string(*asked.advice) + " is " +
                                          std::string(name_of(done.reason())) +
                                          "; look at the newest event \"advice\""};
  decided_.add(accept ? "accepted" : "rejected");
  log_.info(accept ? "advice accepted" : "advice rejected",
            {{"id", *asked.advice}, {"points", done->points.size()}, {"by", asked.by}});
  return wire::ControlAnswer{true, accept ? "accepted" : "rejected"};
}

wire::AdviceEvent event_of(const steering::Advice& advice, const std::string& series_uid,
                           std::int64_t now_steady_ns, std::int64_t now_utc_ns) {
  wire::AdviceEvent event{.series_uid = series_uid,
                          .standing = std::string(name_of(advice.standing)),
                          .id = advice.id,
                          .revision = advice.revision,
                          .action = std::string(name_of(advice.action)),
                          .confidence = advice.confidence,
                          .issued_utc_ns = now_utc_ns - (now_steady_ns - advice.issued_ns),
                          .expires_utc_ns = now_utc_ns + (advice.expires_ns - now_steady_ns),
                          .left_m = advice.bounds.left_m,
                          .top_m = advice.bounds.top_m,
                          .right_m = advice.bounds.right_m,
                          .bottom_m = advice.bounds.bottom_m,
                          .dose = advice.dose,
                          .dose_left = advice.dose_left,
                          .step_m = advice.step_m,
                          .region = advice.region,
                          .points = advice.points};
  for (const steering::FrameRun& run : advice.skip) {
    event.skip.push_back(run.first);
    event.skip.push_back(run.last);
  }
  return event;
}

}  // namespace ptero::classifier
