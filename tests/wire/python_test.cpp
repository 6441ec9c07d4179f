// Python on the other side: the golden files come from make.py, and the detectors printed in proto/stream.md
// run against a real socket.

#include <gtest/gtest.h>
#include <unistd.h>
#include <zmq.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ptero/wire/stream.hpp>
#include <stdexcept>

#include "golden.hpp"
#include "support/python.hpp"

namespace ptero::wire {
namespace {

/// An interpreter that has the modules: the one on the path, else the system's.
std::optional<std::string> python_with(const std::string& modules) {
  for (const std::string python : {"python3", "/usr/bin/python3"})
    if (std::system((python + " -c 'import " + modules + "' 2>/dev/null").c_str()) == 0) return python;
  return std::nullopt;
}

/// The block of a page that opens with the fence ```python NAME.
std::string program(const std::string& page, const std::string& name) {
  const std::string text = golden::read_file(page);
  const std::string fence = "```python " + name + "\n";
  const auto begin = text.find(fence);
  if (begin == std::string::npos) throw std::runtime_error(page + " has no program called " + name);
  return text.substr(begin + fence.size(), text.find("\n```", begin) + 1 - begin - fence.size());
}

struct Close {
  void operator()(void* socket) const { zmq_close(socket); }
};
struct Terminate {
  void operator()(void* context) const { zmq_ctx_term(context); }
};

/// What ingest is to a detector: PULL, connected.
class Receiver {
 public:
  explicit Receiver(const std::string& address)
      : context_(zmq_ctx_new()), socket_(zmq_socket(context_.get(), ZMQ_PULL)) {
    const int patience_ms = 30'000, linger_ms = 0;
    zmq_setsockopt(socket_.get(), ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
    zmq_setsockopt(socket_.get(), ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    if (zmq_connect(socket_.get(), address.c_str()) != 0) throw std::runtime_error(zmq_strerror(zmq_errno()));
  }

  Parts receive() {
    Parts parts;
    int more = 1;
    while (more) {
      zmq_msg_t message;
      zmq_msg_init(&message);
      if (zmq_msg_recv(&message, socket_.get(), 0) < 0) throw std::runtime_error("nothing came");
      parts.push_back(
          Bytes::take(std::string(static_cast<char*>(zmq_msg_data(&message)), zmq_msg_size(&message))));
      more = zmq_msg_more(&message);
      zmq_msg_close(&message);
    }
    return parts;
  }

 private:
  std::unique_ptr<void, Terminate> context_;
  std::unique_ptr<void, Close> socket_;
};

struct Seen {
  SeriesInfo start;
  std::vector<StreamFrame> frames;
  StreamEnd end;
};

/// Runs a program of proto/stream.md and receives its series.
Seen run_detector(const std::string& python, const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() / ("ptero-wire-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const std::string script = folder / (name + ".py");
  std::ofstream(script) << program("proto/stream.md", name);
  const std::string address = "ipc://" + (folder / "detector").string();
  Receiver receiver(address);
  FILE* process = popen(("timeout 60 " + python + " " + script + " " + address).c_str(), "r");
  Seen seen;
  for (bool ended = false; !ended;) {
    auto message = decode_stream(receiver.receive(), golden::max_frame_bytes);
    if (!message) throw std::runtime_error(std::string(name_of(message.reason().fault)));
    if (auto* start = std::get_if<SeriesInfo>(&*message)) seen.start = *start;
    if (auto* frame = std::get_if<StreamFrame>(&*message)) seen.frames.push_back(*frame);
    if (auto* end = std::get_if<StreamEnd>(&*message)) {
      seen.end = *end;
      ended = true;
    }
  }
  EXPECT_EQ(pclose(process), 0);
  std::filesystem::remove_all(folder);
  return seen;
}

void expect_whole_series(const Seen& seen) {
  const SeriesInfo& start = seen.start;
  EXPECT_FALSE(start.uid.empty());
  ASSERT_GT(seen.frames.size(), 1u);
  EXPECT_EQ(start.n_expected, seen.frames.size());
  EXPECT_EQ(seen.end.series, start.id);
  EXPECT_EQ(seen.end.frames, seen.frames.size());
  for (std::size_t i = 0; i < seen.frames.size(); ++i) {
    const auto& [series, frame, uid] = seen.frames[i];
    EXPECT_EQ(series, start.id);
    EXPECT_EQ(uid, start.uid);
    EXPECT_EQ(frame.id, i);
    EXPECT_EQ(frame.shape, start.frame_shape);
    EXPECT_EQ(frame.dtype, start.dtype);
    EXPECT_EQ(frame.payload.size(), frame.decoded_bytes());
    EXPECT_TRUE(frame.position);
  }
  EXPECT_NE(seen.frames[0].frame.position, seen.frames[1].frame.position);
}

TEST(Python, WritesTheGoldenFiles) {
  const auto python = python_with("msgpack");
  SKIP_WITHOUT_PYTHON(python, "Python with msgpack");
  EXPECT_EQ(std::system((*python + " proto/golden/make.py --check").c_str()), 0);
}

TEST(Python, IsADetectorInTenLines) {
  const auto python = python_with("msgpack, zmq");
  SKIP_WITHOUT_PYTHON(python, "Python with msgpack and zmq");
  const Seen seen = run_detector(*python, "detector");
  expect_whole_series(seen);
  EXPECT_GT(seen.start.wavelength_m, 0);
  EXPECT_GT(seen.start.distance_m, 0);
  EXPECT_GT(seen.start.detector_pixel_m, 0);
}

TEST(Python, SendsNumpyArraysAsTheyAre) {
  const auto python = python_with("msgpack, zmq, numpy, msgpack_numpy");
  SKIP_WITHOUT_PYTHON(python, "Python with zmq, numpy and msgpack_numpy");
  const Seen seen = run_detector(*python, "numpy-detector");
  expect_whole_series(seen);
}

}  // namespace
}  // namespace ptero::wire
