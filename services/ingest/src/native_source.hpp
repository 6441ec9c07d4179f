#pragma once

#include "source.hpp"

namespace ptero::ingest {

/// The native stream (proto/stream.md): messages are journalled as they came.
class NativeSource : public Source {
 public:
  explicit NativeSource(std::size_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}
  void take(const Incoming& incoming, const Emit& emit) override;

 private:
  std::size_t max_frame_bytes_;
};

}  // namespace ptero::ingest
