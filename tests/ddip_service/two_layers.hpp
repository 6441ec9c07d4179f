#pragma once

#include <ptero/services/ddip/blend_product.hpp>

namespace ptero::ddip {

/// A product with cross-talk between its layers.
inline product::Product two_layers(std::size_t side = 72, std::uint64_t noise = 1) {
  return product_of(make_blend({.shape = {side, side}, .seed = noise}), "two-layers");
}

}  // namespace ptero::ddip
