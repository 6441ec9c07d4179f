#include "device.hpp"

#include <climits>
#include <map>
#include <string>

#include "cuda_handles.hpp"
#include "launch_kernels.hpp"

namespace ptero::ptycho::cuda {

namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw InputError("reconstruction backend cuda: no usable GPU", why,
                   "use backend cpu, or run where nvidia-smi lists a GPU");
}

// Sets the device of this thread and gives its name.
std::string open_device() {
  int count = 0;
  const cudaError_t found = cudaGetDeviceCount(&count);
  if (found != cudaSuccess) {
    (void)cudaGetLastError();
    int driver = 0;
    if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0) refuse("no NVIDIA driver is there");
    refuse(cudaGetErrorString(found));
  }
  if (count == 0) refuse("none was found");
  cudaDeviceProp properties{};
  check(cudaSetDevice(0), "cudaSetDevice");
  check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  if (properties.major < 8)
    refuse(std::string(properties.name) + " has compute capability " + std::to_string(properties.major) +
           "." + std::to_string(properties.minor) + ", 8.0 is the least");
  return properties.name;
}

constexpr std::size_t max_blocks = INT_MAX;

unsigned grid_of(std::size_t blocks) {
  if (blocks > max_blocks) throw Error("CUDA: a launch is too large", std::to_string(blocks) + " blocks");
  return static_cast<unsigned>(blocks);
}

}  // namespace

struct Device::State {
  explicit State(std::size_t side) : name(open_device()), n(side), uploads(work.raw), beside(upload.raw) {}
  ~State() {
    wait();
    for (const auto& [count, plan] : plans) (void)cufftDestroy(plan);
    (void)cudaFree(parts);
    (void)cudaFree(fft_work);
  }
  void wait() const noexcept {
    (void)cudaStreamSynchronize(work.raw);
    (void)cudaStreamSynchronize(upload.raw);
  }
  void* allocate(std::size_t bytes) const {
    void* memory = nullptr;
    const cudaError_t result = cudaMalloc(&memory, bytes);
    if (result == cudaSuccess) return memory;
    (void)cudaGetLastError();
    throw Error("CUDA: no room for " + std::to_string((bytes >> 20) + 1) + " MiB on " + name,
                cudaGetErrorString(result), "reconstruct fewer frames, smaller patterns or smaller batches");
  }
  // Scratch of the device, larger where it was too small.
  void reserve(void*& memory, std::size_t& bytes, std::size_t wanted) const {
    if (wanted <= bytes) return;
    void* larger = allocate(wanted);
    wait();
    (void)cudaFree(memory);
    memory = larger;
    bytes = wanted;
  }
  cufftHandle plan_for(std::size_t count);

  std::string name;  // first: nothing else works without a device
  std::size_t n;
  Stream work, upload;
  UploadRing uploads, beside;
  Event uploaded;
  bool uploads_wait = false;
  mutable Pinned landing;
  std::map<std::size_t, cufftHandle> plans;
  void* fft_work = nullptr;  // shared by all plans: one transform runs at a time
  std::size_t fft_work_bytes = 0;
  void* parts = nullptr;  // of reductions
  std::size_t parts_bytes = 0;
};

cufftHandle Device::State::plan_for(std::size_t count) {
  const auto found = plans.find(count);
  if (found != plans.end()) return found->second;
  if (count * n * n > INT_MAX)
    throw Error("cuFFT: " + std::to_string(count) + " fields of " + std::to_string(n) + " x " +
                std::to_string(n) + " are too many for one plan");
  cufftHandle plan{};
  check(cufftCreate(&plan), "making a plan");
  try {
    check(cufftSetAutoAllocation(plan, 0), "cufftSetAutoAllocation");
    int shape[2] = {static_cast<int>(n), static_cast<int>(n)};
    std::size_t bytes = 0;
    check(cufftMakePlanMany(plan, 2, shape, nullptr, 1, 0, nullptr, 1, 0, CUFFT_C2C, static_cast<int>(count),
                            &bytes),
          "planning");
    check(cufftSetStream(plan, work.raw), "cufftSetStream");
    const std::size_t wanted = bytes > 256 ? bytes : 256;  // some, so that every plan has an area
    if (wanted > fft_work_bytes) {
      reserve(fft_work, fft_work_bytes, wanted);
      for (const auto& [other_count, other] : plans)
        check(cufftSetWorkArea(other, fft_work), "cufftSetWorkArea");
    }
    check(cufftSetWorkArea(plan, fft_work), "cufftSetWorkArea");
    plans.emplace(count, plan);
  } catch (...) {
    (void)cufftDestroy(plan);
    throw;
  }
  return plan;
}

Device::Device(std::size_t n) : state_(std::make_unique<State>(n)) {}
Device::~Device() = default;

std::string Device::name() const {
  return state_->name;
}

std::size_t Device::free_bytes() const {
  std::size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  return free;
}

