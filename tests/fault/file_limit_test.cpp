// A limit on the size of files (ulimit -f) is a disk that is full: the detector waits, it is said, and
// nothing is lost once somebody raises it.
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <cstring>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/stream.hpp>

#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t count = 60;
constexpr Shape shape{64, 64};

Frame numbered(FrameId id) {
  Frame frame{.id = id, .shape = shape, .dtype = Dtype::u32};
  frame.payload = Bytes::take(std::vector<std::uint32_t>(shape.count(), static_cast<std::uint32_t>(id)));
  frame.position = Position{static_cast<double>(id) * 1e-7, 0};
  return frame;
}

TEST(FileLimit, MakesTheDetectorWaitAndCostsNothing) {
  const Scratch scratch;
  transport::Context context;
  transport::Socket push(context, transport::SocketKind::push, {.high_water_mark = 4, .linger = 0ms});
  push.bind("tcp://127.0.0.1:*");
  const std::string command =
      "ulimit -S -f 300; exec " + (bin() / "ptero-ingest").string() +
      " --set ingest.source=native:" + push.endpoint() +
      " --set ingest.frame_link=tcp://127.0.0.1:* --set ingest.events=tcp://127.0.0.1:*" +
      " --set ingest.http_port=0 --set ingest.label_wait_s=0 --set ingest.out=" + (scratch / "data").string();
  Program ingest("/bin/bash", {"-c", command}, scratch / "log");

  std::jthread detector([&](std::stop_token stop) {
    const auto send = [&](const Parts& parts) {
      while (!stop.stop_requested() && push.send(parts, 50ms) != transport::Socket::Sent::yes) continue;
    };
    send(wire::encode(SeriesInfo{
        .id = 1, .uid = "limited", .n_expected = count, .frame_shape = shape, .dtype = Dtype::u32}));
    for (FrameId id = 0; id < count; ++id) send(wire::encode(wire::StreamFrame{1, numbered(id)}));
    send(wire::encode(wire::StreamEnd{1, count}));
  });
  ASSERT_TRUE(eventually([&] { return ingest.output().find("the disk is full") != std::string::npos; }))
      << ingest.output();
  EXPECT_NE(ingest.output().find("ulimit -f"), std::string::npos) << ingest.output();
  EXPECT_NE(ingest.output().find("raw_file_waits"), std::string::npos)
      << "HDF5 is not let near the limit: " << ingest.output();
  ASSERT_FALSE(ingest.ended()) << ingest.output();

  rlimit limit{};
  ASSERT_EQ(prlimit(ingest.pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(prlimit(ingest.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  const auto folder = scratch / "data/limited";
  const auto sealed = [&] {
    return std::filesystem::exists(folder / "raw.h5") && !std::filesystem::exists(folder / "series.journal");
  };
  ASSERT_TRUE(eventually([&] { return sealed() || ingest.ended(); })) << ingest.output();
  ASSERT_TRUE(sealed()) << "ended with " << ingest.wait() << "\n" << ingest.output();
  const auto proof = scanfile::prove_ledger(folder / "raw.h5");
  EXPECT_TRUE(proof.sealed);
  EXPECT_TRUE(proof.faults.empty()) << proof.faults.front();
  const scanfile::SeriesReader reader(folder / "raw.h5", {});
  ASSERT_EQ(reader.size(), count);
  for (FrameId id = 0; id < count; ++id) {
    ASSERT_TRUE(reader.present(id)) << id;
    std::uint32_t pixel = 0;
    std::memcpy(&pixel, reader.frame(id).payload.data(), sizeof pixel);
    EXPECT_EQ(pixel, id);
  }
}

}  // namespace
}  // namespace ptero::test
