#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

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

/// What the features of the series that follow are to be made of.
struct LoggedSegments {
  std::int32_t segments = 0;
};

/// Pixels that features leave out for the marks they carry, of the frames as viewed.
struct LoggedPixels {
  std::vector<std::uint32_t> marked;
};

/// The labels that a revision put in force, before the frame that came next.
struct LoggedRevision {
  std::vector<roi::Settled> settled;
};

/// An entry of the classifier's checkpoint, proto/checkpoint.md. Marked pixels and the centre come before the
/// first frame, what a person said before the first frame that came afterwards.
using LogEntry = std::variant<roi::PatternCentre, LoggedFrame, LoggedFault, roi::RegionShape, roi::Mark,
                              LoggedSegments, LoggedPixels, LoggedRevision>;

Bytes encode(const LogEntry& entry);
/// nullopt: not an entry of this build.
std::optional<LogEntry> decode_log_entry(const Bytes& bytes);

}  // namespace ptero::classifier
