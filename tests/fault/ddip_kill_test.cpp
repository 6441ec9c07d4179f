// ptero-ddip is killed with SIGKILL at random moments while it separates a product: started again it
// separates that product as if nothing had been, and nobody else notices. 3 kills; PTERO_FULL=1: 20.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

#include <ptero/product/product.hpp>

#include "pipeline.hpp"
#include "scan.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

double epoch(const Pipeline& pipeline) {
  return pipeline.metrics("ddip", {"ptero_ddip_epoch"});
}
bool is_separating(const Pipeline& pipeline) {
  return epoch(pipeline) > 0;
}

TEST(DdipKilled, SeparatesTheProductAllTheSameAndNobodyElseNotices) {
  const Scratch scratch;
  Pipeline pipeline(scratch / "run",
                    {{"reconstructor",
                      "epochs = 4\nfrc_epochs = 0\ndefocus_m = 355e-6\nthreads = 1\n"
                      "slices = 2\nslice_spacing_m = 20e-6\n"},
                     {"ddip", "epochs = 40\npatience = 0\nreport_every = 1\nthreads = 2\n"}});
  for (const auto* service : {"ingest", "classifier", "reconstructor"}) pipeline.start(service);
  const Scan scan(12, 20);
  ScanSender sender(scan, pipeline.detector(), 1000);
  sender.start();
  const fs::path dir = pipeline.data() / scan.info().uid;
  // The product is written twice, and ddip would begin anew with what it has learned from the first.
  const auto reconstructed = [&] {
    return pipeline.output().find("series reconstructed") != std::string::npos;
  };
  ASSERT_TRUE(eventually(reconstructed, 240)) << pipeline.output();
  ASSERT_TRUE(eventually([&] { return fs::exists(dir / "raw.h5") && !fs::exists(dir / "series.journal"); }));
  pipeline.start("ddip");
  ASSERT_TRUE(eventually([&] { return is_separating(pipeline); }, 120)) << pipeline.output();
  const std::vector<std::string> of_others = {"raw.h5", "roi.csv", "product.h5"};
  std::vector<std::string> before;
  for (const auto& file : of_others) before.push_back(slurp(dir / file));

  std::mt19937 random(seed());
  const int kills = std::getenv("PTERO_FULL") != nullptr ? 20 : 3;
  std::vector<double> back_s;
  for (int i = 0; i < kills; ++i) {
    // At an epoch up to the tenth, whatever time one takes here, and anywhere in it.
    const double reached = std::uniform_int_distribution(1, 10)(random);
    ASSERT_TRUE(eventually([&] { return epoch(pipeline) >= reached; }, 120)) << pipeline.output();
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(0, 80)(random)));
    EXPECT_EQ(pipeline.kill("ddip"), 128 + SIGKILL) << pipeline.output();
    const auto dead = Clock::now();
    pipeline.start("ddip");
    // On a busy machine it may have been faster than this test.
    if (fs::exists(dir / "separated.h5")) break;
    ASSERT_TRUE(eventually([&] { return is_separating(pipeline); }, 120)) << pipeline.output();
    back_s.push_back(seconds_since(dead));
  }
  ASSERT_TRUE(eventually([&] { return fs::exists(dir / "separated.h5"); }, 240)) << pipeline.output();
  for (std::size_t i = 0; i < of_others.size(); ++i)
    EXPECT_TRUE(slurp(dir / of_others[i]) == before[i]) << of_others[i] << " has changed";

  // The same product where nobody disturbs.
  const fs::path calm = pipeline.data() / "calm";
  fs::create_directories(calm);
  fs::copy(dir / "product.h5", calm / "product.h5");
  ASSERT_TRUE(eventually([&] { return fs::exists(calm / "separated.h5"); }, 240)) << pipeline.output();
  const auto disturbed = product::read_product(dir / "separated.h5").object;
  const auto undisturbed = product::read_product(calm / "separated.h5").object;
  ASSERT_EQ(disturbed.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(std::ranges::equal(disturbed[i].pixels(), undisturbed[i].pixels())) << "slice " << i;

  EXPECT_EQ(pipeline.stop(), "") << "those that nobody killed lived through it";
  const auto proof = scanfile::prove_ledger(dir / "raw.h5");
  EXPECT_TRUE(proof.sealed && proof.faults.empty());
  EXPECT_EQ(proof.counted[FrameState::selected] + proof.counted[FrameState::background], scan.size());
  ASSERT_FALSE(back_s.empty());
  std::sort(back_s.begin(), back_s.end());
  std::cout << "| ddip | " << back_s.size() << " | 0 missing | separated as without the kills | back after "
            << back_s[back_s.size() / 2] << " s, at most " << back_s.back() << " s |\n";
}

}  // namespace
}  // namespace ptero::test
