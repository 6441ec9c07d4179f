#include <ptero/ddip/run.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ptero/ddip/blend.hpp>

namespace ptero::ddip {

namespace {

using Clock = std::chrono::steady_clock;

std::vector<float> joined(const std::vector<std::vector<float>>& outputs) {
  std::vector<float> all;
  for (const auto& output : outputs) all.insert(all.end(), output.begin(), output.end());
  return all;
}

/// What is worth keeping of an epoch.
void keep(const Separation& separation, Outcome& outcome) {
  outcome.epoch = separation.epoch();
  outcome.slices = separation.slices();
  outcome.mixing = separation.mixing();
  outcome.losses = separation.losses();
}

double mean_gradient_correlation(const Slices& slices) {
  double sum = 0, pairs = 0;
  for (std::size_t i = 0; i < slices.size(); ++i)
    for (std::size_t j = i + 1; j < slices.size(); ++j, ++pairs)
      sum += gradient_correlation(slices[i], slices[j]);
  return sum / pairs;
}

void scale_to(std::span<const Image<float>> given, Slices& slices) {
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const AffineFit fit = fit_affine(slices[i].pixels(), given[i].pixels());
    for (float& value : slices[i].pixels()) value = static_cast<float>(fit.factor * value + fit.offset);
  }
}

}  // namespace

std::string_view name_of(End end) {
  switch (end) {
    case End::finished:
      return "finished";
    case End::settled:
      return "settled";
    case End::cancelled:
      return "cancelled";
    case End::diverged:
      return "diverged";
  }
  return "";
}

Outcome run(Separation& separation, std::span<const Image<float>> given, const RunOptions& options,
            const Observer& observer, std::stop_token stop) {
  Outcome outcome;
  MovingVariance variance(options.early_stop);
  GradientWatch gradients(options.early_stop);
  const auto began = Clock::now();
  const auto alarms = [&](const Image<double>& mixing, const Slices& slices, std::size_t epoch) {
    std::vector<std::string> all;
    if (epoch < options.alarms_from) return all;
    all = share_alarms(mixing, options.checks);
    for (std::string& alarm : confusion_alarms(slices, given)) all.push_back(std::move(alarm));
    return all;
  };
  const bool watched = options.early_stop.patience > 0;
  while (separation.epoch() < options.epochs) {
    if (stop.stop_requested()) {
      outcome.end = End::cancelled;
      break;
    }
    separation.step();
    const std::size_t epoch = separation.epoch();
    outcome.epochs = epoch;
    if (watched && epoch % options.early_stop.every == 0) {
      const bool calmest = variance.add(epoch, joined(separation.outputs()));
      const bool risen = gradients.add(epoch, mean_gradient_correlation(separation.slices()));
      // Once they come together the image before is the answer.
      if (calmest && !risen) keep(separation, outcome);
      if (variance.should_stop(epoch) || (risen && !outcome.slices.empty())) {
        outcome.end = End::settled;
        break;
      }
    }
    if (epoch % options.report_every == 0 || epoch == options.epochs) {
      const Losses losses = separation.losses();
      if (!std::isfinite(losses.total())) {
        outcome.end = End::diverged;
        break;
      }
      if (observer) {
        Slices slices = separation.slices();
        const Image<double> mixing = separation.mixing();
        const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
        std::vector<std::string> raised = alarms(mixing, slices, epoch);
        scale_to(given, slices);
        observer({0, epoch, options.epochs, losses, mixing, variance.variance(), seconds, std::move(raised),
                  slices});
      }
    }
  }
  // Without a settled image the newest is the answer; a diverged fit has none unless one was kept before.
  if (outcome.slices.empty() && outcome.epochs > 0 && outcome.end != End::diverged) keep(separation, outcome);
  if (!outcome.slices.empty()) outcome.alarms = alarms(outcome.mixing, outcome.slices, outcome.epoch);
  if (outcome.end == End::diverged) outcome.alarms.push_back("the fit diverged: lower the learning rate");
  scale_to(given, outcome.slices);
  return outcome;
}

void summarise(Ensemble& ensemble) {
  std::vector<const Outcome*> with_image, sound;
  for (const Outcome& one : ensemble.runs) {
    if (one.slices.empty()) continue;
    with_image.push_back(&one);
    if (one.alarms.empty()) sound.push_back(&one);
  }
  const std::size_t alarmed = static_cast<std::size_t>(std::count_if(
      ensemble.runs.begin(), ensemble.runs.end(), [](const Outcome& one) { return !one.alarms.empty(); }));
  ensemble.mean.clear();
  ensemble.sigma.clear();
  ensemble.alarms.clear();
  for (const Outcome& one : ensemble.runs)
    if (ensemble.alarms.empty()) ensemble.alarms = one.alarms;
  if (!sound.empty() && alarmed > 0)
    ensemble.alarms = {std::to_string(alarmed) + " of " + std::to_string(ensemble.runs.size()) +
                       " runs are left out: " + ensemble.alarms[0]};
  const std::vector<const Outcome*>& taken = sound.empty() ? with_image : sound;
  if (taken.empty()) return;
  const auto mean_of = [&](auto&& value) {
    double sum = 0;
    for (const Outcome* one : taken) sum += value(*one);
    return sum / static_cast<double>(taken.size());
  };
  for (std::size_t i = 0; i < taken[0]->slices.size(); ++i) {
    Image<float> mean(taken[0]->slices[i].shape()), sigma(mean.shape());
    for (std::size_t p = 0; p < mean.size(); ++p) {
      const double middle = mean_of([&](const Outcome& one) { return one.slices[i].pixels()[p]; });
      const double variance =
          mean_of([&](const Outcome& one) { return std::pow(one.slices[i].pixels()[p] - middle, 2); });
      mean.pixels()[p] = static_cast<float>(middle);
      sigma.pixels()[p] = static_cast<float>(std::sqrt(variance));
    }
    ensemble.mean.push_back(std::move(mean));
    ensemble.sigma.push_back(std::move(sigma));
  }
  ensemble.mixing = Image<double>(taken[0]->mixing.shape());
  for (std::size_t k = 0; k < ensemble.mixing.size(); ++k)
    ensemble.mixing.pixels()[k] = mean_of([&](const Outcome& one) { return one.mixing.pixels()[k]; });
  ensemble.losses = {mean_of([](const Outcome& one) { return one.losses.data; }),
                     mean_of([](const Outcome& one) { return one.losses.exclusion; }),
                     mean_of([](const Outcome& one) { return one.losses.balance; })};
  ensemble.epoch = static_cast<std::size_t>(
      std::lround(mean_of([](const Outcome& one) { return static_cast<double>(one.epoch); })));
}

Ensemble run_ensemble(std::span<const Image<float>> given, const Options& options,
                      const RunOptions& run_options, std::size_t count, const Observer& observer,
                      std::stop_token stop) {
  Ensemble ensemble;
  for (std::size_t k = 0; k < count && !stop.stop_requested(); ++k) {
    Options one = options;
    one.seed = options.seed + k;
    Separation separation(given, one);
    const auto tell = [&](const Progress& p) {
      observer({k, p.epoch, p.epochs, p.losses, p.mixing, p.variance, p.seconds, p.alarms, p.slices});
    };
    ensemble.runs.push_back(
        run(separation, given, run_options, observer ? Observer(tell) : Observer(), stop));
  }
  summarise(ensemble);
  return ensemble;
}

}  // namespace ptero::ddip
