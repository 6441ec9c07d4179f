#pragma once
// The seam between the CUDA workspace and the machine: memory, copies, batched transforms and launches of
// kernel bodies. device.cu does them on a GPU; device_emulated.cpp does them on the host with plain loops and
// FFTW, so that all but these two files is tested where there is no GPU. C++17, for CUDA compilers.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "cfloat.hpp"

namespace ptero::ptycho::cuda {

enum class Direction : std::uint8_t { forward, inverse };

/// One device, with one queue of work: what is asked for is done in that order, and may not be done yet when
/// a call returns, save for `download` and `finish`. Patterns go up on a queue of their own beside the work.
/// For one thread at a time; every call throws Error with the device's reason when it fails, which for work
/// queued earlier may be later.
class Device {
 public:
  /// Transforms will be n x n. Throws InputError where no usable device answers.
  explicit Device(std::size_t n);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  std::string name() const;
  /// Bytes that could be allocated now.
  std::size_t free_bytes() const;
  /// Zeroed memory, aligned for any type; `release` waits for the work that uses it.
  void* allocate(std::size_t bytes);
  void release(void* memory) noexcept;

  /// Host memory may be used again when it returns.
  void upload(void* to, const void* from, std::size_t bytes);
  /// The same on the second queue, while work goes on; `join_uploads` makes later work wait for it. The
  /// memory must not be in use by work under way.
  void upload_beside(void* to, const void* from, std::size_t bytes);
  void join_uploads();
  void download(void* to, const void* from, std::size_t bytes) const;
  void copy(void* to, const void* from, std::size_t bytes);
  /// Rows of `width` bytes, `to_pitch` and `from_pitch` bytes apart.
  void copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t width,
                 std::size_t rows);
  void zero(void* memory, std::size_t bytes);
  void finish() const;

  /// Unscaled transforms of `count` fields in place. Plans are built once for each of a few numbers of
  /// fields, to which `count` is rounded up: the memory must hold room(count) fields, of which those beyond
  /// `count` come to no use.
  void transform(Cfloat* fields, std::size_t count, Direction direction);
  static std::size_t room(std::size_t count) {
    const auto up_to = [count](std::size_t step) { return (count + step - 1) / step * step; };
    return count <= 8 ? count : (count <= 128 ? up_to(8) : up_to(64));
  }

  /// body(item, pixel) for all of them, in any order and at once.
  template <class Body>
  void each(std::size_t items, std::size_t pixels, const Body& body);
  /// body(item, pixel, sums) for all pixels of an item adds to Body::sums sums; they come, in double, to
  /// out[item Body::sums + s]. In a fixed order: it repeats.
  template <class Body>
  void reduce(std::size_t items, std::size_t pixels, const Body& body, double* out);
  /// The largest of non-negative values, and 0.
  void find_most(const float* values, std::size_t count, float* out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::ptycho::cuda
