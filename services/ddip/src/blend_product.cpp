#include <ptero/services/ddip/blend_product.hpp>

#include <complex>

namespace ptero::ddip {

product::Product product_of(const Blend& blend, std::string name) {
  product::Product product;
  product.name = std::move(name);
  product.position_indexes = {0};
  product.positions = {Position{}};
  product.probe = {Image<std::complex<float>>({8, 8}, 1)};
  product.probe_pixel_width_m = product.probe_pixel_height_m = 1e-8;
  product.object_pixel_width_m = product.object_pixel_height_m = 1e-8;
  product.layer_spacing_m = {1e-5};
  for (const Image<float>& slice : blend.mixed) {
    Image<std::complex<float>> layer(slice.shape());
    for (std::size_t i = 0; i < layer.size(); ++i)
      layer.pixels()[i] = std::polar(0.9F, -0.4F * slice.pixels()[i]);
    product.object.push_back(std::move(layer));
  }
  return product;
}

}  // namespace ptero::ddip
