#pragma once

#include <complex>
#include <ptero/core/image.hpp>
#include <ptero/ddip/preparation.hpp>
#include <span>
#include <vector>

namespace ptero::ddip {

/// Below which spatial frequency, cycles a pixel, the data of some tens of passes do not tell in which of two
/// slices a phase lies: where the propagation between them turns a wave by `least_turn_rad`,
/// pi wavelength spacing f^2 = least_turn. At most 0.5.
double open_frequency(double spacing_m, double wavelength_m, double pixel_m, double least_turn_rad = 0.02);

/// First guess of a second multislice pass: what is coarser than `open_frequency` is shared among the slices
/// as in `separated`, the sum of their phases stays, and so does all that is finer. Diffraction knows the sum
/// and the fine detail better than a separation does; whose the rest is they do not tell.
/// objects: the slices reconstructed, of one shape; separated: their phases inside `window`, as many and of
/// its shape, in any unit: their strengths are fitted to the sum of the objects' phases.
std::vector<Image<std::complex<float>>> with_shares_of(std::span<const Image<std::complex<float>>> objects,
                                                       const Window& window,
                                                       std::span<const Image<float>> separated,
                                                       double open_frequency);

}  // namespace ptero::ddip
