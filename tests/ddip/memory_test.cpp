#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>

#include <fstream>
#include <ptero/core/error.hpp>
#include <ptero/ddip/memory.hpp>
#include <ptero/ddip/separation.hpp>
#include <sstream>

#include "small_blend.hpp"

namespace ptero::ddip {
namespace {

/// A line of /proc/self/status in bytes.
std::size_t status(const std::string& key) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    std::size_t kib = 0;
    if (words >> name >> kib && name == key) return kib * 1024;
  }
  return 0;
}

/// Room for so much more in the address space, for as long as it lives.
class Room {
 public:
  explicit Room(std::size_t bytes) {
    getrlimit(RLIMIT_AS, &before_);
    rlimit now = before_;
    now.rlim_cur = status("VmSize:") + bytes;
    setrlimit(RLIMIT_AS, &now);
  }
  ~Room() { setrlimit(RLIMIT_AS, &before_); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

 private:
  rlimit before_{};
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

template <class F>
std::string refusal(F work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(Memory, IsRefusedBeforehandAgainstALimit) {
  Options options = quick();
  options.memory_limit_bytes = 10 << 20;
  const std::string said = refusal([&] { Separation(small_blend(72).mixed, options); });
  EXPECT_TRUE(said.starts_with("no memory for slices of 72 x 72 pixels (about ")) << said;
  EXPECT_TRUE(said.ends_with(" MiB are needed, 10 MiB allowed); crop the slices")) << said;
}

TEST(Memory, IsRefusedBeforehandAgainstWhatIsThere) {
  if (sanitized) GTEST_SKIP() << "a sanitizer takes the whole address space";
  const Blend blend = small_blend(200);
  const std::size_t needed = expected_memory_bytes({200, 200}, 2, quick());
  const Room room(needed / 2);
  EXPECT_LE(available_memory_bytes(), needed / 2);
  const std::string said = refusal([&] { Separation(blend.mixed, quick()); });
  EXPECT_NE(said.find("no memory for slices of 200 x 200 pixels"), std::string::npos) << said;
  EXPECT_TRUE(said.ends_with(" MiB available); crop the slices")) << said;
}

TEST(Memory, IsExpectedHonestly) {
  if (sanitized) GTEST_SKIP() << "a sanitizer has memory of its own";
  for (const std::size_t side : {96, 240}) {
    const Blend blend = small_blend(side);
    malloc_trim(0);
    const std::size_t before = status("VmRSS:");
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
    Separation separation(blend.mixed, quick());
    for (int i = 0; i < 3; ++i) separation.step();
    const auto taken = static_cast<double>(status("VmHWM:") - before);
    const auto expected = static_cast<double>(expected_memory_bytes({side, side}, 2, quick()));
    EXPECT_LT(taken, 1.05 * expected) << side;
    EXPECT_GT(taken, 0.5 * expected) << side;
  }
}

}  // namespace
}  // namespace ptero::ddip
