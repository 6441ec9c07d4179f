#pragma once
// A sample of two slices as our own multislice engine sees it: frames are simulated, then reconstructed, so
// that the cross-talk is that of a reconstruction and not made up.

#include <ptero/ddip/preparation.hpp>
#include <ptero/synth/two_slice.hpp>

#include "studies/scan.hpp"

namespace ptero::tools {

/// What a reconstruction of several slices starts from.
enum class SliceStart : std::uint8_t {
  vacuum,        ///< nothing is known
  fluorescence,  ///< slice 2 from an XRF map, slice 1 from a reconstruction of one slice less that map
                 ///< [Du21, section 3.2]
};

struct TwoSliceScanOptions {
  synth::TwoSliceOptions sample;
  std::size_t side = 128;  ///< of the part shown and separated, about the middle of the scan, pixels
  SliceStart start = SliceStart::vacuum;
  std::size_t first_epochs = 30;  ///< of the reconstruction as one slice; with `fluorescence` only
  std::size_t epochs = 100;       ///< of the reconstruction as two
  unsigned threads = 2;
};

/// Phases in radians without ramp and mean, `side` x `side`, slice 1 (upstream) first.
struct TwoSliceSample {
  ddip::Slices truth;
  ddip::Slices given;  ///< as reconstructed, with their cross-talk; moved onto the truth by whole pixels
  double pixel_m = 0;
  double spacing_m = 0;
  double depths_of_field = 0;
  std::size_t frames = 0;
  double amplitude_error = 0;  ///< of the last epoch
};

/// Throws Error where the reconstruction diverges, InputError where `side` does not fit the field.
TwoSliceSample reconstruct_two_slices(const TwoSliceScanOptions& options, const std::string& name,
                                      const Progress& progress);

}  // namespace ptero::tools
