#include "scan_positions.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "position_datasets.hpp"

namespace ptero::scanfile {

namespace {

using Pair = std::array<double, 2>;

PositionTable read_standard(const h5::Source& source, const ScanFrames& frames) {
  if (auto table = read_standard_positions(source, frames.recorded, frames.order)) return std::move(*table);
  std::string candidates;
  for (const h5::Dataset& dataset : h5::all_datasets(source.file, source.name)) {
    const bool matches =
        std::find(dataset.dims.begin(), dataset.dims.end(), frames.recorded) != dataset.dims.end();
    if (dataset.numeric() && dataset.rank() <= 2 && matches)
      candidates += (candidates.empty() ? "" : ", ") + dataset.path + " " + h5::text_of(dataset.dims);
  }
  throw InputError(
      source.name + " holds no positions at a standard place",
      candidates.empty() ? "" : "with " + std::to_string(frames.recorded) + " rows: " + candidates,
      "name them with --positions PATH, or give raster:ROWSxCOLS or none");
}

bool is_inside(const h5::Source& source, const std::string& spec) {
  const std::size_t comma = spec.find(',');
  return source.find(spec.substr(0, comma)) &&
         (comma == std::string::npos || source.find(spec.substr(comma + 1)));
}

/// A dataset of the file, or a file of positions.
PositionTable read_table(const h5::Source& source, const ReadOptions& options, const ScanFrames& frames) {
  const std::string& spec = options.positions;
  if (spec.empty()) {
    PositionTable table = read_standard(source, frames);
    // Frames without numbers of their own stand in the order of their positions.
    if (frames.numbers.empty()) table.numbers.clear();
    return table;
  }
  const Shape grid = frames.raster ? Shape{frames.raster->rows, frames.raster->cols} : Shape{};
  if (!is_inside(source, spec))
    if (const auto file = parse_position_file(spec)) return read_position_file(file->path, file->columns);
  return read_position_datasets(source, spec, frames.recorded, grid);
}

/// Row of the positions that belongs to the first selected frame.
std::uint64_t first_row(std::uint64_t rows, const std::string& name, const ScanFrames& frames,
                        CountPolicy policy) {
  if (rows == frames.recorded) return frames.first;
  if (rows == frames.count) return 0;
  if (policy == CountPolicy::truncate) return frames.first;
  throw InputError("the numbers of frames and positions differ: " + std::to_string(frames.recorded) +
                       " frames in " + frames.name + ", " + std::to_string(rows) + " positions in " + name,
                   {}, "name the matching dataset with --positions, or select frames with --frames A:B");
}

/// The rows by number, those of one number averaged (a stage read several times during an exposure).
std::map<std::int64_t, Pair> by_number(const PositionTable& table, std::int64_t offset) {
  struct Sum {
    Pair sum{0, 0};
    std::size_t count = 0;
  };
  std::map<std::int64_t, Sum> sums;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    Sum& at = sums[table.numbers[i] + offset];
    at.sum = {at.sum[0] + table.rows[i][0], at.sum[1] + table.rows[i][1]};
    ++at.count;
  }
  std::map<std::int64_t, Pair> mean;
  for (const auto& [number, at] : sums) {
    const auto count = static_cast<double>(at.count);
    mean.emplace(number, Pair{at.sum[0] / count, at.sum[1] / count});
  }
  return mean;
}

/// One row a recorded frame, NaN where its number has none. Rows meet frames by number only.
std::vector<Pair> matched_by_number(PositionTable& table, const ReadOptions& options,
                                    const ScanFrames& frames) {
  if (frames.numbers.empty() && options.index_offset == 0) number_from_zero(table, frames.recorded);
  const auto rows = by_number(table, options.index_offset);
  std::vector<Pair> of(frames.recorded, Pair{NAN, NAN});
  std::uint64_t met = 0;
  for (std::uint64_t i = 0; i < frames.recorded; ++i) {
    const auto found = rows.find(frames.numbers.empty() ? static_cast<std::int64_t>(i) : frames.numbers[i]);
    if (found == rows.end()) continue;
    of[i] = found->second;
    ++met;
  }
  const bool beyond =
      frames.numbers.empty() && !rows.empty() &&
      (rows.begin()->first < 0 || rows.rbegin()->first >= static_cast<std::int64_t>(frames.recorded));
  if (met == 0 || (beyond && options.count_policy == CountPolicy::refuse))
    throw InputError("the positions " + table.name + " are numbered from " +
                         std::to_string(rows.begin()->first) + " to " + std::to_string(rows.rbegin()->first) +
                         ", the frames from 0 to " + std::to_string(frames.recorded - 1),
                     {}, "say what to add to the positions' numbers with --index-offset");
  return of;
}

Position rotated(Position p, double degrees) {
  if (degrees == 0) return p;
  const double angle = degrees * std::numbers::pi / 180;
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  return {c * p.x_m - s * p.y_m, s * p.x_m + c * p.y_m};
}

/// Sign, swap, scale, offset, rotation, in that order.
Position transformed(Pair recorded, Pair scale, const ReadOptions& options) {
  recorded[0] *= options.position_sign[0];
  recorded[1] *= options.position_sign[1];
  if (options.position_axes == PositionAxes::yx) std::swap(recorded[0], recorded[1]);
  const Position p{recorded[0] * scale[0] + options.position_offset_m[0],
                   recorded[1] * scale[1] + options.position_offset_m[1]};
  return rotated(p, options.rotation_deg);
}

/// Metres in the recorded unit of each column.
Pair scale_of(const PositionTable& table, const ReadOptions& options, const ScanFrames& frames) {
  const bool pixels = options.position_unit ? *options.position_unit == PositionUnit::px : table.in_pixels;
  if (pixels) return frames.object_pixel_m;
  switch (options.position_unit.value_or(PositionUnit::m)) {
    case PositionUnit::mm:
      return {1e-3, 1e-3};
    case PositionUnit::um:
      return {1e-6, 1e-6};
    case PositionUnit::nm:
      return {1e-9, 1e-9};
    case PositionUnit::m:
    case PositionUnit::px:
      break;
  }
  if (options.position_unit) return {1, 1};
  expect_known_unit(table, "say what they are with --position-unit");
  expect_metres(table, "say what they are with --position-unit mm, um, nm or px");
  // A unit said of one column alone is meant for both.
  const double x = table.metres[0].value_or(table.metres[1].value_or(1));
  const double y = table.metres[1].value_or(table.metres[0].value_or(1));
  return options.position_axes == PositionAxes::yx ? Pair{y, x} : Pair{x, y};
}

/// The plan of the selected frames; nullopt when they are not whole rows of it.
std::optional<RasterPlan> cut(RasterPlan plan, std::uint64_t first, std::uint64_t count) {
  const std::uint64_t first_line = first / plan.cols;
  const bool turned = plan.order == ScanOrder::snake && first_line % 2 == 1;
  if (first % plan.cols != 0 || count % plan.cols != 0 || turned) return std::nullopt;
  plan.rows = count / plan.cols;
  return plan;
}

ScanPositions from_plan(RasterPlan plan, const std::string& name, const ReadOptions& options,
                        const ScanFrames& frames) {
  if (options.step_x_m) {
    plan.step_x_m = *options.step_x_m;
    plan.step_y_m = options.step_y_m.value_or(*options.step_x_m);
  }
  const std::uint64_t first = first_row(plan.count(), name, frames, options.count_policy);
  ScanPositions scan;
  scan.of.resize(frames.count);
  const std::uint64_t planned = std::min(plan.count() > first ? plan.count() - first : 0, frames.count);
  scan.unpositioned = frames.count - planned;
  const bool fitting = plan.count() == frames.recorded || plan.count() == frames.count;
  const bool whole = first == 0 && (plan.count() == frames.count || !fitting);
  scan.raster = whole ? std::optional(plan) : cut(plan, first, frames.count);
  if (plan.step_x_m == 0 || plan.step_y_m == 0) {
    if (scan.raster) return scan;
    throw InputError("the selected frames are not whole rows of " + name, {},
                     "select whole rows with --frames, or give the step with --step");
  }
  for (std::uint64_t i = 0; i < planned; ++i) {
    const FrameId id = first + i;
    const Position p{static_cast<double>(plan.col_of(id)) * plan.step_x_m + options.position_offset_m[0],
                     static_cast<double>(plan.row_of(id)) * plan.step_y_m + options.position_offset_m[1]};
    scan.of[i] = rotated(p, options.rotation_deg);
  }
  return scan;
}

ScanPositions from_table(PositionTable table, const ReadOptions& options, const ScanFrames& frames) {
  const Pair scale = scale_of(table, options, frames);
  const std::vector<Pair> rows =
      table.numbers.empty() ? std::move(table.rows) : matched_by_number(table, options, frames);
  const std::uint64_t first = first_row(rows.size(), table.name, frames, options.count_policy);
  ScanPositions scan;
  scan.in_pixels = options.position_unit ? options.position_unit == PositionUnit::px : table.in_pixels;
  scan.warnings = std::move(table.warnings);
  scan.of.resize(frames.count);
  for (std::uint64_t i = 0; i < frames.count; ++i) {
    if (first + i < rows.size()) {
      const Position p = transformed(rows[first + i], scale, options);
      if (is_finite(p)) scan.of[i] = p;
    }
    if (!scan.of[i]) ++scan.unpositioned;
  }
  return scan;
}

}  // namespace

ScanPositions read_positions(const h5::Source& source, const ReadOptions& options, const ScanFrames& frames) {
  if (options.positions == "none") return {.of = std::vector<std::optional<Position>>(frames.count)};
  if (const auto plan = parse_raster(options.positions))
    return from_plan(*plan, options.positions, options, frames);
  // A file whose shape says its grid needs no other places than that.
  const bool own_plan = options.positions.empty() && frames.raster &&
                        !read_standard_positions(source, frames.recorded, frames.order);
  if (own_plan) return from_plan(*frames.raster, frames.name, options, frames);
  ScanPositions scan = from_table(read_table(source, options, frames), options, frames);
  if (frames.raster && options.positions.empty())
    scan.raster = cut(*frames.raster, frames.first, frames.count);
  return scan;
}

}  // namespace ptero::scanfile
