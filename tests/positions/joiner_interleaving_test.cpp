// Whoever comes first, every frame has its own position.
#include <deque>
#include <map>
#include <random>

#include "named_samples.hpp"

namespace ptero::positions {
namespace {

/// A stage and a detector whose messages reach the joiner in any interleaving; frames wait in order, as
/// ingest keeps them.
class Interleaved {
 public:
  Interleaved(JoinOptions options, std::uint64_t seed) : joiner_(options), random_(seed) {}

  std::map<FrameId, Joined> run(std::deque<StreamEvent> events, std::deque<FrameId> frames,
                                double frame_share) {
    joiner_.begin(0);
    std::deque<FrameId> waiting;
    std::map<FrameId, Joined> joined;
    std::bernoulli_distribution next_is_frame(frame_share);
    while (!events.empty() || !frames.empty()) {
      if (!frames.empty() && (events.empty() || next_is_frame(random_))) {
        waiting.push_back(frames.front());
        frames.pop_front();
      } else {
        joiner_.take(events.front(), 0);
        events.pop_front();
      }
      while (!waiting.empty()) {
        const auto answer = joiner_.decide(waiting.front(), 0, 0);
        if (!answer) break;
        joined[waiting.front()] = *answer;
        waiting.pop_front();
      }
    }
    EXPECT_TRUE(waiting.empty());
    return joined;
  }

 private:
  Joiner joiner_;
  std::mt19937_64 random_;
};

/// Messages of 1 to 20 samples, of which some never come.
std::deque<StreamEvent> stream(std::uint64_t samples, double loss, std::uint64_t seed,
                               std::vector<bool>& lost) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::uint64_t> length(1, 20);
  std::bernoulli_distribution is_lost(loss);
  std::deque<StreamEvent> events{start("A")};
  lost.assign(samples, false);
  for (std::uint64_t at = 0; at < samples;) {
    const auto n = std::min(length(random), samples - at);
    if (is_lost(random)) {
      for (std::uint64_t i = 0; i < n; ++i) lost[at + i] = true;
    } else {
      events.push_back(some(at, n));
    }
    at += n;
  }
  events.push_back(StreamStop{true, "Ok"});
  return events;
}

TEST(Joiner, EveryFrameHasItsOwnPositionWhateverTheInterleaving) {
  constexpr std::uint64_t frames = 20'000;
  for (const std::uint64_t per_frame : {1u, 10u})
    for (const double frame_share : {0.02, 0.5, 0.98})
      for (const auto missing : {Missing::drop, Missing::interpolate}) {
        std::vector<bool> lost;
        const auto events = stream(frames * per_frame, 0.01, per_frame, lost);
        std::deque<FrameId> ids;
        std::mt19937 random(4);
        for (FrameId id = 0; id < frames; ++id)
          if (random() % 1000 != 0) ids.push_back(id);  // the detector loses frames too
        for (std::size_t i = 0; i + 1 < ids.size(); i += 50) std::swap(ids[i], ids[i + 1]);
        const auto joined = Interleaved({.samples_per_frame = per_frame, .missing = missing}, 7)
                                .run(events, ids, frame_share);
        ASSERT_EQ(joined.size(), ids.size());
        for (const auto& [id, got] : joined) {
          bool whole = true;
          for (std::uint64_t i = 0; i < per_frame; ++i) whole = whole && !lost[id * per_frame + i];
          const double mean = static_cast<double>(id * per_frame) + static_cast<double>(per_frame - 1) / 2;
          if (whole) {
            ASSERT_EQ(got.outcome, JoinOutcome::joined);
          } else {
            ASSERT_NE(got.outcome, JoinOutcome::joined);
          }
          if (!got.position) continue;
          // Positions are linear in the index: an interpolated one is exact too, a shifted one is not.
          ASSERT_NEAR(got.position->x_m, 1000 + mean, 1e-6) << id;
          ASSERT_NEAR(got.position->y_m, -3 * mean, 1e-6) << id;
        }
      }
}

TEST(Joiner, TheAnswerDoesNotDependOnTheInterleaving) {
  std::vector<bool> lost;
  const auto events = stream(30'000, 0.05, 3, lost);
  std::deque<FrameId> ids;
  for (FrameId id = 0; id < 3'000; ++id) ids.push_back(id);
  for (const auto missing : {Missing::drop, Missing::hold, Missing::interpolate}) {
    std::map<FrameId, Joined> first;
    for (const double frame_share : {0.01, 0.3, 0.9}) {
      const auto joined =
          Interleaved({.samples_per_frame = 10, .missing = missing}, 11).run(events, ids, frame_share);
      if (first.empty()) first = joined;
      for (const auto& [id, got] : joined) {
        ASSERT_EQ(got.outcome, first.at(id).outcome);
        ASSERT_EQ(got.position, first.at(id).position);
      }
    }
  }
}

}  // namespace
}  // namespace ptero::positions
