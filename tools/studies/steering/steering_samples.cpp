#include "studies/steering/steering_samples.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ptero/core/position.hpp>
#include <ptero/synth/random.hpp>
#include <ptero/synth/sample.hpp>

namespace ptero::tools {

namespace {

using synth::Random;

constexpr std::uint64_t stream = 77;
constexpr double clearance_m = 0.8e-6;  // of grains from each other and from the edge

Position place_of(const Canvas& canvas, std::size_t row, std::size_t col) {
  const auto middle = static_cast<double>(canvas.side / 2);
  return {(static_cast<double>(col) - middle) * canvas.pixel_m,
          (static_cast<double>(row) - middle) * canvas.pixel_m};
}

double distance(const Position& a, const Position& b) {
  return std::hypot(a.x_m - b.x_m, a.y_m - b.y_m);
}

/// Thickness by place.
template <class F>
Image<std::complex<float>> draw(const Canvas& canvas, F&& thickness_m) {
  Image<float> thickness(Shape{canvas.side, canvas.side}, 0.0F);
  for (std::size_t r = 0; r < canvas.side; ++r)
    for (std::size_t c = 0; c < canvas.side; ++c)
      thickness(r, c) = static_cast<float>(thickness_m(place_of(canvas, r, c)));
  return synth::transmission(thickness, synth::copper_sulphide.at(canvas.energy_ev));
}

/// Of a body that is round along the beam too, `away` from its middle line or centre.
double round_m(double radius_m, double away_m) {
  return 2 * std::sqrt(std::max(radius_m * radius_m - away_m * away_m, 0.0));
}

/// Points of a line that turns a little with every step.
std::vector<Position> wander(Random& random, Position at, double direction, double length_m, double turn) {
  constexpr double step_m = 0.02e-6;
  std::vector<Position> line;
  double bend = 0;
  for (double walked = 0; walked < length_m; walked += step_m) {
    line.push_back(at);
    bend = 0.97 * bend + turn * random.normal();
    direction += bend;
    at = {at.x_m + step_m * std::cos(direction), at.y_m + step_m * std::sin(direction)};
  }
  return line;
}

double distance_to(const std::vector<Position>& line, const Position& place) {
  double least = 1;
  for (const Position& p : line) least = std::min(least, distance(p, place));
  return least;
}

}  // namespace

Image<std::complex<float>> grains(const Canvas& canvas, const std::vector<double>& diameters_m,
                                  std::uint64_t seed) {
  Random random(seed, stream);
  const double half_m = static_cast<double>(canvas.side) * canvas.pixel_m / 2;
  struct Grain {
    Position centre;
    double radius_m, aspect, turn;
  };
  std::vector<Grain> placed;
  for (const double diameter_m : diameters_m) {
    Grain g{.radius_m = diameter_m / 2,
            .aspect = random.uniform(0.85, 1.15),
            .turn = random.uniform(0, std::numbers::pi)};
    const double room_m = half_m - g.radius_m - clearance_m;
    do {
      g.centre = {random.uniform(-room_m, room_m), random.uniform(-room_m, room_m)};
    } while (std::any_of(placed.begin(), placed.end(), [&](const Grain& other) {
      return distance(g.centre, other.centre) < g.radius_m + other.radius_m + clearance_m;
    }));
    placed.push_back(g);
  }
  return draw(canvas, [&](const Position& p) {
    double most = 0;
    for (const Grain& g : placed) {
      const double x = p.x_m - g.centre.x_m, y = p.y_m - g.centre.y_m;
      const double along = x * std::cos(g.turn) + y * std::sin(g.turn);
      const double across = y * std::cos(g.turn) - x * std::sin(g.turn);
      most = std::max(most, round_m(g.radius_m, std::hypot(along / g.aspect, across * g.aspect)));
    }
    return most;
  });
}

Image<std::complex<float>> fibre(const Canvas& canvas, double diameter_m, double length_m,
                                 std::uint64_t seed) {
  Random random(seed, stream);
  const double direction = random.uniform(0, 2 * std::numbers::pi);
  const Position first{-length_m / 2 * std::cos(direction), -length_m / 2 * std::sin(direction)};
  auto line = wander(random, first, direction, length_m, 0.003);
  Position middle;
  for (const Position& p : line) {
    middle.x_m += p.x_m / static_cast<double>(line.size());
    middle.y_m += p.y_m / static_cast<double>(line.size());
  }
  for (Position& p : line) p = {p.x_m - middle.x_m, p.y_m - middle.y_m};
  return draw(canvas, [&](const Position& p) { return round_m(diameter_m / 2, distance_to(line, p)); });
}

Image<std::complex<float>> cracked_grain(const Canvas& canvas, double diameter_m, std::uint64_t seed) {
  constexpr double crack_m = 0.12e-6;
  Random random(seed, stream);
  const Position centre{random.uniform(-0.5e-6, 0.5e-6), random.uniform(-0.5e-6, 0.5e-6)};
  const double direction = random.uniform(0, 2 * std::numbers::pi);
  const Position first{centre.x_m - diameter_m / 2 * std::cos(direction),
                       centre.y_m - diameter_m / 2 * std::sin(direction)};
  const auto crack = wander(random, first, direction, 1.3 * diameter_m, 0.008);
  return draw(canvas, [&](const Position& p) {
    const double open = std::min(distance_to(crack, p) / crack_m, 1.0);
    return open * open * round_m(diameter_m / 2, distance(p, centre));
  });
}

}  // namespace ptero::tools
