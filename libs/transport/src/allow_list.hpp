#pragma once

#include <filesystem>
#include <map>
#include <ptero/transport/rights.hpp>
#include <string>

namespace ptero::transport {

/// The public keys of those who may connect and what each may do, from a file: one key a line, behind it its
/// rights (none named: all), what follows a # is a comment. A file that changed is read again, so that keys
/// come and go without a restart. Used by one thread.
class AllowList {
 public:
  /// Throws InputError naming file and line.
  explicit AllowList(std::string path);
  /// None: it is not on the list.
  Rights rights_of(const std::string& key);

 private:
  void read_again_if_changed();

  std::string path_;
  std::filesystem::file_time_type read_at_;
  std::map<std::string, Rights> keys_;
};

}  // namespace ptero::transport
