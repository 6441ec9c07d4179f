#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include <ptero/core/series.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/scanfile/read_options.hpp>
#include <ptero/synth/simulator.hpp>

namespace ptero::detector {

/// Where a software detector takes its series from. For one thread at a time.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual const SeriesInfo& info() const = 0;
  virtual std::uint64_t size() const = 0;
  /// nullopt: the recording has no such frame. id < size().
  virtual std::optional<Frame> frame(FrameId id) = 0;
  /// Where the stage is in that frame, without making the frame. id < size().
  virtual std::optional<Position> position(FrameId id) = 0;
  /// What looks wrong in the recording and did not stop reading.
  virtual Warnings warnings() const { return {}; }
};

/// A simulated scan.
std::unique_ptr<FrameSource> simulated(const synth::SimulatorOptions& options);
/// A recorded scan, read with the reading options. `uid` names it: the file's name where it has none of its
/// own.
std::unique_ptr<FrameSource> recorded(const std::filesystem::path& path,
                                      const scanfile::ReadOptions& options);

/// The object, probe and positions that a simulation is made from, as a product file to compare with.
void write_truth(const std::filesystem::path& path, const synth::SimulatorOptions& options);

}  // namespace ptero::detector
