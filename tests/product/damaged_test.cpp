// One byte changed anywhere in a product or a raw file: it is read as it was, or refused with a sentence; it
// never hangs, crashes or asks for memory without end.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>

#include <ptero/core/error.hpp>
#include <ptero/product/cxi_image.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/marked_frames.hpp>
#include <ptero/scanfile/raw_writer.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "support/scratch.hpp"

// HDF5 loses memory of its own where a damaged file makes it give up half way; ours is still looked at.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5";
}

namespace ptero::product {
using namespace ptero::test;
namespace {

using Clock = std::chrono::steady_clock;

Product made() {
  Product p;
  p.name = "damaged";
  p.comments = "a product";
  p.probe_energy_ev = 8800;
  p.position_indexes = {1, 2, 3};
  p.positions = {{1e-6, 2e-6}, {2e-6, 3e-6}, {3e-6, 1e-6}};
  p.probe.emplace_back(Shape{8, 8}, std::complex<float>(1, 2));
  p.probe_pixel_width_m = p.probe_pixel_height_m = 14e-9;
  for (int layer = 0; layer < 2; ++layer)
    p.object.emplace_back(Shape{16, 12}, std::complex<float>(0.5F, -0.5F));
  p.layer_spacing_m = {1e-6};
  p.object_pixel_width_m = p.object_pixel_height_m = 14e-9;
  p.loss_epochs = {0, 1};
  p.loss_values = {0.5, 0.25};
  p.coverage = Image<float>({16, 12}, 0.75F);
  p.record = "{\"v\":1}";
  return p;
}

bool same(const Product& a, const Product& b) {
  const auto images = [](const std::vector<Product::ComplexImage>& x,
                         const std::vector<Product::ComplexImage>& y) {
    return std::ranges::equal(x, y, [](const auto& one, const auto& other) {
      return one.shape() == other.shape() && std::ranges::equal(one.pixels(), other.pixels());
    });
  };
  return images(a.object, b.object) && images(a.probe, b.probe) && a.positions == b.positions &&
         a.position_indexes == b.position_indexes && a.loss_values == b.loss_values &&
         a.layer_spacing_m == b.layer_spacing_m && a.name == b.name && a.comments == b.comments &&
         a.numbers == b.numbers && a.object_pixel_width_m == b.object_pixel_width_m &&
         std::ranges::equal(a.coverage->pixels(), b.coverage->pixels());
}

/// Thousands of files of `whole` with one byte changed are shown to `look`, which may throw an Error and
/// nothing else. No look takes longer than a second on an idle machine: the limit is generous.
void change_bytes(const std::filesystem::path& path, const std::function<void()>& look) {
  const std::string whole = slurp(path);
  std::mt19937 random(17);
  std::size_t refused = 0;
  for (int round = 0; round < 2500; ++round) {
    std::string bad = whole;
    // The first kilobyte holds what everything hangs on.
    const std::size_t at = random() % (round % 4 == 0 ? std::min<std::size_t>(1024, bad.size()) : bad.size());
    bad[at] = static_cast<char>(bad[at] ^ (round % 3 == 0 ? 1U << random() % 8 : 1 + random() % 255));
    spill(path, bad);
    const auto begin = Clock::now();
    try {
      look();
    } catch (const Error& error) {
      ++refused;
      ASSERT_FALSE(std::string(error.what()).empty());
    }
    ASSERT_LT(Clock::now() - begin, std::chrono::seconds(30)) << "byte " << at << " in round " << round;
    if (testing::Test::HasFailure()) FAIL() << "byte " << at << " in round " << round;
  }
  EXPECT_GT(refused, 20u);
}

class DamagedFile : public testing::Test {
 protected:
  Scratch scratch;
};

TEST_F(DamagedFile, AProductIsReadAsItWasOrRefused) {
  const auto path = scratch / "product.h5";
  const Product whole = made();
  write_product(path, whole);
  change_bytes(path, [&] {
    (void)read_record(path);
    const Product read = read_product(path);
    EXPECT_TRUE(same(read, whole));
  });
}

TEST_F(DamagedFile, AnObjectToCompareIsReadAsItWasOrRefused) {
  const auto path = scratch / "product.h5";
  write_product(path, made());
  change_bytes(path, [&] {
    const ObjectImage image = read_object(path.string());
    ASSERT_EQ(image.layers.size(), 2u);
    EXPECT_EQ(image.layers[0](3, 4), std::complex<float>(0.5F, -0.5F));
  });
}

TEST_F(DamagedFile, InspectEnds) {
  const auto path = scratch / "product.h5";
  write_product(path, made());
  change_bytes(path, [&] { (void)scanfile::describe(path).text(); });
}

TEST_F(DamagedFile, ARawFileIsLookedThroughOrRefused) {
  const auto path = scratch / "raw.h5";
  {
    SeriesInfo info{.id = 1, .uid = "s", .n_expected = 6, .frame_shape = {4, 5}, .dtype = Dtype::u16};
    scanfile::RawWriter writer(path, {.series = info, .title = "s"});
    LedgerCounts counts;
    for (FrameId id = 0; id < 6; ++id) {
      const Frame frame{.id = id,
                        .shape = {4, 5},
                        .dtype = Dtype::u16,
                        .payload = Bytes::take(std::vector<std::uint16_t>(20, std::uint16_t(id)))};
      writer.write(frame, 1000);
      writer.set_position(id, {1e-6 * double(id), 2e-6});
      writer.set_state(id, FrameState::selected);
      ++counts[FrameState::selected];
    }
    writer.seal(counts, 5000);
  }
  change_bytes(path, [&] {
    (void)scanfile::sealed_series(path);
    (void)scanfile::prove_ledger(path);
    (void)scanfile::frames_marked_bad(path);
    (void)scanfile::describe(path).text();
    const scanfile::SeriesReader reader(path);
    for (FrameId id = 0; id < reader.size(); ++id) (void)reader.frame(id);
  });
}

}  // namespace
}  // namespace ptero::product
