#include "position_table.hpp"

#include <algorithm>

#include <ptero/scanfile/position_file.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::ingest {

namespace {

/// What the table says of its unit, where the configuration says nothing: of x, and as a scale of y against
/// it.
void take_unit(const scanfile::PositionTable& table, PositionOptions& options) {
  if (!options.unit.empty()) return;
  scanfile::expect_known_unit(table, "say what they are with position_unit: mm, um, nm or px");
  if (table.in_pixels) {
    options.unit = "px";
    return;
  }
  if (!table.metres[0] && !table.metres[1]) {
    auto scaled = table;
    for (auto& row : scaled.rows)
      for (std::size_t axis = 0; axis < 2; ++axis) row[axis] *= options.join.transform.scale[axis];
    scanfile::expect_metres(scaled, "say what they are with position_unit: mm, um, nm or px");
    return;
  }
  auto& transform = options.join.transform;
  const double x = table.metres[0].value_or(*(table.metres[1] ? table.metres[1] : table.metres[0]));
  const double y = table.metres[1].value_or(x);
  options.unit = "file";
  transform.unit_m = x;
  transform.scale[transform.swap ? 0 : 1] *= y / x;
}

}  // namespace

std::vector<positions::Sample> read_position_table(const std::string& path, PositionOptions& options) {
  const auto& c = options.channels;
  const auto spec = scanfile::parse_position_file("file:" + path);
  auto columns = spec ? spec->columns : scanfile::PositionColumns{};
  if (!c.x.empty()) columns.x = c.x;
  if (!c.y.empty()) columns.y = c.y;
  if (!c.index.empty()) columns.index = c.index;
  columns.monitor = c.monitor;
  auto table = scanfile::read_position_file(spec ? spec->path : path, columns);
  // An offset that is set speaks of the numbers as they stand; so does an index that is asked for.
  if (options.join.index_offset == 0 && c.index.empty() && options.join.samples_per_frame == 1)
    scanfile::number_from_zero(table, 0);
  take_unit(table, options);
  for (const Warning& warning : table.warnings) telemetry::Logger("ingest").warning(warning.sentence);
  std::vector<positions::Sample> samples;
  samples.reserve(table.rows.size());
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto index =
        table.numbers.empty() ? i : static_cast<std::uint64_t>(std::max<std::int64_t>(table.numbers[i], 0));
    samples.push_back({index, table.rows[i][0], table.rows[i][1], {}});
    if (!table.monitor.empty()) samples.back().monitor = table.monitor[i];
  }
  // A stream counts up; rows of a table stand in any order.
  std::stable_sort(samples.begin(), samples.end(),
                   [](const auto& a, const auto& b) { return a.index < b.index; });
  return samples;
}

}  // namespace ptero::ingest
