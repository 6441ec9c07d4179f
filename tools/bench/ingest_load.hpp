#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include <ptero/core/frame.hpp>
#include <ptero/core/series.hpp>

namespace ptero::tools {

/// A detector's frames, made before the clock starts: sixteen different bslz4 payloads, sent in turn.
struct Load {
  std::string protocol;  ///< as in --source
  SeriesInfo info;
  std::vector<Bytes> payloads;
  double mean_bytes = 0;
};
Load make_load(const std::string& protocol, Shape shape);

/// Another process that sends a load as fast as it is taken, on a loopback port of its own.
class LoadProcess {
 public:
  /// Forks: make it before this process has threads.
  LoadProcess(const Load& load, double seconds);
  ~LoadProcess();
  LoadProcess(const LoadProcess&) = delete;
  LoadProcess& operator=(const LoadProcess&) = delete;

  const std::string& endpoint() const { return endpoint_; }
  struct Sent {
    std::uint64_t frames = 0;
    double cpu_seconds = 0;  ///< of the whole process
  };
  /// Waits until everything sent was taken.
  Sent wait();

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
  std::string endpoint_;
};

/// Another process that takes every entry of a frame link and throws it away.
class DrainProcess {
 public:
  explicit DrainProcess(const std::string& frame_link);
  ~DrainProcess();
  DrainProcess(const DrainProcess&) = delete;
  DrainProcess& operator=(const DrainProcess&) = delete;

 private:
  pid_t pid_ = -1;
};

}  // namespace ptero::tools
