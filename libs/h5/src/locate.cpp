#include <ptero/h5/locate.hpp>

namespace ptero::h5 {

namespace {

template <class Predicate>
std::vector<Dataset> candidates(const Source& source, Predicate wanted) {
  std::vector<Dataset> found;
  for (Dataset& dataset : all_datasets(source.file, source.name))
    if (wanted(dataset)) found.push_back(std::move(dataset));
  return found;
}

}  // namespace

std::vector<std::string> Source::links_in(const std::string& group) const {
  if (!exists(file, group)) return {};
  const Id id(H5Gopen2(file, group.c_str(), H5P_DEFAULT));
  return id.valid() ? links_of(id, Links::all) : std::vector<std::string>{};
}

std::optional<Dataset> Source::find_first(std::span<const char* const> paths) const {
  for (const char* path : paths)
    if (auto dataset = find(path)) return dataset;
  return std::nullopt;
}

std::optional<Source> companion_of(const Source& source) {
  const std::filesystem::path path = source.name;
  const std::string stem = path.stem().string();
  std::filesystem::path other;
  if (stem.ends_with("dp"))
    other = path.parent_path() / (stem.substr(0, stem.size() - 2) + "para" + path.extension().string());
  else if (stem == "diffraction")
    other = path.parent_path() / "product-in.h5";
  std::error_code ignored;
  if (other.empty() || !std::filesystem::is_regular_file(other, ignored)) return std::nullopt;
  return Source{open_file(other), other.string()};
}

Dataset locate(const Source& source, const std::string& spec) {
  if (auto dataset = source.find(spec)) return std::move(*dataset);
  const std::size_t colon = spec.rfind(':');
  if (colon == std::string::npos || colon == 0) return source.open(spec);
  Source other{open_file(spec.substr(0, colon)), spec.substr(0, colon)};
  return other.open(spec.substr(colon + 1));
}

Dataset only_complex(const Source& source) {
  auto found = candidates(source, [](const Dataset& d) { return d.complex() && d.rank() >= 2; });
  if (found.size() == 1) return std::move(found.front());
  if (found.empty())
    throw InputError(source.name + " holds no complex image", {},
                     "it holds " + list_of(all_datasets(source.file, source.name)));
  throw InputError(source.name + " holds several complex datasets: " + list_of(found), {},
                   "name one as " + source.name + ":PATH");
}

std::vector<double> read_column(const Source& source, const std::string& spec, const char* what) {
  const Dataset dataset = locate(source, spec);
  std::size_t long_sides = 0;
  for (const hsize_t n : dataset.dims) long_sides += n > 1 ? 1 : 0;
  if (!dataset.numeric() || dataset.rank() == 0 || long_sides > 1)
    throw InputError(std::string("the ") + what + " " + dataset.name() + " have shape " +
                         text_of(dataset.dims) + " and type " + dataset.type_name(),
                     {}, "one number a frame is needed");
  return read<double>(dataset);
}

std::optional<std::string> unit_of(const Dataset& dataset) {
  for (const char* name : {"units", "unit", "Units", "Unit", "UNITS", "UNIT"})
    if (auto unit = text_attribute(dataset.id, name); unit && !unit->empty()) return unit;
  return std::nullopt;
}

}  // namespace ptero::h5
