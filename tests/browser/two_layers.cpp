// Writes FOLDER/product.h5: a product of two layers with cross-talk, of the series NAME. For ptero-ddip to
// find.
#include <filesystem>
#include <iostream>
#include <ptero/services/ddip/blend_product.hpp>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "two_layers FOLDER NAME\n";
    return 2;
  }
  std::filesystem::create_directories(argv[1]);
  ptero::product::write_product(
      std::filesystem::path(argv[1]) / "product.h5",
      ptero::ddip::product_of(ptero::ddip::make_blend({.shape = {128, 128}}), argv[2]));
  return 0;
}
