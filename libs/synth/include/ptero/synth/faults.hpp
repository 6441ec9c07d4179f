#pragma once

#include <cstdint>
#include <ptero/core/bytes.hpp>
#include <ptero/core/frame.hpp>
#include <utility>
#include <vector>

namespace ptero::synth {

/// Chances that something happens to a frame on its way, each in [0, 1].
struct FaultRates {
  double drop = 0;       ///< never sent
  double duplicate = 0;  ///< sent twice in a row
  double swap = 0;       ///< sent after its successor
  double corrupt = 0;    ///< sent with damaged bytes
  std::uint64_t seed = 1;
};

enum class Condition : std::uint8_t { sound, corrupt };

struct Delivery {
  FrameId id = 0;
  Condition condition = Condition::sound;

  friend bool operator==(const Delivery&, const Delivery&) = default;
};

/// What a faulty sender sends, and the account of what was done to whom.
struct FaultPlan {
  std::vector<Delivery> deliveries;  ///< in sending order
  std::vector<FrameId> dropped;      ///< these lists are in rising order
  std::vector<FrameId> duplicated;
  std::vector<FrameId> corrupted;
  std::vector<std::pair<FrameId, FrameId>> swapped;  ///< (late, early)
};

/// A plan for frames 0 .. count-1; the same arguments give the same plan. A frame meets at most one of drop,
/// duplicate and corrupt; swaps exchange neighbours that are sent. Throws InputError when a rate is outside
/// [0, 1] or drop, duplicate and corrupt together exceed 1.
FaultPlan plan_faults(std::uint64_t count, const FaultRates& rates);

/// The message with its second half cut off: damaged in a way that every decoder can notice.
Bytes cut_in_half(const Bytes& message);

}  // namespace ptero::synth
