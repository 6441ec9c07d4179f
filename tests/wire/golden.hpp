#pragma once
// The golden messages of proto/golden, and every decoder under one type.

#include <ptero/wire/decode.hpp>
#include <string>
#include <vector>

namespace ptero::wire::golden {

inline constexpr std::size_t max_frame_bytes = 1 << 20;

/// A whole file; an empty one with a test failure when it cannot be read.
std::string read_file(const std::string& path);
/// proto/golden/NAME.msgpack and, where there is one, NAME.part2.
Parts parts(const std::string& name);
Bytes header(const std::string& name);

/// What a decoder says: nothing when it accepts.
using Verdict = std::optional<FrameFault>;

struct Kind {
  std::string name;
  Verdict (*decode)(const Parts& parts);
  std::vector<std::string> messages;  ///< golden messages it must accept
};

/// One for each decoder.
const std::vector<Kind>& kinds();
/// By the name in front of the message: the kind whose decoder reads it.
const Kind& kind(const std::string& name);

}  // namespace ptero::wire::golden
