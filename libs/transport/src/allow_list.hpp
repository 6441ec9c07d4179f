#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace ptero::transport {

/// The public keys of those who may connect, from a file: one a line, what follows a # is a comment. A file
/// that changed is read again, so that keys come and go without a restart. Used by one thread.
class AllowList {
 public:
  /// Throws InputError naming file and line.
  explicit AllowList(std::string path);
  bool allows(const std::string& key);

 private:
  void read_again_if_changed();

  std::string path_;
  std::filesystem::file_time_type read_at_;
  std::set<std::string> keys_;
};

}  // namespace ptero::transport
