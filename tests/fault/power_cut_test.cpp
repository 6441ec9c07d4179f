// A power cut: what the disk held at a random moment of a recording is all there is. The disk is a file with
// a file system, copied while ingest writes to it; the copy is mounted as after a cut, and the journal in it
// rebuilt. With sync_seconds = 0 everything that was offered downstream before the copy began is in it. What
// this cannot show: a disk that forgets what it said was written. Needs root and loop devices.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstring>
#include <iostream>
#include <random>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "endless_detector.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

bool shell(const std::string& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

/// Mounted as long as it lives.
class Mounted {
 public:
  Mounted(const std::filesystem::path& image, std::filesystem::path where, const std::string& options)
      : where_(std::move(where)) {
    std::filesystem::create_directories(where_);
    mounted_ = shell("mount -o loop" + options + " " + image.string() + " " + where_.string());
  }
  ~Mounted() {
    if (mounted_) shell("umount " + where_.string() + " || umount -l " + where_.string());
  }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;
  explicit operator bool() const { return mounted_; }

 private:
  std::filesystem::path where_;
  bool mounted_ = false;
};

struct FileSystem {
  const char* name;
  const char* make;
  const char* as_a_copy;  // mount options of a copy whose original is mounted too
  std::uint64_t bytes;    // mkfs.xfs makes none below 300 MB
};

class PowerCut : public testing::TestWithParam<FileSystem> {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "mounting a disk needs root";
    if (!shell("command -v mkfs." + std::string(GetParam().name)))
      GTEST_SKIP() << "mkfs." << GetParam().name << " is not installed";
    std::ofstream(image_).close();
    std::filesystem::resize_file(image_, GetParam().bytes);
    ASSERT_TRUE(shell(std::string(GetParam().make) + " " + image_.string()));
    disk_ = std::make_unique<Mounted>(image_, scratch_ / "disk", "");
    if (!*disk_) GTEST_SKIP() << "a file cannot be mounted as a disk here";
    transport::Context context;
    transport::Socket free(context, transport::SocketKind::router);
    free.bind("tcp://127.0.0.1:*");
    link_ = free.endpoint();
  }
  Program start(const std::string& sync_seconds) {
    return Program("ptero-ingest",
                   {"--set", "ingest.source=native:" + detector_.endpoint(), "--set",
                    "ingest.frame_link=" + link_, "--set", "ingest.events=tcp://127.0.0.1:*", "--set",
                    "ingest.http_port=0", "--set", "ingest.sync_seconds=" + sync_seconds, "--set",
                    "ingest.label_wait_s=0", "--set", "ingest.out=" + (scratch_ / "disk/data").string()},
                   scratch_ / "ingest.log");
  }
  /// As at one moment: two copies after each other are the same.
  bool copy_disk() {
    const auto copy = [&](const char* to) {
      return "cp --sparse=always " + image_.string() + " " + (scratch_ / to).string();
    };
    return eventually([&] {
      return shell(copy("cut.img") + " && " + copy("again.img") + " && cmp " +
                   (scratch_ / "cut.img").string() + " " + (scratch_ / "again.img").string());
    });
  }
  /// Of these frames, how many the journal on the copied disk gives back; -1: it gives nothing.
  int given_back(const std::set<FrameId>& offered, std::uint64_t& wrong) {
    const Mounted after(scratch_ / "cut.img", scratch_ / "after", GetParam().as_a_copy);
    EXPECT_TRUE(after);
    const auto rebuilt = scratch_ / "rebuilt.h5";
    std::filesystem::remove(rebuilt);
    const auto ran = run("ptero",
                         {"rebuild", (scratch_ / "after/data" / detector_.uid() / "series.journal").string(),
                          "--out", rebuilt.string()},
                         scratch_ / "rebuild.log");
    if (ran.code != 0) {
      ADD_FAILURE() << ran.output;
      return -1;
    }
    EXPECT_TRUE(scanfile::prove_ledger(rebuilt).faults.empty());
    scanfile::SeriesReader reader(rebuilt);
    int found = 0;
    for (FrameId id : offered) {
      if (id >= reader.size() || !reader.present(id)) continue;
      std::uint32_t pixel = 0;
      std::memcpy(&pixel, reader.frame(id).payload.data(), sizeof pixel);
      wrong += pixel != id;
      ++found;
    }
    return found;
  }

  Scratch scratch_;
  std::filesystem::path image_ = scratch_ / "disk.img";
  Detector detector_;
  std::unique_ptr<Mounted> disk_;
  std::string link_;
  std::mt19937 random_{seed()};
};

TEST_P(PowerCut, WhatWasOfferedIsOnTheDisk) {
  const int cuts = std::getenv("PTERO_FULL") != nullptr ? 20 : 3;
  Watcher watcher(link_);
  detector_.start();
  auto ingest = start("0");
  for (int cut = 0; cut < cuts; ++cut) {
    const auto more = watcher.offered().size() + std::uniform_int_distribution<std::size_t>(1, 300)(random_);
    ASSERT_TRUE(eventually([&] { return watcher.offered().size() >= more; })) << ingest.output();
    const auto offered = watcher.offered();
    // Stopped, not asked: what it had not written by now is not on the disk, and the disk holds still.
    ingest.kill(SIGSTOP);
    const bool copied = copy_disk();
    ingest.kill(SIGCONT);
    ASSERT_TRUE(copied);
    std::uint64_t wrong = 0;
    const int found = given_back(offered, wrong);
    EXPECT_EQ(found, int(offered.size())) << "of what was offered before the cut";
    EXPECT_EQ(wrong, 0u);
    std::cout << GetParam().name << ": cut after " << offered.size() << " frames were offered, " << found
              << " given back\n";
  }
  ingest.kill(SIGKILL);
  ingest.wait();
  disk_.reset();
}

INSTANTIATE_TEST_SUITE_P(FileSystems, PowerCut,
                         testing::Values(FileSystem{"ext4", "mkfs.ext4 -q", "", 64 << 20},
                                         FileSystem{"xfs", "mkfs.xfs -q", ",nouuid", 320 << 20}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace ptero::test
