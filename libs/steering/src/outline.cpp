#include "outline.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ptero::steering {

namespace {

/// The four ways along the sides of squares, each a quarter turn to the right of the one before (y points
/// down).
enum Way : std::uint8_t { east, south, west, north };
constexpr std::array<int, 4> d_row{0, 1, 0, -1}, d_col{1, 0, -1, 0};

/// Walks along the sides of marked squares with the marked side on the right. Corner (r, c) is the upper left
/// one of square (r, c).
class Tracer {
 public:
  Tracer(const Image<std::uint8_t>& places, const Lattice& lattice)
      : places_(places), lattice_(lattice), walked_(Shape{places.rows() + 1, places.cols() + 1}) {}

  std::vector<Ring> trace() {
    std::vector<Ring> rings;
    for (std::size_t r = 0; r < walked_.rows(); ++r)
      for (std::size_t c = 0; c < walked_.cols(); ++c)
        for (const Way way : {east, south, west, north})
          if (is_side(static_cast<int>(r), static_cast<int>(c), way) && !was_walked(r, c, way))
            rings.push_back(walk(static_cast<int>(r), static_cast<int>(c), way));
    return rings;
  }

 private:
  bool marked(int r, int c) const {
    return r >= 0 && c >= 0 && r < static_cast<int>(places_.rows()) && c < static_cast<int>(places_.cols()) &&
           places_(static_cast<std::size_t>(r), static_cast<std::size_t>(c)) != 0;
  }
  /// Whether the side that leaves corner (r, c) in this way has a marked square to its right alone.
  bool is_side(int r, int c, Way way) const {
    switch (way) {
      case east:
        return marked(r, c) && !marked(r - 1, c);
      case south:
        return marked(r, c - 1) && !marked(r, c);
      case west:
        return marked(r - 1, c - 1) && !marked(r, c - 1);
      case north:
        return marked(r - 1, c) && !marked(r - 1, c - 1);
    }
    return false;
  }
  bool was_walked(std::size_t r, std::size_t c, Way way) const { return (walked_(r, c) >> way & 1) != 0; }

  Ring walk(int r, int c, Way way) {
    Ring ring;
    Way last = north;
    bool first = true;
    Way begun = way;
    while (!was_walked(static_cast<std::size_t>(r), static_cast<std::size_t>(c), way)) {
      if (first || way != last) ring.push_back(corner(r, c));
      first = false;
      walked_(static_cast<std::size_t>(r), static_cast<std::size_t>(c)) |=
          static_cast<std::uint8_t>(1U << way);
      r += d_row[way], c += d_col[way];
      last = way;
      // Turning right first keeps squares apart that touch at a corner.
      for (const int turn : {1, 0, 3})
        if (const auto next = static_cast<Way>((last + turn) % 4); is_side(r, c, next)) {
          way = next;
          break;
        }
    }
    // Begun in the middle of a side: its first vertex is none.
    if (last == begun && ring.size() > 1) ring.erase(ring.begin());
    return ring;
  }

  Position corner(int r, int c) const {
    const Bounds& b = lattice_.bounds();
    const Position origin = lattice_.place(0, 0);
    const double step = lattice_.step_m();
    return {std::clamp(origin.x_m + (c - 0.5) * step, b.left_m, b.right_m),
            std::clamp(origin.y_m + (r - 0.5) * step, b.top_m, b.bottom_m)};
  }

  const Image<std::uint8_t>& places_;
  const Lattice& lattice_;
  Image<std::uint8_t> walked_;  // a bit a way
};

}  // namespace

std::vector<Ring> outline(const Image<std::uint8_t>& places, const Lattice& lattice) {
  return Tracer(places, lattice).trace();
}

}  // namespace ptero::steering
