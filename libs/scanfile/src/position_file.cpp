#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <ptero/core/error.hpp>
#include <ptero/core/units.hpp>
#include <ptero/positions/text_table.hpp>
#include <ptero/scanfile/position_file.hpp>

#include "npy.hpp"
#include "position_datasets.hpp"

namespace ptero::scanfile {

namespace {

constexpr std::string_view file_prefix = "file:";

PositionTable read_text(const std::filesystem::path& path, const PositionColumns& columns) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in && text.empty()) throw InputError("cannot read the positions " + path.string());
  auto parsed = positions::parse_text_table(
      text, {.x = columns.x, .y = columns.y, .monitor = columns.monitor, .index = columns.index});
  if (!parsed) throw InputError("cannot read the positions " + path.string(), parsed.reason());
  PositionTable table;
  table.name = path.string();
  table.warnings = std::move(parsed->warnings);
  for (const positions::Sample& sample : parsed->samples) {
    table.rows.push_back({sample.x, sample.y});
    if (parsed->indexed) table.numbers.push_back(static_cast<std::int64_t>(sample.index));
    if (!columns.monitor.empty()) table.monitor.push_back(sample.monitor.value_or(NAN));
  }
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::string& unit = parsed->units[axis];
    if (unit.empty()) continue;
    table.metres[axis] = metres_in(unit);
    if (is_pixels(unit))
      table.in_pixels = true;
    else if (!table.metres[axis])
      table.unknown_unit = unit;
  }
  return table;
}

/// (N, 2), (N, 3), (2, N) or (3, N).
std::vector<std::array<double, 2>> pairs_in(const NpyArray& array) {
  const auto& dims = array.header.dims;
  const auto is_width = [](std::size_t n) { return n == 2 || n == 3; };
  if (dims.size() != 2 || (!is_width(dims[0]) && !is_width(dims[1])))
    throw InputError("the positions " + array.name + " are no array of (N, 2), (N, 3), (2, N) or (3, N)");
  const std::vector<double> values = array.as_doubles();
  std::vector<std::array<double, 2>> rows(is_width(dims[1]) ? dims[0] : dims[1]);
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i] = is_width(dims[1]) ? std::array{values[i * dims[1]], values[i * dims[1] + 1]}
                                : std::array{values[i], values[dims[1] + i]};
  return rows;
}

std::string named_like(const std::map<std::string, NpyHeader>& members,
                       std::initializer_list<const char*> names) {
  for (const char* name : names)
    for (const auto& [member, header] : members) {
      std::string lower = member;
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      if (lower == name) return member;
    }
  return {};
}

PositionTable read_archive(const std::filesystem::path& path, const PositionColumns& columns) {
  const auto members = list_npz(path);
  PositionTable table;
  table.name = path.string();
  std::string x = columns.x, y = columns.y;
  const std::string both =
      y.empty() && !x.empty() ? x : named_like(members, {"positions", "pos", "xy", "translation", "points"});
  if (x.empty()) x = named_like(members, {"x", "pos_x", "posx", "x_m", "ppx"});
  if (y.empty()) y = named_like(members, {"y", "pos_y", "posy", "y_m", "ppy"});
  if (!columns.y.empty() || (columns.x.empty() && !x.empty() && !y.empty())) {
    for (const std::string& name : {x, y})
      if (!members.contains(name)) throw InputError(path.string() + " has no array " + name);
    const auto a = read_npz(path, x).as_doubles();
    const auto b = read_npz(path, y).as_doubles();
    if (a.size() != b.size())
      throw InputError("the positions " + x + " and " + y + " of " + path.string() + " hold " +
                       std::to_string(a.size()) + " and " + std::to_string(b.size()) + " values");
    for (std::size_t i = 0; i < a.size(); ++i) table.rows.push_back({a[i], b[i]});
  } else if (members.contains(both)) {
    table.rows = pairs_in(read_npz(path, both));
  } else {
    throw InputError("which arrays of " + path.string() + " are the positions cannot be told", {},
                     "name them with --positions " + path.string() + ":X,Y");
  }
  if (!columns.monitor.empty()) table.monitor = read_npz(path, columns.monitor).as_doubles();
  if (!columns.index.empty())
    for (const double number : read_npz(path, columns.index).as_doubles())
      table.numbers.push_back(std::llround(number));
  return table;
}

/// Datasets called x and y, or the like, at the top.
std::string pair_of_datasets(const h5::Source& source) {
  for (const auto& [x, y] :
       {std::pair{"/x", "/y"}, {"/X", "/Y"}, {"/posx", "/posy"}, {"/pos_x", "/pos_y"}, {"/x_m", "/y_m"}})
    if (source.find(x) && source.find(y)) return std::string(x) + "," + y;
  return {};
}