void* Device::allocate(std::size_t bytes) {
  void* memory = state_->allocate(bytes > 0 ? bytes : 1);
  try {
    zero(memory, bytes);
    finish();  // else an upload beside the work could come before the zeros
  } catch (...) {
    (void)cudaFree(memory);
    throw;
  }
  return memory;
}

void Device::release(void* memory) noexcept {
  state_->wait();
  (void)cudaFree(memory);
}

void Device::upload(void* to, const void* from, std::size_t bytes) {
  state_->uploads.upload(to, from, bytes);
}

void Device::upload_beside(void* to, const void* from, std::size_t bytes) {
  state_->beside.upload(to, from, bytes);
  state_->uploads_wait = true;
}

void Device::join_uploads() {
  if (!state_->uploads_wait) return;
  check(cudaEventRecord(state_->uploaded.raw, state_->upload.raw), "cudaEventRecord");
  check(cudaStreamWaitEvent(state_->work.raw, state_->uploaded.raw, 0), "cudaStreamWaitEvent");
  state_->uploads_wait = false;
}

void Device::download(void* to, const void* from, std::size_t bytes) const {
  constexpr std::size_t small = std::size_t{1} << 20;
  if (bytes == 0) return;
  if (bytes > small) {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, state_->work.raw), "a download");
    finish();
    return;
  }
  state_->landing.reserve(small);
  check(cudaMemcpyAsync(state_->landing.memory, from, bytes, cudaMemcpyDeviceToHost, state_->work.raw),
        "a download");
  finish();
  std::memcpy(to, state_->landing.memory, bytes);
}

void Device::copy(void* to, const void* from, std::size_t bytes) {
  if (bytes > 0)
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, state_->work.raw), "a copy");
}

void Device::copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                       std::size_t width, std::size_t rows) {
  if (width > 0 && rows > 0)
    check(cudaMemcpy2DAsync(to, to_pitch, from, from_pitch, width, rows, cudaMemcpyDeviceToDevice,
                            state_->work.raw),
          "a copy of rows");
}

void Device::zero(void* memory, std::size_t bytes) {
  if (bytes > 0) check(cudaMemsetAsync(memory, 0, bytes, state_->work.raw), "cudaMemsetAsync");
}

void Device::finish() const {
  check(cudaStreamSynchronize(state_->work.raw), "the work queued on the GPU");
}

void Device::transform(Cfloat* fields, std::size_t count, Direction direction) {
  if (count == 0) return;
  auto* raw = reinterpret_cast<cufftComplex*>(fields);
  check(cufftExecC2C(state_->plan_for(room(count)), raw, raw,
                     direction == Direction::forward ? CUFFT_FORWARD : CUFFT_INVERSE),
        "a transform");
}

template <class Body>
void Device::each(std::size_t items, std::size_t pixels, const Body& body) {
  if (items == 0 || pixels == 0) return;
  if (pixels > UINT_MAX - block) throw Error("CUDA: an array is too large for one launch");
  const std::size_t blocks = (pixels + block - 1) / block;
  run_each<<<grid_of(items * blocks), block, 0, state_->work.raw>>>(body, static_cast<unsigned>(blocks),
                                                                    static_cast<unsigned>(pixels));
  check(cudaGetLastError(), "a launch");
}

template <class Body>
void Device::reduce(std::size_t items, std::size_t pixels, const Body& body, double* out) {
  if (items == 0 || pixels == 0) return;
  if (pixels > UINT_MAX - block) throw Error("CUDA: an array is too large for one launch");
  const auto pieces = [](std::size_t whole, std::size_t piece) { return (whole + piece - 1) / piece; };
  const std::size_t wanted = pieces(pixels, pieces(wanted_blocks, items));
  const std::size_t strip = wanted > shortest_strip ? wanted : shortest_strip;
  const std::size_t strips = pieces(pixels, strip), count = items * Body::sums;
  double* parts = out;
  if (strips > 1) {
    state_->reserve(state_->parts, state_->parts_bytes, count * strips * sizeof(double));
    parts = static_cast<double*>(state_->parts);
  }
  run_reduce<<<grid_of(items * strips), block, 0, state_->work.raw>>>(body, static_cast<unsigned>(strips),
                                                                      static_cast<unsigned>(strip),
                                                                      static_cast<unsigned>(pixels), parts);
  check(cudaGetLastError(), "a launch");
  if (strips == 1) return;
  sum_strips<<<grid_of((count + block - 1) / block), block, 0, state_->work.raw>>>(
      parts, static_cast<unsigned>(strips), static_cast<unsigned>(Body::sums), count, out);
  check(cudaGetLastError(), "a launch");
}

void Device::find_most(const float* values, std::size_t count, float* out) {
  zero(out, sizeof(float));
  const std::size_t blocks = (count + block - 1) / block;
  run_most<<<static_cast<unsigned>(blocks < 1 ? 1 : (blocks < 1024 ? blocks : 1024)), block, 0,
             state_->work.raw>>>(values, count, reinterpret_cast<int*>(out));
  check(cudaGetLastError(), "a launch");
}

}  // namespace ptero::ptycho::cuda

#include "device_launches.hpp"
