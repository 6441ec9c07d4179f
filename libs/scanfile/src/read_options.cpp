#include <charconv>
#include <ptero/core/error.hpp>
#include <ptero/scanfile/read_options.hpp>
#include <string>

namespace ptero::scanfile {

std::optional<RasterPlan> parse_raster(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  if (colon == std::string::npos || (kind != "raster" && kind != "snake")) return std::nullopt;
  RasterPlan plan;
  plan.order = kind == "snake" ? ScanOrder::snake : ScanOrder::raster;
  const char* end = text.data() + text.size();
  const auto rows = std::from_chars(text.data() + colon + 1, end, plan.rows);
  const bool separated = rows.ec == std::errc{} && rows.ptr != end && *rows.ptr == 'x';
  const auto cols = separated ? std::from_chars(rows.ptr + 1, end, plan.cols) : rows;
  if (!separated || cols.ec != std::errc{} || cols.ptr != end || plan.rows == 0 || plan.cols == 0)
    throw InputError("cannot read the scan plan " + text, {},
                     "write " + kind + ":ROWSxCOLS, such as " + kind + ":48x64");
  if (plan.rows > max_frame_id / plan.cols)
    throw InputError("the scan plan " + text + " has too many positions", {},
                     "at most " + std::to_string(max_frame_id) + " are possible");
  return plan;
}

}  // namespace ptero::scanfile
