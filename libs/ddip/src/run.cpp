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
  std::vector<const Outcome*> sound;
  for (const Outcome& one : ensemble.runs)
    if (one.alarms.empty() && !one.slices.empty()) sound.push_back(&one);
  if (sound.empty())
    for (const Outcome& one : ensemble.runs)
      if (!one.slices.empty()) sound.push_back(&one);
  if (sound.empty()) return ensemble;
  const auto n = static_cast<double>(sound.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    Image<float> mean(given[i].shape()), sigma(given[i].shape());
    for (std::size_t p = 0; p < mean.size(); ++p) {
      double sum = 0, squares = 0;
      for (const Outcome* one : sound) sum += one->slices[i].pixels()[p];
      for (const Outcome* one : sound) squares += std::pow(one->slices[i].pixels()[p] - sum / n, 2);
      mean.pixels()[p] = static_cast<float>(sum / n);
      sigma.pixels()[p] = static_cast<float>(std::sqrt(squares / n));
    }
    ensemble.mean.push_back(std::move(mean));
    ensemble.sigma.push_back(std::move(sigma));
  }
  return ensemble;
}

}  // namespace ptero::ddip
