#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ptero/core/error.hpp>
#include <ptero/ddip/blend.hpp>
#include <ptero/image/picture.hpp>

#include "studies/du2021/du2021.hpp"
#include "studies/du2021/pictures.hpp"

namespace ptero::tools {

namespace {

/// Of all runs of one gamma, alarmed or not: it is the spread that is asked for.
struct Spread {
  double gamma = 0;
  Image<float> sigma;  ///< of slice 2, shares of the joint range of the slices given, as in the paper
  double mean_sigma = 0;
  double psnr_of_one_db = 0;   ///< slice 2, median of the runs
  double psnr_of_mean_db = 0;  ///< of their mean
  std::size_t alarmed = 0, exchanged = 0;
  ddip::Slices mean;
};

Image<float> mean_of(const std::vector<ddip::Outcome>& runs, std::size_t slice) {
  Image<float> mean(runs.front().slices.at(slice).shape());
  for (const ddip::Outcome& run : runs)
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean.pixels()[i] += run.slices.at(slice).pixels()[i] / static_cast<float>(runs.size());
  return mean;
}

Spread spread_of(const TwoSliceSample& sample, double gamma, const std::vector<ddip::Outcome>& runs) {
  Spread spread{.gamma = gamma};
  spread.mean = {mean_of(runs, 0), mean_of(runs, 1)};
  const ddip::Prepared prepared = ddip::prepare(sample.given);
  spread.sigma = Image<float>(sample.given[1].shape());
  std::vector<double> psnr;
  for (const ddip::Outcome& run : runs) {
    for (std::size_t i = 0; i < spread.sigma.size(); ++i) {
      const double difference = run.slices[1].pixels()[i] - spread.mean[1].pixels()[i];
      spread.sigma.pixels()[i] +=
          static_cast<float>(difference * difference / static_cast<double>(runs.size()));
    }
    psnr.push_back(ddip::psnr(run.slices[1].pixels(), sample.truth[1].pixels()));
    spread.alarmed += !run.alarms.empty();
    spread.exchanged += !ddip::confusion_alarms(run.slices, sample.given).empty();
  }
  for (float& v : spread.sigma.pixels())
    v = static_cast<float>(std::sqrt(v) / (prepared.high - prepared.low));
  spread.mean_sigma = std::accumulate(spread.sigma.pixels().begin(), spread.sigma.pixels().end(), 0.0) /
                      static_cast<double>(spread.sigma.size());
  std::nth_element(psnr.begin(), psnr.begin() + static_cast<std::ptrdiff_t>(psnr.size() / 2), psnr.end());
  spread.psnr_of_one_db = psnr[psnr.size() / 2];
  spread.psnr_of_mean_db = ddip::psnr(spread.mean[1].pixels(), sample.truth[1].pixels());
  return spread;
}

void draw(const Du2021Options& options, const TwoSliceSample& sample, const std::vector<Spread>& all) {
  double most = 0;
  for (const Spread& one : all)
    for (const float v : one.sigma.pixels()) most = std::max(most, double{v});
  std::vector<Picture> pictures;
  image::Curve curve{.x = {}, .y = {}};
  for (const Spread& one : all) {
    pictures.push_back(
        image::render_map(one.sigma, {.title = fmt::format("sigma of slice 2, gamma {:g}", one.gamma),
                                      .unit = "of the range",
                                      .range = image::Range{0, most},
                                      .pixel_x_m = sample.pixel_m,
                                      .min_side = 240,
                                      .max_side = 240}));
    curve.x.push_back(one.gamma);
    curve.y.push_back(one.mean_sigma);
  }
  for (const Spread& one : all)
    pictures.push_back(
        render_slice(one.mean[1], sample.pixel_m, fmt::format("mean of slice 2, gamma {:g}", one.gamma)));
  image::write_picture(options.out / "fig6.png",
                       image::panel(pictures, fmt::format("{} runs each", options.runs), all.size()));
  image::write_picture(options.out / "fig6_sigma.png",
                       image::render_curves(std::vector{curve}, {.title = "Uncertainty over gamma",
                                                                 .x_label = "gamma",
                                                                 .y_label = "mean sigma of slice 2",
                                                                 .width = 420,
                                                                 .height = 280}));
}

}  // namespace

void make_uncertainty(const Du2021Options& options, Du2021Report& report, const Progress& progress) {
  TwoSliceScanOptions scan = two_slice_scan(options, synth::TwoSliceKind::particles_over_grain);
  scan.side = 72;
  scan.sample.field = 80;
  const TwoSliceSample sample = reconstruct_two_slices(scan, "uncertainty", progress);
  SeparationPlan plan = separation_plan(options);
  plan.run.epochs = options.quick ? 10 : 130;
  std::vector<double> gammas{0.04, 0.1, 0.2, 0.4};  // [Du21, fig. 6]
  if (options.quick) gammas = {0.04, 0.4};
  std::vector<Spread> all;
  for (const double gamma : gammas) {
    const auto tell = [&](const ddip::Progress& p) {
      progress(fmt::format("uncertainty: gamma {:g}, run {} of {}, epoch {} of {}", gamma, p.run + 1,
                           options.runs, p.epoch, p.epochs));
    };
    ddip::Ensemble ensemble = ddip::run_ensemble(
        sample.given, options_of({ddip::Filter::shallow, gamma}, plan), plan.run, options.runs, tell);
    std::vector<ddip::Outcome> runs = std::move(ensemble.runs);
    std::erase_if(runs, [](const ddip::Outcome& run) { return run.slices.empty(); });
    if (runs.empty()) throw Error(fmt::format("every separation with gamma {:g} diverged", gamma));
    all.push_back(spread_of(sample, gamma, runs));
  }
  report.tables += fmt::format(
      "\n## Figure 6, {} runs of each gamma, shallow DIPs, particles over a grain, 72 x 72\n\n"
      "| gamma | mean sigma of slice 2, of the range | PSNR of slice 2, median run, dB | PSNR of the mean of "
      "all runs, dB "
      "| runs with alarms | slices exchanged |\n| ---: | ---: | ---: | ---: | ---: | ---: |\n",
      options.runs);
  for (const Spread& one : all) {
    report.tables += fmt::format("| {:g} | {:.3f} | {:.1f} | {:.1f} | {} | {} |\n", one.gamma, one.mean_sigma,
                                 one.psnr_of_one_db, one.psnr_of_mean_db, one.alarmed, one.exchanged);
    const std::string gamma = fmt::format(", gamma {:g}", one.gamma);
    report.numbers.add({"fig. 6", "mean sigma of slice 2" + gamma, std::nullopt, one.mean_sigma,
                        "the paper plots 0.03 to 0.065 over these gammas"});
    report.numbers.add(
        {"fig. 6", "PSNR of slice 2, median run, dB" + gamma, std::nullopt, one.psnr_of_one_db, ""});
    report.numbers.add(
        {"fig. 6", "PSNR of slice 2, mean of the runs, dB" + gamma, std::nullopt, one.psnr_of_mean_db, ""});
    report.numbers.add({"fig. 6", "slices exchanged" + gamma, 0, static_cast<double>(one.exchanged), ""});
  }
  draw(options, sample, all);
}

}  // namespace ptero::tools
