#pragma once

#include <complex>
#include <ptero/core/image.hpp>
#include <ptero/core/series.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/scan/solver_options.hpp>

namespace ptero::scan {

struct FirstProbe {
  Image<std::complex<float>> wave;
  Warnings warnings;
};

/// The first mode of options.probe (scanfile/probe_file.hpp) for square patterns of n pixels and object
/// pixels of pixel_m. Where its file says another object pixel it is resampled, and that is said. Throws
/// InputError where it cannot be read, or has another size and its pixel is not known.
FirstProbe first_probe(const SolverOptions& options, std::size_t n, double pixel_m);

/// What first_probe says of the probe for this series; nothing where none is given.
Warnings about_first_probe(const SolverOptions& options, const SeriesInfo& info);

/// On n x n pixels that are `ratio` times as wide, its middle (pixel n / 2) kept, its counts kept where it is
/// inside; nothing outside of it. Cubic in the complex wave. ratio > 0.
Image<std::complex<float>> resampled(const Image<std::complex<float>>& wave, std::size_t n, double ratio);

}  // namespace ptero::scan
