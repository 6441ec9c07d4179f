#pragma once
// What a stream of positions says, whatever its protocol.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ptero::positions {

/// The values that matter, as the stream names them. A leading "/" and a missing ".Value" make no difference;
/// columns of a text file may be given by number, from 1.
struct Channels {
  std::string x;
  std::string y;
  std::string monitor;  ///< incident intensity; empty: none
  std::string index;    ///< trigger number of a sample; empty: samples are counted
};

/// One reading of the stage, in the stream's own axes and units.
struct Sample {
  std::uint64_t index = 0;
  double x = 0;
  double y = 0;
  std::optional<double> monitor;

  friend bool operator==(const Sample&, const Sample&) = default;
};

/// The stage's controller was armed: samples count from 0 again.
struct StreamStart {
  std::string arm_time;      ///< as the stream says it; the same text means the same arm; empty: not said
  std::uint64_t missed = 0;  ///< samples taken before we listened: this arm was running
};

/// In the order of the stream. Where indexes are missing, samples were lost.
struct StreamSamples {
  std::vector<Sample> samples;
  std::uint64_t unusable = 0;  ///< samples left out: their trigger number was no number of a trigger
};

struct StreamStop {
  bool complete = true;  ///< false: the controller gave up; what it measured is not all there
  std::string reason;    ///< as the stream says it
};

using StreamEvent = std::variant<StreamStart, StreamSamples, StreamStop>;

}  // namespace ptero::positions
