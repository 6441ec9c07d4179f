#pragma once

#include <complex>
#include <ptero/ddip/blend.hpp>
#include <ptero/spool/product.hpp>

namespace ptero::ddip {

/// A product whose layers are the blend's slices as phases.
inline spool::Product two_layers(std::size_t side = 72, std::uint64_t noise = 1) {
  BlendOptions options;
  options.shape = {side, side};
  options.seed = noise;
  spool::Product product;
  product.name = "two-layers";
  product.position_indexes = {0};
  product.positions = {Position{}};
  product.probe = {Image<std::complex<float>>({8, 8}, 1)};
  product.probe_pixel_width_m = product.probe_pixel_height_m = 1e-8;
  product.object_pixel_width_m = product.object_pixel_height_m = 1e-8;
  product.layer_spacing_m = {1e-5};
  for (const Image<float>& slice : make_blend(options).mixed) {
    Image<std::complex<float>> layer(slice.shape());
    for (std::size_t i = 0; i < layer.size(); ++i)
      layer.pixels()[i] = std::polar(0.9F, -0.4F * slice.pixels()[i]);
    product.object.push_back(std::move(layer));
  }
  return product;
}

}  // namespace ptero::ddip
