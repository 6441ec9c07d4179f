#pragma once
// The raw archive of one series: one HDF5 file in the NXcxi_ptycho layout with CXI names, readable while it
// grows. Row = frame id. doc: proto/raw_file.md.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ptero/core/frame.hpp>
#include <ptero/core/series.hpp>
#include <ptero/scanfile/frame_state.hpp>
#include <string>
#include <string_view>

namespace ptero::scanfile {

struct RawWriterOptions {
  SeriesInfo series;
  /// Of every payload. Frames sent uncompressed are accepted as well, whatever this says.
  Codec codec = Codec::none;
  std::string title;
  std::string source_name;    ///< beamline or simulator, for people
  std::string configuration;  ///< the text the service was started with
  std::int64_t start_time_unix_ns = 0;
  /// Frames between two flushes: what a reader sees late, and what a kill tears (the journal has it).
  std::size_t flush_every = 16;
  /// An id at or above it is refused as malformed: it costs memory and an extent, and comes from a broken
  /// header.
  FrameId max_frames = max_frame_id;
  enum class Existing : std::uint8_t { refuse, replace } existing = Existing::refuse;
};

/// Used by one thread at a time. Readers open the file with SWMR. A row never written reads as zeros and its
/// `frame_arrived` is 0. Not kill-proof by design: rebuilt from the journal. Memory: about 60 bytes a frame.
class RawWriter {
 public:
  static constexpr std::size_t longest_join_report = 16 << 10;  ///< bytes

  /// Throws InputError when the file exists (Existing::refuse) or the series has no shape; Error when it
  /// cannot be written.
  RawWriter(const std::filesystem::path& path, const RawWriterOptions& options);
  /// Closes without sealing: the file stays marked as unfinished.
  ~RawWriter();
  RawWriter(const RawWriter&) = delete;
  RawWriter& operator=(const RawWriter&) = delete;

  /// Stores the payload exactly as received in row frame.id, with its times, position and monitor. Codec::lz4
  /// and Codec::bslz4 payloads carry their HDF5 framing (filters 32004 and 32008). A repeated id replaces its
  /// row. Returns why a frame does not fit the series (counted by the caller, nothing was written), else
  /// nullopt. Throws Error when HDF5 or the disk refuses.
  std::optional<FrameFault> write(const Frame& frame, std::int64_t arrival_unix_ns);
  void set_position(FrameId id, Position position);
  /// How frames and positions were joined, such as JSON. Throws Error when it is longer than
  /// longest_join_report.
  void set_join_report(std::string_view json);
  /// reason: as stored_reason gives it; 0 for none.
  void set_state(FrameId id, FrameState state, std::uint8_t reason = 0);

  void flush();
  /// Writes what the ledger holds, the end time and the closing mark, and closes. Nothing may be called after
  /// it.
  void seal(const LedgerCounts& ledger, std::int64_t end_time_unix_ns);

  std::uint64_t rows() const;  ///< highest id written + 1

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::scanfile
