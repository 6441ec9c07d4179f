#include "series_job.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace ptero::reconstructor {

void SeriesJob::resume(const WorkerCheckpoint& checkpoint) {
  if (!works()) return;
  ImageJob::resume({.epochs_at_final = checkpoint.epochs_at_final,
                    .patterns_run = checkpoint.patterns_run,
                    .seconds = checkpoint.seconds,
                    .state = checkpoint.state});
  revision_ = checkpoint.revision;
}

std::optional<WorkerCheckpoint> SeriesJob::checkpoint() const {
  auto now = standing();
  if (!now) return std::nullopt;
  return WorkerCheckpoint{.revision = revision_,
                          .epochs_at_final = now->epochs_at_final,
                          .patterns_run = now->patterns_run,
                          .seconds = now->seconds,
                          .state = std::move(now->state)};
}

std::optional<LeftOut> SeriesJob::take(const Frame& frame, std::int64_t t_arrival_ns) {
  const auto why = ImageJob::take(frame);
  if (!why && works()) newest_arrival_ns_ = std::max(newest_arrival_ns_, t_arrival_ns);
  return why;
}

void SeriesJob::revise(const wire::RevisionNote& note) {
  announce(note.added);
  remove(note.removed);
  // The first word names all that is selected; what left meanwhile will not come.
  if (!std::exchange(told_, true)) await_only({note.added.begin(), note.added.end()});
  revision_ = note.revision;
  if (!note.final) return;
  set_hash_ = note.set_hash;
  finalise();
}

}  // namespace ptero::reconstructor
