#pragma once

#include <ptero/h5/h5.hpp>
#include <ptero/product/product.hpp>

namespace ptero::product {

/// As attributes of the group `ptero_options`; nothing where there are none. Throws Error.
void write_options(hid_t parent, const Options& options);
/// Numbers and texts alone, by name; empty where there is no such group.
Options read_options(hid_t parent);

}  // namespace ptero::product
