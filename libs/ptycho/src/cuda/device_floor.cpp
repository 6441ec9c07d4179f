#include <algorithm>
#include <chrono>
#include <ptero/ptycho/cuda/device_floor.hpp>

#include "device_array.hpp"

namespace ptero::ptycho {

namespace {
// Seconds of one of `repeats` in a row, so that the wait at the end does not count; best of three.
template <class Work>
double seconds_of(const cuda::Device& device, const Work& work) {
  constexpr int repeats = 10;
  double best = 1e30;
  for (int attempt = 0; attempt < 4; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < repeats; ++i) work();
    device.finish();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    if (attempt > 0) best = std::min(best, spent.count() / repeats);  // the first one warms up
  }
  return best;
}
}  // namespace

DeviceFloor measure_cuda_floor(std::size_t n, std::size_t batch, std::size_t copy_bytes) {
  cuda::Device device(n);
  DeviceFloor floor{.device = device.name()};
  {
    const cuda::DeviceArray<char> from(device, copy_bytes), to(device, copy_bytes);
    const double seconds = seconds_of(device, [&] { device.copy(to.data(), from.data(), copy_bytes); });
    floor.copy_bytes_per_s = 2 * static_cast<double>(copy_bytes) / seconds;
  }
  const cuda::DeviceArray<cuda::Cfloat> fields(device, cuda::Device::room(batch) * n * n);
  const double seconds = seconds_of(device, [&] {
    device.transform(fields.data(), batch, cuda::Direction::forward);
    device.transform(fields.data(), batch, cuda::Direction::inverse);
  });
  floor.fields_per_s = static_cast<double>(batch) / seconds;
  return floor;
}

}  // namespace ptero::ptycho
