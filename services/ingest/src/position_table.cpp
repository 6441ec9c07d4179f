#include "position_table.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <ptero/positions/text_table.hpp>
#include <ptero/scanfile/position_file.hpp>

namespace ptero::ingest {

namespace {

std::vector<positions::Sample> read_hdf5(const std::string& path, PositionOptions& options) {
  const auto& c = options.channels;
  const auto file = scanfile::read_position_file(path, c.y.empty() ? c.x : c.x + "," + c.y, c.monitor);
  if (options.unit.empty() && file.unit_m) {
    options.unit = "file";
    options.join.transform.unit_m = *file.unit_m;
  }
  std::vector<positions::Sample> samples;
  samples.reserve(file.rows.size());
  for (std::size_t i = 0; i < file.rows.size(); ++i) {
    samples.push_back({i, file.rows[i][0], file.rows[i][1], {}});
    if (!file.monitor.empty()) samples.back().monitor = file.monitor[i];
  }
  return samples;
}

std::vector<positions::Sample> read_text(const std::string& path, const PositionOptions& options) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in && text.empty()) throw InputError("cannot read the positions " + path);
  auto samples = positions::parse_text_table(text, options.channels);
  if (!samples) throw InputError("cannot read the positions " + path, samples.reason());
  return *std::move(samples);
}

}  // namespace

std::vector<positions::Sample> read_position_table(const std::string& path, PositionOptions& options) {
  if (!std::filesystem::is_regular_file(path))
    throw InputError("cannot read the positions " + path, "there is no such file");
  auto samples = scanfile::is_hdf5(path) ? read_hdf5(path, options) : read_text(path, options);
  if (!options.unit.empty()) return samples;
  // A scan of a metre is a scan in another unit.
  const auto& scale = options.join.transform.scale;
  for (const auto& sample : samples)
    if (std::abs(sample.x * scale[0]) > 1 || std::abs(sample.y * scale[1]) > 1)
      throw InputError("the positions " + path + " reach " + std::to_string(sample.x) + ", " +
                           std::to_string(sample.y) + ", which cannot be metres",
                       {}, "say what they are with position_unit: mm, um, nm or px");
  return samples;
}

}  // namespace ptero::ingest
