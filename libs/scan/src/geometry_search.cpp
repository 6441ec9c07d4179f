#include <ptero/scan/geometry_search.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>

#include <ptero/ptycho/probe_models.hpp>

namespace ptero::scan {

namespace {

using nlohmann::json;
using ptycho::AxesTrial;
using ptycho::Certainty;
using ptycho::DefocusTrial;
using ptycho::Exposure;

json json_of(const Certainty& certainty) {
  return {{"sure", certainty.sure}, {"contrast", certainty.contrast}, {"misfit", certainty.misfit}};
}

std::string two_best(const std::string& first, double first_error, const std::string& second,
                     double second_error) {
  return fmt::format("{} with an error of {:.3g} %, {} with {:.3g} %", first, 100 * first_error, second,
                     100 * second_error);
}

double metres_of(double phase, const ptycho::ReconstructionOptions& engine) {
  return phase / ptycho::defocus_phase(1, engine.wavelength_m, engine.pixel_m);
}

json try_axes(const ptycho::ReconstructionOptions& engine, std::span<const Exposure> exposures,
              Geometry& out) {
  const auto ranking = ptycho::rank_axes(engine, exposures);
  const auto certainty = ptycho::certainty_of(ranking, exposures);
  if (certainty.sure)
    out.axes = ranking[0];
  else
    out.warnings.push_back(
        {"geometry_unsure",
         "the axes are taken as they are said, for the data do not tell them (" +
             two_best(text_of(ranking[0]), ranking[0].error, text_of(ranking[1]), ranking[1].error) +
             "); a probe of an earlier scan or more counts would decide"});
  json report = json_of(certainty);
  for (const AxesTrial& t : ranking)
    report["ranking"].push_back(
        {{"swap", t.swap}, {"sign_x", t.sign_x}, {"sign_y", t.sign_y}, {"amplitude_error", t.error}});
  return report;
}

json try_defocus(const ptycho::ReconstructionOptions& engine, std::span<const Exposure> exposures,
                 Geometry& out) {
  const auto phases = ptycho::likely_defocus_phases(exposures, engine.intake.n);
  const auto ranking = ptycho::rank_defocus(engine, exposures, phases);
  const auto certainty = ptycho::certainty_of(ranking, exposures);
  const auto name = [&](const DefocusTrial& t) {
    return fmt::format("{:.3g} m", metres_of(t.phase, engine));
  };
  if (certainty.sure)
    out.defocus_m = metres_of(ranking[0].phase, engine);
  else if (ranking.size() > 1)
    out.warnings.push_back(
        {"geometry_unsure",
         "the defocus is taken as it is said, for the data do not tell it (" +
             two_best(name(ranking[0]), ranking[0].error, name(ranking[1]), ranking[1].error) +
             "); --defocus or a probe of an earlier scan would decide"});
  json report = json_of(certainty);
  for (const DefocusTrial& t : ranking)
    report["ranking"].push_back({{"defocus_m", metres_of(t.phase, engine)}, {"amplitude_error", t.error}});
  return report;
}

}  // namespace

Geometry find_geometry(const SolverOptions& options, const ptycho::ReconstructionOptions& engine,
                       const std::map<FrameId, Position>& positions,
                       const std::function<std::optional<ptycho::Pattern>(FrameId)>& pattern_of) {
  Geometry out;
  const bool axes = options.axes == "auto";
  if (!axes && !options.find_defocus) return out;
  std::vector<Exposure> places;
  for (const auto& [id, position] : positions) places.push_back({nullptr, position});
  // Those in the middle, without their patterns yet: only these are decoded.
  const auto chosen = ptycho::neighbours(places, trial_frames);
  std::deque<ptycho::Pattern> patterns;
  std::vector<Exposure> exposures;
  std::size_t next = 0;
  for (const auto& [id, position] : positions) {
    const bool wanted = std::any_of(chosen.begin(), chosen.end(), [&](const Exposure& e) {
      return e.position.x_m == position.x_m && e.position.y_m == position.y_m;
    });
    if (!wanted || next == trial_frames) continue;
    auto pattern = pattern_of(id);
    if (!pattern) continue;
    ++next;
    patterns.push_back(std::move(*pattern));
    exposures.push_back({&patterns.back(), position});
  }
  if (exposures.size() < 2) return out;
  json report{{"frames", exposures.size()}};
  if (options.find_defocus) {
    report["defocus"] = try_defocus(engine, exposures, out);
  }
  if (axes) report["axes"] = try_axes(engine, exposures, out);
  out.report = report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return out;
}

}  // namespace ptero::scan
