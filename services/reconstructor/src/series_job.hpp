#pragma once

#include <optional>
#include <string>

#include <ptero/scan/image_job.hpp>
#include <ptero/wire/selection.hpp>

#include "checkpoint_file.hpp"

namespace ptero::reconstructor {

/// The reconstruction of one series as the selection link tells it. Used by one thread.
class SeriesJob : public scan::ImageJob {
 public:
  using ImageJob::ImageJob;

  /// Goes on where an earlier worker stood; before the first frame. Throws InputError where it does not fit.
  void resume(const WorkerCheckpoint& checkpoint);
  /// nullopt: there is nothing worth keeping yet.
  std::optional<WorkerCheckpoint> checkpoint() const;

  /// nullopt: taken in (or held back, or not needed); else why it is left out.
  std::optional<LeftOut> take(const Frame& frame, std::int64_t t_arrival_ns);
  void revise(const wire::RevisionNote& note);

  std::uint64_t revision() const { return revision_; }
  /// Of the final selection; empty before.
  const std::string& set_hash() const { return set_hash_; }
  /// Of the frames that were not left out.
  std::int64_t newest_arrival_ns() const { return newest_arrival_ns_; }

 private:
  std::int64_t newest_arrival_ns_ = 0;
  std::uint64_t revision_ = 0;
  std::string set_hash_;
  bool told_ = false;  // the selection, or what differs
};

}  // namespace ptero::reconstructor
