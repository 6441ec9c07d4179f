#include "position_datasets.hpp"

#include <algorithm>
#include <cmath>
#include <ptero/core/units.hpp>

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

void take_unit(const h5::Dataset& dataset, std::size_t axis, PositionTable& table) {
  const auto unit = h5::unit_of(dataset);
  if (!unit) return;
  table.metres[axis] = metres_in(*unit);
  if (is_pixels(*unit))
    table.in_pixels = true;
  else if (!table.metres[axis])
    table.unknown_unit = *unit;
}

std::vector<double> numbers_of(const h5::Dataset& dataset) {
  if (!dataset.numeric() || dataset.rank() == 0)
    throw InputError("the positions " + dataset.name() + " have shape " + h5::text_of(dataset.dims) +
                         " and type " + dataset.type_name(),
                     {}, "numbers are needed");
  return h5::read<double>(dataset);
}

/// A grid of both, or a side each of the grid.
PositionTable read_pair(const h5::Dataset& first, const h5::Dataset& second, Shape grid) {
  PositionTable table;
  table.name = first.path + " and " + second.path + " of " + first.file;
  const std::vector<double> a = numbers_of(first);
  const std::vector<double> b = numbers_of(second);
  take_unit(first, 0, table);
  take_unit(second, 1, table);
  if (grid.count() > 0 && a.size() != grid.count() && a.size() == grid.cols && b.size() == grid.rows) {
    for (const double y : b)
      for (const double x : a) table.rows.push_back({x, y});
    return table;
  }
  if (a.size() != b.size())
    throw InputError("the positions " + table.name + " hold " + std::to_string(a.size()) + " and " +
                     std::to_string(b.size()) + " values");
  for (std::size_t i = 0; i < a.size(); ++i) table.rows.push_back({a[i], b[i]});
  return table;
}

bool is_width(hsize_t n) {
  return n == 2 || n == 3;
}

/// (N,2), (N,3), and transposed as PyNX and MATLAB write it, N one dimension or the two of a grid; with two
/// or three frames the first reading wins.
PositionTable read_table(const h5::Dataset& dataset, std::uint64_t frames) {
  if (!dataset.numeric() || dataset.rank() < 2 || dataset.rank() > 3 ||
      (!is_width(dataset.dims.front()) && !is_width(dataset.dims.back())))
    throw InputError("the positions " + dataset.name() + " have shape " + h5::text_of(dataset.dims) +
                         " and type " + dataset.type_name(),
                     {}, "numbers of shape (N, 2), (N, 3), (2, N) or (3, N) are needed");
  const hsize_t total = h5::count_of(dataset.dims);
  const hsize_t by_last = total / dataset.dims.back();
  const hsize_t by_first = total / dataset.dims.front();
  const bool by_row = is_width(dataset.dims.back()) &&
                      (!is_width(dataset.dims.front()) || by_last == frames || by_first != frames);
  const std::vector<double> values = h5::read<double>(dataset);
  PositionTable table;
  table.name = dataset.name();
  take_unit(dataset, 0, table);
  take_unit(dataset, 1, table);
  const hsize_t width = by_row ? dataset.dims.back() : 1;
  table.rows.resize(by_row ? by_last : by_first);
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    table.rows[i] =
        by_row ? Pair{values[i * width], values[i * width + 1]} : Pair{values[i], values[by_first + i]};
  return table;
}

/// CXI as cdtools has it: a translation is the sample's, and the detector's basis vectors say where rows and
/// columns run. The probe goes the other way; in pixels: minus the translation along each vector.
struct Basis {
  std::array<double, 3> slow{}, fast{};
};

