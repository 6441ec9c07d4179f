#pragma once

#include <filesystem>
#include <ptero/product/product.hpp>

namespace ptero::product {

/// The object as a CXI image (version 1.6): /entry_1/image_1/data, complex, (rows, columns) or (layers, rows,
/// columns); its mask (0 where the object was lit by at least a tenth of the strongest light, else bit
/// 0x200, missing); image_size and image_center in metres as x, y, z. The probe's first mode is
/// source_1/illumination. Options of the reconstruction are attributes of process_1/ptero_options. Written
/// beside the target and renamed. Throws Error when the disk refuses it.
void write_cxi_image(const std::filesystem::path& path, const Product& product);

}  // namespace ptero::product
