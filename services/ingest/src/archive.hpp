#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ptero/journal/journal.hpp>
#include <ptero/scanfile/raw_writer.hpp>
#include <ptero/services/ingest/ledger.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::ingest {

/// Reads a sealed raw file back and compares it with the entries of its journal: every frame, its place and
/// its row of the ledger. A sentence that says what differs; nullopt: the file stands for the journal. `beat`
/// is called now and then.
std::optional<std::string> difference_from(const journal::JournalReader& journal,
                                           const std::filesystem::path& raw, std::size_t max_frame_bytes,
                                           const std::function<void()>& beat = {});

/// The raw file of a series, from the entries of its journal. Made when the first frame tells how payloads
/// are compressed, or at the seal. Used by one thread.
class Archive {
 public:
  /// options.codec and times are filled in from the entries.
  Archive(const std::filesystem::path& path, scanfile::RawWriterOptions options, std::size_t max_frame_bytes);

  /// An entry of the journal, in order, from the first.
  void copy(const Parts& entry);
  /// With the ledger's states and counts, and the join report where there is one. Throws Error when the disk
  /// refuses.
  void seal(const Ledger& ledger, const std::string& join_report = {});

  const std::filesystem::path& path() const { return path_; }
  /// Frames that are in the journal and do not fit the file.
  std::uint64_t refused() const { return refused_; }

 private:
  /// False: it does not fit.
  bool write(const Frame& frame);
  void note_time(const wire::Received& note);
  scanfile::RawWriter& writer();

  std::filesystem::path path_;
  scanfile::RawWriterOptions options_;
  std::size_t max_frame_bytes_;
  std::optional<std::int64_t> to_utc_ns_;  // from the arrival clock
  std::int64_t last_utc_ns_ = 0;
  std::optional<scanfile::RawWriter> writer_;
  std::uint64_t refused_ = 0;
};

}  // namespace ptero::ingest
