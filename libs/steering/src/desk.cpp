#include <algorithm>
#include <cmath>
#include <ptero/steering/desk.hpp>

namespace ptero::steering {

namespace {

/// What leaves the desk is checked whoever planned it.
bool is_sound(const Advice& advice, const SteeringOptions& options) {
  const auto within = [&](const Position& p) { return advice.bounds.contains(p); };
  const auto allowed = [&](const Position& p) { return !options.bounds || options.bounds->contains(p); };
  const Bounds& b = advice.bounds;
  return allowed({b.left_m, b.top_m}) && allowed({b.right_m, b.bottom_m}) &&
         std::all_of(advice.points.begin(), advice.points.end(), within) &&
         std::all_of(advice.region.begin(), advice.region.end(),
                     [&](const Ring& ring) { return std::all_of(ring.begin(), ring.end(), within); }) &&
         advice.dose <= advice.dose_left && advice.dose_left <= options.dose_budget &&
         advice.dose >= static_cast<double>(advice.points.size()) * options.dose_per_exposure &&
         advice.confidence >= options.least_confidence;
}

}  // namespace

std::string_view name_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::unknown:
      return "unknown";
    case Refusal::expired:
      return "expired";
    case Refusal::decided:
      break;
  }
  return "decided";
}

Desk::Desk(SteeringOptions options, std::uint64_t first_id) : options_(options), next_id_(first_id) {
  if (options_.mode != Mode::off) check(options_);
}

void Desk::revise(const Situation& situation, std::int64_t now_ns) {
  put(plan(situation, options_), situation.revision, now_ns);
}

void Desk::put(std::optional<Advice> planned, std::uint64_t revision, std::int64_t now_ns) {
  // Planned beside the stream, it may come after a newer one.
  if (revision < revision_) return;
  revision_ = revision;
  advice_.reset();
  if (options_.mode == Mode::off || !planned || planned->revision != revision ||
      !is_sound(*planned, options_))
    return;
  advice_ = std::move(planned);
  advice_->id = next_id_++;
  advice_->standing = options_.mode == Mode::automatic ? Standing::accepted : Standing::proposed;
  advice_->issued_ns = now_ns;
  advice_->expires_ns = now_ns + std::llround(options_.valid_for_s * 1e9);
}

std::optional<Advice> Desk::current(std::int64_t now_ns) const {
  if (!advice_ || advice_->standing == Standing::rejected) return std::nullopt;
  if (now_ns >= advice_->expires_ns - std::llround(options_.withdraw_before_s * 1e9)) return std::nullopt;
  return advice_;
}

bool Desk::lapsed(std::int64_t now_ns) const {
  return advice_ && advice_->standing != Standing::rejected && !current(now_ns);
}

Result<Advice, Refusal> Desk::decide(std::uint64_t id, Standing standing, std::int64_t now_ns) {
  if (!advice_ || advice_->id != id) return Refusal::unknown;
  if (advice_->standing == Standing::rejected) return Refusal::decided;
  if (!current(now_ns)) return Refusal::expired;
  advice_->standing = standing;
  return *advice_;
}

Result<Advice, Refusal> Desk::accept(std::uint64_t id, std::int64_t now_ns) {
  return decide(id, Standing::accepted, now_ns);
}

Result<Advice, Refusal> Desk::reject(std::uint64_t id, std::int64_t now_ns) {
  return decide(id, Standing::rejected, now_ns);
}

}  // namespace ptero::steering
