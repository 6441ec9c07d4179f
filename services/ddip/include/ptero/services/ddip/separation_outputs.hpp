#pragma once

#include <filesystem>
#include <ptero/ddip/run.hpp>
#include <ptero/services/ddip/given_slices.hpp>
#include <string>

namespace ptero::ddip {

/// In `folder`: slices.png (given above separated, and sigma below where there were several runs),
/// slice1.tiff and so on, sigma1.tiff and so on, separated.h5 where a product was given.
void write_separation(const std::filesystem::path& folder, const GivenSlices& given,
                      const Ensemble& ensemble);

/// separated.h5 alone (second-pass.h5 too, see second_pass_start), and sigma1.tiff and so on where there were
/// several runs. `given` is of a product.
void write_separated(const std::filesystem::path& folder, const GivenSlices& given, const Ensemble& ensemble);

/// slices.png alone, from slices that are still on their way.
void write_progress(const std::filesystem::path& folder, const GivenSlices& given, const Slices& separated,
                    const std::string& headline);

/// What report.json says, as JSON text.
std::string separation_report(const Options& options, const RunOptions& run_options, const GivenSlices& given,
                              const Ensemble& ensemble, double seconds);

}  // namespace ptero::ddip
