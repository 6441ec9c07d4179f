#pragma once

#include <functional>
#include <ptero/image/plot.hpp>
#include <ptero/image/render.hpp>
#include <span>

#include "studies/du2021/edges.hpp"
#include "studies/du2021/separation.hpp"
#include "studies/maps.hpp"

namespace ptero::tools {

/// A column for the slices as reconstructed, each separation and the truth; rows: slice 1, slice 2 and, where
/// asked for, the power spectrum of slice 2. Mean +- 4 sigma, alphas in the title, as in the paper.
enum class Spectra : std::uint8_t { left_out, shown };
Picture render_separations(const TwoSliceSample& sample, std::span<const SeparationResult> results,
                           Spectra spectra, const std::string& headline);

/// Of a number over gamma, one curve a kind of filter, beside the value as reconstructed and of the truth.
struct OverGamma {
  std::string title, y_label;
  std::function<double(const SliceMeasures&)> value;
};
Picture render_over_gamma(const TwoSliceSample& sample, std::span<const SeparationResult> results,
                          const OverGamma& what, bool with_truth);

/// Profile and fitted error function.
Picture render_edge(const EdgeMeasure& edge, double pixel_m, const std::string& title);

/// A slice as the paper shows it.
Picture render_slice(const Image<float>& slice, double pixel_m, const std::string& title,
                     const std::string& caption = {});

}  // namespace ptero::tools
