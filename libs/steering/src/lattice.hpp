#pragma once

#include <cstdint>
#include <ptero/core/image.hpp>
#include <ptero/steering/advice.hpp>

namespace ptero::steering {

/// The places of the finest pass: a grid of `step_m` over the bounds, centred in them. Coarser passes take
/// every 2^level-th row and column of it.
class Lattice {
 public:
  Lattice(const Bounds& bounds, double step_m);

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  double step_m() const { return step_m_; }
  const Bounds& bounds() const { return bounds_; }
  Position place(std::size_t row, std::size_t col) const;

  /// Sets the places no further than reach_m from the centre along either axis.
  void mark(Image<std::uint8_t>& places, const Position& centre, double reach_m) const;
  /// The place nearest to a position, as row x cols + col; nothing when that is more than half a step away.
  bool nearest(const Position& position, std::size_t& index) const;
  /// Whether a place belongs to a pass of that level.
  static bool on_level(std::size_t row, std::size_t col, unsigned level) {
    const std::size_t stride = std::size_t{1} << level;
    return row % stride == 0 && col % stride == 0;
  }

 private:
  Bounds bounds_;
  double step_m_;
  std::size_t rows_, cols_;
  Position first_;
};

}  // namespace ptero::steering
