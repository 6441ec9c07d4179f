#include <array>
#include <fstream>

#include <ptero/core/error.hpp>
#include <ptero/scanfile/position_file.hpp>

#include "scan_positions.hpp"

namespace ptero::scanfile {

PositionFile read_position_file(const std::filesystem::path& path, const std::string& positions,
                                const std::string& monitor) {
  const h5::Source source{h5::open_file(path), path.string()};
  PositionFile file = read_recorded_positions(source, positions);
  if (monitor.empty()) return file;
  file.monitor = h5::read_column(source, monitor, "the monitor");
  if (file.monitor.size() != file.rows.size())
    throw InputError("the numbers of positions and monitor readings in " + source.name + " differ: " +
                     std::to_string(file.rows.size()) + " and " + std::to_string(file.monitor.size()));
  return file;
}

bool is_hdf5(const std::filesystem::path& path) {
  static constexpr std::array<char, 8> signature = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  std::array<char, 8> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  return start == signature;
}

}  // namespace ptero::scanfile
