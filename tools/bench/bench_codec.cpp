// Question: how fast does one core decompress a 500K detector's 16-bit frame (bitshuffle + LZ4), and compress
// it again?
// Answer: GB/s of pixels, best of several rounds, beside a copy of the same pixels (what no decoder beats)
// and beside Debian's bitshuffle, as a Python function and as an HDF5 plugin. The frame is the recorded one
// under $PTERO_DATA, else a synthetic one of its size. Floor: 2.3 GB/s decoded.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

#include <ptero/codec/codec.hpp>

#include "bench/bench.hpp"
#include "bench/python_peer.hpp"

namespace ptero::tools {

namespace {

using Clock = std::chrono::steady_clock;
constexpr Shape shape{514, 1030};
constexpr std::size_t frame_bytes = 514 * 1030 * sizeof(std::uint16_t);
constexpr std::size_t crop_rows = 128;
// Short rounds, of which the best counts: on a busy machine some of them are not interrupted.
constexpr int rounds = 100;
constexpr int frames_a_round = 10;
constexpr double floor_rate = 2.3;

struct Sample {
  std::string origin;
  Bytes payload;
};

/// Rings of counts that fall off as the patterns of a ptychography scan do, with module gaps at the flag
/// value.
std::vector<std::uint16_t> synthetic_pixels() {
  std::mt19937 random(1);
  std::vector<std::uint16_t> pixels(shape.count());
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const double row = static_cast<double>(i / shape.cols) - 257;
    const double col = static_cast<double>(i % shape.cols) - 515;
    const double r = std::hypot(row, col);
    const double mean = 2000 / (1 + std::pow(r / 12, 3)) * (1 + 0.8 * std::cos(r / 4)) + 0.02;
    const bool gap = i % shape.cols >= 512 && i % shape.cols < 518;
    pixels[i] = gap ? 0xffff : static_cast<std::uint16_t>(std::poisson_distribution<int>(mean)(random));
  }
  return pixels;
}

Sample sample() {
  const char* data = std::getenv("PTERO_DATA");
  const auto path = std::filesystem::path(data != nullptr && *data != 0 ? data : "../shared/data") /
                    "streams/derived/eiger500k_u16_bs16-lz4.bin";
  if (std::ifstream file(path, std::ios::binary); file)
    return {"recorded", Bytes::take(std::string{std::istreambuf_iterator<char>(file), {}})};
  const auto pixels = synthetic_pixels();
  return {"synthetic: no recording, set PTERO_DATA",
          Bytes::take(codec::encode(Codec::bslz4, std::as_bytes(std::span(pixels)), 2))};
}

/// GB/s of whole frames, the best round.
double rate_of(const std::function<void()>& one_frame) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto start = Clock::now();
    for (int i = 0; i < frames_a_round; ++i) one_frame();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, static_cast<double>(frame_bytes) * frames_a_round / seconds / 1e9);
  }
  return best;
}

// GB/s by the function and by the plugin; the pixels have to agree with ours.
constexpr const char* peer_script = R"(
import os, sys, time
import numpy as np
import bitshuffle
payload, ours, rows, cols = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
raw = np.fromfile(payload, dtype=np.uint8)
block = int.from_bytes(raw[8:12].tobytes(), 'big') // 2
expected = np.fromfile(ours, dtype=np.uint16).reshape(rows, cols)

def rate(work):
    best = 0.0
    for _ in range(30):
        start = time.perf_counter()
        for _ in range(5):
            out = work()
        best = max(best, 5 * expected.nbytes / (time.perf_counter() - start) / 1e9)
    assert (out == expected).all()
    return best

body = raw[12:].copy()
print(rate(lambda: bitshuffle.decompress_lz4(body, (rows, cols), np.dtype(np.uint16), block)))
os.environ['HDF5_PLUGIN_PATH'] = '/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins'
import h5py
with h5py.File(payload + '.h5', 'w', driver='core', backing_store=False) as f:
    d = f.create_dataset('d', (1, rows, cols), np.uint16, chunks=(1, rows, cols), compression=32008, compression_opts=(0, 2))
    d.id.write_direct_chunk((0, 0, 0), raw.tobytes())
    d.id.refresh()
    # A chunk that stays in HDF5's cache would be decoded once.
    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    access.set_chunk_cache(0, 0, 0)
    uncached = h5py.h5d.open(f.id, b'd', access)
    out = np.empty((1, rows, cols), np.uint16)
    print(rate(lambda: (uncached.read(h5py.h5s.ALL, h5py.h5s.ALL, out), out[0])[1]))
)";

/// Files for the peer, gone with this.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "ptero-bench-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string write(const std::string& name, std::span<const std::byte> bytes) const {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path.string();
  }

 private:
  std::filesystem::path folder_;
};

class Table {
 public:
  Table(std::ostream& out, double copy) : out_(out), copy_(copy) {}
  void line(const std::string& what, double rate, const std::string& note = {}) const {
    out_ << std::left << std::setw(34) << what << std::right << std::setw(7) << rate << " GB/s"
         << std::setw(8) << std::setprecision(0) << rate * 1e9 / frame_bytes << " frames/s" << std::setw(6)
         << rate / copy_ * 100 << " % of the copy" << std::setprecision(2) << note << '\n';
  }

 private:
  std::ostream& out_;
  double copy_;
};

}  // namespace

int bench_codec(std::ostream& out) {
  const Sample given = sample();
  const Frame frame{.shape = shape, .dtype = Dtype::u16, .codec = Codec::bslz4, .payload = given.payload};
  const auto pixels = codec::decode(frame);
  if (!pixels) {
    out << "the frame does not decode: " << name_of(pixels.reason()) << '\n';
    return 1;
  }
  std::vector<std::byte> target(frame_bytes);
  const double copy = rate_of([&] { std::memcpy(target.data(), pixels->data(), frame_bytes); });
  out << std::fixed << std::setprecision(2) << "514 x 1030 u16, bslz4, " << given.origin << ", "
      << given.payload.size() << " bytes, ratio "
      << static_cast<double>(frame_bytes) / static_cast<double>(given.payload.size()) << '\n';
  const Table table(out, copy);
  table.line("copy of the pixels", copy);
  const double decode = rate_of(
      [&] { (void)codec::decode_into(Codec::bslz4, given.payload.span(), sizeof(std::uint16_t), target); });
  table.line("decode", decode);
  const double rows =
      rate_of([&] { (void)codec::decode_rows(frame, (shape.rows - crop_rows) / 2, crop_rows); });
  table.line(
      "decode of 128 of the 514 rows", rows,
      ", as whole frames; " + std::to_string(static_cast<int>(decode / rows * 100)) + " % of the time");
  table.line("encode",
             rate_of([&] { (void)codec::encode(Codec::bslz4, pixels->span(), sizeof(std::uint16_t)); }));

  const Scratch scratch;
  const auto peer = ask_python(
      peer_script, {scratch.write("payload", given.payload.span()), scratch.write("pixels", pixels->span()),
                    std::to_string(shape.rows), std::to_string(shape.cols)});
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string name = i == 0 ? "Debian's bitshuffle, function" : "Debian's bitshuffle, HDF5 plugin";
    if (i < peer.size())
      table.line(name, peer[i]);
    else
      out << name << " not measured: no python3 with bitshuffle" << (i == 0 ? "" : " and h5py") << '\n';
  }
  const bool reached = decode >= floor_rate;
  out << "decode over the floor of " << floor_rate << " GB/s: " << decode / floor_rate
      << (reached ? ", floor reached\n" : ", below the floor\n");
  return reached ? 0 : 1;
}

}  // namespace ptero::tools
