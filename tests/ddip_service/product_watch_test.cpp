#include "product_watch.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "support/scratch.hpp"

namespace ptero::ddip {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& path, int seconds) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "x";
  fs::last_write_time(path, fs::file_time_type{} + std::chrono::seconds(1'000'000 + seconds));
}

TEST(ProductWatch, OffersTheNewestThatIsNotDone) {
  const test::Scratch scratch;
  ProductWatch watch((scratch / ""));
  EXPECT_FALSE(watch.next());
  put(scratch / "a/product.h5", 10);
  put(scratch / "b/product.h5", 20);
  EXPECT_EQ(watch.next(), scratch / "b/product.h5");
  put(scratch / "b/separated.h5", 25);
  EXPECT_EQ(watch.next(), scratch / "a/product.h5");
  put(scratch / "b/product.h5", 30);
  EXPECT_EQ(watch.next(), scratch / "b/product.h5") << "a newer one is to be done again";
}

TEST(ProductWatch, OffersWhatWasRefusedOnlyOnceItChanges) {
  const test::Scratch scratch;
  ProductWatch watch((scratch / ""));
  put(scratch / "product.h5", 10);
  watch.refuse(scratch / "product.h5");
  EXPECT_FALSE(watch.next());
  EXPECT_TRUE(watch.newest()) << "who asks for it is told why";
  put(scratch / "product.h5", 11);
  EXPECT_TRUE(watch.next());
}

TEST(ProductWatch, OffersWhatChangedWhileItWasSeparated) {
  const test::Scratch scratch;
  ProductWatch watch((scratch / ""));
  put(scratch / "product.h5", 10);
  watch.read(scratch / "product.h5");
  put(scratch / "product.h5", 11);
  put(scratch / "separated.h5", 12);
  watch.done(scratch / "product.h5");
  EXPECT_EQ(watch.next(), scratch / "product.h5");
}

TEST(ProductWatch, OffersWhatChangedBeforeTheOldOneWasRefusedOrLeft) {
  const test::Scratch scratch;
  for (const auto give_up : {&ProductWatch::refuse, &ProductWatch::leave}) {
    ProductWatch watch((scratch / ""));
    put(scratch / "product.h5", 10);
    watch.read(scratch / "product.h5");
    put(scratch / "product.h5", 11);
    (watch.*give_up)(scratch / "product.h5");
    EXPECT_EQ(watch.next(), scratch / "product.h5");
  }
}

TEST(ProductWatch, SeesAChange) {
  const test::Scratch scratch;
  ProductWatch watch((scratch / ""));
  put(scratch / "product.h5", 10);
  watch.read(scratch / "product.h5");
  EXPECT_FALSE(watch.changed(scratch / "product.h5"));
  put(scratch / "product.h5", 11);
  EXPECT_TRUE(watch.changed(scratch / "product.h5"));
}

}  // namespace
}  // namespace ptero::ddip
