#pragma once
// RAII of CUDA's own things, each call checked once; for device.cu alone.

#include <cuda_runtime.h>
#include <cufft.h>

#include <cstddef>
#include <cstring>
#include <ptero/core/error.hpp>
#include <string>

namespace ptero::ptycho::cuda {

inline void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  (void)cudaGetLastError();  // else the next call would report it again
  throw Error(std::string("CUDA: ") + what + " failed", cudaGetErrorString(result));
}

inline const char* text_of(cufftResult result) {
  switch (result) {
    case CUFFT_ALLOC_FAILED:
      return "out of GPU memory";
    case CUFFT_INVALID_SIZE:
      return "size not supported";
    case CUFFT_EXEC_FAILED:
      return "execution failed";
    case CUFFT_SETUP_FAILED:
      return "the library could not start";
    case CUFFT_INTERNAL_ERROR:
      return "internal error";
    default:
      return "see cufftResult";
  }
}

inline void check(cufftResult result, const char* what) {
  if (result != CUFFT_SUCCESS)
    throw Error(std::string("cuFFT: ") + what + " failed",
                std::string(text_of(result)) + " (" + std::to_string(static_cast<int>(result)) + ")");
}

// A queue of the device.
struct Stream {
  cudaStream_t raw = nullptr;
  Stream() { check(cudaStreamCreateWithFlags(&raw, cudaStreamNonBlocking), "cudaStreamCreate"); }
  ~Stream() { (void)cudaStreamDestroy(raw); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

struct Event {
  cudaEvent_t raw = nullptr;
  Event() { check(cudaEventCreateWithFlags(&raw, cudaEventDisableTiming), "cudaEventCreate"); }
  ~Event() { (void)cudaEventDestroy(raw); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
};

// Pinned host memory: what copies to and from the device go through without waiting.
struct Pinned {
  void* memory = nullptr;
  std::size_t bytes = 0;
  Pinned() = default;
  ~Pinned() { free(); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  void reserve(std::size_t wanted) {
    if (wanted <= bytes) return;
    free();
    check(cudaMallocHost(&memory, wanted), "cudaMallocHost");
    bytes = wanted;
  }

 private:
  void free() {
    if (memory != nullptr) (void)cudaFreeHost(memory);
    memory = nullptr;
    bytes = 0;
  }
};

// Copies to the device through a few pinned pieces; the caller's memory is free at once.
class UploadRing {
 public:
  explicit UploadRing(cudaStream_t stream) : stream_(stream) {}
  void upload(void* to, const void* from, std::size_t bytes) {
    for (std::size_t done = 0; done < bytes; done += largest) {
      const std::size_t part = bytes - done < largest ? bytes - done : largest;
      Piece& piece = pieces_[next_];
      next_ = (next_ + 1) % piece_count;
      // An event that was never recorded counts as past.
      check(cudaEventSynchronize(piece.past.raw), "waiting for an upload");
      piece.memory.reserve(part);
      std::memcpy(piece.memory.memory, static_cast<const char*>(from) + done, part);
      check(cudaMemcpyAsync(static_cast<char*>(to) + done, piece.memory.memory, part, cudaMemcpyHostToDevice,
                            stream_),
            "an upload");
      check(cudaEventRecord(piece.past.raw, stream_), "cudaEventRecord");
    }
  }

 private:
  static constexpr std::size_t piece_count = 8, largest = std::size_t{4} << 20;
  struct Piece {
    Pinned memory;
    Event past;
  };
  cudaStream_t stream_;
  Piece pieces_[piece_count];
  std::size_t next_ = 0;
};

}  // namespace ptero::ptycho::cuda
