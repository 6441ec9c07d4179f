#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <ptero/core/frame.hpp>
#include <string>

namespace ptero::scanfile {

/// A sealed raw file read back, to be compared with what was written to it. Used by one thread.
class RawCheck {
 public:
  /// Reads everything but the frames. Throws InputError when the file cannot be opened, Error when it is not
  /// sealed or its ledger does not hold.
  explicit RawCheck(const std::filesystem::path& path);
  ~RawCheck();
  RawCheck(const RawCheck&) = delete;
  RawCheck& operator=(const RawCheck&) = delete;

  /// Of the frames' payloads.
  Codec codec() const;
  /// What differs between the frame's row and the frame as RawWriter::write took it: bytes as stored, place,
  /// monitor. One sentence; nullopt: nothing.
  std::optional<std::string> difference(const Frame& frame) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::scanfile
