#include "bench/ingest_load.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <functional>
#include <random>

#include <ptero/codec/codec.hpp>
#include <ptero/core/error.hpp>
#include <ptero/simplon/encode.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::tools {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t different_frames = 16;

/// Counts that fall off from the centre.
std::vector<std::uint16_t> pattern(Shape shape, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint16_t> pixels(shape.count());
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const double row = static_cast<double>(i / shape.cols) - static_cast<double>(shape.rows) / 2;
    const double col = static_cast<double>(i % shape.cols) - static_cast<double>(shape.cols) / 2;
    const double mean = 2000 / (1 + std::pow(std::hypot(row, col) / 12, 3)) + 0.05;
    pixels[i] = static_cast<std::uint16_t>(std::poisson_distribution<int>(mean)(random));
  }
  return pixels;
}

Parts start_message(const Load& load) {
  if (load.protocol == "simplon1") return simplon::encode_start_v1(load.info);
  if (load.protocol == "simplon2") return simplon::encode_start_v2(load.info);
  return wire::encode(load.info);
}

Parts frame_message(const Load& load, FrameId id) {
  Frame frame{.id = id,
              .shape = load.info.frame_shape,
              .dtype = load.info.dtype,
              .codec = Codec::bslz4,
              .payload = load.payloads[id % load.payloads.size()]};
  if (load.protocol == "simplon1") return simplon::encode_image_v1(load.info.id, frame);
  if (load.protocol == "simplon2") return simplon::encode_image_v2(load.info.id, load.info.uid, frame);
  frame.position = Position{static_cast<double>(id) * 1e-9, 0};
  return wire::encode(wire::StreamFrame{load.info.id, std::move(frame)});
}

Parts end_message(const Load& load, std::uint64_t frames) {
  if (load.protocol == "simplon1") return simplon::encode_end_v1(load.info.id);
  if (load.protocol == "simplon2") return simplon::encode_end_v2(load.info.id, load.info.uid);
  return wire::encode(wire::StreamEnd{load.info.id, frames});
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void put(int pipe, const void* data, std::size_t bytes) {
  if (::write(pipe, data, bytes) != static_cast<ssize_t>(bytes)) _exit(1);
}

void send_all(const Load& load, double seconds, int pipe) {
  using namespace std::chrono_literals;
  LoadProcess::Sent sent;
  {
    transport::Context context;
    transport::Socket push(context, transport::SocketKind::push,
                           {.high_water_mark = 64, .linger = std::chrono::milliseconds(-1)});
    push.bind("tcp://127.0.0.1:*");
    std::array<char, 128> endpoint{};
    push.endpoint().copy(endpoint.data(), endpoint.size() - 1);
    put(pipe, endpoint.data(), endpoint.size());
    const auto send = [&](const Parts& parts) {
      while (push.send(parts, 1000ms) != transport::Socket::Sent::yes) {
      }
    };
    send(start_message(load));
    send(frame_message(load, 0));
    const auto end =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (sent.frames = 1; Clock::now() < end; ++sent.frames) send(frame_message(load, sent.frames));
    send(end_message(load, sent.frames));
  }
  sent.cpu_seconds = cpu_seconds();
  put(pipe, &sent, sizeof sent);
}

pid_t fork_child(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid < 0) throw Error("cannot make another process", "fork failed");
  if (pid > 0) return pid;
  try {
    body();
  } catch (...) {
    _exit(1);
  }
  _exit(0);
}

void end_child(pid_t pid, int signal) {
  if (pid <= 0) return;
  if (signal != 0) ::kill(pid, signal);
  ::waitpid(pid, nullptr, 0);
}

}  // namespace

Load make_load(const std::string& protocol, Shape shape) {
  Load load{.protocol = protocol};
  load.info.id = 1;
  load.info.uid = "bench";
  load.info.frame_shape = shape;
  load.info.dtype = Dtype::u16;
  for (unsigned seed = 0; seed < different_frames; ++seed) {
    const auto pixels = pattern(shape, seed);
    load.payloads.push_back(Bytes::take(codec::encode(Codec::bslz4, std::as_bytes(std::span(pixels)), 2)));
    load.mean_bytes += static_cast<double>(load.payloads.back().size()) / different_frames;
  }
  return load;
}

LoadProcess::LoadProcess(const Load& load, double seconds) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw Error("cannot make a pipe", "pipe failed");
  pid_ = fork_child([&] {
    ::close(ends[0]);
    send_all(load, seconds, ends[1]);
  });
  ::close(ends[1]);
  pipe_ = ends[0];
  std::array<char, 128> endpoint{};
  if (::read(pipe_, endpoint.data(), endpoint.size()) != endpoint.size())
    throw Error("the sending process did not start");
  endpoint_ = endpoint.data();
}

LoadProcess::Sent LoadProcess::wait() {
  Sent sent;
  if (::read(pipe_, &sent, sizeof sent) != sizeof sent) throw Error("the sending process failed");
  end_child(pid_, 0);
  pid_ = -1;
  return sent;
}

LoadProcess::~LoadProcess() {
  end_child(pid_, SIGKILL);
  ::close(pipe_);
}

DrainProcess::DrainProcess(const std::string& frame_link) {
  pid_ = fork_child([&] {
    transport::Context context;
    std::uint64_t next = 0;
    transport::LinkConsumer link(context, frame_link, {.name = "drain"}, [&] {
      wire::Hello hello;
      hello.next = next;
      return hello;
    });
    while (true)
      if (const auto event = link.poll(std::chrono::milliseconds(100));
          event.kind == transport::LinkConsumer::EventKind::entry)
        next = event.entry.sequence + 1;
  });
}

DrainProcess::~DrainProcess() {
  end_child(pid_, SIGKILL);
}

}  // namespace ptero::tools
