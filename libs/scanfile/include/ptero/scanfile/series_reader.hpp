#pragma once
// Reads a recorded scan, frame by frame: ptero's raw file, CXI in its variants (ptychodus, cdtools, PyNX),
// NeXus, master files of an Eiger, prepared data of ptypy, fold_slice, pty-chi and ptychodus, plain HDF5,
// MATLAB 7.3, NPY and NPZ, TIFF stacks, Merlin's .mib, EMPAD's .raw.

#include <complex>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <ptero/core/frame.hpp>
#include <ptero/core/series.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/scanfile/absence.hpp>
#include <ptero/scanfile/frame_state.hpp>
#include <ptero/scanfile/read_options.hpp>
#include <span>
#include <string>
#include <vector>

namespace ptero::scanfile {

using ComplexImage = Image<std::complex<float>>;

/// Nobody knew a length, and pixels of the uncropped frame stand for metres: no object pixel is a metre wide.
inline bool in_pixels(const SeriesInfo& info) {
  return info.object_pixel_m >= 1;
}

/// One thread at a time. Every failure is an InputError that names file and dataset and says what would be
/// right.
///
/// Frames come decoded, little endian, as a core Dtype. Other pixel types are converted: i8 to u8, i16 to
/// u16, i32, i64 and u64 to u32, f16 and f64 to f32. Negative integers are flags (all ones: no counts) where
/// they are the same pixels in every frame; where they come and go a dark was subtracted, and the frames are
/// f32, negative counts included. Values too large are all ones. Binning sums into u32 (f32 for f32); one
/// flagged pixel flags its sum. What carries the flag of a narrower type (65535 in a u32) in every frame that
/// was looked at is in the mask.
///
/// Positions in pixels without a known object pixel stand for metres: info().object_pixel_m is then 1 (more
/// after a crop, whose pixels are larger).
class SeriesReader {
 public:
  explicit SeriesReader(const std::filesystem::path& path, const ReadOptions& options = {});
  ~SeriesReader();
  SeriesReader(SeriesReader&&) noexcept;
  SeriesReader& operator=(SeriesReader&&) noexcept;

  /// After all options: the shape is that of the frames handed out. n_expected = size().
  const SeriesInfo& info() const;
  std::uint64_t size() const;
  /// id = i, position and monitor where known. i < size().
  Frame frame(std::uint64_t i) const;
  /// Why the file does not hold a frame that it has a row for; frame(i) is zeros then.
  Absence absence(std::uint64_t i) const;
  bool present(std::uint64_t i) const { return absence(i) == Absence::none; }
  /// How many frames are absent for each reason that occurs.
  std::map<Absence, std::uint64_t> absent() const;

  /// size() entries.
  std::span<const std::optional<Position>> positions() const;
  /// Frames left out by the recorded positions (NaN, or too few) or by the plan; 0 where none are expected to
  /// have any: `none`, or a raster without step.
  std::uint64_t unpositioned_count() const;
  /// As recorded, one a frame; empty when there is none.
  std::span<const double> monitor() const;

  /// Modes of the probe, turned as the frames of its file are (no crop or bin); empty when none was named or
  /// found.
  const std::vector<ComplexImage>& probe() const;
  /// Layers of the object, empty when none was named.
  const std::vector<ComplexImage>& object() const;
  /// What looks wrong in the file but does not stop reading.
  const Warnings& warnings() const;
  /// The frames were recorded with a view and are handed out through it: nobody need turn them again.
  bool turned() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::scanfile
