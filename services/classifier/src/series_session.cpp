#include "series_session.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ptero/runtime/clock.hpp>
#include <ptero/scan/roi_outputs.hpp>

namespace ptero::classifier {

namespace {

constexpr std::uint64_t every_sequence = std::numeric_limits<std::uint64_t>::max();
// A batch is decoded in memory: enough frames to keep every thread busy, and no more.
constexpr std::size_t batch_a_thread = 8;

void add_label(wire::Labels& labels, const roi::Labelled& one) {
  const auto confidence = static_cast<std::uint8_t>(std::lround(one.confidence * 255));
  switch (one.label) {
    case roi::Label::selected:
      labels.selected.push_back(one.id);
      return labels.selected_confidence.push_back(confidence);
    case roi::Label::background:
      labels.background.push_back(one.id);
      return labels.background_confidence.push_back(confidence);
    case roi::Label::dark:
      return labels.excluded.push_back(one.id);
    case roi::Label::outlying:
      return labels.outlying.push_back(one.id);
    case roi::Label::bad:
      return labels.marked.push_back(one.id);
    case roi::Label::pending:
      return labels.pending.push_back(one.id);
    case roi::Label::unpositioned:
      return;
  }
}

bool is_placed(const SeriesInfo& info, const roi::FrameRecord& record) {
  return record.position || (info.raster && record.id < info.raster->count());
}

}  // namespace

SeriesSession::SeriesSession(SeriesInfo info, const scan::MethodOptions& method, roi::WaitOptions wait,
                             SessionTools tools, std::unique_ptr<FeatureLog> log)
    : info_(std::move(info)),
      select_all_(method.select_all),
      method_(method.roi),
      stage_(info_, method),
      tools_(std::move(tools)),
      log_(std::move(log)),
      batch_limit_(tools_.pool.threads() == 1 ? 1 : batch_a_thread * tools_.pool.threads()) {
  fresh_.series_uid = info_.uid;
  if (!select_all_)
    online_.emplace(scan::layout_of(info_), method.roi, roi::RevisionOptions{}, tools_.executor, wait);
}

std::optional<std::uint64_t> SeriesSession::restore() {
  std::optional<std::uint64_t> next;
  roi::PastStep words;  // what was said since the last frame
  const auto next_step = [&]() -> std::optional<roi::PastStep> {
    while (auto entry = log_->next_past()) {
      if (const auto* fault = std::get_if<LoggedFault>(&*entry)) {
        next = fault->sequence + 1;
        corrupt_.push_back(fault->frame);
      } else if (auto* frame = std::get_if<LoggedFrame>(&*entry)) {
        next = frame->sequence + 1;
        frame->step.settled = std::exchange(words.settled, {});
        frame->step.reshaped = std::exchange(words.reshaped, {});
        frame->step.marked = std::exchange(words.marked, {});
        return std::move(frame->step);
      } else {
        restore_word(*entry, words);
      }
    }
    return std::nullopt;
  };
  if (online_) {
    online_->restore(next_step);
    for (const auto& shape : words.reshaped) online_->reshape(shape);
    for (const auto& mark : words.marked) online_->mark(mark);
  } else {
    while (const auto past = next_step()) {
      for (const auto& mark : past->marked) mark_plain(mark);
      step_of(past->record);
    }
    for (const auto& mark : words.marked) mark_plain(mark);
  }
  labelled_ = table().size();
  fresh_.revision = set().revision();
  return next;
}

void SeriesSession::restore_word(LogEntry& entry, roi::PastStep& words) {
  if (const auto* centre = std::get_if<roi::PatternCentre>(&entry)) {
    stage_.resume(std::exchange(marked_pixels_, {}), *centre);
    centre_logged_ = true;
  } else if (auto* pixels = std::get_if<LoggedPixels>(&entry)) {
    marked_pixels_ = std::move(pixels->marked);
  } else if (auto* revision = std::get_if<LoggedRevision>(&entry)) {
    words.settled = std::move(revision->settled);
  } else if (const auto* shape = std::get_if<roi::RegionShape>(&entry)) {
    words.reshaped.push_back(*shape);
    reshaped_ = true;
  } else if (const auto* mark = std::get_if<roi::Mark>(&entry)) {
    words.marked.push_back(*mark);
  } else if (const auto* segments = std::get_if<LoggedSegments>(&entry)) {
    wanted_segments_ = segments->segments;
  }
}

void SeriesSession::reshape(roi::RegionShape shape) {
  if (!online_) return;
  changes_by_people_ += shape == online_->shape() ? 0 : 1;
  online_->reshape(shape);
  log_->append(shape);
  log_->settle();
  reshaped_ = true;
}

std::size_t SeriesSession::mark(const roi::Mark& mark) {
  std::vector<FrameId> held;
  for (FrameId id : set().ids())
    if (mark.bad && id >= mark.first && id <= mark.last) held.push_back(id);
  const auto changed = online_ ? online_->mark(mark) : mark_plain(mark);
  log_->append(mark);
  log_->settle();
  changes_by_people_ += changed.empty() ? 0 : 1;
  if (!changed.empty()) tell_marked(changed, std::move(held));
  return changed.size();
}

/// The set and the labels after a mark.
void SeriesSession::tell_marked(const std::vector<roi::Labelled>& changed, std::vector<FrameId> removed) {
  std::vector<FrameId> ids, added;
  for (const auto& one : changed) {
    ids.push_back(one.id);
    waiting_.erase(one.id);
    if (one.label == roi::Label::selected) added.push_back(one.id);
  }
  forget_unsent(ids);
  for (const auto& one : changed) add_label(fresh_, one);
  if (!removed.empty() || !added.empty())
    selection_->change({.series_uid = info_.uid,
                        .revision = set().revision(),
                        .added = std::move(added),
                        .removed = std::move(removed)});
}

/// With everything selected nothing has to be computed: frames leave and come back at once.
std::vector<roi::Labelled> SeriesSession::mark_plain(const roi::Mark& mark) {
  plain_bad_.apply(mark);
  std::vector<roi::Labelled> changed;
  for (std::size_t row = 0; row < plain_table_.size(); ++row) {
    const auto& record = plain_table_.row(row);
    if (record.id < mark.first || record.id > mark.last || !is_placed(info_, record)) continue;
    if (mark.bad && plain_set_.erase(record.id)) changed.push_back({record.id, roi::Label::bad, 0});
    if (!mark.bad && plain_set_.insert(record.id)) changed.push_back({record.id, roi::Label::selected, 1});
  }
  std::sort(changed.begin(), changed.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return changed;
}

void SeriesSession::want_segments(int segments) {
  wanted_segments_ = segments;
  log_->append(LoggedSegments{segments});
  log_->settle();
}

roi::RegionShape SeriesSession::shape() const {
  return online_ ? online_->shape() : roi::RegionShape{};
}

roi::RegionShape SeriesSession::shape_in_force() const {
  return online_ ? online_->shape_in_force() : roi::RegionShape{};
}

std::string SeriesSession::mode() const {
  return select_all_ ? "off" : std::string(name_of(method_.mode));
}

roi::Labelled SeriesSession::label_at(std::size_t row) const {
  if (online_) return online_->at(row);
  const FrameId id = table().row(row).id;
  if (plain_set_.contains(id)) return {id, roi::Label::selected, 1};
  return {id, is_placed(info_, table().row(row)) ? roi::Label::bad : roi::Label::unpositioned};
}

void SeriesSession::tell(std::shared_ptr<Selection> selection) {
  selection_ = std::move(selection);
  if (set().size() > 0)
    selection_->change({.series_uid = info_.uid,
                        .revision = set().revision(),
                        .added = set().ids(),
                        .set_hash = set().hash()});
}

void SeriesSession::take(std::uint64_t sequence, const wire::Received& note, const wire::StreamFrame& message,
                         const Parts& parts) {
  batch_.push_back({sequence, note.t_arrival_ns, message.frame, parts});
}

std::size_t SeriesSession::flush() {
  auto batch = std::exchange(batch_, {});
  std::vector<scan::FeatureStage::Prepared> prepared(batch.size());
  tools_.pool.for_each(batch.size(), [&](std::size_t i) { prepared[i] = stage_.prepare(batch[i].frame); });
  std::size_t bad = 0;
  for (std::size_t i = 0; i < batch.size(); ++i)
    bad += came(std::move(batch[i]), std::move(prepared[i])) ? 0 : 1;
  return bad;
}

bool SeriesSession::came(Arrived arrived, scan::FeatureStage::Prepared prepared) {
  const auto sequence = arrived.sequence;
  const Frame frame = std::exchange(arrived.frame, {});
  auto outcome = stage_.take(frame, std::move(prepared), sequence);
  if (outcome.fault) {
    fresh_.corrupt.push_back(frame.id);
    corrupt_.push_back(frame.id);
    unlogged_faults_.push_back({sequence, frame.id});
  } else {
    in_stage_.emplace(sequence, std::move(arrived));
  }
  for (auto& item : outcome.items) label(std::move(item));
  if (in_stage_.empty()) log_faults_before(every_sequence);
  return !outcome.fault;
}

/// What the log says must be all there is up to its last entry: a restart asks for what follows.
void SeriesSession::log_faults_before(std::uint64_t sequence) {
  for (; !unlogged_faults_.empty() && unlogged_faults_.front().sequence < sequence;
       unlogged_faults_.pop_front())
    log_->append(unlogged_faults_.front());
}

roi::Step SeriesSession::step_of(const roi::FrameRecord& record) {
  if (online_) return online_->add(record);
  if (!plain_table_.add(record)) return {.duplicate = true};
  if (!is_placed(info_, record)) return {.label = roi::Label::unpositioned};
  if (plain_bad_.contains(record.id)) return {.label = roi::Label::bad};
  plain_set_.insert(record.id);
  return {.label = roi::Label::selected, .confidence = 1};
}

void SeriesSession::label(scan::FeatureStage::Item item) {
  auto arrived = in_stage_.extract(item.ticket);
  const FrameId id = item.record.id;
  const auto t_ns = arrived.mapped().t_ns;
  auto step = step_of(item.record);
  if (step.duplicate) return;
  if (step.revision) {
    log_->append(LoggedRevision{step.revision->settled});
    apply(*step.revision, false);
  }
  selection_->offer(id, std::move(arrived.mapped().parts));
  ++labelled_;
  if (step.waits)
    waiting_.emplace(id, t_ns);
  else
    note_first_label({id, step.label, step.confidence}, t_ns);
  for (const auto& over : step.waited)
    if (const auto since = waiting_.extract(over.id)) note_first_label(over, since.mapped());

  if (!centre_logged_ && stage_.centre()) {
    if (!stage_.marked().empty()) log_->append(LoggedPixels{stage_.marked()});
    log_->append(*stage_.centre());
  }
  centre_logged_ = true;
  log_faults_before(item.ticket);
  log_->append(LoggedFrame{item.ticket,
                           {std::move(item.record), step.label, step.confidence, std::move(step.waited)}});
}

void SeriesSession::note_first_label(const roi::Labelled& labelled, std::int64_t t_arrival_ns) {
  if (labelled.label == roi::Label::selected)
    selection_->change({.series_uid = info_.uid, .revision = set().revision(), .added = {labelled.id}});
  // Before the first thresholds there is nothing to say, nor to be late with.
  if (set().revision() == 0 && labelled.label == roi::Label::pending) return;
  // Ingest takes a frame for pending until it hears otherwise.
  if (labelled.label != roi::Label::pending) add_label(fresh_, labelled);
  tools_.latency.record_ns(runtime::steady_now_ns() - t_arrival_ns);
}

/// A message names an id once: its lists have no order among them.
void SeriesSession::forget_unsent(const std::vector<FrameId>& decided) {
  const auto prune = [&](std::vector<FrameId>& ids, std::vector<std::uint8_t>* confidence) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (std::binary_search(decided.begin(), decided.end(), ids[i])) continue;
      ids[kept] = ids[i];
      if (confidence != nullptr) (*confidence)[kept] = (*confidence)[i];
      ++kept;
    }
    ids.resize(kept);
    if (confidence != nullptr) confidence->resize(kept);
  };
  prune(fresh_.selected, &fresh_.selected_confidence);
  prune(fresh_.background, &fresh_.background_confidence);
  prune(fresh_.excluded, nullptr);
  prune(fresh_.marked, nullptr);
  prune(fresh_.outlying, nullptr);
  prune(fresh_.pending, nullptr);
}

