#include <algorithm>
#include <deque>
#include <future>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/roi/online_classifier.hpp>
#include <string>
#include <utility>

#include "decision.hpp"
#include "revision_points.hpp"
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
  struct Verdict {
    Label label = Label::pending;
    float confidence = 0;
  };
  std::vector<Verdict> verdicts;    ///< by row of the table
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
  };
  Task under_way;  ///< with `running`
  RegionShape in_force;
  std::future<Decision> running;
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
  Revision put_in_force(Decision decision, const Task& task);
  void reshape(RegionShape shape);
  std::vector<Labelled> relabel(const Mark& mark, std::size_t rows);
  std::optional<Revision> advance();
  void set_label(std::size_t row, Verdict verdict);
  Verdict judge(std::size_t row);
  bool should_wait(const Verdict& verdict) const;
  std::vector<Labelled> end_waits();
};

void OnlineClassifier::State::start(Task what) {
  // The task reads only rows that are there now: the table never moves them.
  auto task = std::make_shared<std::packaged_task<Decision()>>(
      [this, prefix = what.prefix, with = with(what.shape), without = what.bad] {
        return decide(table, layout, with, prefix, without);
      });
  running = task->get_future();
  under_way = std::move(what);
  executor([task] { (*task)(); });
}

Revision OnlineClassifier::State::put_in_force(Decision decision, const Task& task) {
  Revision revision;
  revision.number = set.revision() + 1;
  revision.watermark = task.prefix.watermark;
  revision.shape = in_force = task.shape;
  Classification& result = decision.classification;
  for (std::size_t i = 0; i < result.ids.size(); ++i) {
    // The last word is the person's, who may have spoken since the computation began.
    if (bad.contains(result.ids[i]) && result.labels[i] != Label::unpositioned)
      result.labels[i] = Label::bad;
    else if (result.labels[i] == Label::bad)
      result.labels[i] = Label::pending;
    auto& [current, confidence] = verdicts[decision.rows[i]];
    confidence = result.confidence[i];
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
  vicinity.set_step(model.step_m);
  return revision;
}

/// At a revision point: what was computed since the last one takes effect, the next is started.
std::optional<Revision> OnlineClassifier::State::advance() {
  const auto reached = points.reached(watermark.value());
  if (!reached) return std::nullopt;
  std::optional<Revision> revision;
  if (running.valid()) revision = put_in_force(running.get(), under_way);
  start({{*reached, table.size()}, options.shape(), bad});
  return revision;
}

void OnlineClassifier::State::reshape(RegionShape shape) {
  const auto changed = with(shape);
  roi::check(changed);
  if (shape == options.shape()) return;
  options = changed;
  points.hasten(watermark.value());
}

/// The labels that a mark changes at once, of the first `rows` rows.
std::vector<Labelled> OnlineClassifier::State::relabel(const Mark& mark, std::size_t rows) {
  std::vector<Labelled> changed;
  for (std::size_t row = 0; row < rows; ++row) {
    const FrameId id = table.row(row).id;
    auto& verdict = verdicts[row];
    if (id < mark.first || id > mark.last || verdict.label == Label::unpositioned) continue;
    if ((verdict.label == Label::bad) == mark.bad) continue;
    set.erase(id);
    // One that is taken back waits for a revision, not for its neighbours.
    if (mark.bad) std::erase(waiting, row);
    verdict = {mark.bad ? Label::bad : Label::pending, 0};
    changed.push_back({id, verdict.label, verdict.confidence});
  }
  std::sort(changed.begin(), changed.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return changed;
}

OnlineClassifier::State::Verdict OnlineClassifier::State::judge(std::size_t row) {
  const FrameRecord& frame = table.row(row);
  if (!has_place(layout, frame)) return {Label::unpositioned};
  if (bad.contains(frame.id)) return {Label::bad};
  if (!has_model) return {Label::pending};
  if (options.dark == DarkFrames::exclude && frame.features.whole.total < model.intensity.dark_below)
    return {Label::dark};
  if (model.no_contrast) return {Label::selected};
  const double by = roi::judge(model, vicinity.around(frame, bad));
  return {by > 0 ? Label::selected : Label::background, roi::confidence_of(by)};
}

bool OnlineClassifier::State::should_wait(const Verdict& verdict) const {
  const bool by_features = verdict.label == Label::selected || verdict.label == Label::background;
  return wait.frames > 0 && by_features && !model.no_contrast &&
         static_cast<double>(verdict.confidence) < wait.confidence;
}

void OnlineClassifier::State::set_label(std::size_t row, Verdict verdict) {
  verdicts[row] = verdict;
  if (verdict.label == Label::selected) set.insert(table.row(row).id);
}

/// Labels what has waited for the last time, unless a revision did so before.
std::vector<Labelled> OnlineClassifier::State::end_waits() {
  std::vector<Labelled> over;
  for (; !waiting.empty() && waiting.front() + wait.frames < table.size(); waiting.pop_front()) {
    const std::size_t row = waiting.front();
    if (verdicts[row].label != Label::pending) continue;
    set_label(row, judge(row));
    over.push_back({table.row(row).id, verdicts[row].label, verdicts[row].confidence});
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

void OnlineClassifier::restore(const std::function<std::optional<PastStep>()>& next) {
  State& state = *state_;
  PTERO_EXPECT(state.table.size() == 0);
  std::optional<State::Task> in_force, under_way;
  std::uint64_t revisions = 0;
  // What was marked when the last revision took effect, and since then: of how many rows it changed labels.
  BadFrames bad_then;
  std::vector<std::pair<Mark, std::size_t>> marked_since;
  while (auto past = next()) {
    check(state.options, past->record);
    for (const RegionShape& shape : past->reshaped) state.reshape(shape);
    for (const Mark& mark : past->marked) {
      marked_since.emplace_back(mark, state.table.size());
      this->mark(mark);
    }
    const FrameId id = past->record.id;
    if (!state.table.add(std::move(past->record))) continue;
    const std::size_t row = state.table.size() - 1;
    state.verdicts.emplace_back();
    state.watermark.arrived(id);
    if (const auto reached = state.points.reached(state.watermark.value())) {
      in_force = std::exchange(under_way,
                               State::Task{{*reached, state.table.size()}, state.options.shape(), state.bad});
      revisions += in_force ? 1 : 0;
      bad_then = state.bad;
      marked_since.clear();
    }
    state.set_label(row, {past->label, past->confidence});
    // Who has a place and no label although there were thresholds was waiting.
    if (in_force && past->label == Label::pending) state.waiting.push_back(row);
    for (const Labelled& over : past->waited)
      if (const auto earlier = state.table.find(over.id))
        state.set_label(*earlier, {over.label, over.confidence});
    while (!state.waiting.empty() && state.waiting.front() + state.wait.frames < state.table.size())
      state.waiting.pop_front();
  }
  if (in_force) {
    state.set.set_revision(revisions - 1);
    std::swap(state.bad, bad_then);
    state.put_in_force(
        decide(state.table, state.layout, state.with(in_force->shape), in_force->prefix, in_force->bad),
        *in_force);
    std::swap(state.bad, bad_then);
    for (const auto& [mark, rows] : marked_since) state.relabel(mark, rows);
  }
  if (under_way) state.start(*std::move(under_way));
}

Step OnlineClassifier::add(FrameRecord record) {
  State& state = *state_;
  PTERO_EXPECT(!state.finished);
  check(state.options, record);
  const FrameId id = record.id;
  if (!state.table.add(std::move(record))) {
    return {.label = state.verdicts[*state.table.find(id)].label, .duplicate = true};
  }
  const std::size_t row = state.table.size() - 1;
  state.verdicts.emplace_back();
  state.vicinity.added(row);
  state.watermark.arrived(id);
  Step step;
  step.revision = state.advance();
  auto verdict = state.judge(row);
  if (state.should_wait(verdict)) {
    verdict = {};
    state.waiting.push_back(row);
  }
  state.set_label(row, verdict);
  step.label = verdict.label;
  step.confidence = verdict.confidence;
  step.waited = state.end_waits();
  return step;
}

Revision OnlineClassifier::finish() {
  State& state = *state_;
  PTERO_EXPECT(!state.finished);
  state.finished = true;
  // Whatever is under way covers less than the end does.
  if (state.running.valid()) state.running.wait();
  const State::Task everything{all_of(state.table), state.options.shape(), state.bad};
  return state.put_in_force(
      decide(state.table, state.layout, state.options, everything.prefix, everything.bad), everything);
}

void OnlineClassifier::reshape(RegionShape shape) {
  PTERO_EXPECT(!state_->finished);
  state_->reshape(shape);
}

std::vector<Labelled> OnlineClassifier::mark(const Mark& mark) {
  PTERO_EXPECT(!state_->finished);
  state_->bad.apply(mark);
  state_->points.hasten(state_->watermark.value());
  return state_->relabel(mark, state_->table.size());
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
  return state_->verdicts[*row].label;
}
Labelled OnlineClassifier::at(std::size_t row) const {
  const auto& verdict = state_->verdicts[row];
  return {state_->table.row(row).id, verdict.label, verdict.confidence};
}
RegionShape OnlineClassifier::shape_in_force() const {
  return state_->in_force;
}
bool OnlineClassifier::no_contrast() const {
  return state_->has_model && state_->model.no_contrast;
}
float OnlineClassifier::confidence_of(FrameId id) const {
  const auto row = state_->table.find(id);
  return row ? state_->verdicts[*row].confidence : 0;
}

}  // namespace ptero::roi
