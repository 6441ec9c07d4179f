#pragma once
// The benchmarks of `ptero bench`. Each prints its floor, its figure and their ratio in one run and returns 0
// when it reached its floor, else 1.

#include <cstdint>
#include <iosfwd>
#include <string>

namespace ptero::tools {

/// Feature extraction beside the read bandwidth of one core and beside numpy. Takes 1 GiB of memory.
int bench_features(std::ostream& out);
/// Decompression of a detector frame beside the memory's bandwidth and Debian's bitshuffle.
int bench_codec(std::ostream& out);
struct IngestBenchOptions {
  double seconds = 5;    ///< of sending, a case
  std::string protocol;  ///< native, simplon1 or simplon2; empty: each
  std::string out;  ///< folder of the spool, which should be on the disk in question; empty: a temporary one
};
/// The highest rate of frames that ingest takes and writes, from another process, on two cores.
int bench_ingest(const IngestBenchOptions& options, std::ostream& out);
/// Cost of a frame in the online classifier at 10^4, 10^5 and 10^6 frames. Takes about 1 GiB of memory.
int bench_classifier(std::ostream& out);
/// From a frame's arrival to its label at 200 Hz and 2 kHz, over real sockets. Takes 700 MB of disk.
int bench_latency(std::ostream& out);
struct LiveBenchOptions {
  double rate_hz = 200;
  bool roi = false;        ///< reconstruct the region of interest instead of the whole field
  std::uint64_t seed = 1;  ///< of the simulated sample and photons
  std::string out;         ///< folder where the results stay; empty: they do not
};
/// What is to be seen of a simulated scan while it runs, and 30 s after it.
int bench_live(const LiveBenchOptions& options, std::ostream& out);
/// An epoch of the reconstruction beside its transforms.
int bench_recon();
/// Pattern updates a second on a GPU beside what its memory allows. Throws InputError without one.
int bench_recon_cuda();

}  // namespace ptero::tools
