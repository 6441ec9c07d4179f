#pragma once
// proto/raw_file.md: the names that writer and readers share, and everything of the file that does not grow.

#include <filesystem>
#include <ptero/scanfile/raw_writer.hpp>

#include <ptero/h5/h5.hpp>

namespace ptero::scanfile::raw {

inline constexpr const char* group = "/entry_1/ptero_1";
inline constexpr const char* version_attribute = "raw_version";
inline constexpr std::int64_t version = 1;
inline constexpr const char* data = "/entry_1/instrument_1/detector_1/data";
inline constexpr const char* translation = "/entry_1/instrument_1/detector_1/translation";
inline constexpr const char* motor_x = "/entry_1/sample_1/transformations/x";
inline constexpr const char* motor_y = "/entry_1/sample_1/transformations/y";
inline constexpr const char* monitor = "/entry_1/instrument_1/monitor_1/data";
inline constexpr const char* frame_arrived = "/entry_1/ptero_1/frame_arrived";
inline constexpr const char* ledger_state = "/entry_1/ptero_1/ledger_state";
inline constexpr const char* ledger_reason = "/entry_1/ptero_1/ledger_reason";
inline constexpr const char* ledger_counts = "/entry_1/ptero_1/ledger_counts";
inline constexpr const char* join_report = "/entry_1/ptero_1/join_report";
inline constexpr const char* sealed = "/entry_1/ptero_1/sealed";
inline constexpr const char* end_time = "/entry_1/end_time";

/// HDF5 filters whose chunks are what detectors send.
inline constexpr int lz4_filter = 32004;
inline constexpr int bslz4_filter = 32008;

/// A new file with all groups, links and fixed values; the growing datasets are the caller's.
h5::Id create(const std::filesystem::path& path, const RawWriterOptions& options);

}  // namespace ptero::scanfile::raw
