#include "scan_positions.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "frame_parts.hpp"

namespace ptero::scanfile {

namespace {

constexpr std::array standard_translations = {
    "/entry_1/data_1/translation",
    "/entry_1/sample_1/geometry_1/translation",
    "/entry_1/instrument_1/detector_1/translation",
};
/// x and y apart: ptychodus' product and fold_slice.
constexpr std::array<std::pair<const char*, const char*>, 2> standard_pairs = {{
    {"/probe_position_x_m", "/probe_position_y_m"},
    {"/ppX", "/ppY"},
}};

using Pair = std::array<double, 2>;

/// The recorded columns, in recorded order and unit.
struct Columns {
  std::vector<Pair> rows;
  std::string name;
  std::optional<double> metres;  ///< of the recorded unit, where the file states it
};

Columns read_pair(const h5::Source& source, const std::string& first, const std::string& second) {
  const std::vector<double> a = h5::read_column(source, first, "positions");
  const std::vector<double> b = h5::read_column(source, second, "positions");
  Columns columns{.name = first + " and " + second + " of " + source.name};
  if (a.size() != b.size())
    throw InputError("the positions " + columns.name + " hold " + std::to_string(a.size()) + " and " +
                     std::to_string(b.size()) + " values");
  for (std::size_t i = 0; i < a.size(); ++i) columns.rows.push_back({a[i], b[i]});
  return columns;
}

/// (N,2), (N,3), and transposed as PyNX writes it; with two or three frames the first reading wins.
Columns read_table(const h5::Dataset& dataset, std::uint64_t frames) {
  const auto is_width = [](hsize_t n) { return n == 2 || n == 3; };
  if (!dataset.numeric() || dataset.rank() != 2 || (!is_width(dataset.dims[0]) && !is_width(dataset.dims[1])))
    throw InputError("the positions " + dataset.name() + " have shape " + h5::text_of(dataset.dims) +
                         " and type " + dataset.type_name(),
                     {}, "numbers of shape (N, 2), (N, 3), (2, N) or (3, N) are needed");
  const hsize_t rows = dataset.dims[0];
  const hsize_t cols = dataset.dims[1];
  const bool by_row = is_width(cols) && (!is_width(rows) || rows == frames || cols != frames);
  const std::vector<double> values = h5::read<double>(dataset);
  Columns columns{.name = dataset.name()};
  if (const auto unit = h5::text_attribute(dataset.id, "units")) columns.metres = h5::metres_in(*unit);
  columns.rows.resize(by_row ? rows : cols);
  for (std::size_t i = 0; i < columns.rows.size(); ++i)
    columns.rows[i] =
        by_row ? Pair{values[i * cols], values[i * cols + 1]} : Pair{values[i], values[cols + i]};
  return columns;
}

Columns read_named(const h5::Source& source, const std::string& spec, std::uint64_t frames) {
  const std::size_t comma = spec.find(',');
  if (comma != std::string::npos) return read_pair(source, spec.substr(0, comma), spec.substr(comma + 1));
  return read_table(h5::locate(source, spec), frames);
}

std::optional<Columns> read_standard_pair(const h5::Source& source) {
  for (const auto& [x, y] : standard_pairs)
    if (source.find(x) && source.find(y)) return read_pair(source, x, y);
  return std::nullopt;
}

/// ptypy records (y, x) in each chunk; the frames are put in order of their numbers.
std::optional<Columns> read_ptyd(const h5::Source& source, const ScanFrames& frames) {
  Columns all{.name = "/chunks of " + source.name, .metres = 1};
  for (const std::string& chunk : ptyd_chunks(source)) {
    const auto positions = source.find(chunk + "/positions");
    if (!positions) return std::nullopt;
    for (const Pair& yx : read_table(*positions, positions->dims.empty() ? 0 : positions->dims[0]).rows)
      all.rows.push_back({yx[1], yx[0]});
  }
  if (all.rows.empty() || all.rows.size() != frames.order.size()) return std::nullopt;
  std::vector<Pair> sorted;
  for (const std::uint64_t row : frames.order) sorted.push_back(all.rows[row]);
  all.rows = std::move(sorted);
  return all;
}

/// ptychodus numbers patterns and positions apart and leaves either out: they meet by number, and a pattern
/// without position has none.
Columns matched_by_number(Columns positions, const h5::Source& source, const h5::Source& companion) {
  const auto of_frames = source.find("/indexes");
  const auto of_positions = companion.find("/probe_position_indexes");
  if (!of_frames || !of_positions) return positions;
  const auto numbers = h5::read<std::int64_t>(*of_positions);
  if (numbers.size() != positions.rows.size()) return positions;
  std::map<std::int64_t, Pair> by_number;
  for (std::size_t i = 0; i < numbers.size(); ++i) by_number.emplace(numbers[i], positions.rows[i]);
  positions.rows.clear();
  for (const std::int64_t number : h5::read<std::int64_t>(*of_frames)) {
    const auto found = by_number.find(number);
    positions.rows.push_back(found == by_number.end() ? Pair{NAN, NAN} : found->second);
  }
  return positions;
}

Columns read_standard(const h5::Source& source, const ScanFrames& frames) {
  if (const auto dataset = source.find_first(standard_translations))
    return read_table(*dataset, frames.recorded);
  if (auto pair = read_standard_pair(source)) return std::move(*pair);
  if (auto ptyd = read_ptyd(source, frames)) return std::move(*ptyd);
  if (const auto companion = h5::companion_of(source))
    if (auto pair = read_standard_pair(*companion))
      return matched_by_number(std::move(*pair), source, *companion);
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

Pair scale_of(const Columns& columns, const ReadOptions& options, const ScanFrames& frames) {
  if (!options.position_unit && columns.metres) return {*columns.metres, *columns.metres};
  switch (options.position_unit.value_or(PositionUnit::m)) {
    case PositionUnit::m:
      break;
    case PositionUnit::um:
      return {1e-6, 1e-6};
    case PositionUnit::nm:
      return {1e-9, 1e-9};
    case PositionUnit::px:
      return frames.object_pixel_m;
  }
  // A scan of a metre is a scan in another unit.
  double largest = 0;
  for (const Pair& row : columns.rows)
    for (const double value : row)
      if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  if (!options.position_unit && largest > 1)
    throw InputError(
        "the positions " + columns.name + " reach " + std::to_string(largest) + ", which cannot be metres",
        {}, "say what they are with --position-unit um, nm or px");
  return {1, 1};
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

ScanPositions from_columns(const Columns& columns, const ReadOptions& options, const ScanFrames& frames) {
  const std::uint64_t first = first_row(columns.rows.size(), columns.name, frames, options.count_policy);
  const Pair scale = scale_of(columns, options, frames);
  ScanPositions scan;
  scan.in_pixels = options.position_unit == PositionUnit::px;
  scan.of.resize(frames.count);
  for (std::uint64_t i = 0; i < frames.count; ++i) {
    if (first + i < columns.rows.size()) {
      const Position p = transformed(columns.rows[first + i], scale, options);
      if (is_finite(p)) scan.of[i] = p;
    }
    if (!scan.of[i]) ++scan.unpositioned;
  }
  return scan;
}

}  // namespace

PositionFile read_recorded_positions(const h5::Source& source, const std::string& spec) {
  Columns columns = spec.empty() ? read_standard(source, {}) : read_named(source, spec, 0);
  return {.rows = std::move(columns.rows), .monitor = {}, .unit_m = columns.metres};
}

ScanPositions read_positions(const h5::Source& source, const ReadOptions& options, const ScanFrames& frames) {
  if (options.positions == "none") return {.of = std::vector<std::optional<Position>>(frames.count)};
  if (const auto plan = parse_raster(options.positions))
    return from_plan(*plan, options.positions, options, frames);
  const Columns columns = options.positions.empty() ? read_standard(source, frames)
                                                    : read_named(source, options.positions, frames.recorded);
  ScanPositions scan = from_columns(columns, options, frames);
  if (frames.raster && options.positions.empty())
    scan.raster = cut(*frames.raster, frames.first, frames.count);
  return scan;
}

}  // namespace ptero::scanfile
