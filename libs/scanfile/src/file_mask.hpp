#pragma once
// The pixel mask of a scan: where it lies, which of its values mean bad, and what it takes away.

#include <optional>
#include <ptero/core/series.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/scanfile/read_options.hpp>
#include <vector>

#include <ptero/h5/locate.hpp>

#include "frame_look.hpp"

namespace ptero::scanfile {

struct FileMask {
  std::string name;                 ///< for messages; empty: there is none
  std::vector<std::uint8_t> bad;    ///< rows x cols, 0 = good, where 1 means bad
  bool of_two_values = false;       ///< nothing but 0 and 1, so that either may mean good
  bool says_good = false;           ///< by its name
  std::optional<h5::Dataset> each;  ///< (frames, rows, cols), where every frame has one of its own
};

/// CXI and NeXus: 0 is good, and so are "has signal" (0x1000) and "virtual pixel" (bit 31) when nothing else
/// is set.
std::vector<std::uint8_t> good_is_zero(const std::vector<std::uint32_t>& mask);

/// The one named, or at a standard place. Throws InputError where the one named does not fit.
FileMask read_file_mask(const h5::Source& source, const ReadOptions& options, Shape shape,
                        std::uint64_t frames, Warnings& warnings);

/// 1 for bad: as `sense` says, else as the frames tell where both are possible. Throws InputError where they
/// do not, and where no pixel is left.
std::vector<std::uint8_t> settle(const FileMask& mask, const FrameLook& look, std::optional<MaskSense> sense,
                                 Warnings& warnings);

/// Those of frame `i` of a mask with one a frame, 1 for bad.
std::vector<std::uint8_t> mask_of_frame(const h5::Dataset& each, std::uint64_t i, Shape shape, bool inverted);

}  // namespace ptero::scanfile
