#pragma once

#include <optional>

#include <ptero/config/section.hpp>
#include <ptero/roi/features.hpp>
#include <ptero/roi/options.hpp>

namespace ptero::scan {

/// What turns frames into labels; the same for the service and the batch reference.
struct MethodOptions {
  roi::RoiOptions roi;
  std::optional<roi::PatternCentre> centre;  ///< absent: from the series, else found from the first frames
  bool select_all = false;                   ///< no classification: everything is selected
};

/// Reads the keys mode, segments, clusters, border, fill_in, keep_dark, centre and select_all.
MethodOptions method_from(const config::Section& section);

}  // namespace ptero::scan
