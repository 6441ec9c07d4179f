#pragma once
// The plan of a scan as a map, the same in every message. Internal to wire.

#include <optional>
#include <ptero/core/series.hpp>

#include "map_reader.hpp"
#include "map_writer.hpp"

namespace ptero::wire {

MapWriter encode_raster(const RasterPlan& plan);
/// nullopt: not a plan, or one of more cells than there are frame ids.
std::optional<RasterPlan> decode_raster(const MapReader& map);

}  // namespace ptero::wire