std::optional<Basis> basis_of(const h5::Source& source) {
  const auto dataset = source.find("/entry_1/instrument_1/detector_1/basis_vectors");
  if (!dataset || !dataset->numeric() || dataset->rank() != 2 || h5::count_of(dataset->dims) != 6)
    return std::nullopt;
  const std::vector<double> v = h5::read<double>(*dataset);
  const bool by_rows = dataset->dims[0] == 2;
  Basis basis;
  for (std::size_t i = 0; i < 3; ++i) {
    basis.slow[i] = by_rows ? v[i] : v[2 * i];
    basis.fast[i] = by_rows ? v[3 + i] : v[2 * i + 1];
  }
  for (auto* vector : {&basis.slow, &basis.fast}) {
    const double length = std::hypot((*vector)[0], (*vector)[1], (*vector)[2]);
    if (!(length > 0)) return std::nullopt;
    for (double& part : *vector) part /= length;
  }
  return basis;
}

/// The usual detector (rows and columns along -y and -x) leaves x and y as they are.
void along(const Basis& basis, PositionTable& table) {
  const auto is_usual = [](double a, double b) { return std::abs(a + 1) < 1e-9 && std::abs(b) < 1e-9; };
  if (is_usual(basis.slow[1], basis.slow[0]) && is_usual(basis.fast[0], basis.fast[1])) return;
  for (Pair& row : table.rows)
    row = {-(row[0] * basis.fast[0] + row[1] * basis.fast[1]),
           -(row[0] * basis.slow[0] + row[1] * basis.slow[1])};
  table.warnings.push_back(
      {"basis_vectors",
       "the detector's basis vectors say that its rows and columns do not run along -y and -x; the "
       "translations were turned to them"});
}

std::vector<std::int64_t> numbers_beside(const h5::Source& source, std::size_t rows) {
  for (const char* path : {"/probe_position_indexes", "/position_indexes"})
    if (const auto dataset = source.find(path); dataset && dataset->numeric())
      if (auto numbers = h5::read<std::int64_t>(*dataset); numbers.size() == rows) return numbers;
  return {};
}

std::optional<PositionTable> read_standard_pair(const h5::Source& source) {
  for (const auto& [x, y] : standard_pairs) {
    const auto first = source.find(x);
    const auto second = source.find(y);
    if (!first || !second) continue;
    PositionTable table = read_pair(*first, *second, {});
    if (std::string_view(x) == standard_pairs[0].first)
      table.numbers = numbers_beside(source, table.rows.size());
    return table;
  }
  return std::nullopt;
}

/// ptypy records (y, x) in each chunk; the frames are put in order of their numbers.
std::optional<PositionTable> read_ptyd(const h5::Source& source, const std::vector<std::uint64_t>& order) {
  PositionTable all;
  all.name = "/chunks of " + source.name;
  all.metres = {1, 1};
  for (const std::string& chunk : ptyd_chunks(source)) {
    const auto positions = source.find(chunk + "/positions");
    if (!positions) return std::nullopt;
    for (const Pair& yx : read_table(*positions, positions->dims.empty() ? 0 : positions->dims[0]).rows)
      all.rows.push_back({yx[1], yx[0]});
  }
  if (all.rows.empty() || all.rows.size() != order.size()) return std::nullopt;
  std::vector<Pair> sorted;
  for (const std::uint64_t row : order) sorted.push_back(all.rows[row]);
  all.rows = std::move(sorted);
  return all;
}

}  // namespace

PositionTable read_position_datasets(const h5::Source& source, const std::string& spec, std::uint64_t frames,
                                     Shape grid) {
  const std::size_t comma = spec.find(',');
  if (comma == std::string::npos) return read_table(h5::locate(source, spec), frames);
  return read_pair(h5::locate(source, spec.substr(0, comma)), h5::locate(source, spec.substr(comma + 1)),
                   grid);
}

std::optional<PositionTable> read_standard_positions(const h5::Source& source, std::uint64_t frames,
                                                     const std::vector<std::uint64_t>& order) {
  if (const auto dataset = source.find_first(standard_translations)) {
    PositionTable table = read_table(*dataset, frames);
    if (const auto basis = basis_of(source)) along(*basis, table);
    return table;
  }
  if (auto pair = read_standard_pair(source)) return pair;
  if (auto ptyd = read_ptyd(source, order)) return ptyd;
  if (const auto companion = h5::companion_of(source)) return read_standard_pair(*companion);
  return std::nullopt;
}

}  // namespace ptero::scanfile
