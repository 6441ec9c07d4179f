#include <ptero/services/ddip/given_slices.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/core/series.hpp>
#include <ptero/ddip/second_pass.hpp>
#include <ptero/image/png.hpp>
#include <ptero/image/tiff.hpp>

namespace ptero::ddip {

namespace {

std::string ending_of(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return ending;
}

Image<float> grey(const Image<image::Rgb>& picture) {
  Image<float> values(picture.shape());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const image::Rgb& p = picture.pixels()[i];
    values.pixels()[i] = (static_cast<float>(p.r) + static_cast<float>(p.g) + static_cast<float>(p.b)) / 3;
  }
  return values;
}

template <class T>
Image<T> cut(const Image<T>& image, const Window& window) {
  Image<T> part(window.shape);
  for (std::size_t r = 0; r < part.rows(); ++r)
    for (std::size_t c = 0; c < part.cols(); ++c) part(r, c) = image(r + window.top, c + window.left);
  return part;
}

Window lit_part(const product::ObjectImage& object, const std::string& name) {
  const Shape whole = object.layers.at(0).shape();
  if (!object.coverage) return {0, 0, whole};
  const Window window = fully_lit(*object.coverage);
  if (window.shape.count() == 0)
    throw InputError("nothing of " + name + " is lit", {}, "give slices as pictures");
  return window;
}

Image<float> one_slice(const std::string& input, double& pixel_m) {
  const std::string ending = ending_of(input);
  if (ending == ".tif" || ending == ".tiff") return image::read_tiff(input);
  if (ending == ".png") return grey(image::read_png(input));
  const product::ObjectImage object = product::read_object(input);
  if (object.layers.size() != 1)
    throw InputError(input + " has " + std::to_string(object.layers.size()) + " layers", {},
                     "give it alone, or one layer of each file");
  pixel_m = object.pixel_width_m;
  return phase_without_ramp(cut(object.layers[0], lit_part(object, input)));
}

/// See read_slices.
void crop_to_numbers(GivenSlices& given) {
  given.whole = given.phases[0].shape();
  given.window = {0, 0, given.whole};
  Image<float> numbers(given.whole, 1.0F);
  for (const Image<float>& phase : given.phases) {
    if (phase.shape() != given.whole) return;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (!std::isfinite(phase.pixels()[i])) numbers.pixels()[i] = 0;
  }
  const auto there = std::count(numbers.pixels().begin(), numbers.pixels().end(), 1.0F);
  const Window window = fully_lit(numbers);
  if (2 * window.shape.count() < static_cast<std::size_t>(there) || window.shape == given.whole) return;
  given.window = window;
  for (Image<float>& phase : given.phases) phase = cut(phase, window);
}

}  // namespace

GivenSlices slices_of(product::Product product) {
  if (product.object.size() < 2)
    throw InputError("the product " + product.name + " has one layer", {},
                     "reconstruct it with --slices 2 or more");
  product::ObjectImage object;
  object.layers = product.object;
  object.coverage = product.coverage;
  GivenSlices given;
  given.whole = product.object[0].shape();
  given.window = lit_part(object, "the product " + product.name);
  for (const auto& layer : product.object)
    given.phases.push_back(phase_without_ramp(cut(layer, given.window)));
  given.pixel_m = product.object_pixel_width_m;
  given.product = std::move(product);
  return given;
}

GivenSlices read_slices(const std::vector<std::string>& inputs) {
  if (inputs.size() == 1) {
    if (const std::string ending = ending_of(inputs[0]);
        ending == ".tif" || ending == ".tiff" || ending == ".png")
      throw InputError("there is one slice only, " + inputs[0], {},
                       "give two or more, or a multislice product");
    return slices_of(product::read_product(inputs[0]));
  }
  GivenSlices given;
  for (const std::string& input : inputs) given.phases.push_back(one_slice(input, given.pixel_m));
  crop_to_numbers(given);
  return given;
}

product::Product with_slices(const product::Product& product, const Window& window, const Slices& separated) {
  product::Product out = product;
  for (std::size_t i = 0; i < out.object.size(); ++i)
    out.object[i] = with_phase(product.object[i], window, separated.at(i));
  return out;
}

std::optional<product::Product> second_pass_start(const product::Product& product, const Window& window,
                                                  const Slices& separated) {
  const auto& spacings = product.layer_spacing_m;
  // The widest gap is the one best told apart: what is open across it is open across all.
  const double widest_m = spacings.empty() ? 0 : *std::max_element(spacings.begin(), spacings.end());
  if (!(widest_m > 0) || !(product.probe_energy_ev > 0) || !(product.object_pixel_width_m > 0))
    return std::nullopt;
  product::Product out = product;
  out.object = with_shares_of(
      product.object, window, separated,
      open_frequency(widest_m, hc_ev_m / product.probe_energy_ev, product.object_pixel_width_m));
  return out;
}

}  // namespace ptero::ddip
