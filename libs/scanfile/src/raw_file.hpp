#pragma once
// The growing part of the raw file: frames and one value a frame of everything else.

#include <filesystem>
#include <ptero/scanfile/raw_writer.hpp>
#include <string>

#include "raw_column.hpp"

namespace ptero::scanfile {

/// The constructor creates everything and starts SWMR: HDF5 allows no new object or attribute afterwards.
class RawFile {
 public:
  RawFile(const std::filesystem::path& path, const RawWriterOptions& options);

  /// Gives every dataset a row for each id below `rows`; the ledger grows by itself, it may know more ids.
  void extend(std::uint64_t rows);
  /// frame.id below the last extend().
  void write_chunk(const Frame& frame);
  void set_join_report(std::string_view json);
  void flush();
  void seal(const LedgerCounts& ledger, const std::string& end_time);

 private:
  std::string name_;
  Shape shape_;
  bool filtered_;
  h5::Id file_;
  h5::Id data_;
  h5::Id end_time_;
  h5::Id join_report_;
  h5::Id counts_;
  h5::Id sealed_;

 public:
  RawColumn<double> translation;
  RawColumn<double> x;
  RawColumn<double> y;
  RawColumn<double> monitor;
  RawColumn<std::uint8_t> arrived;
  RawColumn<std::uint64_t> index;
  RawColumn<std::int64_t> arrival_time;
  RawColumn<std::int64_t> exposure_start;
  RawColumn<std::int64_t> exposure_stop;
  RawColumn<std::uint8_t> ledger_state;
  RawColumn<std::uint8_t> ledger_reason;

 private:
  void describe_positions(const char* units);
  void describe_ledger();
};

}  // namespace ptero::scanfile
