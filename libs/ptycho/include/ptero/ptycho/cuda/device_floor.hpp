#pragma once

#include <cstddef>
#include <string>

namespace ptero::ptycho {

/// What the GPU itself can do, measured now: the floors under a reconstruction on it.
struct DeviceFloor {
  std::string device;
  double copy_bytes_per_s = 0;  ///< device to device, bytes read plus bytes written
  double fields_per_s = 0;      ///< n x n fields through a forward and an inverse transform, in batches
};

/// Copies between two arrays of `copy_bytes`, transforms `batch` fields of n x n at once; best of a few.
/// Throws InputError where make_workspace would.
DeviceFloor measure_cuda_floor(std::size_t n, std::size_t batch, std::size_t copy_bytes);

}  // namespace ptero::ptycho
