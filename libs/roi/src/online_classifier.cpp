#include <algorithm>
#include <cmath>
#include <future>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/roi/online_classifier.hpp>
#include <string>
#include <utility>

#include "decision.hpp"
#include "position_grid.hpp"
#include "watermark.hpp"

namespace ptero::roi {
namespace {

void check(const RevisionOptions& options) {
  if (options.first == 0 || options.least_growth == 0 || options.give_up_after == 0 || !(options.growth >= 0))
    throw InputError("the revision points do not advance", "",
                     "first, least growth and give-up count are 1 or more, growth is 0 or more");
}

FrameId next_point(FrameId point, const RevisionOptions& options) {
  const auto grown = static_cast<FrameId>(std::llround(static_cast<double>(point) * options.growth));
  return point + std::max<FrameId>(grown, options.least_growth);
}

}  // namespace

struct OnlineClassifier::State {
  ScanLayout layout;
  RoiOptions options;
  RevisionOptions revisions;
  Executor executor;

  FeatureTable table;
  Watermark watermark;
  std::vector<Label> labels;  ///< by row of the table
  RoiSet set;
  Model model;
  bool has_model = false;
  bool finished = false;
  FrameId point;                  ///< the watermark that the next revision waits for
  FrameId running_watermark = 0;  ///< prefix of the computation under way
  std::future<Decision> running;
  std::optional<PositionGrid> grid;  ///< of a scattered scan, once its step is known
  double cell_m = 0;
  std::vector<const FrameRecord*> around;

  State(ScanLayout l, RoiOptions o, RevisionOptions r, Executor e)
      : layout(std::move(l)),
        options(o),
        revisions(r),
        executor(std::move(e)),
        watermark(r.give_up_after),
        point(r.first) {}

