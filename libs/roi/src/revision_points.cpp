#include "revision_points.hpp"

#include <algorithm>
#include <cmath>
#include <ptero/core/error.hpp>
#include <utility>

namespace ptero::roi {
namespace {

FrameId next_point(FrameId point, const RevisionOptions& options) {
  const auto grown = static_cast<FrameId>(std::llround(static_cast<double>(point) * options.growth));
  return point + std::max<FrameId>(grown, options.least_growth);
}

}  // namespace

void check(const RevisionOptions& options) {
  if (options.first == 0 || options.least_growth == 0 || options.give_up_after == 0 || !(options.growth >= 0))
    throw InputError("the revision points do not advance", "",
                     "first, least growth and give-up count are 1 or more, growth is 0 or more");
}

std::optional<FrameId> RevisionPoints::reached(FrameId watermark) {
  std::optional<FrameId> reached;
  while (watermark >= point_) {
    reached = point_;
    point_ = next_point(point_, options_);
  }
  if (reached && std::exchange(soon_, false)) point_ = std::min(point_, watermark + options_.least_growth);
  return reached;
}

void RevisionPoints::hasten(FrameId watermark) {
  // Before the first point nothing is known, and the wish is in time.
  if (watermark < options_.first) return;
  point_ = watermark + 1;
  soon_ = true;
}

}  // namespace ptero::roi
