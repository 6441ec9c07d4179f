#include "separation_control.hpp"

#include <utility>

namespace ptero::ddip {

void SeparationControl::add_stage(runtime::Service& service) {
  socket_.add_stage(service, [this](const wire::Control& asked) { return obey(asked); });
}

wire::ControlAnswer SeparationControl::obey(const wire::Control& asked) {
  if (asked.action != wire::action_separation)
    return {false, "ddip has no action \"" + asked.action + "\"; it has \"separation\""};
  if (asked.what != "start" && asked.what != "stop")
    return {false,
            "\"separation\" cannot do \"" + asked.what.value_or("") + "\"; it can \"start\" and \"stop\""};
  auto said = asked.what == "start" ? start() : stop();
  if (said.ok) log_.info("somebody asked for the separation", {{"do", *asked.what}, {"by", asked.by}});
  return said;
}

wire::ControlAnswer SeparationControl::start() {
  if (!anything_()) return {false, "there is no product to separate; [reconstructor] slices = 2 makes them"};
  const std::lock_guard lock(mutex_);
  if (under_way_ && !stopped_) return {true, "one is under way"};
  wanted_ = true;
  return {true, "the newest product is separated"};
}

wire::ControlAnswer SeparationControl::stop() {
  const std::lock_guard lock(mutex_);
  const bool was_wanted = std::exchange(wanted_, false);
  if (!under_way_ && !was_wanted) return {false, "nothing is being separated"};
  if (under_way_) {
    stopped_ = true;
    under_way_->request_stop();
  }
  return {true, "ends with the step under way, without a result"};
}

bool SeparationControl::take_start() {
  const std::lock_guard lock(mutex_);
  return std::exchange(wanted_, false);
}

std::stop_source SeparationControl::begin() {
  const std::lock_guard lock(mutex_);
  stopped_ = false;
  return under_way_.emplace();
}

void SeparationControl::settled() {
  const std::lock_guard lock(mutex_);
  under_way_.reset();
}

bool SeparationControl::end() {
  const std::lock_guard lock(mutex_);
  under_way_.reset();
  return std::exchange(stopped_, false);
}

}  // namespace ptero::ddip
