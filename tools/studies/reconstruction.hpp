#pragma once
// Objects reconstructed from parts of one simulated scan, on one grid, compared inside one mask.

#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/quality/compare.hpp>

#include "studies/scan.hpp"

namespace ptero::tools {

struct ReconstructionPlan {
  std::size_t epochs = 0;
  std::uint64_t seed = 1;  ///< of the start and of the order of the patterns
  unsigned threads = 2;
};

/// The grid of a scan's reconstruction: everything that any of its patches covers.
struct FigureGrid {
  ptycho::Extent extent;
  double pixel_m = 0;
  RasterPlan plan;

  /// The scan cell nearest to a pixel; nullopt more than half a step outside the scan.
  std::optional<FrameId> cell_at(std::size_t row, std::size_t col) const;
};
FigureGrid grid_of(const FigureScan& scan);

/// An object on that grid.
struct FigureObject {
  Image<ptycho::Complex> object;  ///< 1 where nothing is known
  Image<std::uint8_t> covered;    ///< 1 where the light reached 1 % of its highest dose
  Image<ptycho::Complex> probe;
  std::size_t frames = 0;
  double seconds = 0;          ///< processor time of the epochs, all threads: other work does not lengthen it
  double amplitude_error = 0;  ///< of the last epoch
};

/// From those patterns of the scan that belong to frames for which `selected` is 1. Throws Error where
/// that diverges, InputError where there are none.
FigureObject reconstruct(const FigureScan& scan, const std::vector<std::uint8_t>& selected,
                         const ReconstructionPlan& plan, const std::string& name, const Progress& progress);

/// The object of a snapshot, and where it was lit, cut out of `extent` of its grid: 1 where nothing is known.
struct OnExtent {
  Image<ptycho::Complex> object;
  Image<std::uint8_t> covered;  ///< 1 where the light reached 1 % of its highest dose
};
OnExtent cut_to(const ptycho::Extent& extent, const ptycho::Snapshot& snapshot);

/// The sample itself on the grid.
Image<ptycho::Complex> truth_on(const FigureGrid& grid, const FigureScan& scan);

/// 1 where the nearest scan cell is selected.
quality::Mask mask_of(const FigureGrid& grid, const std::vector<std::uint8_t>& selected);

/// SSIM of the phase to that of the reference inside the mask, after shift, constant, ramp and scale are
/// removed.
double phase_ssim(const Image<ptycho::Complex>& image, const Image<ptycho::Complex>& reference,
                  const quality::Mask& mask);

/// The phase over the scanned field after alignment to `reference` inside `mask`; NaN where not covered.
Image<float> phase_over_field(const FigureObject& object, const Image<ptycho::Complex>& reference,
                              const quality::Mask& mask, const FigureGrid& grid);

}  // namespace ptero::tools
