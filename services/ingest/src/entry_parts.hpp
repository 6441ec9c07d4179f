#pragma once

#include <cstddef>

namespace ptero::ingest {

/// Parts of a message that are journalled as one entry, besides the note in front. No detector sends more.
inline constexpr std::size_t most_entry_parts = 500;

}  // namespace ptero::ingest
