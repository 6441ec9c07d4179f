#include "audit_log.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>

#include <ptero/core/error.hpp>

namespace ptero::dashboard {

namespace {

constexpr std::size_t recent_kept = 100;

std::string utc_now() {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const std::time_t seconds = system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  const auto ms = duration_cast<milliseconds>(now.time_since_epoch()).count() % 1000;
  std::string fraction = std::to_string(1000 + ms);
  fraction[0] = '.';
  return text + fraction + "Z";
}

}  // namespace

AuditLog::AuditLog(const std::string& path) {
  if (path.empty()) return;
  std::error_code ignored;
  if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty())
    std::filesystem::create_directories(folder, ignored);
  errno = 0;
  file_.open(path, std::ios::app);
  if (!file_)
    throw InputError("cannot write the audit log " + path, std::strerror(errno),
                     "set audit in [dashboard] to a file in a folder that can be written");
}

bool AuditLog::add(nlohmann::json action) {
  action["utc"] = utc_now();
  const std::lock_guard lock(mutex_);
  recent_.push_back(action);
  if (recent_.size() > recent_kept) recent_.erase(recent_.begin());
  if (!file_.is_open()) return true;
  file_.clear();  // there may be room again
  file_ << action.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  failed_ = !file_.good();
  return !failed_;
}

bool AuditLog::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

nlohmann::json AuditLog::recent() const {
  const std::lock_guard lock(mutex_);
  return recent_;
}

}  // namespace ptero::dashboard
