#include "studies/du2021/du2021.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <ptero/image/picture.hpp>

#include "studies/du2021/pictures.hpp"

namespace ptero::tools {

namespace {

constexpr auto single = ddip::Filter::single, shallow = ddip::Filter::shallow;
/// At 3.6 depths of field the engine tells the slices apart, given time: cross-talk as in [Du21, fig. 3] is
/// there early, hardly any late.
constexpr std::size_t early_epochs = 10, late_epochs = 60;

void describe(const TwoSliceSample& s, const std::string& name, Du2021Report& report) {
  report.tables += fmt::format(
      "\n{}: {} x {} pixels of {:.1f} nm, {:.2f} um apart = {:.2f} depths of field, from {} frames, "
      "amplitude "
      "error {:.2f} %.\n\n",
      name, s.given[0].rows(), s.given[0].cols(), s.pixel_m * 1e9, s.spacing_m * 1e6, s.depths_of_field,
      s.frames, 100 * s.amplitude_error);
}

/// What a sweep says in numbers; the paper gives its figures without.
void add_numbers(const std::string& figure, const std::string& of, const TwoSliceSample& sample,
                 const std::vector<SeparationResult>& results, FigureNumbers& numbers) {
  const auto add = [&](const std::string& name, const SliceMeasures& m) {
    numbers.add({figure, name + ": PSNR of slice 1, dB", std::nullopt, m.psnr_db[0], ""});
    numbers.add({figure, name + ": PSNR of slice 2, dB", std::nullopt, m.psnr_db[1], ""});
    numbers.add({figure, name + ": gradient correlation", std::nullopt, m.gradient_correlation, ""});
    numbers.add({figure, name + ": streak in slice 2", std::nullopt, m.streak, ""});
  };
  add(of + " as reconstructed", measure(sample, sample.given));
  for (const SeparationResult& r : results) {
    const std::string name = of + ", " + name_of(r.made_with);
    add(name, r.measures);
    numbers.add({figure, name + ": alpha 1", std::nullopt, r.outcome.mixing(0, 0), ""});
    numbers.add({figure, name + ": alpha 2", std::nullopt, r.outcome.mixing(1, 0), ""});
  }
}

void make_edges(const Du2021Options& options, const TwoSliceSample& sample, const SeparationResult& separated,
                Du2021Report& report) {
  const EdgeLines lines = choose_edges(sample.truth);
  struct Place {
    std::string name;
    std::size_t slice;
    quality::Line line;
    double paper_nm;
  };
  const Place places[] = {{"slice 1", 0, lines.both, 6.1},
                          {"slice 2, same line", 1, lines.both, 67.9},
                          {"slice 2, elsewhere", 1, lines.second, 8.0}};
  const auto width = [&](const ddip::Slices& slices, const Place& place) -> std::optional<double> {
    const auto px = measure_edge(slices.at(place.slice), place.line).fwhm_px();
    return px ? std::optional(*px * sample.pixel_m * 1e9) : std::nullopt;
  };
  const auto text = [](const std::optional<double>& nm) {
    return nm ? fmt::format("{:.1f}", *nm) : "no edge";
  };
  report.tables +=
      "\nFWHM of edges, nm (" + name_of(separated.made_with) +
      ")\n\n| line | paper | separated | as reconstructed | truth |\n| --- | ---: | ---: | ---: | ---: |\n";
  std::vector<Picture> pictures;
  for (const Place& place : places) {
    const auto fwhm = width(separated.outcome.slices, place);
    pictures.push_back(render_edge(measure_edge(separated.outcome.slices.at(place.slice), place.line),
                                   sample.pixel_m, place.name + ", separated"));
    report.numbers.add({"fig. 5", "FWHM of an edge, nm, " + place.name, place.paper_nm, fwhm,
                        fwhm ? "" : "no edge is left on the line"});
    report.tables += fmt::format("| {} | {:.1f} | {} | {} | {} |\n", place.name, place.paper_nm, text(fwhm),
                                 text(width(sample.given, place)), text(width(sample.truth, place)));
  }
  image::write_picture(options.out / "fig5.png",
                       image::panel(pictures, "Edges after " + name_of(separated.made_with), 3));
}

}  // namespace

TwoSliceScanOptions two_slice_scan(const Du2021Options& options, synth::TwoSliceKind kind) {
  TwoSliceScanOptions scan;
  scan.side = options.quick ? 72 : 96;
  scan.sample.kind = kind;
  scan.sample.field = scan.side + 8;
  scan.sample.seed = options.seed;
  scan.first_epochs = options.quick ? 5 : 30;
  scan.epochs = early_epochs;
  scan.threads = options.threads;
  if (kind == synth::TwoSliceKind::zones_over_grains) {
    scan.start = SliceStart::fluorescence;
    if (!options.quick) scan.epochs = late_epochs;
  }
  return scan;
}

SeparationPlan separation_plan(const Du2021Options& options) {
  SeparationPlan plan{.seed = options.seed, .threads = options.threads};
  plan.run.epochs = options.quick ? 20 : 200;
  plan.run.report_every = 10;
  plan.run.early_stop.patience = 0;  // all as long: what is compared is filter, gamma and seed
  return plan;
}

void make_particles_over_grain(const Du2021Options& options, Du2021Report& report, const Progress& progress) {
  const TwoSliceSample sample = reconstruct_two_slices(
      two_slice_scan(options, synth::TwoSliceKind::particles_over_grain), "particles over a grain", progress);
  std::vector<SeparationCase> cases{{single, 0.5}, {single, 1.0}, {shallow, 0.1}, {shallow, 0.4}};
  if (options.quick) cases = {{single, 0.5}, {shallow, 0.1}};
  const auto results =
      separate_all(sample, cases, separation_plan(options), "particles over a grain", progress);
  TwoSliceScanOptions longer = two_slice_scan(options, synth::TwoSliceKind::particles_over_grain);
  longer.epochs = late_epochs;
  const TwoSliceSample late = reconstruct_two_slices(longer, "particles over a grain", progress);
  describe(sample, "## Figure 3, particles over a grain", report);
  report.tables += separation_table(sample, results);
  const SliceMeasures then = measure(late, late.given);
  report.tables += fmt::format(
      "\nReconstructed after {} epochs, as above; after {}: {:.1f} and {:.1f} dB, gradient correlation "
      "{:.2f}.\n",
      early_epochs, late_epochs, then.psnr_db[0], then.psnr_db[1], then.gradient_correlation);
  report.numbers.add({"fig. 3",
                      fmt::format("particles reconstructed, {} epochs: PSNR of slice 2, dB", late_epochs),
                      std::nullopt, then.psnr_db[1], ""});
  add_numbers("fig. 3", "particles", sample, results, report.numbers);
  image::write_picture(
      options.out / "fig3.png",
      render_separations(sample, results, Spectra::left_out, "Gold-like particles over a grain of oxide"));
}

void make_zones_over_grains(const Du2021Options& options, Du2021Report& report, const Progress& progress) {
  const TwoSliceSample sample = reconstruct_two_slices(
      two_slice_scan(options, synth::TwoSliceKind::zones_over_grains), "zones over grains", progress);
  std::vector<SeparationCase> cases{{single, 0.1}, {single, 0.4}, {shallow, 0.1}, {shallow, 0.4}};
  if (options.quick) cases = {{single, 0.4}, {shallow, 0.1}};
  const auto results = separate_all(sample, cases, separation_plan(options), "zones over grains", progress);
  describe(sample, "## Figure 4, zones over grains", report);
  report.tables += separation_table(sample, results);
  add_numbers("fig. 4", "zones", sample, results, report.numbers);
  image::write_picture(options.out / "fig4.png",
                       render_separations(sample, results, Spectra::shown, "Zones over grains of oxide"));
  const std::vector<Picture> curves{
      render_over_gamma(sample, results,
                        {"Ghost of the zones in slice 2", "contrast of the streak",
                         [](const SliceMeasures& m) { return m.streak; }},
                        true),
      render_over_gamma(
          sample, results,
          {"Slice 2 beside the truth", "PSNR, dB", [](const SliceMeasures& m) { return m.psnr_db[1]; }},
          false)};
  image::write_picture(options.out / "fig4_gamma.png", image::panel(curves));
  const auto shown = std::find_if(results.begin(), results.end(), [](const SeparationResult& r) {
    return r.made_with.filter == shallow && r.made_with.gamma == 0.1;  // [Du21, fig. 5]
  });
  make_edges(options, sample, *shown, report);
}

Du2021Report make_du2021(const Du2021Options& options, const Progress& progress) {
  Du2021Report report;
  const auto wanted = [&](int figure) {
    return std::find(options.figures.begin(), options.figures.end(), figure) != options.figures.end();
  };
  if (options.quick)
    report.numbers.reduced("--quick: fields of 72 x 72, 20 epochs: shows that it runs, no more");
  report.numbers.reduced("fields of 96 x 96 (figure 6: 72 x 72) where the paper has 272 x 272 and 448 x 448");
  report.numbers.reduced("200 epochs of separation (figure 6: 130) where the paper runs 10,000");
  if (wanted(3)) make_particles_over_grain(options, report, progress);
  if (wanted(4) || wanted(5)) make_zones_over_grains(options, report, progress);
  if (wanted(6)) make_uncertainty(options, report, progress);
  return report;
}

}  // namespace ptero::tools
