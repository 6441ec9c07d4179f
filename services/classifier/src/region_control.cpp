#include "region_control.hpp"

#include <cstdlib>

namespace ptero::classifier {

namespace {
constexpr std::int64_t largest_border = 1000;
constexpr std::int64_t most_segments = 256;
}  // namespace

wire::ControlAnswer RegionControl::obey(const wire::Control& asked, const Region& region) {
  if (asked.action == wire::action_region) return change(asked, region);
  if (asked.action == wire::action_bad_frames) return mark(asked, region);
  return {false, "the classifier has no action \"" + asked.action +
                     "\"; it has \"region\", \"bad_frames\", \"accept_advice\" and \"reject_advice\""};
}

wire::ControlAnswer RegionControl::change(const wire::Control& asked, const Region& region) {
  if (asked.border && (*asked.border > largest_border || *asked.border < -largest_border))
    return {false, "border is " + std::to_string(*asked.border) + "; -1000 to 1000 scan steps are possible"};
  if (asked.segments && (*asked.segments > most_segments || *asked.segments < 1))
    return {false, "segments is " + std::to_string(*asked.segments) + "; 1 to 256 are possible"};
  wire::ControlAnswer said{true, ""};
  if (asked.border || asked.fill_in || !asked.segments) {
    auto shape = wanted_;
    if (asked.border) shape.border = static_cast<int>(*asked.border);
    if (asked.fill_in) shape.fill_in = *asked.fill_in ? roi::FillIn::on : roi::FillIn::off;
    said = region.reshape(shape);
    if (!said.ok) return said;
    wanted_ = shape;
    log_.info("the region was changed",
              {{"border", shape.border}, {"fill_in", shape.fill_in == roi::FillIn::on}, {"by", asked.by}});
  }
  if (!asked.segments) return said;
  segments_ = static_cast<int>(*asked.segments);
  const auto then = region.segments_from_the_next_series(segments_);
  log_.info("other segments are wanted", {{"segments", segments_}, {"by", asked.by}});
  return {then.ok, said.why.empty() ? then.why : said.why + "; " + then.why};
}

wire::ControlAnswer RegionControl::mark(const wire::Control& asked, const Region& region) const {
  if (!asked.first || !asked.last || !asked.bad)
    return {false, "\"bad_frames\" needs first, last (frame ids) and bad (true or false)"};
  if (*asked.first > *asked.last || *asked.last >= max_frame_id)
    return {false, "frames " + std::to_string(*asked.first) + " to " + std::to_string(*asked.last) +
                       " are no range; first is not above last, and ids are below " +
                       std::to_string(max_frame_id)};
  auto said = region.mark({*asked.first, *asked.last, *asked.bad});
  if (said.ok)
    log_.info(*asked.bad ? "frames were marked bad" : "frames are not bad after all",
              {{"first", *asked.first}, {"last", *asked.last}, {"by", asked.by}});
  return said;
}

}  // namespace ptero::classifier
