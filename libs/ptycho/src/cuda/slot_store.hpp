#pragma once

#include <algorithm>
#include <vector>

#include "device_array.hpp"

namespace ptero::ptycho::cuda {

/// Equal pieces of device memory by slot number, taken from slabs so that more of them move nothing.
template <class T>
class SlotStore {
 public:
  explicit SlotStore(std::size_t piece) : piece_(piece) {
    constexpr std::size_t slab_bytes = std::size_t{64} << 20;
    per_slab_ = std::max<std::size_t>(1, slab_bytes / (piece * sizeof(T)));
  }
  void make_room(Device& device, std::size_t slots) {
    while (slabs_.size() * per_slab_ < slots) slabs_.emplace_back(device, per_slab_ * piece_);
  }
  T* at(std::size_t slot) const { return slabs_[slot / per_slab_].data() + slot % per_slab_ * piece_; }

 private:
  std::size_t piece_, per_slab_;
  std::vector<DeviceArray<T>> slabs_;
};

}  // namespace ptero::ptycho::cuda
