#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <ptero/core/error.hpp>
#include <ptero/services/ddip/blend_product.hpp>
#include <ptero/services/ddip/worker.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/wire/slices_event.hpp>

#include <ptero/services/ddip/commands.hpp>

namespace ptero::ddip {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t side = 128;
constexpr double longest_wait_s = 300;

/// A folder of its own for as long as it lives.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("ptero-bench-ddip-" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

/// Seconds until the product's separated slices are published, and their quality.
struct Update {
  double seconds = 0;
  double db[2] = {};
  std::uint64_t epoch = 0;
  bool warm = false;
};

Update update(transport::Socket& events, const fs::path& folder, const Blend& blend) {
  const auto start = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  product::write_product(folder / "product.h5", product_of(blend, "bench"));
  while (seconds() < longest_wait_s) {
    const auto parts = events.receive(std::chrono::milliseconds(100));
    if (!parts || parts->size() != 3) continue;
    const auto event = wire::decode_slices_event((*parts)[1]);
    if (!event || !event->done) continue;
    Update done{.seconds = seconds(), .epoch = event->epoch, .warm = event->warm};
    std::vector<float> values((*parts)[2].size() / sizeof(float));
    std::memcpy(values.data(), (*parts)[2].data(), (*parts)[2].size());
    for (std::size_t i = 0; i < 2; ++i)
      done.db[i] = psnr(std::span(values).subspan(i * side * side, side * side), blend.truth[i].pixels());
    return done;
  }
  throw Error("the separation of 128 x 128 pixels took longer than 300 s");
}

}  // namespace

double live_update(std::size_t threads) {
  telemetry::init_logging({.service = "ddip", .level = telemetry::LogLevel::warning});
  const Folder folder;
  transport::Context context;
  WorkerOptions options;
  options.products = folder.path.string();
  options.events = "inproc://ddip-bench";
  options.look_every_s = 0.1;
  options.options.threads = threads;
  options.options.exclusion = 0.15;
  Worker worker(context, options);
  transport::Socket events(context, transport::SocketKind::sub);
  events.connect(worker.events());
  events.subscribe("slices");
  worker.service().start();
  fmt::print("live update at {0} x {0}, from a product to its separated slices, through the service\n", side);
  double longest = 0;
  const std::tuple<const char*, std::uint64_t, double> products[] = {
      {"cold", 1, 0}, {"other noise", 2, 0}, {"moved by 3 pixels", 3, 3}};
  for (const auto& [name, noise, shift_px] : products) {
    const Blend blend = make_blend({.shape = {side, side}, .shift_px = shift_px, .seed = noise});
    const Update one = update(events, folder.path, blend);
    fmt::print("  {:18} {:6.1f} s, image of epoch {}, {:.1f} and {:.1f} dB (given {:.1f} and {:.1f})\n", name,
               one.seconds, one.epoch, one.db[0], one.db[1],
               psnr(blend.mixed[0].pixels(), blend.truth[0].pixels()),
               psnr(blend.mixed[1].pixels(), blend.truth[1].pixels()));
    if (one.warm) longest = std::max(longest, one.seconds);
  }
  worker.service().request_stop();
  worker.service().join();
  return longest;
}

}  // namespace ptero::ddip
