#pragma once

#include <string>

namespace ptero::dashboard {

/// A message of view_message.hpp for a slow link. Its head says "reduced": {"level", "every"}, and what each
/// array is packed as: {"bits", "zero", "scale"}, values zero + scale * q, the largest q of its bits for NaN;
/// scale null: q itself. Each q is the difference to the one before, modulo its bits, lowest bytes of all
/// first; all of it deflated (zlib). Level 1: 16 bits; 2: 10 bits, every second pixel of the object; 3: 8
/// bits, every fourth. Columns of a table keep 16 bits.
std::string smaller(const std::string& message, int level);

}  // namespace ptero::dashboard
