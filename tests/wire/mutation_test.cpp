// Cut and damaged messages: decoders neither crash nor throw, and a cut message is never accepted.

#include <gtest/gtest.h>

#include <random>

#include "golden.hpp"

namespace ptero::wire {
namespace {

Bytes cut(const Bytes& bytes, std::size_t size) {
  // A copy of its own, so that a sanitizer sees a read behind the end.
  return Bytes::take(std::string(bytes.text().substr(0, size)));
}

TEST(Mutation, EveryGoldenMessageIsAccepted) {
  for (const auto& kind : golden::kinds())
    for (const auto& name : kind.messages) EXPECT_FALSE(kind.decode(golden::parts(name))) << name;
}

TEST(Mutation, ACutMessageIsAFault) {
  for (const auto& kind : golden::kinds())
    for (const auto& name : kind.messages) {
      const Parts whole = golden::parts(name);
      for (std::size_t size = 0; size < whole[0].size(); ++size) {
        Parts parts = whole;
        parts[0] = cut(whole[0], size);
        EXPECT_TRUE(kind.decode(parts)) << name << " cut to " << size << " bytes";
      }
    }
}

TEST(Mutation, ACutSecondPartIsAFault) {
  for (const std::string name : {"start", "frame", "frame_no_position", "frame_unknown_keys"}) {
    const Parts whole = golden::parts(name);
    for (std::size_t size = 0; size < whole[1].size(); ++size)
      EXPECT_EQ(golden::kind("stream").decode({whole[0], cut(whole[1], size)}), FrameFault::size_mismatch)
          << name << " cut to " << size << " bytes";
  }
}

TEST(Mutation, FlippedBitsAndForeignBytesNeverCrash) {
  std::mt19937 random(20260714);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  std::size_t accepted = 0, refused = 0;
  for (const auto& kind : golden::kinds())
    for (const auto& name : kind.messages) {
      const Parts whole = golden::parts(name);
      const std::string original(whole[0].text());
      for (int trial = 0; trial < 4000; ++trial) {
        std::string damaged = original;
        for (std::size_t change = 0; change <= below(4); ++change) {
          char& byte = damaged[below(damaged.size())];
          byte = below(2) ? static_cast<char>(byte ^ (1 << below(8))) : static_cast<char>(below(256));
        }
        Parts parts = whole;
        parts[0] = Bytes::take(damaged);
        ASSERT_NO_THROW((kind.decode(parts) ? refused : accepted)++) << name << " trial " << trial;
      }
    }
  // Neither outcome may be the only one, or the damage tests nothing.
  EXPECT_GT(accepted, 10'000u);
  EXPECT_GT(refused, 10'000u);
}

TEST(Mutation, EveryDecoderSurvivesNoise) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 20'000; ++trial) {
    std::string noise(random() % 64, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    if (!noise.empty() && trial % 2) noise[0] = static_cast<char>(0x80 | random() % 16);  // a map
    const auto bytes = Bytes::take(noise);
    for (const auto& kind : golden::kinds())
      ASSERT_NO_THROW(EXPECT_TRUE(kind.decode({bytes})) << kind.name << " trial " << trial);
  }
}

}  // namespace
}  // namespace ptero::wire
