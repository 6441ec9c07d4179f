#pragma once

#include <utility>

#include "device.hpp"

namespace ptero::ptycho::cuda {

/// An array on the device, zeroed when made. The device must outlive it.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  DeviceArray(Device& device, std::size_t size)
      : device_(&device), data_(static_cast<T*>(device.allocate(size * sizeof(T)))), size_(size) {}
  DeviceArray(DeviceArray&& other) noexcept { swap(other); }
  DeviceArray& operator=(DeviceArray&& other) noexcept {
    DeviceArray(std::move(other)).swap(*this);
    return *this;
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() {
    if (data_ != nullptr) device_->release(data_);
  }

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  /// Larger where it was too small; what was in it is then lost. What it replaces goes first.
  void reserve(Device& device, std::size_t size) {
    if (size <= size_) return;
    *this = DeviceArray();
    *this = DeviceArray(device, size);
  }

 private:
  void swap(DeviceArray& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  Device* device_ = nullptr;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace ptero::ptycho::cuda
