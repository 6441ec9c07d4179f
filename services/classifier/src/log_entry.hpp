#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include <ptero/core/bytes.hpp>
#include <ptero/roi/online_classifier.hpp>

namespace ptero::classifier {

/// A frame that got its features: where it was on the frame link, what was extracted, what came of it.
struct LoggedFrame {
  std::uint64_t sequence = 0;
  roi::PastStep step;
};

/// A frame whose payload did not decompress.
struct LoggedFault {
  std::uint64_t sequence = 0;
  FrameId frame = 0;
};

/// An entry of the classifier's checkpoint, proto/checkpoint.md. The centre comes before the first frame, a
/// region's shape before the first frame that it was in force for.
using LogEntry = std::variant<roi::PatternCentre, LoggedFrame, LoggedFault, roi::RegionShape>;

Bytes encode(const LogEntry& entry);
/// nullopt: not an entry of this build.
std::optional<LogEntry> decode_log_entry(const Bytes& bytes);

}  // namespace ptero::classifier
