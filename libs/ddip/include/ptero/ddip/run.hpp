#pragma once

#include <cstdint>
#include <functional>
#include <ptero/ddip/checks.hpp>
#include <ptero/ddip/early_stop.hpp>
#include <ptero/ddip/separation.hpp>
#include <stop_token>
#include <string>
#include <vector>

namespace ptero::ddip {

/// What a run tells while it goes on.
struct Progress {
  std::size_t run = 0;  ///< of an ensemble
  std::size_t epoch = 0;
  std::size_t epochs = 0;
  Losses losses;
  Image<double> mixing;
  double variance = 0;  ///< of the last outputs, NaN before there are enough
  double seconds = 0;   ///< since the run began
  std::vector<std::string> alarms;
  const Slices& slices;  ///< as they are now; for the length of the call
};
using Observer = std::function<void(const Progress&)>;

struct RunOptions {
  std::size_t epochs = 10000;     ///< at most
  std::size_t report_every = 50;  ///< epochs between two calls of the observer
  EarlyStopOptions early_stop;    ///< patience 0: the last epoch is the answer, as published
  CheckOptions checks;
  std::size_t alarms_from = 150;  ///< epochs: before, the balance term holds the shares
};

enum class End : std::uint8_t { finished, settled, cancelled, diverged };
std::string_view name_of(End end);

struct Outcome {
  End end = End::finished;
  std::size_t epochs = 0;  ///< that were run
  std::size_t epoch = 0;   ///< that the slices are of
  Slices slices;           ///< in the unit of the input, each scaled to it by `fit_affine`
  Image<double> mixing;
  Losses losses;
  std::vector<std::string> alarms;
};

/// Runs until the epochs are over, the image has settled, `stop` is requested (looked at before every step)
/// or the fit has diverged. given: what `separation` was made from.
Outcome run(Separation& separation, std::span<const Image<float>> given, const RunOptions& options,
            const Observer& observer = {}, std::stop_token stop = {});

/// Several runs and what they say together: the runs without an alarm, or all that have an image where none
/// is without.
struct Ensemble {
  std::vector<Outcome> runs;
  Slices mean;
  Slices sigma;  ///< standard deviation, what 20 runs show in [Du21, fig. 6]
  Image<double> mixing;
  Losses losses;
  std::size_t epoch = 0;            ///< of the images, rounded
  std::vector<std::string> alarms;  ///< how many runs were left out and why, or those of all
};
/// Everything but `runs` from `runs`. Empty images where no run has one.
void summarise(Ensemble& ensemble);

/// The same separation from `count` seeds, options.seed on. Alarmed runs do not enter the mean.
Ensemble run_ensemble(std::span<const Image<float>> given, const Options& options,
                      const RunOptions& run_options, std::size_t count, const Observer& observer = {},
                      std::stop_token stop = {});

}  // namespace ptero::ddip
