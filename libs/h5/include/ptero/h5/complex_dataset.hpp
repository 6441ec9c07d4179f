#pragma once
// Complex images in HDF5: a compound of two floating-point members, real part first.

#include <complex>
#include <ptero/core/image.hpp>
#include <string>
#include <vector>

#include <ptero/h5/h5.hpp>

namespace ptero::h5 {

using ComplexImages = std::vector<Image<std::complex<float>>>;

/// (H,W), (n,H,W) or (m,n,H,W) as a list of images, converted to single precision; those of MATLAB by rows,
/// as MATLAB shows them. Throws InputError.
ComplexImages read_complex(const Dataset& dataset);

/// Creates `name` with leading dimensions that multiply to the number of images; members r and i, as h5py.
Id write_complex(hid_t parent, const std::string& name, const ComplexImages& images, const Dims& leading);

}  // namespace ptero::h5
