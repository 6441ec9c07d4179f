#include "write_then_rename.hpp"

#include <unistd.h>

#include <atomic>
#include <ptero/core/error.hpp>
#include <string>

namespace ptero::image {

void write_then_rename(const std::filesystem::path& path, const std::function<void(const char*)>& write) {
  static std::atomic<unsigned> counter{0};
  std::filesystem::path temporary = path;
  temporary += ".tmp" + std::to_string(getpid()) + "-" + std::to_string(counter++);
  std::error_code failure;
  try {
    write(temporary.c_str());
  } catch (...) {
    std::filesystem::remove(temporary, failure);
    throw;
  }
  std::filesystem::rename(temporary, path, failure);
  if (failure) {
    const std::string why = failure.message();
    std::filesystem::remove(temporary, failure);
    throw Error("cannot write " + path.string(), why);
  }
}

}  // namespace ptero::image
