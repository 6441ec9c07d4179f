#include <ptero/core/error.hpp>
#include <ptero/synth/faults.hpp>
#include <ptero/synth/random.hpp>

namespace ptero::synth {

namespace {
void check(const char* name, double rate) {
  if (!(rate >= 0 && rate <= 1))
    throw InputError(std::string("the ") + name + " rate is " + std::to_string(rate), "",
                     "it must lie between 0 and 1");
}

// Late and early one change places; a delivery moves at most once.
void swap_neighbours(FaultPlan& plan, const FaultRates& rates) {
  Random random(rates.seed, 1);
  for (std::size_t i = 0; i + 1 < plan.deliveries.size(); ++i) {
    Delivery& late = plan.deliveries[i];
    Delivery& early = plan.deliveries[i + 1];
    if (random.uniform() >= rates.swap || late.id == early.id) continue;
    plan.swapped.emplace_back(late.id, early.id);
    std::swap(late, early);
    ++i;
  }
}
}  // namespace

FaultPlan plan_faults(std::uint64_t count, const FaultRates& rates) {
  check("drop", rates.drop);
  check("duplicate", rates.duplicate);
  check("swap", rates.swap);
  check("corrupt", rates.corrupt);
  if (rates.drop + rates.duplicate + rates.corrupt > 1 + 1e-12)
    throw InputError("the drop, duplicate and corrupt rates together exceed 1", "",
                     "a frame meets at most one of them");
  FaultPlan plan;
  plan.deliveries.reserve(count);
  Random random(rates.seed, 0);
  for (FrameId id = 0; id < count; ++id) {
    const double fate = random.uniform();
    if (fate < rates.drop) {
      plan.dropped.push_back(id);
    } else if (fate < rates.drop + rates.duplicate) {
      plan.duplicated.push_back(id);
      plan.deliveries.insert(plan.deliveries.end(), 2, Delivery{id, Condition::sound});
    } else if (fate < rates.drop + rates.duplicate + rates.corrupt) {
      plan.corrupted.push_back(id);
      plan.deliveries.push_back({id, Condition::corrupt});
    } else {
      plan.deliveries.push_back({id, Condition::sound});
    }
  }
  swap_neighbours(plan, rates);
  return plan;
}

Bytes cut_in_half(const Bytes& message) {
  const auto half = message.span().first(message.size() / 2);
  return Bytes::take(std::vector<std::byte>(half.begin(), half.end()));
}

}  // namespace ptero::synth
