#include "raster.hpp"

#include <cmath>

namespace ptero::wire {

namespace {
double finite_or_zero(std::optional<double> value) {
  return value && std::isfinite(*value) ? *value : 0;
}
}  // namespace

MapWriter encode_raster(const RasterPlan& plan) {
  MapWriter raster;
  raster.put("rows", plan.rows).put("cols", plan.cols);
  raster.put("step_x_m", plan.step_x_m).put("step_y_m", plan.step_y_m);
  raster.put("order", std::string_view(plan.order == ScanOrder::snake ? "snake" : "raster"));
  return raster;
}

std::optional<RasterPlan> decode_raster(const MapReader& map) {
  const auto rows = map.uint("rows");
  const auto cols = map.uint("cols");
  // Whoever follows the plan keeps a table of its positions.
  if (!rows || !cols || *rows == 0 || *cols == 0 || *rows > max_frame_id / *cols) return {};
  RasterPlan plan{.rows = static_cast<std::size_t>(*rows), .cols = static_cast<std::size_t>(*cols)};
  plan.step_x_m = finite_or_zero(map.number("step_x_m"));  // negative: the stage runs backwards
  plan.step_y_m = finite_or_zero(map.number("step_y_m"));
  const auto order = map.text("order").value_or("raster");
  if (order != "raster" && order != "snake") return {};
  plan.order = order == "snake" ? ScanOrder::snake : ScanOrder::raster;
  return plan;
}

}  // namespace ptero::wire
