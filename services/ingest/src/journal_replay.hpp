#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <ptero/runtime/alarms.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/wire/stream.hpp>

#include "series_store.hpp"

namespace ptero::ingest {

/// How many ids a series used whose end says so many: as it says up to twice of what was announced or came,
/// else that: a damaged number would make millions of frames missing that never were.
FrameId end_of_series(std::uint64_t said, FrameId arrived_end, const SeriesInfo& info);
/// The frame has a place on the object: its own, or one of the scan plan.
bool is_positioned(const SeriesInfo& info, const Frame& frame);

/// Tells a ledger again what the entries of a journal told it when they were written.
class JournalReplay {
 public:
  JournalReplay(const SeriesInfo& info, Ledger& ledger, std::size_t max_frame_bytes);

  /// In order, from the entry behind the start. Returns the frame that the entry holds, if it is one.
  std::optional<Frame> take(const Parts& entry);

  bool ended() const { return ended_; }
  /// What its frames say of the uid; empty: nothing.
  const std::string& frame_uid() const { return frame_uid_; }
  std::int64_t last_arrival_ns() const { return last_arrival_ns_; }

 private:
  const SeriesInfo& info_;
  Ledger& ledger_;
  std::size_t max_frame_bytes_;
  bool ended_ = false;
  std::string frame_uid_;
  std::int64_t last_arrival_ns_ = 0;
};

/// The start message that opens a journal. Throws Error when there is none or it cannot be read.
SeriesInfo start_of(const std::filesystem::path& journal, const Parts& entry, std::size_t max_frame_bytes);

/// The series whose journals a killed process left under options.out, the oldest first; all but the last are
/// closed. What cannot be taken up (damaged, written by another process) is left alone with a line in the
/// log, or thrown as Error where the new series would need the same folder.
/// One that an earlier process did not survive taking up is put aside, with an alarm.
std::vector<std::shared_ptr<Series>> unfinished_series(const IngestOptions& options, runtime::Alarms& alarms);

}  // namespace ptero::ingest
