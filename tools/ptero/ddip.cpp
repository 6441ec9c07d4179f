#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ptero/core/error.hpp>

#include "ptero/commands.hpp"

namespace ptero::tools {

int run_ddip(const std::string& command, const std::vector<std::string>& arguments) {
  std::error_code unknown;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", unknown);
  const auto worker = self.parent_path() / "ptero-ddip";
  std::vector<std::string> words{worker.string(), command};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // PyTorch's threads would spin between their loops and take the core from whoever holds them up.
  setenv("OMP_WAIT_POLICY", "passive", 0);
  execv(pointers[0], pointers.data());
  throw InputError(
      "the separation of slices is not there",
      errno == ENOENT ? "ptero was built without LibTorch: no " + words[0] : std::strerror(errno),
      "install LibTorch (Debian: libtorch-dev) and build ptero-ddip");
}

}  // namespace ptero::tools
