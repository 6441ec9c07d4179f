#pragma once

#include <fstream>
#include <mutex>
#include <string>

#include <nlohmann/json.hpp>

namespace ptero::dashboard {

/// What people did, one JSON object a line, added to a file that is never shortened. Thread safe.
class AuditLog {
 public:
  /// Opens the file for appending; an empty path: nothing is kept. Throws InputError naming it.
  explicit AuditLog(const std::string& path);
  /// Adds "utc" and writes the line through to the file. False: it could not be written.
  bool add(nlohmann::json action);
  /// The last line could not be written.
  bool failed() const;
  /// The last actions of this process, the newest last.
  nlohmann::json recent() const;

 private:
  mutable std::mutex mutex_;
  std::ofstream file_;
  bool failed_ = false;
  nlohmann::json recent_ = nlohmann::json::array();
};

}  // namespace ptero::dashboard
