#include <ptero/ddip/memory.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>

namespace ptero::ddip {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

/// The number behind `key` in a file of lines "key number" or "key: number kB", as it stands there.
std::optional<std::size_t> number_of(const fs::path& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    std::size_t number = 0;
    if (words >> name >> number && (name == key || name == key + ":")) return number;
  }
  return std::nullopt;
}

/// The number a file consists of; none where it says "max".
std::optional<std::size_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::size_t number = 0;
  return in >> number ? std::optional(number) : std::nullopt;
}

std::size_t left(std::size_t limit, std::size_t taken) {
  return limit - std::min(limit, taken);
}

struct GroupFiles {
  fs::path root;
  const char *limit, *taken, *reclaimable;
};

/// The least that a group and those above it leave.
std::size_t left_by_groups(const GroupFiles& files, const fs::path& group) {
  std::size_t least = unlimited;
  for (fs::path at = group;; at = at.parent_path()) {
    const fs::path folder = files.root / at.relative_path();
    const auto limit = number_in(folder / files.limit), taken = number_in(folder / files.taken);
    if (limit && taken) {
      const std::size_t cache = number_of(folder / "memory.stat", files.reclaimable).value_or(0);
      least = std::min(least, left(*limit, left(*taken, cache)));
    }
    if (at == at.parent_path()) return least;
  }
}

std::size_t left_by_groups() {
  std::size_t least = unlimited;
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {  // number:controllers:/group
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path group = line.substr(second + 1);
    if (controllers == ",,")
      least = std::min(
          least, left_by_groups({"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"}, group));
    if (controllers.find(",memory,") != std::string::npos)
      least = std::min(least, left_by_groups({"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                              "memory.usage_in_bytes", "total_inactive_file"},
                                             group));
  }
  return least;
}

}  // namespace

std::size_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

std::size_t expected_memory_bytes(Shape shape, std::size_t slices, const Options& options) {
  constexpr std::size_t for_any = std::size_t{32} << 20;  // compiled convolutions, buffers of the threads
  constexpr std::size_t for_a_pixel = 1300;               // the maps a network keeps for its backward pass
  constexpr std::size_t for_a_network = 1544569 * 4 * sizeof(float);  // parameters, gradients, two moments
  const std::size_t side = options.weight_input_side;
  const std::size_t pixels = slices * shape.count() + (side != 0 ? side * side : shape.count());
  return for_any + for_a_pixel * pixels + (slices + 1) * for_a_network;
}

std::size_t available_memory_bytes() {
  std::size_t least = left_by_groups();
  if (const auto free = number_of("/proc/meminfo", "MemAvailable")) least = std::min(least, *free * 1024);
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    least =
        std::min(least, left(limit.rlim_cur, number_of("/proc/self/status", "VmSize").value_or(0) * 1024));
  return least;
}

}  // namespace ptero::ddip
