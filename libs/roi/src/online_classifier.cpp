#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <future>
#include <limits>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/roi/online_classifier.hpp>
#include <string>
#include <unordered_map>
#include <utility>

#include "decision.hpp"
#include "revision_points.hpp"
#include "standing.hpp"
#include "vicinity.hpp"
#include "watermark.hpp"

namespace ptero::roi {
namespace {

void check(const WaitOptions& options) {
  if (!(options.confidence >= 0 && options.confidence <= 1))
    throw InputError("the confidence that ends a wait is not between 0 and 1", "",
                     "0: no frame waits, 1: all but the certain ones");
}

}  // namespace

struct OnlineClassifier::State {
  ScanLayout layout;
  RoiOptions options;
  Executor executor;
  WaitOptions wait;

  FeatureTable table;
  Watermark watermark;
  /// By row of the table. While a revision is computed, those of its prefix are only read; what is said of
  /// them in the meantime waits in `meanwhile`.
  StableRows<Standing> standings;
  std::unordered_map<std::size_t, Standing> meanwhile;
  /// By row, of the prefix in force: what its revision gave. NaN: not in it.
  std::vector<float> confidences;
  std::deque<std::size_t> waiting;  ///< rows, oldest first; some may have got a label by a revision
  RoiSet set;
  Model model;
  bool has_model = false;
  bool finished = false;
  RevisionPoints points;
  BadFrames bad;
  /// What a revision is computed for.
  struct Task {
    Prefix prefix;
    RegionShape shape;
    BadFrames bad;
    bool in_full = false;  ///< it is the last word, or a person's: no frame keeps its label against it
  };
  /// What a revision makes of one frame.
  struct Change {
    std::uint32_t row = 0;
    FrameId id = 0;
    Standing now;
  };
  struct Outcome {
    Decision decision;
    std::vector<Change> changes;     ///< ascending ids
    std::vector<float> confidences;  ///< by row
  };
  bool computing = false;
  Task under_way;  ///< of `running`, while `computing`
  RegionShape in_force;
  std::future<Outcome> running;
  Vicinity vicinity{layout, table};

  State(ScanLayout l, RoiOptions o, RevisionOptions r, Executor e, WaitOptions w)
      : layout(std::move(l)),
        options(o),
        executor(std::move(e)),
        wait(w),
        watermark(r.give_up_after),
        points(r),
        in_force(o.shape()) {}

