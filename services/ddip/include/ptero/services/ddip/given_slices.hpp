#pragma once

#include <filesystem>
#include <optional>
#include <ptero/ddip/preparation.hpp>
#include <ptero/product/product.hpp>
#include <string>
#include <vector>

namespace ptero::ddip {

/// Slices to separate and where they came from.
struct GivenSlices {
  Slices phases;  ///< radians where they were objects, else whatever the pictures hold
  std::optional<product::Product> product;  ///< of a multislice product
  Shape whole;                              ///< of the pictures or of the product's object, and
  Window window;                            ///< the part of them that `phases` are
  double pixel_m = 0;
};

/// Two or more pictures (.tif, .tiff, .png: grey), objects (HDF5, FILE or FILE:DATASET, one layer each), or
/// one product with several layers. Objects are taken as phases without ramp; a product's are cropped to
/// where they were lit, pictures of one shape to where all of them hold numbers: ptero's own phase.tiff has
/// none where nothing was lit. Where that would cost more than half of the numbers they stay as they are.
/// Throws InputError naming the file.
GivenSlices read_slices(const std::vector<std::string>& inputs);

/// The same of a product at hand. Throws InputError when it has one layer only or too little is lit.
GivenSlices slices_of(product::Product product);

/// The product with the separated slices in place of its layers' phases.
product::Product with_slices(const product::Product& product, const Window& window, const Slices& separated);

/// What a second reconstruction should start from: see with_shares_of. Empty where the product does not tell
/// energy, pixel or spacing.
std::optional<product::Product> second_pass_start(const product::Product& product, const Window& window,
                                                  const Slices& separated);

}  // namespace ptero::ddip