void SeriesSession::apply(const roi::Revision& revision, bool final) {
  selection_->change({.series_uid = info_.uid,
                      .revision = revision.number,
                      .final = final,
                      .added = revision.added,
                      .removed = revision.removed,
                      .set_hash = online_->set().hash()});
  fresh_.revision = revision.number;
  // What changed; the last word is said of every frame, with the confidence it ends with.
  std::vector<FrameId> decided;
  if (final)
    decided = revision.classification->ids;
  else
    for (const auto& one : revision.settled) decided.push_back(one.id);
  forget_unsent(decided);
  for (const FrameId id : decided)
    add_label(fresh_, {id, *online_->label_of(id), online_->confidence_of(id)});
  // Whoever waits has the revision's word instead.
  for (auto waits = waiting_.begin(); waits != waiting_.end();) {
    if (waits->first >= revision.watermark) {
      ++waits;
      continue;
    }
    tools_.latency.record_ns(runtime::steady_now_ns() - waits->second);
    waits = waiting_.erase(waits);
  }
}

void SeriesSession::finish() {
  flush();
  for (auto& item : stage_.finish()) label(std::move(item));
  log_faults_before(every_sequence);
  if (online_) {
    const auto revision = online_->finish();
    final_ = revision.classification;
    apply(revision, true);
  } else {
    final_ = std::make_shared<roi::Classification>(
        scan::select_everything(plain_table_, scan::layout_of(info_), plain_bad_));
    selection_->change(
        {.series_uid = info_.uid, .revision = 1, .final = true, .set_hash = plain_set_.hash()});
  }
  fresh_.final = true;
}

wire::Labels SeriesSession::take_labels() {
  wire::Labels next{.series_uid = info_.uid, .revision = fresh_.revision};
  return std::exchange(fresh_, std::move(next));
}

wire::Labels SeriesSession::all_labels() const {
  wire::Labels all{.series_uid = info_.uid, .revision = fresh_.revision, .final = final_ != nullptr};
  all.corrupt = corrupt_;
  for (std::size_t i = 0; i < table().size(); ++i) {
    const FrameId id = table().row(i).id;
    if (online_)
      add_label(all, {id, *online_->label_of(id), online_->confidence_of(id)});
    else
      add_label(all, label_at(i));
  }
  return all;
}

const roi::FeatureTable& SeriesSession::table() const {
  return online_ ? online_->table() : plain_table_;
}

const roi::RoiSet& SeriesSession::set() const {
  return online_ ? online_->set() : plain_set_;
}

}  // namespace ptero::classifier
