#include "studies/du2021/edges.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <ptero/core/error.hpp>

namespace ptero::tools {

namespace {

struct Candidate {
  quality::Line line;
  double score = 0;
};

/// How far the two halves of a line's profile lie apart; the middle third, where the edge is, is left out.
double rise(const Image<float>& slice, const quality::Line& line) {
  const std::vector<double> y = quality::line_profile(slice, line, edge_width).value;
  const std::size_t third = y.size() / 3;
  double before = 0, behind = 0;
  for (std::size_t i = 0; i < third; ++i) {
    before += y[i];
    behind += y[y.size() - 1 - i];
  }
  return std::abs(behind - before) / static_cast<double>(third);
}

/// The line through a pixel along the steepest way of `slice`.
quality::Line across(const Image<float>& slice, std::size_t r, std::size_t c, double reach_px) {
  const double down = slice(r + 1, c) - slice(r - 1, c), right = slice(r, c + 1) - slice(r, c - 1);
  const double length = std::max(std::hypot(down, right), 1e-12);
  const double dr = reach_px * down / length, dc = reach_px * right / length;
  const auto row = static_cast<double>(r), col = static_cast<double>(c);
  return {row - dr, col - dc, row + dr, col + dc};
}

/// The best of the lines across `slice`'s steepest places; of those the ones whose edge fits an edge best.
quality::Line best_line(const Image<float>& slice, double reach_px,
                        const std::function<double(const quality::Line&)>& score) {
  const auto margin = static_cast<std::size_t>(reach_px + edge_width + 2);
  if (slice.rows() < 3 * margin || slice.cols() < 3 * margin)
    throw InputError("the slices are too small to look for edges");
  std::vector<Candidate> candidates;
  for (std::size_t r = margin; r + margin < slice.rows(); r += 2)
    for (std::size_t c = margin; c + margin < slice.cols(); c += 2) {
      const quality::Line line = across(slice, r, c, reach_px);
      if (std::hypot(line.row1 - line.row0, line.col1 - line.col0) < reach_px) continue;  // flat
      candidates.push_back({line, score(line)});
    }
  const std::size_t few = std::min<std::size_t>(25, candidates.size());
  if (few == 0) throw InputError("the slices have no edges");
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(few),
                    candidates.end(),
                    [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  candidates.resize(few);
  for (Candidate& one : candidates) {
    const EdgeMeasure edge = measure_edge(slice, one.line);
    one.score *= edge.fit ? std::pow(std::max(0.0, edge.fit->explained), 8) : 0;
  }
  return std::max_element(candidates.begin(), candidates.end(),
                          [](const Candidate& a, const Candidate& b) { return a.score < b.score; })
      ->line;
}

}  // namespace

EdgeLines choose_edges(const ddip::Slices& truth) {
  const auto range = [](const Image<float>& image) {
    const auto [low, high] = std::minmax_element(image.pixels().begin(), image.pixels().end());
    return std::max(double{*high - *low}, 1e-12);
  };
  const double whole[] = {range(truth.at(0)), range(truth.at(1))};
  EdgeLines lines;
  lines.both = best_line(truth[0], 4, [&](const quality::Line& line) {
    return std::min(rise(truth[0], line) / whole[0], rise(truth[1], line) / whole[1]);
  });
  lines.second = best_line(truth[1], 7, [&](const quality::Line& line) {
    return rise(truth[1], line) / whole[1] - 3 * rise(truth[0], line) / whole[0];
  });
  return lines;
}

EdgeMeasure measure_edge(const Image<float>& slice, const quality::Line& line) {
  EdgeMeasure edge{.profile = quality::line_profile(slice, line, edge_width)};
  edge.fit = quality::fit_edge(edge.profile.distance_px, edge.profile.value);
  return edge;
}

std::optional<double> EdgeMeasure::fwhm_px() const {
  if (!fit || fit->explained < 0.9) return std::nullopt;
  return fit->fwhm;
}

}  // namespace ptero::tools
