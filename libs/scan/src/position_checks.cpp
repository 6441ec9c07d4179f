#include <ptero/scan/position_checks.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include <ptero/positions/offset_check.hpp>
#include <ptero/positions/orientation_check.hpp>
#include <ptero/scan/plausible.hpp>

namespace ptero::scan {

namespace {

// From the middle of the scan; more say the same and cost time.
constexpr std::size_t most_for_orientation = 2048;
constexpr std::size_t most_named = 5;

std::string named(const std::vector<FrameId>& ids) {
  std::string text;
  for (std::size_t i = 0; i < std::min(ids.size(), most_named); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(ids[i]);
  return text + (ids.size() > most_named ? ", ..." : "");
}

}  // namespace

Warnings check_positions(const roi::FeatureTable& table) {
  positions::OffsetCheck offset;
  positions::OrientationCheck orientation;
  std::map<FrameId, double> counts;
  const std::size_t first = (table.size() - std::min(table.size(), most_for_orientation)) / 2;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& record = table.row(i);
    const auto& whole = record.features.whole;
    if (!(whole.total > 0)) continue;
    counts.emplace(record.id, whole.total);
    if (!record.position || !is_finite(*record.position)) continue;
    offset.add(record.id, *record.position, whole.total);
    if (i >= first && i < first + most_for_orientation && std::isfinite(whole.com_x) &&
        std::isfinite(whole.com_y))
      orientation.add(*record.position, whole.com_x, whole.com_y);
  }
  Warnings out;
  if (const auto slip = offset.result())
    out.push_back(
        {"wrong_offset",
         fmt::format("neighbouring lines agree {:.1f} times better with the positions shifted by {}: "
                     "frames and positions may be off by so many",
                     slip->gain, slip->shift)});
  if (const auto better = orientation.result())
    out.push_back(
        {"wrong_orientation",
         fmt::format("the patterns' centre of mass has {:.1f} times less curl with the frames {}: the "
                     "orientation of detector and stage may be wrong",
                     better->gain, name_of(better->better))});
  if (const auto jumps = jumping_counts(counts); !jumps.empty())
    out.push_back(
        {"counts_jump",
         fmt::format("the total counts of {} frames jump more than {:g} times against both neighbours "
                     "(frames {}): shutter, beam or detector, not the sample",
                     jumps.size(), counts_jump, named(jumps))});
  return out;
}

}  // namespace ptero::scan
