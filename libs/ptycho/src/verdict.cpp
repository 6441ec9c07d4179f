#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ptero/ptycho/verdict.hpp>

namespace ptero::ptycho {

namespace {

constexpr std::size_t first_epoch = 5;
constexpr double collapsed_px = 4;    // pixels that hold the probe's light
constexpr double empty_share = 1e-4;  // of the light, in an incoherent mode
constexpr double most_at_edge = 0.2;  // of the probe's light, in the outer sixteenth of its array
constexpr double least_photons = 10;  // in the median pixel of the object: 0.22 rad of phase noise
constexpr float lit = 0.1F;           // a pixel counts as lit, a share of the brightest

std::string text(const char* format, double a, double b = 0, double c = 0) {
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, format, a, b, c);
  return buffer;
}

struct ProbeShape {
  double power = 0;
  double pixels = 0;   // that hold its light: (sum |P|^2)^2 / sum |P|^4
  double at_edge = 0;  // share of the light in the outer sixteenth
};

ProbeShape shape_of(const Image<Complex>& probe) {
  ProbeShape out;
  double squares = 0, edge = 0;
  const std::size_t rim = std::max<std::size_t>(1, probe.rows() / 16);
  for (std::size_t r = 0; r < probe.rows(); ++r)
    for (std::size_t c = 0; c < probe.cols(); ++c) {
      const double p = double{std::norm(probe(r, c))};
      out.power += p;
      squares += p * p;
      const bool outside = r < rim || c < rim || r + rim >= probe.rows() || c + rim >= probe.cols();
      if (outside) edge += p;
    }
  out.pixels = squares > 0 ? out.power * out.power / squares : 0;
  out.at_edge = out.power > 0 ? edge / out.power : 0;
  return out;
}

void look_at_error(const Snapshot& shot, std::vector<Finding>& out) {
  if (shot.recoveries > 0)
    out.push_back({"diverging", static_cast<double>(shot.recoveries),
                   text("the error ran away %.0f times and the iterations went back to smaller steps: check "
                        "probe, distance and orientation",
                        shot.recoveries)});
  const double ratio = misfit(shot);
  if (shot.settled && ratio > believable_misfit)
    out.push_back({"misfit", ratio,
                   text("the error has stopped falling at %.3g %%, %.1f times what counting noise leaves "
                        "(%.3g %%): the defocus or its sign, the orientation, the positions or the number of "
                        "modes are wrong",
                        100 * shot.errors.back(), ratio, 100 * shot.noise_floor)});
}

void look_at_probe(const Snapshot& shot, std::vector<Finding>& out) {
  const ProbeShape main = shape_of(shot.probe);
  if (!(main.power > 0) || !std::isfinite(main.power)) {
    out.push_back({"probe_empty", 0, "the probe holds no light: begin anew with another first guess"});
    return;
  }
  if (main.pixels < collapsed_px)
    out.push_back(
        {"probe_collapsed", main.pixels,
         text("%.1f pixels hold the light of the probe: it has collapsed to a point", main.pixels)});
  if (main.at_edge > most_at_edge)
    out.push_back({"probe_fills_array", main.at_edge,
                   text("%.0f %% of the probe's light lies at the edge of its array: it is larger than the "
                        "patterns can show, or noise",
                        100 * main.at_edge)});
  double all = 0;
  for (const auto& mode : shot.modes) all += shape_of(mode).power;
  for (std::size_t m = 1; m < shot.modes.size(); ++m)
    if (const double share = shape_of(shot.modes[m]).power / all; share < empty_share)
      out.push_back({"mode_empty", share,
                     text("mode %.0f of the probe has %.2g of the light: one mode less will do",
                          static_cast<double>(m + 1), share)});
}

void look_at_light(const Snapshot& shot, std::vector<Finding>& out) {
  const auto& light = shot.coverage.pixels();
  if (light.empty()) return;
  const float most = *std::max_element(light.begin(), light.end());
  std::vector<float> seen;
  for (const float w : light)
    if (w > lit * most) seen.push_back(w);
  if (seen.empty()) return;
  const auto middle = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2);
  std::nth_element(seen.begin(), middle, seen.end());
  if (*middle < least_photons)
    out.push_back(
        {"under_illuminated", double{*middle},
         text("half of the object's pixels saw fewer than %.2g photons: their phase is known to %.1g "
              "rad",
              double{*middle}, 1 / std::sqrt(2 * std::max(0.01, double{*middle})))});
}

}  // namespace

double misfit(const Snapshot& snapshot) {
  if (snapshot.errors.empty() || !(snapshot.noise_floor > 0)) return 0;
  return snapshot.errors.back() / snapshot.noise_floor;
}

std::vector<Finding> findings(const Snapshot& snapshot) {
  std::vector<Finding> out;
  if (snapshot.epochs < first_epoch || snapshot.frames == 0) return out;
  look_at_probe(snapshot, out);
  look_at_error(snapshot, out);
  look_at_light(snapshot, out);
  return out;
}

Finding verdict(const Snapshot& snapshot) {
  if (auto found = findings(snapshot); !found.empty()) return std::move(found.front());
  const double ratio = misfit(snapshot);
  const double error = snapshot.errors.empty() ? 0 : snapshot.errors.back();
  if (!snapshot.settled)
    return {"iterating", static_cast<double>(snapshot.epochs), "the error still falls, or frames still come"};
  if (ratio > 0)
    return {"converged", ratio,
            text("the error has stopped falling at %.3g %%, %.1f times what counting noise leaves",
                 100 * error, ratio)};
  return {"converged", 0,
          text("the error has stopped falling at %.3g %%; values that are no whole numbers say nothing of "
               "their noise",
               100 * error)};
}

}  // namespace ptero::ptycho
