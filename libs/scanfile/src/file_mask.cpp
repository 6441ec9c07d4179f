#include "file_mask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ptero/scanfile/mask.hpp>

#include "frame_parts.hpp"

namespace ptero::scanfile {

namespace {

constexpr std::array masks = {"/entry_1/instrument_1/detector_1/mask",
                              "/entry/instrument/detector/pixel_mask",
                              "/entry/instrument/detector/detectorSpecific/pixel_mask",
                              "/entry/instrument/detector/mask", "/bad_pixels"};

bool holds_mask(const h5::Dataset& dataset) {
  return dataset.numeric() || dataset.boolean();
}

/// "good_pixels" and "valid_pixel_mask" say themselves what 1 means.
bool says_good(std::string path) {
  std::transform(path.begin(), path.end(), path.begin(), [](unsigned char c) { return std::tolower(c); });
  path = path.substr(path.rfind('/') + 1);
  return path.find("good") != path.npos || path.find("valid") != path.npos;
}

/// Share of the light under the marked pixels, as amplitudes; a hot one counts for at most a few that are
/// usual.
double light_under(const std::vector<std::uint8_t>& marked, const FrameLook& look) {
  std::vector<double> lit;
  for (const double sum : look.sum)
    if (sum > 0) lit.push_back(std::sqrt(sum));
  if (lit.empty()) return 0;
  std::nth_element(lit.begin(), lit.begin() + static_cast<std::ptrdiff_t>(lit.size() / 2), lit.end());
  const double most = 4 * lit[lit.size() / 2];
  double under = 0, all = 0;
  for (std::size_t i = 0; i < marked.size() && i < look.sum.size(); ++i) {
    const double light = std::min(std::sqrt(look.sum[i]), most);
    all += light;
    under += marked[i] != 0 ? light : 0;
  }
  return under / all;
}

double counts_under(const std::vector<std::uint8_t>& marked, const FrameLook& look) {
  double under = 0, all = 0;
  for (std::size_t i = 0; i < marked.size() && i < look.sum.size(); ++i) {
    all += look.sum[i];
    under += marked[i] != 0 ? look.sum[i] : 0;
  }
  return all > 0 ? under / all : 0;
}

double share(const std::vector<std::uint8_t>& marked) {
  return static_cast<double>(std::count(marked.begin(), marked.end(), 1)) /
         static_cast<double>(marked.size());
}

/// Whether 1 means good. Throws InputError where it cannot be told.
bool is_inverted(const FileMask& mask, const FrameLook& look, Warnings& warnings) {
  const double marked = share(mask.bad);
  if (mask.says_good) return true;
  if (!mask.of_two_values || marked <= 0.5) return false;
  const double light = light_under(mask.bad, look);
  if (marked < 1 && light < 0.4) return false;
  if (marked < 1 && light > 0.6) {
    warnings.push_back(
        {"mask_inverted",
         fmt::format("the mask {} is 1 on {:.1f} % of the pixels, where {:.1f} % of the light is: "
                     "1 was taken for good; --mask-sense bad or good says it",
                     mask.name, 100 * marked, 100 * light)});
    return true;
  }
  throw InputError(fmt::format("the mask {} is 1 on {:.1f} % of the pixels", mask.name, 100 * marked),
                   "whether that is good or bad cannot be told",
                   "say what 1 means with --mask-sense good or bad");
}

}  // namespace

std::vector<std::uint8_t> good_is_zero(const std::vector<std::uint32_t>& mask) {
  std::vector<std::uint8_t> bad(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i)
    bad[i] = mask[i] != 0 && mask[i] != 0x1000 && mask[i] != 0x80000000U ? 1 : 0;
  return bad;
}

FileMask read_file_mask(const h5::Source& source, const ReadOptions& options, Shape shape,
                        std::uint64_t frames, Warnings& warnings) {
  auto dataset =
      options.mask.empty() ? source.find_first(masks) : std::optional(h5::locate(source, options.mask));
  FileMask mask;
  if (!dataset) return mask;
  h5::Dims dims = dataset->dims;
  while (dims.size() > 2 && dims.front() == 1) dims.erase(dims.begin());
  const bool one = dims == h5::Dims{shape.rows, shape.cols};
  const bool each = dims == h5::Dims{frames, shape.rows, shape.cols};
  if (!holds_mask(*dataset) || (!one && !each)) {
    const std::string problem = "the mask " + dataset->name() + " has shape " + h5::text_of(dataset->dims) +
                                ", the frames are " + h5::text_of({shape.rows, shape.cols});
    if (!options.mask.empty()) throw InputError(problem, {}, "name a matching one with --mask");
    warnings.push_back({"mask_not_used", problem + "; it is not used"});
    return mask;
  }
  mask.name = dataset->name();
  mask.says_good = says_good(dataset->path);
  if (one) {
    const auto values = h5::read<std::uint32_t>(*dataset);
    mask.of_two_values = std::all_of(values.begin(), values.end(), [](std::uint32_t v) { return v <= 1; });
    mask.bad = good_is_zero(values);
    return mask;
  }
  // What is bad in the first and the last stands for the sense; each frame has its own.
  mask.bad = mask_of_frame(*dataset, 0, shape, false);
  const auto last = mask_of_frame(*dataset, frames - 1, shape, false);
  for (std::size_t i = 0; i < last.size(); ++i) mask.bad[i] = mask.bad[i] != 0 && last[i] != 0 ? 1 : 0;
  mask.of_two_values = true;
  mask.each = std::move(dataset);
  return mask;
}

std::vector<std::uint8_t> settle(const FileMask& mask, const FrameLook& look, std::optional<MaskSense> sense,
                                 Warnings& warnings) {
  if (mask.name.empty()) return {};
  std::vector<std::uint8_t> bad = mask.bad;
  if (sense ? *sense == MaskSense::good : is_inverted(mask, look, warnings))
    for (std::uint8_t& pixel : bad) pixel = pixel == 0 ? 1 : 0;
  if (share(bad) == 1)
    throw InputError("the mask " + mask.name + " leaves no pixel", {},
                     "say what 1 means with --mask-sense good or bad, or name another with --mask");
  if (const double counts = counts_under(bad, look); counts > 0.5)
    warnings.push_back(
        {"mask_over_counts",
         fmt::format("{:.0f} % of the counts lie under the mask {}; --mask-sense says what 1 means",
                     100 * counts, mask.name)});
  return bad;
}

std::vector<std::uint8_t> mask_of_frame(const h5::Dataset& each, std::uint64_t i, Shape shape,
                                        bool inverted) {
  h5::Dims start(each.rank(), 0), count(each.rank(), 1);
  start[each.rank() - 3] = i;
  count[each.rank() - 2] = shape.rows;
  count.back() = shape.cols;
  const h5::Id in_file(H5Dget_space(each.id));
  const h5::Id in_memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  std::vector<std::uint32_t> values(shape.count());
  if (each.boolean()) {
    std::vector<std::uint8_t> bytes(shape.count());
    const h5::Id type(H5Dget_type(each.id));
    h5::check(H5Dread(each.id, type, in_memory, in_file, H5P_DEFAULT, bytes.data()),
              "cannot read " + each.name());
    values.assign(bytes.begin(), bytes.end());
  } else {
    h5::check(H5Dread(each.id, h5::type_of<std::uint32_t>(), in_memory, in_file, H5P_DEFAULT, values.data()),
              "cannot read " + each.name());
  }
  std::vector<std::uint8_t> bad = good_is_zero(values);
  if (inverted)
    for (std::uint8_t& pixel : bad) pixel = pixel == 0 ? 1 : 0;
  return bad;
}

DetectorMask read_mask(const std::string& spec) {
  const auto colon = spec.rfind(':');
  if (colon == std::string::npos)
    throw InputError("cannot take a mask from '" + spec + "'", {}, "give FILE:DATASET");
  const std::string path = spec.substr(0, colon);
  const h5::Dataset dataset = h5::locate(h5::Source{h5::open_file(path), path}, spec.substr(colon + 1));
  h5::Dims dims = dataset.dims;
  if (dims.size() == 3 && dims[0] == 1) dims.erase(dims.begin());
  if (dims.size() != 2 || !holds_mask(dataset))
    throw InputError("the mask " + dataset.name() + " has shape " + h5::text_of(dataset.dims), {},
                     "name a dataset of rows x columns");
  DetectorMask mask{{static_cast<std::size_t>(dims[0]), static_cast<std::size_t>(dims[1])},
                    good_is_zero(h5::read<std::uint32_t>(dataset))};
  if (says_good(dataset.path))
    for (std::uint8_t& pixel : mask.bad) pixel = pixel == 0 ? 1 : 0;
  return mask;
}

}  // namespace ptero::scanfile
