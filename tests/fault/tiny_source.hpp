#pragma once

#include <ptero/services/detector/frame_source.hpp>

namespace ptero::test {

/// A series of 8 x 8 frames that hold their own id, so that a row of the file can be recognised. One frame in
/// a thousand has no position.
class TinySource : public detector::FrameSource {
 public:
  TinySource(std::string uid, std::uint64_t count) : count_(count) {
    info_.id = 1;
    info_.uid = std::move(uid);
    info_.n_expected = count;
    info_.frame_shape = {8, 8};
    info_.dtype = Dtype::u32;
  }

  const SeriesInfo& info() const override { return info_; }
  std::uint64_t size() const override { return count_; }
  static bool positioned(FrameId id) { return id % 1000 != 500; }

  std::optional<Frame> frame(FrameId id) override {
    Frame frame{.id = id, .shape = info_.frame_shape, .dtype = info_.dtype};
    frame.payload = Bytes::take(std::vector<std::uint32_t>(64, static_cast<std::uint32_t>(id)));
    frame.position = position(id);
    return frame;
  }
  std::optional<Position> position(FrameId id) override {
    return positioned(id) ? std::optional(Position{double(id) * 1e-9, 1e-6}) : std::nullopt;
  }

 private:
  SeriesInfo info_;
  std::uint64_t count_;
};

}  // namespace ptero::test
