#include "region_control.hpp"

#include <cstdlib>

namespace ptero::classifier {

namespace {
constexpr std::int64_t largest_border = 1000;
constexpr int most_at_once = 16;
}  // namespace

RegionControl::RegionControl(transport::Context& context, const std::string& endpoint,
                             const transport::SocketOptions& options, roi::RegionShape first)
    : wanted_(first) {
  if (endpoint.empty()) return;
  socket_.emplace(context, transport::SocketKind::router, options);
  socket_->bind(endpoint);
}

void RegionControl::answer(const std::function<wire::ControlAnswer(roi::RegionShape)>& change,
                           const Others& others) {
  if (!socket_) return;
  // A flood of them waits for the next frame, not frames for the flood.
  for (int answered = 0; answered < most_at_once; ++answered) {
    const auto message = socket_->receive();
    if (!message) return;
    if (message->size() != 2) continue;  // not one of ours; whoever sent it waits in vain
    const auto asked = wire::decode_control((*message)[1]);
    const auto said =
        asked ? obey(*asked, change, others)
              : wire::ControlAnswer{false, "this is no control (" + std::string(name_of(asked.reason())) +
                                               "); see proto/control.md"};
    socket_->send({(*message)[0], wire::encode(said)});
  }
}

wire::ControlAnswer RegionControl::obey(const wire::Control& asked,
                                        const std::function<wire::ControlAnswer(roi::RegionShape)>& change,
                                        const Others& others) {
  if (const auto said = others ? others(asked) : std::nullopt) return *said;
  if (asked.action != wire::action_region)
    return {false, "the classifier has no action \"" + asked.action +
                       "\"; it has \"region\", \"accept_advice\" and \"reject_advice\""};
  if (asked.border && (*asked.border > largest_border || *asked.border < -largest_border))
    return {false, "border is " + std::to_string(*asked.border) + "; -1000 to 1000 scan steps are possible"};
  auto shape = wanted_;
  if (asked.border) shape.border = static_cast<int>(*asked.border);
  if (asked.fill_in) shape.fill_in = *asked.fill_in ? roi::FillIn::on : roi::FillIn::off;
  const auto said = change(shape);
  if (!said.ok) return said;
  wanted_ = shape;
  log_.info("the region was changed",
            {{"border", shape.border}, {"fill_in", shape.fill_in == roi::FillIn::on}, {"by", asked.by}});
  return said;
}

}  // namespace ptero::classifier
