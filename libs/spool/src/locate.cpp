#include "locate.hpp"

#include <array>
#include <cmath>

namespace ptero::spool {

namespace {

constexpr double joule_per_ev = 1.602176634e-19;

/// CXI and NeXus; then ptychodus' diffraction file, pty-chi and fold_slice.
constexpr std::array standard_frames = {
    "/entry_1/data_1/data",
    "/entry_1/instrument_1/detector_1/data",
    "/entry/data/data",
    "/entry/instrument/detector/data",
    "/patterns",
    "/dp",
};

std::string list_of(const std::vector<h5::Dataset>& datasets) {
  std::string text;
  for (const h5::Dataset& dataset : datasets)
    text += (text.empty() ? "" : ", ") + dataset.path + " " + h5::text_of(dataset.dims) + " " +
            dataset.type_name();
  return text;
}

template <class Predicate>
std::vector<h5::Dataset> candidates(const Source& source, Predicate wanted) {
  std::vector<h5::Dataset> found;
  for (h5::Dataset& dataset : h5::all_datasets(source.file, source.name))
    if (wanted(dataset)) found.push_back(std::move(dataset));
  return found;
}

std::optional<double> first_number(const h5::Dataset& dataset) {
  if (!dataset.numeric() || h5::count_of(dataset.dims) == 0) return std::nullopt;
  const double value = h5::read<double>(dataset).front();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<h5::Dataset> Source::find_first(std::span<const char* const> paths) const {
  for (const char* path : paths)
    if (auto dataset = find(path)) return dataset;
  return std::nullopt;
}

h5::Dataset locate(const Source& source, const std::string& spec) {
  if (auto dataset = source.find(spec)) return std::move(*dataset);
  const std::size_t colon = spec.rfind(':');
  if (colon == std::string::npos || colon == 0) return source.open(spec);
  Source other{h5::open_file(spec.substr(0, colon)), spec.substr(0, colon)};
  return other.open(spec.substr(colon + 1));
}

h5::Dataset locate_frames(const Source& source, const std::string& spec) {
  if (spec.empty()) {
    if (auto dataset = source.find_first(standard_frames)) {
      if (dataset->numeric() && dataset->rank() == 3) return std::move(*dataset);
    }
    auto found = candidates(source, [](const h5::Dataset& d) { return d.numeric() && d.rank() == 3; });
    if (found.size() == 1) return std::move(found.front());
    if (found.empty())
      throw InputError(source.name + " holds no frames",
                       "no dataset of numbers has three dimensions (frames, rows, columns)",
                       "it holds " + list_of(h5::all_datasets(source.file, source.name)));
    throw InputError(source.name + " holds several datasets that could be the frames: " + list_of(found), {},
                     "name one with --data PATH");
  }
  h5::Dataset dataset = locate(source, spec);
  if (dataset.rank() != 3)
    throw InputError("the frames " + dataset.name() + " have shape " + h5::text_of(dataset.dims), {},
                     "three dimensions are needed: frames, rows, columns");
  if (!dataset.numeric())
    throw InputError("the frames " + dataset.name() + " have the type " + dataset.type_name(), {},
                     "integers or floating-point numbers are needed");
  return dataset;
}

h5::Dataset only_complex(const Source& source) {
  auto found = candidates(source, [](const h5::Dataset& d) { return d.complex() && d.rank() >= 2; });
  if (found.size() == 1) return std::move(found.front());
  if (found.empty())
    throw InputError(source.name + " holds no complex image", {},
                     "it holds " + list_of(h5::all_datasets(source.file, source.name)));
  throw InputError(source.name + " holds several complex datasets: " + list_of(found), {},
                   "name one as " + source.name + ":PATH");
}

std::vector<double> read_column(const Source& source, const std::string& spec, const char* what) {
  const h5::Dataset dataset = locate(source, spec);
  std::size_t long_sides = 0;
  for (const hsize_t n : dataset.dims) long_sides += n > 1 ? 1 : 0;
  if (!dataset.numeric() || dataset.rank() == 0 || long_sides > 1)
    throw InputError(std::string("the ") + what + " " + dataset.name() + " have shape " +
                         h5::text_of(dataset.dims) + " and type " + dataset.type_name(),
                     {}, "one number a frame is needed");
  return h5::read<double>(dataset);
}

std::optional<double> metres_in(const std::string& unit) {
  static constexpr std::pair<const char*, double> units[] = {
      {"m", 1},          {"meter", 1},        {"metre", 1},        {"meters", 1},
      {"metres", 1},     {"cm", 1e-2},        {"mm", 1e-3},        {"um", 1e-6},
      {"\u00b5m", 1e-6}, {"micron", 1e-6},    {"microns", 1e-6},   {"micrometer", 1e-6},
      {"nm", 1e-9},      {"nanometer", 1e-9}, {"angstrom", 1e-10}, {"Angstrom", 1e-10},
      {"A", 1e-10},      {"pm", 1e-12},
  };
  for (const auto& [name, metres] : units)
    if (unit == name) return metres;
  return std::nullopt;
}

std::optional<double> read_length_m(const Source& source, std::span<const char* const> paths) {
  const auto dataset = source.find_first(paths);
  const auto value = dataset ? first_number(*dataset) : std::nullopt;
  if (!value) return std::nullopt;
  const auto unit = h5::text_attribute(dataset->id, "units");
  return *value * (unit ? metres_in(*unit).value_or(1) : 1);
}

std::optional<double> read_energy_j(const Source& source, std::span<const char* const> paths) {
  const auto dataset = source.find_first(paths);
  const auto value = dataset ? first_number(*dataset) : std::nullopt;
  if (!value) return std::nullopt;
  const auto unit = h5::text_attribute(dataset->id, "units");
  if (unit == "keV") return *value * 1e3 * joule_per_ev;
  if (unit == "eV" || *value > 1) return *value * joule_per_ev;
  return *value;
}

}  // namespace ptero::spool
