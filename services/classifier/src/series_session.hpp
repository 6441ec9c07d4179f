#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include <ptero/roi/online_classifier.hpp>
#include <ptero/scan/feature_stage.hpp>
#include <ptero/services/classifier/classifier.hpp>
#include <ptero/telemetry/latency_recorder.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>

#include "feature_log.hpp"
#include "feature_pool.hpp"
#include "selection.hpp"

namespace ptero::classifier {

/// What a session uses of the service; all of it outlives the session.
struct SessionTools {
  roi::Executor executor;  ///< of revisions
  FeaturePool& pool;
  telemetry::LatencyRecorder& latency;
};

/// One series in the classify stage: frames in, labels and changes of the set out. Frames are collected into
/// a batch, so that several threads can extract features at a time, and labelled in their order. Used by one
/// thread.
class SeriesSession {
 public:
  SeriesSession(SeriesInfo info, const scan::MethodOptions& method, roi::WaitOptions wait, SessionTools tools,
                std::unique_ptr<FeatureLog> log);

  /// Takes in what an earlier run logged; returns the first sequence number of the frame link that it had not
  /// logged, nullopt when there is none. Throws Error when the log is damaged: this session is then of no
  /// use.
  std::optional<std::uint64_t> restore();
  /// Where changes of the set go from now on, the set as it is first of all.
  void tell(std::shared_ptr<Selection> selection);

  /// A frame of the link joins the batch. parts: as received.
  void take(std::uint64_t sequence, const wire::Received& note, const wire::StreamFrame& message,
            const Parts& parts);
  bool batch_empty() const { return batch_.empty(); }
  std::size_t batch_size() const { return batch_.size(); }
  bool batch_full() const { return batch_.size() >= batch_limit_; }
  /// Labels the batch. Returns how many of its frames could not be decoded.
  std::size_t flush();
  /// The series is over: the final set.
  void finish();
  FeatureLog& log() { return *log_; }

  /// A person's wish, in force from the next revision points on; logged in its place among the frames.
  /// Nothing happens with select_all. Throws InputError when the border is out of range.
  void reshape(roi::RegionShape shape);
  /// A person's word on frames of this series, logged in its place among them: what is bad leaves the set at
  /// once. Returns how many frames' labels changed.
  std::size_t mark(const roi::Mark& mark);
  /// How often a person's word changed labels or the region of this series, so far in this run: what rests on
  /// them is out of date from then on, although no revision says so yet.
  std::uint64_t changes_by_people() const { return changes_by_people_; }
  const roi::BadFrames& bad() const { return online_ ? online_->bad() : plain_bad_; }
  /// Other segments for the series that follow: only remembered here, for a restart.
  void want_segments(int segments);
  /// What was wanted last, in this run or in the one logged.
  std::optional<int> wanted_segments() const { return wanted_segments_; }
  /// Somebody reshaped this series, in this run or in the one logged.
  bool reshaped() const { return reshaped_; }
  roi::RegionShape shape() const;
  roi::RegionShape shape_in_force() const;

  /// Labels since the last call, for ingest. Empty lists: nothing new.
  wire::Labels take_labels();
  /// Every label so far, for an ingest that may not have heard them.
  wire::Labels all_labels() const;

  const SeriesInfo& info() const { return info_; }
  const roi::FeatureTable& table() const;
  const roi::RoiSet& set() const;
  std::uint64_t labelled() const { return labelled_; }
  /// The label in force, by row of table().
  roi::Labelled label_at(std::size_t row) const;
  bool no_contrast() const { return online_ && online_->no_contrast(); }
  /// "paper", "robust", "threshold" or "off".
  std::string mode() const;
  std::uint64_t segments() const { return static_cast<std::uint64_t>(method_.segments); }
  bool ended() const { return final_ != nullptr; }
  /// After finish().
  const roi::Classification& classification() const { return *final_; }
  std::optional<roi::PatternCentre> centre() const { return stage_.centre(); }
  std::size_t marked_pixels() const { return stage_.marked().size(); }

 private:
  struct Arrived {
    std::uint64_t sequence;
    std::int64_t t_ns;
    Frame frame;
    Parts parts;
  };
  bool came(Arrived arrived, scan::FeatureStage::Prepared prepared);
  void label(scan::FeatureStage::Item item);
  roi::Step step_of(const roi::FrameRecord& record);
  void note_first_label(const roi::Labelled& labelled, std::int64_t t_arrival_ns);
  std::vector<roi::Labelled> mark_plain(const roi::Mark& mark);
  void tell_marked(const std::vector<roi::Labelled>& changed, std::vector<FrameId> removed);
  void apply(const roi::Revision& revision, bool final);
  /// Drops the labels not sent yet of frames that a revision decides anew; `decided` is ascending.
  void forget_unsent(const std::vector<FrameId>& decided);
  void restore_word(LogEntry& entry, roi::PastStep& next);
  void log_faults_before(std::uint64_t sequence);

  SeriesInfo info_;
  bool select_all_;
  roi::RoiOptions method_;  // at the start
  bool reshaped_ = false;
  std::uint64_t changes_by_people_ = 0;
  scan::FeatureStage stage_;
  SessionTools tools_;
  std::unique_ptr<FeatureLog> log_;
  std::optional<roi::OnlineClassifier> online_;  // absent with select_all
  roi::FeatureTable plain_table_;                // with select_all
  roi::RoiSet plain_set_;
  roi::BadFrames plain_bad_;
  std::optional<int> wanted_segments_;
  std::shared_ptr<Selection> selection_;
  std::size_t batch_limit_;
  std::vector<Arrived> batch_;
  std::unordered_map<std::uint64_t, Arrived> in_stage_;  // by sequence, while the centre is sought
  std::unordered_map<FrameId, std::int64_t> waiting_;    // arrivals of frames that wait for their label
  std::deque<LoggedFault> unlogged_faults_;              // that came after frames still in the stage
  bool centre_logged_ = false;
  std::vector<std::uint32_t> marked_pixels_;  // logged, until their centre is read
  std::uint64_t labelled_ = 0;
  wire::Labels fresh_;
  std::vector<FrameId> corrupt_;
  std::shared_ptr<const roi::Classification> final_;
};

}  // namespace ptero::classifier
