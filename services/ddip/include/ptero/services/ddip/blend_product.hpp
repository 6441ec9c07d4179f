#pragma once

#include <ptero/ddip/blend.hpp>
#include <ptero/product/product.hpp>
#include <string>

namespace ptero::ddip {

/// A product of the series `name` whose layers have the blend's mixed slices as phases, for tests and the
/// benchmark.
product::Product product_of(const Blend& blend, std::string name);

}  // namespace ptero::ddip
