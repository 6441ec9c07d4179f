#include "series_session.hpp"

#include <ptero/runtime/clock.hpp>
#include <ptero/services/classifier/roi_outputs.hpp>

namespace ptero::classifier {

SeriesSession::SeriesSession(SeriesInfo info, const MethodOptions& method,
                             std::shared_ptr<Selection> selection, roi::Executor executor,
                             telemetry::LatencyRecorder& latency)
    : info_(std::move(info)),
      method_(method),
      stage_(info_, method_),
      selection_(std::move(selection)),
      latency_(latency) {
  fresh_.series_uid = info_.uid;
  if (!method_.select_all)
    online_.emplace(layout_of(info_), method_.roi, roi::RevisionOptions{}, std::move(executor));
}

bool SeriesSession::take(const wire::Received& note, const wire::StreamFrame& message, Parts parts) {
  const auto ticket = next_ticket_++;
  waiting_.emplace(ticket, Arrived{note.t_arrival_ns, std::move(parts)});
  auto outcome = stage_.take(message.frame, ticket);
  if (outcome.fault) {
    waiting_.erase(ticket);
    fresh_.corrupt.push_back(message.frame.id);
    corrupt_.push_back(message.frame.id);
    return false;
  }
  for (auto& item : outcome.items) label(std::move(item));
  return true;
}

void SeriesSession::label(FeatureStage::Item item) {
  auto arrived = waiting_.extract(item.ticket);
  const FrameId id = item.record.id;
  roi::Label label = roi::Label::unpositioned;
  if (online_) {
    auto step = online_->add(std::move(item.record));
    if (step.duplicate) return;
    if (step.revision) apply(*step.revision, false);
    label = step.label;
  } else {
    const bool placed = item.record.position || (info_.raster && id < info_.raster->count());
    if (!plain_table_.add(std::move(item.record))) return;
    if (placed) {
      label = roi::Label::selected;
      plain_set_.insert(id);
    }
  }
  selection_->offer(id, std::move(arrived.mapped().parts));
  if (label == roi::Label::selected)
    selection_->change({.series_uid = info_.uid, .revision = set().revision(), .added = {id}});
  note_label(id, label);
  ++labelled_;
  latency_.record_ns(runtime::steady_now_ns() - arrived.mapped().t_ns);
}

void SeriesSession::note_label(FrameId id, roi::Label label) {
  switch (label) {
    case roi::Label::selected:
      return fresh_.selected.push_back(id);
    case roi::Label::background:
      return fresh_.background.push_back(id);
    case roi::Label::dark:
      return fresh_.excluded.push_back(id);
    case roi::Label::pending:
    case roi::Label::unpositioned:
      return;
  }
}

void SeriesSession::apply(const roi::Revision& revision, bool final) {
  selection_->change({.series_uid = info_.uid,
                      .revision = revision.number,
                      .final = final,
                      .added = revision.added,
                      .removed = revision.removed,
                      .set_hash = online_->set().hash()});
  fresh_.revision = revision.number;
  // The classification of the prefix is the last word on all of it: labels said before may have changed.
  const auto& c = *revision.classification;
  for (std::size_t i = 0; i < c.ids.size(); ++i) note_label(c.ids[i], c.labels[i]);
}

void SeriesSession::finish() {
  for (auto& item : stage_.finish()) label(std::move(item));
  if (online_) {
    const auto revision = online_->finish();
    final_ = revision.classification;
    apply(revision, true);
  } else {
    final_ = std::make_shared<roi::Classification>(select_everything(plain_table_, layout_of(info_)));
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
    if (set().contains(id))
      all.selected.push_back(id);
    else if (online_ && online_->label_of(id) == roi::Label::background)
      all.background.push_back(id);
    else if (online_ && online_->label_of(id) == roi::Label::dark)
      all.excluded.push_back(id);
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
