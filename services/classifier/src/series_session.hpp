#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include <ptero/roi/online_classifier.hpp>
#include <ptero/services/classifier/classifier.hpp>
#include <ptero/services/classifier/feature_stage.hpp>
#include <ptero/telemetry/latency_recorder.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>

#include "selection.hpp"

namespace ptero::classifier {

/// One series in the classify stage: frames in, labels and changes of the set out. Used by one thread.
class SeriesSession {
 public:
  SeriesSession(SeriesInfo info, const MethodOptions& method, std::shared_ptr<Selection> selection,
                roi::Executor executor, telemetry::LatencyRecorder& latency);

  /// A frame from the link and its parts as received. False: it cannot be decoded.
  bool take(const wire::Received& note, const wire::StreamFrame& message, Parts parts);
  /// The series is over: the final set.
  void finish();

  /// Labels since the last call, for ingest. Empty lists: nothing new.
  wire::Labels take_labels();
  /// Every label so far, for an ingest that may not have heard them.
  wire::Labels all_labels() const;

  const SeriesInfo& info() const { return info_; }
  const roi::FeatureTable& table() const;
  const roi::RoiSet& set() const;
  std::uint64_t labelled() const { return labelled_; }
  /// After finish().
  const roi::Classification& classification() const { return *final_; }
  const std::optional<roi::PatternCentre>& centre() const { return stage_.centre(); }

 private:
  struct Arrived {
    std::int64_t t_ns;
    Parts parts;
  };
  void label(FeatureStage::Item item);
  void apply(const roi::Revision& revision, bool final);
  void note_label(FrameId id, roi::Label label);

  SeriesInfo info_;
  MethodOptions method_;
  FeatureStage stage_;
  std::optional<roi::OnlineClassifier> online_;  // absent with select_all
  roi::FeatureTable plain_table_;                // with select_all
  roi::RoiSet plain_set_;
  std::shared_ptr<Selection> selection_;
  telemetry::LatencyRecorder& latency_;
  std::unordered_map<std::size_t, Arrived> waiting_;  // by ticket, while the centre is sought
  std::size_t next_ticket_ = 0;
  std::uint64_t labelled_ = 0;
  wire::Labels fresh_;
  std::vector<FrameId> corrupt_;
  std::shared_ptr<const roi::Classification> final_;
};

}  // namespace ptero::classifier
