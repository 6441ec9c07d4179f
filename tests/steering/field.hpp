#pragma once

#include <cmath>
#include <ptero/steering/planner.hpp>
#include <vector>

namespace ptero::steering {

/// A sample that is a disc: what a frame at a place would be labelled.
struct Disc {
  Position centre;
  double radius_m = 0;
  bool holds(const Position& p) const {
    return std::hypot(p.x_m - centre.x_m, p.y_m - centre.y_m) <= radius_m;
  }
};

inline void measure(Situation& situation, const std::vector<Position>& points,
                    const std::vector<Disc>& sample) {
  for (const Position& p : points) {
    bool selected = false;
    for (const Disc& disc : sample) selected = selected || disc.holds(p);
    situation.seen.push_back({p, selected, 0.9F});
  }
  ++situation.revision;
}

}  // namespace ptero::steering