  void start(FrameId prefix);
  Revision put_in_force(Decision decision, FrameId prefix);
  std::optional<Revision> advance();
  void keep_grid();
  void insert_position(std::size_t row);
  void find_neighbours_of(const FrameRecord& frame);
  Step label(std::size_t row);
};

void OnlineClassifier::State::start(FrameId prefix) {
  // The task reads only rows that are there now: the table never moves them.
  auto task = std::make_shared<std::packaged_task<Decision()>>(
      [this, scope = Prefix{prefix, table.size()}] { return decide(table, layout, options, scope); });
  running = task->get_future();
  running_watermark = prefix;
  executor([task] { (*task)(); });
}

Revision OnlineClassifier::State::put_in_force(Decision decision, FrameId prefix) {
  Revision revision;
  revision.number = set.revision() + 1;
  revision.watermark = prefix;
  const Classification& result = decision.classification;
  for (std::size_t i = 0; i < result.ids.size(); ++i) {
    Label& current = labels[decision.rows[i]];
    if (current == result.labels[i]) continue;
    if (current == Label::selected) {
      revision.removed.push_back(result.ids[i]);
      set.erase(result.ids[i]);
    } else if (result.labels[i] == Label::selected) {
      revision.added.push_back(result.ids[i]);
      set.insert(result.ids[i]);
    }
    current = result.labels[i];
  }
  set.set_revision(revision.number);
  model = std::move(decision.model);
  has_model = true;
  revision.classification = std::make_shared<const Classification>(std::move(decision.classification));
  keep_grid();
  return revision;
}

/// Cells keep their size while the step stays near it, so that the grid is hardly ever built again.
void OnlineClassifier::State::keep_grid() {
  const double radius_m = model.step_m * neighbour_steps;
  if (layout.plan() || !(radius_m > 0)) return;
  if (grid && radius_m < 3 * cell_m && radius_m > cell_m / 3) return;
  cell_m = radius_m;
  grid.emplace(cell_m);
  for (std::size_t row = 0; row < table.size(); ++row) insert_position(row);
}

/// At a revision point: what was computed since the last one takes effect, the next is started.
std::optional<Revision> OnlineClassifier::State::advance() {
  if (watermark.value() < point) return std::nullopt;
  // A gap that is given up may jump over several points: the last of them counts.
  FrameId reached = point;
  while (watermark.value() >= point) {
    reached = point;
    point = next_point(point, revisions);
  }
  std::optional<Revision> revision;
  if (running.valid()) revision = put_in_force(running.get(), running_watermark);
  start(reached);
  return revision;
}

void OnlineClassifier::State::insert_position(std::size_t row) {
  const FrameRecord& frame = table.row(row);
  if (has_place(layout, frame)) grid->insert(*frame.position, static_cast<std::uint32_t>(row));
}

void OnlineClassifier::State::find_neighbours_of(const FrameRecord& frame) {
  around.assign(1, &frame);
  if (!layout.plan()) {
    if (grid)
      grid->visit(*frame.position, model.step_m * neighbour_steps, [&](std::uint32_t row, double) {
        if (&table.row(row) != &frame) around.push_back(&table.row(row));
      });
    return;
  }
  const RasterPlan& plan = *layout.plan();
  const std::size_t row = plan.row_of(frame.id), col = plan.col_of(frame.id);
  for (std::size_t r = row - (row > 0); r <= std::min(row + 1, plan.rows - 1); ++r) {
    for (std::size_t c = col - (col > 0); c <= std::min(col + 1, plan.cols - 1); ++c) {
      // A snake runs every other row backwards, and col_of is its own inverse.
      const FrameId id = r * plan.cols + plan.col_of(r * plan.cols + c);
      if (id == frame.id) continue;
      if (const auto other = table.find(id)) around.push_back(&table.row(*other));
    }
  }
}

Step OnlineClassifier::State::label(std::size_t row) {
  const FrameRecord& frame = table.row(row);
  Step step;
  if (!has_place(layout, frame)) {
    step.label = Label::unpositioned;
  } else if (!has_model) {
    step.label = Label::pending;
  } else if (options.dark == DarkFrames::exclude && frame.features.whole.total < model.intensity.dark_below) {
    step.label = Label::dark;
  } else if (model.no_contrast) {
    step.label = Label::selected;
  } else {
    find_neighbours_of(frame);
    const double by = judge(model, around);
    step.label = by > 0 ? Label::selected : Label::background;
    step.confidence = confidence_of(by);
  }
  return step;
}

Executor inline_executor() {
  return [](std::function<void()> task) { task(); };
}

OnlineClassifier::OnlineClassifier(ScanLayout layout, RoiOptions options, RevisionOptions revisions,
                                   Executor executor) {
  roi::check(options);
  check(revisions);
  state_ = std::make_unique<State>(std::move(layout), options, revisions, std::move(executor));
}

OnlineClassifier::~OnlineClassifier() {
  if (state_->running.valid()) state_->running.wait();
}

Step OnlineClassifier::add(FrameRecord record) {
  State& state = *state_;
  PTERO_EXPECT(!state.finished);
  check(state.options, record);
  const FrameId id = record.id;
  if (!state.table.add(std::move(record))) {
    return {.label = state.labels[*state.table.find(id)], .duplicate = true};
  }
  const std::size_t row = state.table.size() - 1;
  state.labels.push_back(Label::pending);
  if (state.grid) state.insert_position(row);
  state.watermark.arrived(id);
  std::optional<Revision> revision = state.advance();
  Step step = state.label(row);
  step.revision = std::move(revision);
  state.labels[row] = step.label;
  if (step.label == Label::selected) state.set.insert(id);
  return step;
}

Revision OnlineClassifier::finish() {
  State& state = *state_;
  PTERO_EXPECT(!state.finished);
  state.finished = true;
  // Whatever is under way covers less than the end does.
  if (state.running.valid()) state.running.wait();
  const Prefix everything = all_of(state.table);
  return state.put_in_force(decide(state.table, state.layout, state.options, everything),
                            everything.watermark);
}

const RoiSet& OnlineClassifier::set() const {
  return state_->set;
}
const FeatureTable& OnlineClassifier::table() const {
  return state_->table;
}
FrameId OnlineClassifier::watermark() const {
  return state_->watermark.value();
}
std::optional<Label> OnlineClassifier::label_of(FrameId id) const {
  const auto row = state_->table.find(id);
  if (!row) return std::nullopt;
  return state_->labels[*row];
}

}  // namespace ptero::roi
