#include <gtest/gtest.h>

#include <ptero/image/tiff.hpp>

#include "support/program.hpp"
#include "support/scratch.hpp"
#include "two_layers.hpp"

namespace ptero::ddip {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> pictures(const fs::path& folder) {
  const Blend blend = make_blend({.shape = {72, 72}});
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 2; ++i) {
    names.push_back((folder / ("in" + std::to_string(i) + ".tiff")).string());
    image::write_tiff(names.back(), blend.mixed[i]);
  }
  return names;
}

TEST(PteroDdip, LeavesSlicesPicturesAndAReport) {
  const test::Scratch scratch;
  const auto names = pictures(scratch / "");
  const auto ran = test::run("ptero",
                             {"ddip", names[0], names[1], "--out", (scratch / "out").string(), "--epochs",
                              "4", "--every", "2", "--patience", "0", "--runs", "2"},
                             scratch / "log");
  EXPECT_EQ(ran.code, 0) << ran.output;
  for (const char* name : {"slices.png", "slice1.tiff", "slice2.tiff", "sigma1.tiff", "report.json"})
    EXPECT_TRUE(fs::exists(scratch / "out" / name)) << name;
  EXPECT_EQ(image::read_tiff(scratch / "out" / "slice2.tiff").shape(), (Shape{72, 72}));
}

TEST(PteroDdip, StartsFromTheNetworksOfARunBefore) {
  const test::Scratch scratch;
  const auto names = pictures(scratch / "");
  const auto once = [&] {
    return test::run("ptero",
                     {"ddip", names[0], names[1], "--out", (scratch / "out").string(), "--epochs", "3",
                      "--state", (scratch / "networks").string()},
                     scratch / "log");
  };
  EXPECT_EQ(once().code, 0);
  EXPECT_TRUE(fs::exists(scratch / "networks"));
  EXPECT_EQ(once().code, 0);
}

TEST(PteroDdip, SaysInOneSentenceWhatIsWrong) {
  const test::Scratch scratch;
  const auto names = pictures(scratch / "");
  image::write_tiff(scratch / "small.tiff", Image<float>({20, 20}, 1));
  const auto small =
      test::run("ptero", {"ddip", names[0], (scratch / "small.tiff").string()}, scratch / "log");
  EXPECT_EQ(small.code, 2);
  EXPECT_NE(small.output.find(
                "ptero ddip: slice 2 is 20 x 20 pixels, slice 1 72 x 72; all slices must have one shape"),
            std::string::npos)
      << small.output;
  EXPECT_EQ(test::run("ptero", {"ddip", names[0], "--gamma", "-1"}, scratch / "log").code, 2);
  EXPECT_EQ(
      test::run("ptero", {"ddip", names[0], names[1], "--device", "cuda", "--out", (scratch / "o").string()},
                scratch / "log")
          .code,
      2);
}

}  // namespace
}  // namespace ptero::ddip
