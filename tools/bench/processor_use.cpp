#include "bench/processor_use.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace ptero::tools {

ProcessorMeter::ProcessorMeter() : begun_(read()) {}

ProcessorMeter::Reading ProcessorMeter::read() {
  Reading r;
  r.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  r.own_s = seconds(own.ru_utime) + seconds(own.ru_stime);
  std::ifstream file("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0;
  if (file >> name >> user >> nice >> system)
    r.all_s = (user + nice + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return r;
}

ProcessorUse ProcessorMeter::use() const {
  const Reading now = read();
  const double wall = std::max(1e-9, now.wall_s - begun_.wall_s);
  ProcessorUse use;
  use.own = (now.own_s - begun_.own_s) / wall;
  use.others = std::max(0.0, (now.all_s - begun_.all_s) / wall - use.own);
  use.available = std::thread::hardware_concurrency();
  return use;
}

}  // namespace ptero::tools
