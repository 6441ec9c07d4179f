#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ptero::roi {

/// Which method decides.
enum class Mode : std::uint8_t {
  paper,      ///< [Lin23] to the letter: k-means on log T and log |O~| of every segment, union of all
  robust,     ///< everything measured against the background; says so when there is nothing to find
  threshold,  ///< a person decides: T of the whole pattern, 3 x 3 mean, below RoiOptions::threshold
};

/// "paper", "robust" or "threshold".
std::string_view name_of(Mode mode);

/// What becomes of background enclosed by the region of interest.
enum class FillIn : std::uint8_t { off, on };

/// What becomes of frames with T below 0.2 of the median (shutter closed, beam dump).
enum class DarkFrames : std::uint8_t {
  exclude,  ///< out of the statistics and of the set
  keep,     ///< treated as any other frame: the letter of the paper
};

/// What a person may change while a scan runs.
struct RegionShape {
  int border = 0;  ///< scan steps the region grows by (negative: shrinks)
  FillIn fill_in = FillIn::off;
  friend bool operator==(const RegionShape&, const RegionShape&) = default;
};

struct RoiOptions {
  Mode mode = Mode::robust;
  double threshold = 0;  ///< of Mode::threshold: share of the background's T, between 0 and 1
  int segments = 8;      ///< azimuthal segments of the features; 1 = whole pattern
  int clusters = 2;      ///< k of k-means, 2..8; more than two tell materials apart
  int border = 0;        ///< scan steps the region grows by (negative: shrinks)
  FillIn fill_in = FillIn::off;
  DarkFrames dark = DarkFrames::exclude;

  RegionShape shape() const { return {border, fill_in}; }
};

/// When the online classifier recomputes. All in frames, never in time.
struct RevisionOptions {
  std::size_t first = 64;          ///< watermark at which the first revision is computed
  double growth = 0.05;            ///< the next point lies this fraction further ...
  std::size_t least_growth = 16;   ///< ... and at least so many frames
  std::size_t give_up_after = 64;  ///< an absent id is given up once so many later ids have come
};

/// How long a frame may wait for its first label: for more neighbours, and so for more confidence.
/// What is waited for changes first labels alone, never a revision. In frames, never in time.
struct WaitOptions {
  std::size_t frames = 0;  ///< it is labelled when so many more have come; 0: at once
  double confidence = 1;   ///< one that is as certain as this at once does not wait; 0..1
};

}  // namespace ptero::roi
