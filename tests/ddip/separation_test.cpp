#include <gtest/gtest.h>

#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/ddip/run.hpp>
#include <sstream>

#include "small_blend.hpp"

namespace ptero::ddip {
namespace {

bool same(const Slices& a, const Slices& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!std::equal(a[i].pixels().begin(), a[i].pixels().end(), b[i].pixels().begin())) return false;
  return a.size() == b.size();
}

TEST(Separation, IsTheSameForASeedAndForAnyNumberOfThreads) {
  const Blend blend = small_blend();
  const auto after_three = [&](std::uint64_t seed, std::size_t threads) {
    Options options = quick();
    options.seed = seed;
    options.threads = threads;
    Separation separation(blend.mixed, options);
    for (int i = 0; i < 3; ++i) separation.step();
    return separation.slices();
  };
  const Slices first = after_three(5, 2);
  EXPECT_TRUE(same(first, after_three(5, 2)));
  EXPECT_TRUE(same(first, after_three(5, 1)));
  EXPECT_FALSE(same(first, after_three(6, 2)));
}

TEST(Separation, GoesOnFromItsSavedStateAsIfNothingHadHappened) {
  const Blend blend = small_blend();
  Separation whole(blend.mixed, quick());
  for (int i = 0; i < 4; ++i) whole.step();
  std::stringstream state;
  whole.save(state);
  for (int i = 0; i < 3; ++i) whole.step();

  Options other = quick();
  other.seed = 99;  // weights, moments and z all come with the state
  Separation resumed(blend.mixed, other);
  resumed.restore(state);
  for (int i = 0; i < 3; ++i) resumed.step();
  EXPECT_TRUE(same(whole.slices(), resumed.slices()));
}

TEST(Separation, RefusesAForeignStateAndStaysAsItIs) {
  const Blend blend = small_blend();
  Separation separation(blend.mixed, quick());
  separation.step();
  const Slices before = separation.slices();
  std::stringstream nonsense("this is no state at all, and far too short"), cut;
  EXPECT_THROW(separation.restore(nonsense), InputError);
  std::stringstream state;
  separation.save(state);
  cut << state.str().substr(0, state.str().size() / 2);
  EXPECT_THROW(separation.restore(cut), InputError);
  Separation larger(small_blend(96).mixed, quick());
  EXPECT_THROW(larger.restore(state), InputError);
  separation.step();
  Separation undisturbed(blend.mixed, quick());
  undisturbed.step();
  undisturbed.step();
  EXPECT_TRUE(same(separation.slices(), undisturbed.slices()));
  EXPECT_FALSE(same(separation.slices(), before));
}

TEST(Separation, TakesOtherSlicesOfTheSameShapeOnly) {
  Separation separation(small_blend().mixed, quick());
  separation.step();
  separation.replace(small_blend().mixed);
  EXPECT_EQ(separation.epoch(), 0U);
  EXPECT_THROW(separation.replace(small_blend(80).mixed), InputError);
}

TEST(Separation, SeparatesThreeSlices) {
  const Blend blend = small_blend();
  const std::vector<Image<float>> three{blend.mixed[0], blend.mixed[1], blend.truth[0]};
  Separation separation(three, quick());
  separation.step();
  const double before = separation.losses().total();
  for (int i = 0; i < 15; ++i) separation.step();
  EXPECT_LT(separation.losses().total(), before);
  EXPECT_EQ(separation.slices().size(), 3U);
  EXPECT_EQ(separation.mixing().shape(), (Shape{3, 3}));
}

TEST(Separation, RefusesOptionsThatCannotWork) {
  const Blend blend = small_blend();
  Options options = quick();
  options.weight_input_side = 40;
  EXPECT_THROW(Separation(blend.mixed, options), InputError);
  options = quick();
  options.exclusion = -1;
  EXPECT_THROW(Separation(blend.mixed, options), InputError);
}

TEST(Summarise, LeavesOutWhatAlarmedUnlessAllDid) {
  const auto outcome = [](float value, std::vector<std::string> alarms) {
    Outcome one;
    one.slices = {Image<float>({1, 2}, value), Image<float>({1, 2}, -value)};
    one.mixing = Image<double>({2, 2}, value);
    one.epoch = 10;
    one.alarms = std::move(alarms);
    return one;
  };
  Ensemble ensemble;
  ensemble.runs = {outcome(1, {}), outcome(9, {"collapsed"}), outcome(3, {})};
  summarise(ensemble);
  EXPECT_EQ(ensemble.mean[0](0, 1), 2);
  EXPECT_EQ(ensemble.sigma[1](0, 0), 1);
  EXPECT_EQ(ensemble.mixing(1, 0), 2);
  EXPECT_EQ(ensemble.epoch, 10U);
  EXPECT_EQ(ensemble.alarms, std::vector<std::string>{"1 of 3 runs are left out: collapsed"});
  ensemble.runs = {outcome(9, {"collapsed"})};
  summarise(ensemble);
  EXPECT_EQ(ensemble.mean[0](0, 0), 9);
  EXPECT_EQ(ensemble.alarms, std::vector<std::string>{"collapsed"});
  ensemble.runs = {Outcome{}};
  summarise(ensemble);
  EXPECT_TRUE(ensemble.mean.empty());
}

TEST(Run, TellsImagesAndLossesAndCanBeCancelled) {
  const Blend blend = small_blend();
  Separation separation(blend.mixed, quick());
  RunOptions options;
  options.epochs = 1000;
  options.report_every = 3;
  std::stop_source source;
  std::vector<std::size_t> told;
  const Outcome outcome = run(
      separation, blend.mixed, options,
      [&](const Progress& progress) {
        told.push_back(progress.epoch);
        EXPECT_EQ(progress.slices.size(), 2U);
        EXPECT_GT(progress.losses.data, 0);
        if (told.size() == 3) source.request_stop();
      },
      source.get_token());
  EXPECT_EQ(told, (std::vector<std::size_t>{3, 6, 9}));
  EXPECT_EQ(outcome.end, End::cancelled);
  EXPECT_EQ(outcome.epochs, 9U) << "not one step more";
  EXPECT_EQ(outcome.slices.size(), 2U);
}

TEST(Run, GivesTheLastEpochWithoutEarlyStopping) {
  const Blend blend = small_blend();
  Separation separation(blend.mixed, quick());
  RunOptions options;
  options.epochs = 6;
  options.early_stop.patience = 0;
  const Outcome outcome = run(separation, blend.mixed, options);
  EXPECT_EQ(outcome.end, End::finished);
  EXPECT_EQ(outcome.epoch, 6U);
}

TEST(RunEnsemble, GivesMeanAndSigma) {
  const Blend blend = small_blend();
  RunOptions options;
  options.epochs = 5;
  options.early_stop.patience = 0;
  const Ensemble ensemble = run_ensemble(blend.mixed, quick(), options, 3);
  ASSERT_EQ(ensemble.runs.size(), 3U);
  for (const std::size_t p : {std::size_t{0}, std::size_t{2000}}) {
    double sum = 0, squares = 0;
    for (const Outcome& one : ensemble.runs) sum += one.slices[1].pixels()[p];
    for (const Outcome& one : ensemble.runs) squares += std::pow(one.slices[1].pixels()[p] - sum / 3, 2);
    EXPECT_NEAR(ensemble.mean[1].pixels()[p], sum / 3, 1e-6);
    EXPECT_NEAR(ensemble.sigma[1].pixels()[p], std::sqrt(squares / 3), 1e-6);
  }
}

}  // namespace
}  // namespace ptero::ddip