PositionTable read_hdf5(const std::filesystem::path& path, const PositionColumns& columns) {
  const h5::Source source{h5::open_file(path), path.string()};
  std::string spec = columns.y.empty() ? columns.x : columns.x + "," + columns.y;
  PositionTable table;
  if (spec.empty()) {
    if (auto standard = read_standard_positions(source, 0, {}))
      table = std::move(*standard);
    else if (spec = pair_of_datasets(source); spec.empty()) {
      std::vector<h5::Dataset> tables;
      for (h5::Dataset& dataset : h5::all_datasets(source.file, source.name))
        if (dataset.numeric() && dataset.rank() == 2 && (dataset.dims[0] <= 3 || dataset.dims[1] <= 3) &&
            std::max(dataset.dims[0], dataset.dims[1]) > 3 && std::min(dataset.dims[0], dataset.dims[1]) > 1)
          tables.push_back(std::move(dataset));
      if (tables.size() != 1)
        throw InputError(path.string() + " holds no positions at a standard place", {},
                         "name them with --positions " + path.string() + ":PATH, or :X,Y; it holds " +
                             h5::list_of(h5::all_datasets(source.file, source.name)));
      spec = tables.front().path;
    }
  }
  if (!spec.empty()) table = read_position_datasets(source, spec, 0, {});
  if (!columns.monitor.empty()) table.monitor = h5::read_column(source, columns.monitor, "monitor values");
  if (!columns.index.empty())
    for (const double number : h5::read_column(source, columns.index, "numbers of positions"))
      table.numbers.push_back(std::llround(number));
  return table;
}

}  // namespace

PositionTable read_position_file(const std::filesystem::path& path, const PositionColumns& columns) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    throw InputError("cannot read the positions " + path.string(), "there is no such file");
  PositionTable table;
  if (is_hdf5(path)) {
    table = read_hdf5(path, columns);
  } else if (is_npy(path)) {
    table.name = path.string();
    table.rows = pairs_in(read_npy(path));
  } else if (is_npz(path)) {
    table = read_archive(path, columns);
  } else {
    table = read_text(path, columns);
  }
  for (const auto& [size, what] :
       {std::pair{table.monitor.size(), "monitor readings"}, {table.numbers.size(), "numbers"}})
    if (size != 0 && size != table.rows.size())
      throw InputError("the numbers of positions and " + std::string(what) + " in " + table.name +
                       " differ: " + std::to_string(table.rows.size()) + " and " + std::to_string(size));
  return table;
}

std::optional<PositionSpec> parse_position_file(const std::string& text) {
  const bool marked = text.starts_with(file_prefix);
  const std::string rest = marked ? text.substr(file_prefix.size()) : text;
  std::error_code ignored;
  if (std::filesystem::is_regular_file(rest, ignored)) return PositionSpec{rest, {}};
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos || !std::filesystem::is_regular_file(rest.substr(0, colon), ignored)) {
    if (marked) throw InputError("cannot read the positions " + rest, "there is no such file");
    return std::nullopt;
  }
  PositionSpec spec{rest.substr(0, colon), {}};
  std::string columns = rest.substr(colon + 1);
  for (std::string* column : {&spec.columns.x, &spec.columns.y, &spec.columns.index}) {
    const std::size_t comma = columns.find(',');
    *column = columns.substr(0, comma);
    columns = comma == std::string::npos ? "" : columns.substr(comma + 1);
  }
  return spec;
}

void number_from_zero(PositionTable& table, std::uint64_t frames) {
  if (table.numbers.empty()) return;
  const auto [least, most] = std::minmax_element(table.numbers.begin(), table.numbers.end());
  const std::int64_t first = *least;
  const auto span = static_cast<std::uint64_t>(*most - first) + 1;
  if (first == 0 || span != (frames > 0 ? frames : table.rows.size())) return;
  for (std::int64_t& number : table.numbers) number -= first;
  table.warnings.push_back({"numbers_from_" + std::string(first == 1 ? "one" : "elsewhere"),
                            "the positions " + table.name + " are numbered from " + std::to_string(first) +
                                " on, as many as there are frames; that number was taken for frame 0"});
}

void expect_known_unit(const PositionTable& table, const std::string& option) {
  if (!table.unknown_unit.empty())
    throw InputError("the positions " + table.name + " are in '" + table.unknown_unit +
                         "', which is no unit of length known here",
                     {}, option);
}

void expect_metres(const PositionTable& table, const std::string& option) {
  if (table.in_pixels || table.metres[0] || table.metres[1]) return;
  // No stage for this moves over centimetres; a few places far away are another matter.
  constexpr double widest_m = 0.05;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    std::vector<double> values;
    for (const auto& row : table.rows)
      if (std::isfinite(row[axis])) values.push_back(row[axis]);
    if (values.empty()) continue;
    std::sort(values.begin(), values.end());
    const double least = values[values.size() / 20];
    const double most = values[values.size() - 1 - values.size() / 20];
    if (most - least > widest_m)
      throw InputError("the positions " + table.name + " reach from " + std::to_string(values.front()) +
                           " to " + std::to_string(values.back()) + ", which cannot be metres",
                       {}, option);
  }
}

bool is_hdf5(const std::filesystem::path& path) {
  h5::quiet();
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && H5Fis_hdf5(path.c_str()) > 0;
}

}  // namespace ptero::scanfile
