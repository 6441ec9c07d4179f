#pragma once
// Figures 1 to 3 and 5 to 10 of [Lin23] and the numbers of its text again, on two simulated samples.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "studies/maps.hpp"
#include "studies/numbers.hpp"
#include "studies/reconstruction.hpp"

namespace ptero::tools {

struct Lin2023Options {
  std::filesystem::path out;
  bool quick = false;  ///< small scans and few epochs, in seconds: the pictures show that it runs, no more
  std::uint64_t seed = 1;
  unsigned threads = 2;
  std::string format = "png";  ///< of the pictures: png, pdf or svg
};

/// Writes a PNG a figure into options.out, which exists. Returns the numbers.
FigureNumbers make_lin2023(const Lin2023Options& options, const Progress& progress);

/// Figures 1, 2 and 8 to 10.
void make_nanosheet_figures(const Lin2023Options& options, FigureNumbers& numbers, const Progress& progress);
/// Figures 3 and 5 to 7.
void make_particle_figures(const Lin2023Options& options, FigureNumbers& numbers, const Progress& progress);

/// [Lin23, fig. 5]: % of the frames kept with so many segments; nullopt for a number that is not there.
std::optional<double> paper_kept(int segments);

/// Figure 5 in numbers at the paper's dose and below, over several samples.
void make_dose_figure(const Lin2023Options& options, FigureNumbers& numbers, const Progress& progress);

/// The paper's beamline and dose: mean counts a pixel = snr^2, the smear 0.06 um an exposure.
synth::SimulatorOptions paper_simulator(const Lin2023Options& options, const RasterPlan& plan, double snr);

/// A phase with the same colours wherever `range` is the same.
Picture render_phase(const Image<float>& phase, double pixel_m, const image::Range& range, std::string title,
                     std::string caption, std::size_t side);
/// What a phase takes up, without the extreme 0.5 %.
image::Range phase_range(const Image<float>& phase);

}  // namespace ptero::tools
