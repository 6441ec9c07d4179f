#pragma once

#include <filesystem>
#include <string>

namespace ptero::host {

/// One service of a kind writes into a folder: two by mistake would overwrite each other. Held by the file
/// `.ptero-SERVICE.lock` in it, which a kill of the process leaves behind and unlocks.
class FolderLock {
 public:
  /// Makes the folder where it is absent. Throws InputError: it cannot be made or written, or another process
  /// holds it. A file system that knows no locks is taken without one; the log says so.
  FolderLock(const std::filesystem::path& folder, const std::string& service);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace ptero::host