  RoiOptions with(RegionShape shape) const {
    RoiOptions changed = options;
    changed.border = shape.border;
    changed.fill_in = shape.fill_in;
    return changed;
  }
  void start(Task task);
  Outcome compute(const Task& task, const RoiOptions& method) const;
  Revision put_in_force(Outcome outcome, const Task& task);
  void change_meanwhile(Outcome& outcome, const Task& task);
  void settle(const Change& change, Revision& revision);
  void reshape(RegionShape shape);
  std::vector<Labelled> relabel(const Mark& mark);
  std::optional<Revision> advance();
  Standing standing(std::size_t row) const;
  void set_label(std::size_t row, Standing standing);
  Standing judge(std::size_t row);
  bool should_wait(const Standing& standing) const;
  std::vector<Labelled> end_waits();
  void restore_step(const PastStep& past);
  void restore_settled(const std::vector<Settled>& settled);
  void restore_confidences(const Task& task);
};

void OnlineClassifier::State::start(Task what) {
  // The task reads only rows that are there now: they never move.
  auto task = std::make_shared<std::packaged_task<Outcome()>>(
      [this, what, method = with(what.shape)] { return compute(what, method); });
  running = task->get_future();
  computing = true;
  under_way = std::move(what);
  executor([task] { (*task)(); });
}

namespace {

/// What a revision makes of a frame that stands as `before`.
Standing after(const Standing& before, const Model& model, bool in_full, Label decided, float confidence) {
  if (in_full) return {decided, false, confidence};
  const bool unknown = model.no_contrast && decided == Label::selected;
  if (unknown && !model.everywhere) return {before.label, false, 0};
  if (unknown) return {decided, false, confidence};
  return follow(before, decided, confidence);
}

bool differ(const Standing& a, const Standing& b) {
  return a.label != b.label || a.contested != b.contested;
}

}  // namespace

/// On the executor's thread.
OnlineClassifier::State::Outcome OnlineClassifier::State::compute(const Task& task,
                                                                  const RoiOptions& method) const {
  Outcome outcome;
  outcome.decision = decide(table, layout, method, task.prefix, task.bad);
  const Decision& decision = outcome.decision;
  const Classification& result = decision.classification;
  outcome.confidences.assign(task.prefix.rows, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < result.ids.size(); ++i) {
    const std::uint32_t row = decision.rows[i];
    const Standing before = row < standings.size() ? standings[row] : Standing{};
    const Standing now = after(before, decision.model, task.in_full, result.labels[i], result.confidence[i]);
    outcome.confidences[row] = now.confidence;
    if (differ(before, now)) outcome.changes.push_back({row, result.ids[i], now});
  }
  return outcome;
}

/// Frames of the prefix that got another label while the revision was computed: the revision follows that
/// one, and the last word is the person's.
void OnlineClassifier::State::change_meanwhile(Outcome& outcome, const Task& task) {
  if (meanwhile.empty()) return;
  Classification& result = outcome.decision.classification;
  std::erase_if(outcome.changes, [&](const Change& change) { return meanwhile.contains(change.row); });
  for (const auto& [row, before] : meanwhile) {
    const FrameId id = table.row(row).id;
    standings[row] = before;
    const auto found = std::lower_bound(result.ids.begin(), result.ids.end(), id);
    if (found == result.ids.end() || *found != id) continue;
    const auto i = static_cast<std::size_t>(found - result.ids.begin());
    Label& decided = result.labels[i];
    if (decided != Label::unpositioned && bad.contains(id) != (decided == Label::bad)) {
      decided = bad.contains(id) ? Label::bad : Label::pending;
      result.confidence[i] = 0;
    }
    const Standing now = after(before, outcome.decision.model, task.in_full, decided, result.confidence[i]);
    outcome.confidences[row] = now.confidence;
    if (differ(before, now)) outcome.changes.push_back({static_cast<std::uint32_t>(row), id, now});
  }
  meanwhile.clear();
  std::sort(outcome.changes.begin(), outcome.changes.end(),
            [](const Change& a, const Change& b) { return a.id < b.id; });
}

void OnlineClassifier::State::settle(const Change& change, Revision& revision) {
  const Label before = std::exchange(standings[change.row], change.now).label;
  revision.settled.push_back({change.id, change.now.label, change.now.contested});
  if (before == change.now.label) return;
  if (before == Label::selected) {
    revision.removed.push_back(change.id);
    set.erase(change.id);
  } else if (change.now.label == Label::selected) {
    revision.added.push_back(change.id);
    set.insert(change.id);
  }
}

Revision OnlineClassifier::State::put_in_force(Outcome outcome, const Task& task) {
  computing = false;
  change_meanwhile(outcome, task);
  Revision revision;
  revision.number = set.revision() + 1;
  revision.watermark = task.prefix.watermark;
  revision.shape = in_force = task.shape;
  for (const Change& change : outcome.changes) settle(change, revision);
  confidences = std::move(outcome.confidences);
  set.set_revision(revision.number);
  model = std::move(outcome.decision.model);
  has_model = true;
  revision.classification =
      std::make_shared<const Classification>(std::move(outcome.decision.classification));
  vicinity.set_step(model.step_m);
  return revision;
}

/// At a revision point: what was computed since the last one takes effect, the next is started.
std::optional<Revision> OnlineClassifier::State::advance() {
  const auto reached = points.reached(watermark.value());
  if (!reached) return std::nullopt;
  std::optional<Revision> revision;
  if (running.valid()) revision = put_in_force(running.get(), under_way);
  const RegionShape shape = options.shape();
  start({{*reached, table.size()}, shape, bad, !(shape == in_force)});
  return revision;
}

void OnlineClassifier::State::reshape(RegionShape shape) {
  const auto changed = with(shape);
  roi::check(changed);
  if (shape == options.shape()) return;
  options = changed;
  points.hasten(watermark.value());
}

/// The labels that a mark changes at once.
std::vector<Labelled> OnlineClassifier::State::relabel(const Mark& mark) {
  std::vector<Labelled> changed;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const FrameId id = table.row(row).id;
    if (id < mark.first || id > mark.last) continue;
    const Label label = standing(row).label;
    if (label == Label::unpositioned || (label == Label::bad) == mark.bad) continue;
    set.erase(id);
    // One that is taken back waits for a revision, not for its neighbours.
    if (mark.bad) std::erase(waiting, row);
    const Standing now{mark.bad ? Label::bad : Label::pending};
    set_label(row, now);
    changed.push_back({id, now.label, now.confidence});
  }
  std::sort(changed.begin(), changed.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return changed;
}

Standing OnlineClassifier::State::standing(std::size_t row) const {
  if (!meanwhile.empty())
    if (const auto found = meanwhile.find(row); found != meanwhile.end()) return found->second;
  Standing standing = standings[row];
  if (row < confidences.size() && !std::isnan(confidences[row])) standing.confidence = confidences[row];
  return standing;
}

Standing OnlineClassifier::State::judge(std::size_t row) {
  const FrameRecord& frame = table.row(row);
  if (!has_place(layout, frame)) return {Label::unpositioned};
  if (bad.contains(frame.id)) return {Label::bad};
  if (!has_model) return {Label::pending};
  if (model.intensity.is_outlying(frame)) return {Label::outlying};
  if (options.dark == DarkFrames::exclude && model.intensity.is_dark(frame)) return {Label::dark};
  if (model.no_contrast) return {model.everywhere ? Label::selected : Label::pending};
  const double by = roi::judge(model, vicinity.around(frame, bad));
  return first_standing(by > 0 ? Label::selected : Label::background, roi::confidence_of(by));
}

bool OnlineClassifier::State::should_wait(const Standing& standing) const {
  const bool by_features = standing.label == Label::selected || standing.label == Label::background;
  return wait.frames > 0 && has_model &&
         (standing.label == Label::pending || (by_features && !model.no_contrast)) &&
         static_cast<double>(standing.confidence) < wait.confidence;
}

void OnlineClassifier::State::set_label(std::size_t row, Standing standing) {
  if (computing && row < under_way.prefix.rows) {
    meanwhile[row] = standing;
  } else {
    standings[row] = standing;
    if (row < confidences.size()) confidences[row] = standing.confidence;
  }
  if (standing.label == Label::selected) set.insert(table.row(row).id);
}

/// Labels what has waited for the last time, unless a revision did so before.
std::vector<Labelled> OnlineClassifier::State::end_waits() {
  std::vector<Labelled> over;
  for (; !waiting.empty() && waiting.front() + wait.frames < table.size(); waiting.pop_front()) {
    const std::size_t row = waiting.front();
    const bool decided = row < confidences.size() && !std::isnan(confidences[row]);
    if (decided || standing(row).label != Label::pending) continue;
    const Standing now = judge(row);
    set_label(row, now);
    over.push_back({table.row(row).id, now.label, now.confidence});
  }
  return over;
}

Executor inline_executor() {
  return [](std::function<void()> task) { task(); };
}

OnlineClassifier::OnlineClassifier(ScanLayout layout, RoiOptions options, RevisionOptions revisions,
                                   Executor executor, WaitOptions wait) {
  roi::check(options);
  check(revisions);
  check(wait);
  state_ = std::make_unique<State>(std::move(layout), options, revisions, std::move(executor), wait);
}

OnlineClassifier::~OnlineClassifier() {
  if (state_->running.valid()) state_->running.wait();
}

/// Labels and contests as the revision left them that took effect before this step.
void OnlineClassifier::State::restore_settled(const std::vector<Settled>& settled) {
  computing = false;
  for (const auto& [row, standing] : meanwhile) standings[row] = standing;
  meanwhile.clear();
  for (const Settled& one : settled) {
    const auto row = table.find(one.id);
    if (!row) continue;
    if (standings[*row].label == Label::selected) set.erase(one.id);
    set_label(*row, {one.label, one.contested, 0});
  }
}

/// What one frame brought about in the earlier run, but for revisions.
void OnlineClassifier::State::restore_step(const PastStep& past) {
  const std::size_t row = table.size() - 1;
  set_label(row, {past.label, false, past.confidence});
  // Who waits is not certain of anything yet.
  const bool waits = wait.frames > 0 && wait.confidence > 0 && past.confidence == 0;
  if (has_model && past.label == Label::pending && waits) waiting.push_back(row);
  for (const Labelled& over : past.waited)
    if (const auto earlier = table.find(over.id)) set_label(*earlier, {over.label, false, over.confidence});
  while (!waiting.empty() && waiting.front() + wait.frames < table.size()) waiting.pop_front();
}

void OnlineClassifier::State::restore_confidences(const Task& task) {
  Decision decision = decide(table, layout, with(task.shape), task.prefix, task.bad);
  const Classification& result = decision.classification;
  confidences.assign(task.prefix.rows, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < result.ids.size(); ++i) {
    const std::uint32_t row = decision.rows[i];
    const Standing& now = standings[row];
    const bool unknown = decision.model.no_contrast && result.labels[i] == Label::selected;
    confidences[row] =
        unknown && !decision.model.everywhere && !task.in_full
            ? 0
            : confidence_in_force(now.label, now.contested, result.labels[i], result.confidence[i]);
  }
  model = std::move(decision.model);
  in_force = task.shape;
  vicinity.set_step(model.step_m);
}

void OnlineClassifier::restore(const std::function<std::optional<PastStep>()>& next) {
  State& state = *state_;
  PTERO_EXPECT(state.table.size() == 0);
  std::optional<State::Task> in_force, under_way;
  std::uint64_t revisions = 0;
  while (auto past = next()) {
    check(state.options, past->record);
    for (const RegionShape& shape : past->reshaped) state.reshape(shape);
    for (const Mark& mark : past->marked) this->mark(mark);
    const FrameId id = past->record.id;
    if (!state.table.add(past->record)) continue;
    state.standings.append({});
    state.watermark.arrived(id);
    if (const auto reached = state.points.reached(state.watermark.value())) {
      in_force = std::exchange(under_way, std::nullopt);
      if (in_force) state.in_force = in_force->shape;
      revisions += in_force ? 1 : 0;
      state.has_model = in_force.has_value();
      state.restore_settled(past->settled);
      const RegionShape shape = state.options.shape();
      state.under_way = {{*reached, state.table.size()}, shape, state.bad, !(shape == state.in_force)};
      state.computing = true;
      under_way = state.under_way;
    }
    state.restore_step(*past);
  }
  if (in_force) {
    state.set.set_revision(revisions);
    state.restore_confidences(*in_force);
  }
  if (under_way) state.start(*std::move(under_way));
}

Step OnlineClassifier::add(FrameRecord record) {
  State& state = *state_;
  PTERO_EXPECT(!state.finished);
  check(state.options, record);
  const FrameId id = record.id;
  if (!state.table.add(std::move(record))) {
    return {.label = state.standing(*state.table.find(id)).label, .duplicate = true};
  }
  const std::size_t row = state.table.size() - 1;
  state.standings.append({});
  state.vicinity.added(row);
  state.watermark.arrived(id);
  Step step;
  step.revision = state.advance();
  Standing standing = state.judge(row);
  if (state.should_wait(standing)) {
    standing = {};
    state.waiting.push_back(row);
    step.waits = true;
  }
  state.set_label(row, standing);
  step.label = standing.label;
  step.confidence = standing.confidence;
  step.waited = state.end_waits();
  return step;
}

bool OnlineClassifier::would_wait() const {
  const State& state = *state_;
  return state.running.valid() && state.points.due(state.watermark.value() + 1) &&
         state.running.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
}

Revision OnlineClassifier::finish() {
  State& state = *state_;
  PTERO_EXPECT(!state.finished);
  state.finished = true;
  // Whatever is under way covers less than the end does.
  if (state.running.valid()) state.running.wait();
  state.running = {};
  const State::Task everything{all_of(state.table), state.options.shape(), state.bad, true};
  return state.put_in_force(state.compute(everything, state.options), everything);
}

void OnlineClassifier::reshape(RegionShape shape) {
  PTERO_EXPECT(!state_->finished);
  state_->reshape(shape);
}

std::vector<Labelled> OnlineClassifier::mark(const Mark& mark) {
  PTERO_EXPECT(!state_->finished);
  state_->bad.apply(mark);
  state_->points.hasten(state_->watermark.value());
  return state_->relabel(mark);
}

const BadFrames& OnlineClassifier::bad() const {
  return state_->bad;
}

RegionShape OnlineClassifier::shape() const {
  return state_->options.shape();
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
  return state_->standing(*row).label;
}
Labelled OnlineClassifier::at(std::size_t row) const {
  const Standing standing = state_->standing(row);
  return {state_->table.row(row).id, standing.label, standing.confidence};
}
RegionShape OnlineClassifier::shape_in_force() const {
  return state_->in_force;
}
bool OnlineClassifier::no_contrast() const {
  return state_->has_model && state_->model.no_contrast;
}
float OnlineClassifier::confidence_of(FrameId id) const {
  const auto row = state_->table.find(id);
  return row ? state_->standing(*row).confidence : 0;
}

}  // namespace ptero::roi
