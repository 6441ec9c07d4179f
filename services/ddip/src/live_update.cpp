#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <ptero/core/error.hpp>
#include <ptero/ddip/blend.hpp>
#include <ptero/services/ddip/worker.hpp>
#include <ptero/spool/product.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/wire/slices_event.hpp>

#include "commands.hpp"

namespace ptero::ddip {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t side = 128;
constexpr double longest_wait_s = 300;

Blend blend_of(std::uint64_t noise, double shift_px) {
  BlendOptions options;
  options.shape = {side, side};
  options.seed = noise;
  options.shift_px = shift_px;
  return make_blend(options);
}

spool::Product product_of(const Blend& blend) {
  spool::Product product;
  product.name = "bench";
  product.position_indexes = {0};
  product.positions = {Position{}};
  product.probe = {Image<std::complex<float>>({8, 8}, 1)};
  product.probe_pixel_width_m = product.probe_pixel_height_m = 1e-8;
  product.object_pixel_width_m = product.object_pixel_height_m = 1e-8;
  product.layer_spacing_m = {1e-5};
  for (const Image<float>& slice : blend.mixed) {
    Image<std::complex<float>> layer(slice.shape());
    for (std::size_t i = 0; i < layer.size(); ++i)
      layer.pixels()[i] = std::polar(1.0F, -0.4F * slice.pixels()[i]);
    product.object.push_back(std::move(layer));
  }
  return product;
}

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
  spool::write_product(folder / "product.h5", product_of(blend));
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
    const Blend blend = blend_of(noise, shift_px);
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
