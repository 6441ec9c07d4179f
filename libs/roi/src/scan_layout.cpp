#include <ptero/core/error.hpp>
#include <ptero/roi/scan_layout.hpp>

namespace ptero::roi {

ScanLayout ScanLayout::raster(const RasterPlan& plan) {
  if (plan.rows == 0 || plan.cols == 0)
    throw InputError(
        "the raster has no frames (" + std::to_string(plan.rows) + " x " + std::to_string(plan.cols) + ")",
        "", "rows and columns of the scan are 1 or more");
  ScanLayout layout;
  layout.plan_ = plan;
  return layout;
}

}  // namespace ptero::roi
