#include "position_refinement.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ptero::ptycho {

namespace {
double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Clipped to the largest step and to ten times the batch's median deviation.
void clip(std::vector<double>& steps, double most) {
  std::vector<double> sizes(steps.size());
  const double centre = median(steps);
  std::transform(steps.begin(), steps.end(), sizes.begin(), [&](double s) { return std::abs(s - centre); });
  const double spread = 10 * median(std::move(sizes));
  const double limit = spread > 0 ? std::min(most, std::abs(centre) + spread) : most;
  for (double& step : steps) step = std::clamp(step, -limit, limit);
}
}  // namespace

std::vector<Step> position_steps(std::span<const PatternEquation> equations, double gain,
                                 const PositionOptions& options) {
  if (equations.empty()) return {};
  double most_row = 0, most_col = 0;
  for (const PatternEquation& e : equations) {
    most_row = std::max(most_row, e.row_row);
    most_col = std::max(most_col, e.col_col);
  }
  const auto step = [&](double chi, double own, double most) {
    const double down = own + options.damping * most;
    const double value = down > 0 ? gain * chi / down : 0;
    return std::isfinite(value) ? value : 0;
  };
  std::vector<double> rows, cols;
  for (const PatternEquation& e : equations) {
    rows.push_back(step(e.row_chi, e.row_row, most_row));
    cols.push_back(step(e.col_chi, e.col_col, most_col));
  }
  clip(rows, options.max_step_px);
  clip(cols, options.max_step_px);
  std::vector<Step> steps(equations.size());
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = {rows[i], cols[i]};
  return steps;
}

namespace {
constexpr double alike = 0.5, unlike = 0.1;  // cosine between the steps of two epochs
constexpr double faster = 1.5, slower = 0.7;
}  // namespace

double next_gain(std::span<Place* const> places, double gain, const PositionOptions& options) {
  double both = 0, now = 0, before = 0;
  for (Place* p : places) {
    const double row = p->row - p->row_start, col = p->col - p->col_start;
    both += row * p->row_step + col * p->col_step;
    now += row * row + col * col;
    before += p->row_step * p->row_step + p->col_step * p->col_step;
    p->row_step = row;
    p->col_step = col;
  }
  if (!(now > 0) || !(before > 0)) return gain;
  const double cosine = both / std::sqrt(now * before);
  const double factor = cosine > alike ? faster : cosine < unlike ? slower : 1.0;
  return std::clamp(gain * factor, options.gain, options.gain * options.most_acceleration);
}

namespace {
// Solves the symmetric 3 x 3 system m x = b by elimination; false where it is singular.
bool solve3(std::array<std::array<double, 3>, 3> m, std::array<double, 3> b, std::array<double, 3>& x) {
  const double scale = std::max({std::abs(m[0][0]), std::abs(m[1][1]), std::abs(m[2][2])});
  for (std::size_t i = 0; i < 3; ++i) {
    std::size_t pivot = i;
    for (std::size_t r = i + 1; r < 3; ++r)
      if (std::abs(m[r][i]) > std::abs(m[pivot][i])) pivot = r;
    std::swap(m[i], m[pivot]);
    std::swap(b[i], b[pivot]);
    if (!(std::abs(m[i][i]) > 1e-9 * scale)) return false;
    for (std::size_t r = i + 1; r < 3; ++r) {
      const double factor = m[r][i] / m[i][i];
      for (std::size_t c = i; c < 3; ++c) m[r][c] -= factor * m[i][c];
      b[r] -= factor * b[i];
    }
  }
  for (std::size_t i = 3; i-- > 0;) {
    double sum = b[i];
    for (std::size_t c = i + 1; c < 3; ++c) sum -= m[i][c] * x[c];
    x[i] = sum / m[i][i];
  }
  return true;
}
}  // namespace

Affine fit_affine(std::span<const Place* const> places) {
  if (places.size() < 4) return {};
  double total = 0, row_middle = 0, col_middle = 0;
  for (const Place* p : places) {
    total += p->features;
    row_middle += p->features * p->row0;
    col_middle += p->features * p->col0;
  }
  if (!(total > 0)) return {};
  row_middle /= total;
  col_middle /= total;
  std::array<std::array<double, 3>, 3> m{};
  std::array<double, 3> b_row{}, b_col{}, row{}, col{};
  for (const Place* p : places) {
    const std::array<double, 3> x{p->row0 - row_middle, p->col0 - col_middle, 1};
    const double w = p->features / total;
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) m[i][j] += w * x[i] * x[j];
      b_row[i] += w * x[i] * p->row;
      b_col[i] += w * x[i] * p->col;
    }
  }
  if (!solve3(m, b_row, row) || !solve3(m, b_col, col)) return {};
  return {.rr = row[0],
          .rc = row[1],
          .cr = col[0],
          .cc = col[1],
          .row = row[2] - row[0] * row_middle - row[1] * col_middle,
          .col = col[2] - col[0] * row_middle - col[1] * col_middle};
}

void hold_to_stage(std::span<Place* const> places, const PositionOptions& options) {
  std::vector<const Place*> seen;
  double mean_square = 0;
  for (const Place* p : places)
    if (p->features > 0) {
      seen.push_back(p);
      mean_square += p->features * p->features;
    }
  if (seen.empty()) return;
  mean_square /= static_cast<double>(seen.size());
  const Affine map = fit_affine(seen);
  double row_shift = 0, col_shift = 0;
  for (Place* p : places) {
    const double row = map.rr * p->row0 + map.rc * p->col0 + map.row;
    const double col = map.cr * p->row0 + map.cc * p->col0 + map.col;
    const double away = std::max(0.0, std::hypot(p->row - row, p->col - col) - options.stage_error_px);
    const double knows = p->features * p->features / mean_square;
    const double pull = std::clamp(
        options.pull / (1 + knows) + away * away / (options.stage_error_px * options.stage_error_px), 0.0,
        1.0);
    p->row += pull * (row - p->row);
    p->col += pull * (col - p->col);
    row_shift += (p->row - p->row0) / static_cast<double>(places.size());
    col_shift += (p->col - p->col0) / static_cast<double>(places.size());
  }
  for (Place* p : places) {
    p->row_start = p->row -= row_shift;
    p->col_start = p->col -= col_shift;
  }
}

}  // namespace ptero::ptycho
