#pragma once

#include <complex>
#include <ptero/core/image.hpp>
#include <string>
#include <vector>

namespace ptero::scanfile {

struct ProbeFile {
  std::vector<Image<std::complex<float>>> modes;  ///< the strongest first, as its writer had it; never empty
  double pixel_m = 0;                             ///< of the object plane; 0: the file does not say
};

/// A probe from a file: PATH of a product, a .ptyr of ptypy, a .npy, or an HDF5 file with a dataset `probe`,
/// with `probe_real` and `probe_imag`, or with one complex dataset; or FILE:DATASET. Real and imaginary part
/// may be the last axis. (H,W), (modes,H,W) or (groups,modes,H,W). Throws InputError that says what there is.
ProbeFile read_probe_file(const std::string& spec);

}  // namespace ptero::scanfile
