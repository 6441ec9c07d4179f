#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <ptero/ptycho/cpu/fft2d.hpp>

#include "device.hpp"

// The device's work as loops, for tests. Threads of a launch may come in any order on a GPU; here they come
// forwards in one launch and backwards in the next, which shows bodies that depend on it.

namespace ptero::ptycho::cuda {

struct Device::State {
  Fft2d fft;
  std::size_t pixels;
  bool backwards = false;
};

Device::Device(std::size_t n) : state_(new State{Fft2d(Shape{n, n}), n * n}) {}
Device::~Device() = default;

std::string Device::name() const {
  return "emulated on the host";
}
std::size_t Device::free_bytes() const {
  return std::size_t{1} << 28;
}

void* Device::allocate(std::size_t bytes) {
  void* memory = std::calloc(bytes > 0 ? bytes : 1, 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void Device::release(void* memory) noexcept {
  std::free(memory);
}

void Device::upload(void* to, const void* from, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}
void Device::upload_beside(void* to, const void* from, std::size_t bytes) {
  upload(to, from, bytes);
}
void Device::join_uploads() {}
void Device::download(void* to, const void* from, std::size_t bytes) const {
  if (bytes > 0) std::memcpy(to, from, bytes);
}
void Device::copy(void* to, const void* from, std::size_t bytes) {
  upload(to, from, bytes);
}
void Device::copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                       std::size_t width, std::size_t rows) {
  for (std::size_t r = 0; r < rows; ++r)
    upload(static_cast<char*>(to) + r * to_pitch, static_cast<const char*>(from) + r * from_pitch, width);
}
void Device::zero(void* memory, std::size_t bytes) {
  if (bytes > 0) std::memset(memory, 0, bytes);
}
void Device::finish() const {}

void Device::transform(Cfloat* fields, std::size_t count, Direction direction) {
  for (std::size_t i = 0; i < count; ++i) {
    auto* field = reinterpret_cast<Complex*>(fields + i * state_->pixels);
    if (direction == Direction::forward)
      state_->fft.forward_unscaled(field);
    else
      state_->fft.inverse_unscaled(field);
  }
  // Fields that fill up a plan come to no use; here nobody can use them unnoticed.
  const Cfloat poison{std::nanf(""), std::nanf("")};
  std::fill(fields + count * state_->pixels, fields + room(count) * state_->pixels, poison);
}
template <class Body>
void Device::each(std::size_t items, std::size_t pixels, const Body& body) {
  const std::size_t total = items * pixels;
  state_->backwards = !state_->backwards;
  for (std::size_t i = 0; i < total; ++i) {
    const std::size_t at = state_->backwards ? total - 1 - i : i;
    body(static_cast<std::uint32_t>(at / pixels), static_cast<std::uint32_t>(at % pixels));
  }
}

template <class Body>
void Device::reduce(std::size_t items, std::size_t pixels, const Body& body, double* out) {
  for (std::size_t item = 0; item < items; ++item) {
    double* sums = out + item * Body::sums;
    for (int s = 0; s < Body::sums; ++s) sums[s] = 0;
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      float one[Body::sums] = {};
      body(static_cast<std::uint32_t>(item), static_cast<std::uint32_t>(pixel), one);
      for (int s = 0; s < Body::sums; ++s) sums[s] += static_cast<double>(one[s]);
    }
  }
}

void Device::find_most(const float* values, std::size_t count, float* out) {
  *out = 0;
  for (std::size_t i = 0; i < count; ++i) *out = values[i] > *out ? values[i] : *out;
}

}  // namespace ptero::ptycho::cuda

#include "device_launches.hpp"
