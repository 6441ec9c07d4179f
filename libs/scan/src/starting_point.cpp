#include "starting_point.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/image/tiff.hpp>
#include <ptero/product/product.hpp>

namespace ptero::scan {

namespace {

constexpr double pixel_tolerance = 1e-3, spacing_tolerance = 1e-2;

struct SliceGuess {
  std::size_t slice = 0;  // counted from 0
  std::string file;
  Image<float> phase;
};

std::string size_of(Shape shape) {
  return fmt::format("{} x {}", shape.rows, shape.cols);
}

bool alike(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

SliceGuess read_guess(const std::string& spec, const SolverOptions& options) {
  const auto colon = spec.find(':');
  std::size_t number = 0;
  const auto parsed = std::from_chars(spec.data(), spec.data() + std::min(colon, spec.size()), number);
  if (colon == std::string::npos || parsed.ec != std::errc{} || parsed.ptr != spec.data() + colon)
    throw InputError("the slice guess '" + spec + "' names no slice", "", "give K:FILE.tiff, K = 1 upstream");
  if (number < 1 || number > options.slices)
    throw InputError("there is no slice " + std::to_string(number) + " for the guess '" + spec + "'",
                     "the reconstruction has " + std::to_string(options.slices), "give --slices");
  SliceGuess guess{number - 1, spec.substr(colon + 1), {}};
  guess.phase = image::read_tiff(guess.file);
  if (!std::all_of(guess.phase.pixels().begin(), guess.phase.pixels().end(),
                   [](float v) { return std::isfinite(v); }))
    throw InputError(guess.file + " holds values that are not numbers", "", "give a phase in radians");
  return guess;
}

std::vector<SliceGuess> read_guesses(const SolverOptions& options, const product::Product& product) {
  std::vector<SliceGuess> guesses;
  for (const std::string& spec : options.slice_guesses) {
    guesses.push_back(read_guess(spec, options));
    const Shape shape = guesses.back().phase.shape(), wanted = product.object.at(0).shape();
    if (shape != wanted)
      throw InputError(guesses.back().file + " has " + size_of(shape) + " pixels, the object of " +
                           options.start_from + " " + size_of(wanted),
                       "", "give the phase on the grid of that object");
    for (std::size_t i = 0; i + 1 < guesses.size(); ++i)
      if (guesses[i].slice == guesses.back().slice)
        throw InputError("two guesses of slice " + std::to_string(guesses[i].slice + 1), "", "give one");
  }
  if (!guesses.empty() && guesses.size() == options.slices)
    throw InputError("every slice has a guess", "the rest of the object would have no place",
                     "leave out one of --slice-guess");
  return guesses;
}

void check_slices(const SolverOptions& options, const product::Product& product) {
  const std::size_t layers = product.object.size();
  if (layers != options.slices && layers != 1)
    throw InputError(
        fmt::format("{} has {} layers, the reconstruction {}", options.start_from, layers, options.slices),
        "", "give --slices " + std::to_string(layers));
  for (const double spacing_m : product.layer_spacing_m)
    if (layers > 1 && !alike(spacing_m, options.slice_spacing_m, spacing_tolerance))
      throw InputError(fmt::format("the layers of {} are {:.4g} m apart, the reconstruction's {:.4g} m",
                                   options.start_from, spacing_m, options.slice_spacing_m),
                       "", "give its --slice-spacing");
}

void check_grid(const SolverOptions& options, const product::Product& product,
                const ptycho::ReconstructionOptions& out) {
  for (const double pixel_m : {product.object_pixel_width_m, product.object_pixel_height_m})
    if (!alike(pixel_m, out.pixel_m, pixel_tolerance))
      throw InputError(
          fmt::format("the pixels of {} are {:.5g} m wide, those of this reconstruction {:.5g} m",
                      options.start_from, pixel_m, out.pixel_m),
          "", "crop the patterns as they were there, or start without it");
}

ptycho::Extent extent_of(const product::Product& product, double pixel_m) {
  const Shape shape = product.object[0].shape();
  const auto corner = [&](double centre_m, std::size_t side) {
    return std::llround(centre_m / pixel_m - static_cast<double>(side) / 2);
  };
  return {corner(product.object_centre.y_m, shape.rows), corner(product.object_centre.x_m, shape.cols),
          shape};
}

void replace_slices(std::vector<product::Product::ComplexImage>& objects,
                    const std::vector<SliceGuess>& guesses) {
  const auto guessed = [&](std::size_t slice) {
    return std::any_of(guesses.begin(), guesses.end(), [&](const SliceGuess& g) { return g.slice == slice; });
  };
  std::size_t rest = 0;
  while (guessed(rest)) ++rest;
  // One layer lies first, whoever has a guess.
  if (rest != 0 && objects[0].size() > 0 && objects.back().empty()) std::swap(objects[0], objects[rest]);
  for (const SliceGuess& guess : guesses) {
    auto& object = objects[guess.slice];
    if (object.empty()) object = product::Product::ComplexImage(guess.phase.shape(), 1.0F);
    for (std::size_t i = 0; i < object.size(); ++i) {
      const auto wanted = std::polar(1.0F, guess.phase.data()[i]);
      objects[rest].data()[i] *= object.data()[i] * std::conj(wanted);
      object.data()[i] = wanted;
    }
  }
}

void take_probe(const SolverOptions& options, const product::Product& product,
                ptycho::ReconstructionOptions& out) {
  const std::size_t n = out.intake.n;
  const std::size_t modes =
      std::min(product.probe.size() / std::max<std::size_t>(1, product.opr_count), out.modes.count);
  for (std::size_t m = 0; m < modes; ++m) {
    if (product.probe[m].shape() != Shape{n, n})
      throw InputError(fmt::format("the probe of {} has {} pixels, the patterns {}", options.start_from,
                                   size_of(product.probe[m].shape()), size_of({n, n})),
                       "", "crop the patterns as they were there, or name another probe");
    if (m == 0)
      out.probe = product.probe[m];
    else
      out.modes.guesses.push_back(product.probe[m]);
  }
}

}  // namespace

void check_starting_point(const SolverOptions& options) {
  if (options.start_from.empty()) {
    if (!options.slice_guesses.empty())
      throw InputError("a guess of a slice needs to know where the object lies", "",
                       "give a first reconstruction with --start-from");
    return;
  }
  const auto product = product::read_product(options.start_from);
  check_slices(options, product);
  (void)read_guesses(options, product);
}

void begin_there(const SolverOptions& options, const SeriesInfo& info, ptycho::ReconstructionOptions& out) {
  auto product = product::read_product(options.start_from);
  check_slices(options, product);
  check_grid(options, product, out);
  const auto guesses = read_guesses(options, product);
  out.slices.objects_extent = extent_of(product, out.pixel_m);
  if (options.probe.empty()) take_probe(options, product, out);
  // Frames of another series may have the same ids and other places.
  if (!product.name.empty() && product.name == info.uid)
    for (std::size_t i = 0; i < product.positions.size(); ++i)
      if (product.position_indexes[i] >= 0 && is_finite(product.positions[i]))
        out.positions.known.emplace(static_cast<FrameId>(product.position_indexes[i]), product.positions[i]);
  out.slices.objects = std::move(product.object);
  out.slices.objects.resize(options.slices);
  replace_slices(out.slices.objects, guesses);
}

}  // namespace ptero::scan
