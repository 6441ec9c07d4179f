#pragma once
// Complex images in HDF5: a compound of two floating-point members, real part first.

#include <complex>
#include <ptero/core/image.hpp>
#include <string>
#include <vector>

#include "h5.hpp"

namespace ptero::spool {

using ComplexImages = std::vector<Image<std::complex<float>>>;

/// (H,W), (n,H,W) or (m,n,H,W) as a list of images, converted to single precision. Throws InputError.
ComplexImages read_complex(const h5::Dataset& dataset);

/// Creates `name` with leading dimensions that multiply to the number of images; members r and i, as h5py.
h5::Id write_complex(hid_t parent, const std::string& name, const ComplexImages& images,
                     const h5::Dims& leading);

}  // namespace ptero::spool
