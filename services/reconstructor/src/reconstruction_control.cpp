#include "reconstruction_control.hpp"

namespace ptero::reconstructor {

namespace {

struct Known {
  std::string_view what;
  Wish wish;
  const char* then;
};
constexpr Known known[] = {
    {"start", Wish::start, "goes on"},
    {"stop", Wish::stop, "stops after the batch under way; frames are taken in all the same"},
    {"restart", Wish::restart, "begins anew with the frames that are in"},
};

}  // namespace

void ReconstructionControl::add_stage(runtime::Service& service) {
  socket_.add_stage(service, [this](const wire::Control& asked) { return obey(asked); });
}

wire::ControlAnswer ReconstructionControl::obey(const wire::Control& asked) {
  if (asked.action != wire::action_reconstruction)
    return {false, "the reconstructor has no action \"" + asked.action + "\"; it has \"reconstruction\""};
  for (const Known& one : known) {
    if (asked.what != one.what) continue;
    if (!active_) return {false, "nothing is being reconstructed; ask while a series is"};
    if (wishes_.depth() == most_wishes) return {false, "too much is asked for at once; ask again"};
    wishes_.push(Wish{one.wish});
    log_.info("somebody asked for the reconstruction", {{"do", std::string(one.what)}, {"by", asked.by}});
    return {true, one.then};
  }
  return {false, "\"reconstruction\" cannot do \"" + asked.what.value_or("") +
                     "\"; it can \"start\", \"stop\" and \"restart\""};
}

}  // namespace ptero::reconstructor
