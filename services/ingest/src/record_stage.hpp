#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include <ptero/runtime/service.hpp>
#include <ptero/services/ingest/ingest.hpp>

#include "admission.hpp"
#include "kept_start.hpp"
#include "position_inbox.hpp"
#include "positioning.hpp"
#include "receive_stage.hpp"
#include "recorder.hpp"

namespace ptero::ingest {

/// From bytes to the journal: source -> admission -> (join with positions) -> recorder. Made by one thread,
/// run by one stage.
class RecordStage {
 public:
  /// `appended` is called after each journal entry. Takes up what an earlier process left under options.out.
  /// Throws InputError.
  RecordStage(const IngestOptions& options, ReceiveQueue& queue, SeriesStore& store, PositionInbox& inbox,
              telemetry::Metrics& metrics, runtime::Alarms& alarms, std::function<void()> appended);

  /// Ends when the queue is closed and drained, not at the stop: what was received is journalled.
  void run(std::stop_token stop, runtime::Heartbeat& beat);
  /// More may still be appended. Thread-safe.
  bool recording() const { return recording_; }

 private:
  void take_up_earlier();
  void take(const Incoming& message);
  /// Source and admission, from which nothing may escape that a message brought about.
  void guard(const Incoming& message, const std::function<void()>& work);
  void record(const Arrival& arrival);

  const IngestOptions& options_;
  ReceiveQueue& queue_;
  SeriesStore& store_;
  runtime::Alarms& alarms_;
  UsualMistakes mistakes_;
  std::unique_ptr<Source> source_;
  Recorder recorder_;
  Admission admission_;
  std::optional<Positioning> positioning_;  // only where positions come apart from the frames
  KeptStart kept_start_;
  std::optional<Incoming> announced_;  // to an earlier process
  telemetry::Counter refused_;
  std::atomic<bool> recording_ = true;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
