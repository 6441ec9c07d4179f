#include <ptero/steering/advice.hpp>

namespace ptero::steering {

std::string_view name_of(Mode mode) {
  return mode == Mode::off ? "off" : mode == Mode::propose ? "propose" : "automatic";
}

std::string_view name_of(Action action) {
  return action == Action::measure ? "measure" : "stop";
}

std::string_view name_of(Standing standing) {
  return standing == Standing::proposed   ? "proposed"
         : standing == Standing::accepted ? "accepted"
                                          : "rejected";
}

bool inside(const std::vector<Ring>& region, const Position& place) {
  bool odd = false;
  for (const Ring& ring : region)
    for (std::size_t i = 0, before = ring.size() - 1; i < ring.size(); before = i++) {
      const Position &a = ring[i], &b = ring[before];
      // Does the ray towards greater x cross this side?
      if ((a.y_m > place.y_m) != (b.y_m > place.y_m) &&
          place.x_m < a.x_m + (b.x_m - a.x_m) * (place.y_m - a.y_m) / (b.y_m - a.y_m))
        odd = !odd;
    }
  return odd;
}

}  // namespace ptero::steering
