#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ptero/ddip/blend.hpp>
#include <ptero/ddip/run.hpp>
#include <sstream>

namespace ptero::ddip {
namespace {

bool full() {
  const char* text = std::getenv("PTERO_FULL");
  return text && std::string(text) == "1";
}

Options settings(std::uint64_t seed) {
  Options options = Options::fast();
  options.exclusion = 0.15;
  options.threads = 2;
  options.seed = seed;
  return options;
}

struct Best {
  double gain = -1e9;  ///< dB of slice 2 over what was given
  double correlation = 0;
  double alpha1 = 0, alpha2 = 0;
  std::size_t epoch = 0;
};

double quality(const Separation& separation, const Blend& blend, std::size_t slice) {
  return psnr(separation.slices()[slice].pixels(), blend.truth[slice].pixels());
}

Best best_of(const Blend& blend, const Options& options, std::size_t epochs) {
  Separation separation(blend.mixed, options);
  const double given = psnr(blend.mixed[1].pixels(), blend.truth[1].pixels());
  Best best;
  for (std::size_t epoch = 1; epoch <= epochs; ++epoch) {
    separation.step();
    if (epoch % 10 != 0) continue;
    const Slices y = separation.slices();
    const double gain = psnr(y[1].pixels(), blend.truth[1].pixels()) - given;
    const Image<double> m = separation.mixing();
    if (gain > best.gain) best = {gain, correlation(y[0].pixels(), y[1].pixels()), m(0, 0), m(1, 0), epoch};
  }
  return best;
}

void expect_separated(const Best& best, double least_gain, const Blend& blend) {
  EXPECT_GE(best.gain, least_gain) << "at epoch " << best.epoch;
  EXPECT_LE(best.correlation, correlation(blend.mixed[0].pixels(), blend.mixed[1].pixels()));
  EXPECT_GT(best.alpha1, best.alpha2);
}

// Without the exclusion term this pair gains 3.5 dB, with it 4.9.
TEST(SeparationQuality, ASmallBlendComesApart) {
  BlendOptions options;
  options.shape = {128, 128};
  const Blend blend = make_blend(options);
  expect_separated(best_of(blend, settings(1), 230), 4.2, blend);
}

TEST(SeparationQuality, MedianOfFiveSeedsAtFullSize) {
  if (!full()) GTEST_SKIP() << "takes an hour on two cores: set PTERO_FULL=1";
  const Blend blend = make_blend(BlendOptions{});
  std::vector<Best> all;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) all.push_back(best_of(blend, settings(seed), 1200));
  std::sort(all.begin(), all.end(), [](const Best& a, const Best& b) { return a.gain < b.gain; });
  for (const Best& one : all) std::printf("+%.2f dB at epoch %zu\n", one.gain, one.epoch);
  expect_separated(all[2], 2.5, blend);
}

// The networks of a sample know the next reconstruction of it almost at once: weights and moments are kept.
TEST(WarmStart, ReachesTheColdRunsQualityInATenthOfItsEpochs) {
  if (!full()) GTEST_SKIP() << "takes minutes: set PTERO_FULL=1";
  BlendOptions options;
  options.shape = {128, 128};
  const Blend cold = make_blend(options);
  options.seed = 2;
  const Blend noisy = make_blend(options);
  options.seed = 3;
  options.shift_px = 3;
  const Blend moved = make_blend(options);
  Separation separation(cold.mixed, settings(1));
  while (separation.epoch() < 400) separation.step();
  const double wanted[] = {quality(separation, cold, 0), quality(separation, cold, 1)};
  std::stringstream state;
  separation.save(state);
  for (const auto& [next, most] : {std::pair{&noisy, 40}, {&moved, 100}}) {
    state.clear();
    state.seekg(0);
    separation.restore(state);
    separation.replace(next->mixed);
    int epochs = 0;
    do {
      separation.step();
      ++epochs;
    } while (epochs < most && (quality(separation, *next, 0) < wanted[0] - 0.1 ||
                               quality(separation, *next, 1) < wanted[1] - 0.1));
    EXPECT_GE(quality(separation, *next, 0), wanted[0] - 0.1) << epochs;
    EXPECT_GE(quality(separation, *next, 1), wanted[1] - 0.1) << epochs;
    std::printf("after %d epochs\n", epochs);
  }
}

}  // namespace
}  // namespace ptero::ddip
