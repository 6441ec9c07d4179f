#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <ptero/core/position.hpp>

namespace ptero::positions {

/// How detector and stage lie to each other. A turn by 180 degrees more looks the same in each.
enum class Orientation : std::uint8_t {
  upright,     ///< as configured
  transposed,  ///< rows and columns change places
  mirrored,    ///< one of them runs backwards
  turned,      ///< by a quarter turn
};

std::string_view name_of(Orientation orientation);

struct OrientationSuspicion {
  Orientation better = Orientation::upright;  ///< of the frames against the positions, on top of what is set
  double gain = 0;                            ///< curl as it is, over that in the better orientation; above 1
};

/// The centre of mass of the patterns follows the phase gradient of the sample, a field without curl; in a
/// wrong orientation it has one. Needs frames that lie beside each other both ways.
class OrientationCheck {
 public:
  /// com_x, com_y: centre of mass along columns and rows, pixels.
  void add(const Position& position, double com_x, double com_y);
  /// nullopt: nothing found, or nothing to find it from.
  std::optional<OrientationSuspicion> result() const;

 private:
  struct Entry {
    Position position;
    double x, y;
  };
  std::vector<Entry> entries_;
};

}  // namespace ptero::positions
