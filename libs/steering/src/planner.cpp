#include <algorithm>
#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/steering/planner.hpp>
#include <ptero/steering/travel.hpp>

#include "evidence.hpp"
#include "lattice.hpp"
#include "outline.hpp"
#include "spacing.hpp"

namespace ptero::steering {

namespace {

using Places = Image<std::uint8_t>;
constexpr double most_places = 4e6;

void require(bool good, const char* what, const char* right) {
  if (!good) throw InputError(std::string("steering: ") + what, "", right);
}

double places_in(const Bounds& bounds, double step_m) {
  return (bounds.width_m() / step_m + 1) * (bounds.height_m() / step_m + 1);
}

std::optional<Bounds> bounds_of(const Situation& situation, const SteeringOptions& options) {
  if (options.bounds) return options.bounds;
  if (situation.seen.empty()) return std::nullopt;
  const Position& p = situation.seen.front().position;
  Bounds box{p.x_m, p.y_m, p.x_m, p.y_m};
  for (const Seen& frame : situation.seen) {
    box.left_m = std::min(box.left_m, frame.position.x_m),
    box.right_m = std::max(box.right_m, frame.position.x_m);
    box.top_m = std::min(box.top_m, frame.position.y_m),
    box.bottom_m = std::max(box.bottom_m, frame.position.y_m);
  }
  return places_in(box, options.finest_step_m) <= most_places ? std::optional(box) : std::nullopt;
}

/// What the frames say about the places of the lattice.
struct Survey {
  Places core;      ///< the frames around speak for the sample
  Places region;    ///< and no further from it than the margin
  Places surveyed;  ///< a frame speaks for this place: within half way to its neighbours
  Places measured;  ///< a frame was here
};

Survey survey(const Situation& situation, const SteeringOptions& options, const Lattice& lattice) {
  const Shape shape{lattice.rows(), lattice.cols()};
  Survey s{Places(shape, std::uint8_t{0}), Places(shape, std::uint8_t{0}), Places(shape, std::uint8_t{0}),
           Places(shape, std::uint8_t{0})};
  const auto spacing =
      local_spacing(situation.seen, std::ldexp(options.finest_step_m, static_cast<int>(options.levels)));
  Evidence evidence(lattice);
  for (std::size_t i = 0; i < situation.seen.size(); ++i) {
    const Seen& frame = situation.seen[i];
    lattice.mark(s.surveyed, frame.position, spacing[i] / 2);
    evidence.add(frame, spacing[i]);
    if (std::size_t at = 0; lattice.nearest(frame.position, at)) s.measured.data()[at] = 1;
  }
  for (std::size_t r = 0; r < lattice.rows(); ++r)
    for (std::size_t c = 0; c < lattice.cols(); ++c) {
      if (evidence.at(r, c) <= options.least_evidence) continue;
      s.core(r, c) = 1;
      lattice.mark(s.region, lattice.place(r, c), options.margin_m);
    }
  return s;
}

struct Pass {
  std::vector<Position> points;
  double step_m = 0;
};

/// What is unmeasured of one grid: everywhere that nothing speaks for (the first), or in the region.
Pass pass_at(unsigned level, const Survey& s, const SteeringOptions& options, const Lattice& lattice) {
  Pass pass{.step_m = std::ldexp(lattice.step_m(), static_cast<int>(level))};
  std::size_t wanted = 0;
  for (std::size_t r = 0; r < lattice.rows(); ++r)
    for (std::size_t c = 0; c < lattice.cols(); ++c) {
      const bool unknown = level == options.levels && s.surveyed(r, c) == 0;
      // The margin is for the reconstruction, not for the search.
      const Places& region = level == 0 ? s.region : s.core;
      if (!Lattice::on_level(r, c, level) || (region(r, c) == 0 && !unknown)) continue;
      ++wanted;
      if (s.measured(r, c) == 0) pass.points.push_back(lattice.place(r, c));
    }
  // The region grows a little with every pass: a few places are no reason to go back to a coarser grid, and
  // at the end none at all.
  const double ignored = (level == 0 ? options.leftover : 0.25) * static_cast<double>(wanted);
  if (static_cast<double>(pass.points.size()) <= ignored) pass.points.clear();
  return pass;
}

Pass next_pass(const Survey& s, const SteeringOptions& options, const Lattice& lattice) {
  for (unsigned level = options.levels; level > 0; --level)
    if (auto pass = pass_at(level, s, options, lattice); !pass.points.empty()) return pass;
  return pass_at(0, s, options, lattice);
}

std::vector<FrameRun> skippable(const Situation& situation, const Survey& s, const Lattice& lattice) {
  std::vector<FrameRun> runs;
  for (const Planned& frame : situation.planned) {
    std::size_t at = 0;
    if (!lattice.nearest(frame.position, at) || s.surveyed.data()[at] == 0 || s.region.data()[at] != 0)
      continue;
    if (!runs.empty() && runs.back().last + 1 == frame.id)
      runs.back().last = frame.id;
    else
      runs.push_back({frame.id, frame.id});
  }
  return runs;
}

/// Of the frames that the region rests on; 1 where nothing was measured yet: a first look needs no reason.
double confidence_of(const Situation& situation) {
  double sum = 0;
  std::size_t count = 0;
  const bool any =
      std::any_of(situation.seen.begin(), situation.seen.end(), [](const Seen& f) { return f.selected; });
  for (const Seen& frame : situation.seen)
    if (frame.selected || !any) sum += frame.confidence, ++count;
  return count > 0 ? std::clamp(sum / static_cast<double>(count), 0.0, 1.0) : 1.0;
}

}  // namespace

void check(const SteeringOptions& o) {
  require(std::isfinite(o.finest_step_m) && o.finest_step_m > 0, "the finest step is not positive",
          "give the step of the last pass in metres");
  require(o.levels <= 10, "there are too many levels", "at most 10 halvings of the step");
  require(std::isfinite(o.margin_m) && o.margin_m >= 0, "the margin is negative", "give 0 or more metres");
  require(o.least_evidence >= 0 && o.least_evidence < 1, "the least evidence does not fit",
          "a number from 0 to below 1");
  require(o.leftover >= 0 && o.leftover < 1, "the leftover does not fit", "a share from 0 to below 1");
  require(o.dose_per_exposure > 0 && o.dose_budget >= 0, "the dose does not fit",
          "a positive dose an exposure and a budget of 0 or more");
  require(o.least_confidence >= 0 && o.least_confidence <= 1, "the least confidence does not fit",
          "a number from 0 to 1");
  require(o.withdraw_before_s >= 0 && o.valid_for_s > o.withdraw_before_s && o.valid_for_s <= 86400,
          "advice would never be valid",
          "it must be valid for longer than it is withdrawn before, at most a day");
  if (!o.bounds) return;
  const Bounds& b = *o.bounds;
  require(std::isfinite(b.width_m()) && std::isfinite(b.height_m()) && b.width_m() > 0 && b.height_m() > 0,
          "the bounds have no area",
          "give left, top, right, bottom in metres, left < right and top < bottom");
  require(places_in(b, o.finest_step_m) <= most_places, "the bounds hold more than 4e6 places",
          "give smaller bounds or a larger finest step");
}

std::optional<Situation> situation_of(const roi::FeatureTable& table, const roi::Classification& labels,
                                      std::uint64_t revision) {
  if (labels.no_contrast) return std::nullopt;
  Situation situation{.revision = revision};
  for (std::size_t row = 0; row < table.size(); ++row) {
    const roi::FrameRecord& record = table.row(row);
    const auto at = std::lower_bound(labels.ids.begin(), labels.ids.end(), record.id);
    if (!record.position || !is_finite(*record.position) || at == labels.ids.end() || *at != record.id)
      continue;
    const auto i = static_cast<std::size_t>(at - labels.ids.begin());
    if (labels.labels[i] != roi::Label::selected && labels.labels[i] != roi::Label::background) continue;
    situation.seen.push_back(
        {*record.position, labels.labels[i] == roi::Label::selected, labels.confidence[i]});
  }
  return situation;
}

std::optional<Advice> plan(const Situation& situation, const SteeringOptions& options) {
  if (options.mode == Mode::off) return std::nullopt;
  const auto bounds = bounds_of(situation, options);
  if (!bounds) return std::nullopt;
  const double confidence = confidence_of(situation);
  if (confidence < options.least_confidence) return std::nullopt;

  const Lattice lattice(*bounds, options.finest_step_m);
  const Survey s = survey(situation, options, lattice);
  Advice advice{.revision = situation.revision, .confidence = confidence, .bounds = *bounds};
  advice.region = outline(s.region, lattice);
  advice.skip = skippable(situation, s, lattice);
  advice.dose_left = std::max(options.dose_budget - situation.dose_spent, 0.0);

  Pass pass = next_pass(s, options, lattice);
  advice.points = order_for_travel(std::move(pass.points), pass.step_m, situation.stage);
  // What the budget does not cover falls off the end of the way.
  const double affordable = std::floor(advice.dose_left / options.dose_per_exposure);
  if (static_cast<double>(advice.points.size()) > affordable)
    advice.points.resize(static_cast<std::size_t>(affordable));
  advice.dose = static_cast<double>(advice.points.size()) * options.dose_per_exposure;
  advice.step_m = pass.step_m;
  if (advice.points.empty()) advice.action = Action::stop;
  return advice;
}

}  // namespace ptero::steering
