#include <algorithm>
#include <filesystem>
#include <ptero/core/error.hpp>
#include <ptero/h5/complex_dataset.hpp>
#include <ptero/h5/locate.hpp>
#include <ptero/scanfile/probe_file.hpp>

#include "npy.hpp"
#include "quantities.hpp"

namespace ptero::scanfile {

namespace {

using Images = std::vector<Image<std::complex<float>>>;

Images images_of(std::vector<std::complex<float>> values, Shape shape) {
  Images images;
  const auto size = static_cast<std::ptrdiff_t>(shape.count());
  for (auto at = values.begin(); size > 0 && at != values.end(); at += size)
    images.emplace_back(shape, std::vector(at, at + size));
  return images;
}

/// Of real numbers whose last axis is real and imaginary part.
Images read_apart(const h5::Dataset& dataset) {
  const std::vector<double> parts = h5::read<double>(dataset);
  std::vector<std::complex<float>> values(parts.size() / 2);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = {static_cast<float>(parts[2 * i]), static_cast<float>(parts[2 * i + 1])};
  return images_of(std::move(values), {dataset.dims[dataset.rank() - 3], dataset.dims[dataset.rank() - 2]});
}

Images read_parts(const h5::Dataset& real, const h5::Dataset& imaginary) {
  if (real.dims != imaginary.dims || real.rank() < 2 || !real.numeric() || !imaginary.numeric())
    throw InputError("the probe's parts " + real.name() + " and " + imaginary.name() + " differ in shape");
  const std::vector<double> a = h5::read<double>(real);
  const std::vector<double> b = h5::read<double>(imaginary);
  std::vector<std::complex<float>> values(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) values[i] = {static_cast<float>(a[i]), static_cast<float>(b[i])};
  Images images = images_of(std::move(values), {real.dims[real.rank() - 2], real.dims.back()});
  if (h5::by_columns(real))
    for (auto& image : images) image = transposed(image);
  return images;
}

ProbeFile read_dataset(const h5::Dataset& dataset) {
  ProbeFile probe;
  probe.pixel_m = h5::number_attribute(dataset.id, "pixel_width_m").value_or(0);
  if (dataset.complex()) {
    probe.modes = h5::read_complex(dataset);
  } else if (dataset.numeric() && dataset.rank() >= 3 && dataset.dims.back() == 2) {
    probe.modes = read_apart(dataset);
  } else {
    throw InputError(
        dataset.name() + " has shape " + h5::text_of(dataset.dims) + " and type " + dataset.type_name(),
        dataset.numeric() && dataset.rank() >= 3 ? "these look like frames, not a probe" : "",
        "a complex image (rows, columns) or a stack of them is needed");
  }
  return probe;
}

/// ptypy's storages: content/probe/NAME/{data, _psize}.
std::optional<ProbeFile> read_ptyr(const h5::Source& source) {
  for (const std::string& name : source.links_in("/content/probe")) {
    const std::string storage = "/content/probe/" + name;
    const auto data = source.find(storage + "/data");
    if (!data) continue;
    ProbeFile probe = read_dataset(*data);
    if (const auto psize = source.find(storage + "/_psize")) probe.pixel_m = first_number(*psize).value_or(0);
    return probe;
  }
  return std::nullopt;
}

ProbeFile read_hdf5(const h5::Source& source, const std::string& path) {
  if (path.empty())
    if (auto ptyr = read_ptyr(source)) return std::move(*ptyr);
  const std::string name = path.empty() ? "probe" : path;
  const auto real = source.find(name + "_real");
  const auto imaginary = source.find(name + "_imag");
  if (real && imaginary) return {read_parts(*real, *imaginary), 0};
  if (path.empty() && !source.find(name)) return read_dataset(h5::only_complex(source));
  return read_dataset(source.open(name));
}

ProbeFile read_array(const std::string& path) {
  const NpyArray array = read_npy(path);
  const auto& dims = array.header.dims;
  if (!array.header.complex || dims.size() < 2)
    throw InputError(path + " holds no complex image", {},
                     "a complex array (rows, columns) or a stack of them is needed");
  return {images_of(array.as_complex(), {dims[dims.size() - 2], dims.back()}), 0};
}

}  // namespace

ProbeFile read_probe_file(const std::string& spec) {
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(spec, ignored);
  const std::size_t colon = is_file ? std::string::npos : spec.rfind(':');
  const std::string file = spec.substr(0, colon);
  ProbeFile probe = is_file && is_npy(file)
                        ? read_array(file)
                        : read_hdf5(h5::Source{h5::open_file(file), file},
                                    colon == std::string::npos ? "" : spec.substr(colon + 1));
  if (probe.modes.empty()) throw InputError("no probe in " + spec, {}, "give FILE:DATASET");
  return probe;
}

}  // namespace ptero::scanfile
