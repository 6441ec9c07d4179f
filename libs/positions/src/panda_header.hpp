#pragma once
// What a PandABox says before its samples. Private to the room.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ptero/core/result.hpp>
#include <ptero/positions/stream_event.hpp>

namespace ptero::positions {

enum class FieldType : std::uint8_t { uint32, int32, int64, float64 };

struct Field {
  std::string name;  ///< "INENC1.VAL.Mean"
  FieldType type = FieldType::float64;
  bool mean = false;
  double scale = 1;
  double offset = 0;

  std::size_t bytes() const { return type <= FieldType::int32 ? 4 : 8; }
};

enum class Process : std::uint8_t { scaled, unscaled, raw };
enum class Format : std::uint8_t { framed, ascii, base64 };

struct PandaHeader {
  std::string arm_time;
  std::uint64_t missed = 0;  ///< samples taken before we connected
  Process process = Process::scaled;
  Format format = Format::ascii;
  std::vector<Field> fields;
  std::size_t sample_bytes = 0;
  bool counted = false;  ///< older servers, raw: a sample begins with the clock ticks of its gate, as a u32

  /// Index of a channel's field; nullopt when it has none, or without its capture's name more than one.
  std::optional<std::size_t> find(const std::string& channel) const;
};

/// The header's lines, without the empty one behind them. Failure: a sentence.
Result<PandaHeader, std::string> parse_panda_header(std::string_view lines);

}  // namespace ptero::positions
