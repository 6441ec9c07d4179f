#pragma once
// Random scans of made-up features: a few objects on a noisy background, in an order of arrival within a
// window.

#include <algorithm>
#include <cmath>
#include <numbers>
#include <ptero/roi/feature_table.hpp>
#include <ptero/roi/scan_layout.hpp>
#include <random>
#include <vector>

namespace ptero::roi {

enum class Path { raster, snake, spiral, phyllotaxis };

struct RandomScan {
  ScanLayout layout = ScanLayout::scattered();
  int segments = 1;
  std::vector<FrameRecord> arrivals;  ///< holes left out, duplicates in
};

inline FrameRecord random_frame(FrameId id, Position p, double signal, int segments, std::mt19937& rng) {
  std::normal_distribution<double> normal;
  FrameRecord frame{.id = id, .position = p};
  for (int s = 0; s < segments; ++s) {
    const double total = 1e5 * (1 - 0.1 * signal + 0.005 * normal(rng)) / segments;
    frame.features.segments.push_back({total, 128 + signal * std::sin(id) + 0.1 * normal(rng),
                                       126 + signal * std::cos(id) + 0.1 * normal(rng)});
    frame.features.whole.total += total;
  }
  frame.features.whole.com_x = frame.features.segments[0].com_x;
  frame.features.whole.com_y = frame.features.segments[0].com_y;
  if (rng() % 60 == 0) {
    for (auto& f : frame.features.segments) f = {0, NAN, NAN};
    frame.features.whole = {0, NAN, NAN};
  } else if (rng() % 40 == 0) {
    frame.features.segments[0] = {0, NAN, NAN};
  }
  return frame;
}

/// The i-th position along a path of about side x side frames, metres.
inline Position position_of(Path path, const RasterPlan& plan, FrameId i) {
  if (path == Path::spiral) {
    // Archimedean: r = pitch * angle / 2 pi, equal steps along the arm.
    const double angle = std::sqrt(4 * std::numbers::pi * static_cast<double>(i));
    const double r = 1e-7 * angle / (2 * std::numbers::pi);
    return {r * std::cos(angle), r * std::sin(angle)};
  }
  if (path == Path::phyllotaxis) {
    const double r = 1e-7 * std::sqrt(static_cast<double>(i)), angle = static_cast<double>(i) * 2.399963;
    return {r * std::cos(angle), r * std::sin(angle)};
  }
  return {1e-7 * static_cast<double>(plan.col_of(i)), 1.5e-7 * static_cast<double>(plan.row_of(i))};
}

inline RandomScan random_scan(Path path, unsigned seed) {
  std::mt19937 rng(seed);
  RandomScan scan;
  const RasterPlan plan{.rows = 12 + rng() % 20,
                        .cols = 12 + rng() % 20,
                        .order = path == Path::snake ? ScanOrder::snake : ScanOrder::raster};
  const bool planned = path == Path::raster || path == Path::snake;
  if (planned) scan.layout = ScanLayout::raster(plan);
  scan.segments = std::vector{1, 2, 3, 5, 8, 16}[rng() % 6];
  const Position middle = position_of(path, plan, plan.count() / 3);
  const std::size_t window = 1 + rng() % 50;

  std::vector<std::pair<double, FrameRecord>> order;
  // Single frames that never come, and now and then a hole longer than the watermark is patient.
  FrameId hole_end = 0;
  for (FrameId id = 0; id < plan.count(); ++id) {
    if (rng() % 200 == 0) hole_end = id + rng() % 40;
    if (id < hole_end || rng() % 30 == 0) continue;
    const Position p = position_of(path, plan, id);
    const double distance = std::hypot(p.x_m - middle.x_m, p.y_m - middle.y_m);
    FrameRecord frame = random_frame(id, p, distance < 5e-7 ? 1 : 0, scan.segments, rng);
    if (!planned && rng() % 50 == 0) frame.position.reset();
    if (rng() % 200 == 0) frame.monitor = rng() % 3 == 0 ? 2e-3 : 2;
    if (rng() % 300 == 0) {
      frame.features.whole.total *= 50;
      for (auto& segment : frame.features.segments) segment.total *= 50;
    }
    const auto when = [&] { return static_cast<double>(id) + static_cast<double>(rng() % window); };
    order.emplace_back(when(), frame);
    // A duplicate with other values, and now and then one that comes very late.
    if (rng() % 30 == 0) order.emplace_back(when() + 100, random_frame(id, p, 1, scan.segments, rng));
    if (rng() % 100 == 0) order.back().first += 300;
  }
  std::stable_sort(order.begin(), order.end(), [](auto& a, auto& b) { return a.first < b.first; });
  for (auto& [when, frame] : order) scan.arrivals.push_back(std::move(frame));
  return scan;
}

}  // namespace ptero::roi
