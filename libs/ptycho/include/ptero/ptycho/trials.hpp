#pragma once
// Short reconstructions that find out what nobody wrote down: how the stage's axes lie in the detector's, and
// how far the beam was out of focus.

#include <ptero/ptycho/reconstruction_options.hpp>
#include <span>
#include <string>
#include <vector>

namespace ptero::ptycho {

struct Exposure {
  const Pattern* pattern = nullptr;  ///< must outlive the call
  Position position;
};

/// At most `count` exposures that lie together, around the middle of the scan: a trial needs overlap more
/// than field.
std::vector<Exposure> neighbours(std::span<const Exposure> exposures, std::size_t count);

/// One of the eight ways to lay the axes of the positions: swapped first, then with their signs.
struct AxesTrial {
  bool swap = false;
  double sign_x = 1, sign_y = 1;
  double error = 0;  ///< amplitude error at the end

  Position apply(const Position& p) const {
    return {.x_m = sign_x * (swap ? p.y_m : p.x_m), .y_m = sign_y * (swap ? p.x_m : p.y_m)};
  }
};

/// All eight, the likeliest first. Needs the probe or the sign of the defocus: with neither, turning both
/// axes round fits as well, with the object's twin. Use 200 to 400 exposures.
std::vector<AxesTrial> rank_axes(const ReconstructionOptions& options, std::span<const Exposure> exposures,
                                 std::size_t epochs = 10);

struct DefocusTrial {
  double phase = 0;  ///< see defocus_phase()
  double error = 0;  ///< amplitude error at the end; a failure is about 1
};

/// A probe from the mean pattern for each defocus phase, the likeliest first. options.probe is left out of
/// account.
std::vector<DefocusTrial> rank_defocus(const ReconstructionOptions& options,
                                       std::span<const Exposure> exposures, std::span<const double> phases,
                                       std::size_t epochs = 20);

/// Phases to try without any knowledge: both signs of a quarter, one and four times the defocus at which the
/// beam fills a quarter of the array. LSQ-ML converges from 0.13 to 2 times the true one, so one of them fits
/// beams of a sixteenth of the array and more.
std::vector<double> likely_defocus_phases(std::span<const Exposure> exposures, std::size_t n);

/// Whether the first of a ranking may be taken without a person.
struct Certainty {
  bool sure = false;
  /// By how much of the counting noise the next answer fits worse; the next defocus is that of the other
  /// sign, as LSQ-ML gets over a wrong length.
  double contrast = 0;
  double misfit = 0;  ///< of the first, see verdict.hpp
};

/// Sure: the first fits within `sure_misfit` times the counting noise, and the next fits worse by at least
/// `sure_contrast` of that noise. Where values are no counts, the first error stands for the noise.
inline constexpr double sure_misfit = 3, sure_contrast = 0.15;
Certainty certainty_of(std::span<const AxesTrial> ranking, std::span<const Exposure> exposures);
Certainty certainty_of(std::span<const DefocusTrial> ranking, std::span<const Exposure> exposures);

/// "x and y swapped, x reversed", "as they are".
std::string text_of(const AxesTrial& trial);

}  // namespace ptero::ptycho
