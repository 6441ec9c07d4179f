#include "studies/du2021/separation.hpp"

#include <fmt/format.h>

#include <ptero/core/error.hpp>
#include <ptero/ddip/blend.hpp>

namespace ptero::tools {

SliceMeasures measure(const TwoSliceSample& sample, const ddip::Slices& slices) {
  SliceMeasures m;
  for (std::size_t l = 0; l < 2; ++l)
    m.psnr_db[l] = ddip::psnr(slices.at(l).pixels(), sample.truth.at(l).pixels());
  m.gradient_correlation = ddip::gradient_correlation(slices[0], slices[1]);
  const double angle = quality::strongest_streak(quality::power_spectrum(sample.given[0])).angle_rad;
  m.streak = quality::streak_along(quality::power_spectrum(slices[1]), angle).contrast;
  return m;
}

std::string name_of(const SeparationCase& one) {
  return fmt::format("{}, gamma {:g}", one.filter == ddip::Filter::single ? "single filters" : "shallow DIPs",
                     one.gamma);
}

ddip::Options options_of(const SeparationCase& one, const SeparationPlan& plan) {
  ddip::Options options = ddip::Options::fast();
  options.filter = one.filter;
  options.exclusion = one.gamma;
  options.seed = plan.seed;
  options.threads = plan.threads;
  return options;
}

std::vector<SeparationResult> separate_all(const TwoSliceSample& sample,
                                           const std::vector<SeparationCase>& cases,
                                           const SeparationPlan& plan, const std::string& name,
                                           const Progress& progress) {
  std::vector<SeparationResult> results;
  for (const SeparationCase& one : cases) {
    ddip::Separation separation(sample.given, options_of(one, plan));
    const auto tell = [&](const ddip::Progress& p) {
      progress(fmt::format("{}: separation {} of {}, {}, epoch {} of {} at most", name, results.size() + 1,
                           cases.size(), name_of(one), p.epoch, p.epochs));
    };
    ddip::Outcome outcome = ddip::run(separation, sample.given, plan.run, tell);
    if (outcome.slices.empty()) throw Error("the separation of " + name + " diverged", name_of(one));
    const SliceMeasures measures = measure(sample, outcome.slices);
    results.push_back({one, std::move(outcome), measures});
  }
  return results;
}

namespace {

std::string row(const std::string& name, const std::string& epochs, const std::string& alphas,
                const SliceMeasures& m, const std::string& said) {
  return fmt::format("| {} | {} | {} | {:.1f} | {:.1f} | {:.2f} | {:.1f} | {} |\n", name, epochs, alphas,
                     m.psnr_db[0], m.psnr_db[1], m.gradient_correlation, m.streak, said);
}

}  // namespace

std::string separation_table(const TwoSliceSample& sample, const std::vector<SeparationResult>& results) {
  std::string text =
      "| | image of epoch | alpha 1, 2 | PSNR slice 1, dB | slice 2, dB | gradient correlation | streak in "
      "slice 2 | alarms |\n"
      "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n";
  text += row("as reconstructed", "", "", measure(sample, sample.given), "");
  for (const SeparationResult& r : results)
    text += row(name_of(r.made_with), std::to_string(r.outcome.epoch),
                fmt::format("{:.2f}, {:.2f}", r.outcome.mixing(0, 0), r.outcome.mixing(1, 0)), r.measures,
                std::to_string(r.outcome.alarms.size()));
  SliceMeasures truth = measure(sample, sample.truth);
  text += fmt::format("| truth | | | | | {:.2f} | {:.1f} | |\n", truth.gradient_correlation, truth.streak);
  return text;
}

}  // namespace ptero::tools
