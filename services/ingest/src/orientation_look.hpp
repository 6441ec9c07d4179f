#pragma once

#include <optional>
#include <string>

#include "series_store.hpp"

namespace ptero::ingest {

/// Decodes some frames from the middle of a finished series and asks whether detector and stage are oriented
/// as configured. A sentence when they do not seem to be. Costs up to 2,048 frames or 256 MiB of decoding.
std::optional<std::string> look_at_orientation(const Series& series);

}  // namespace ptero::ingest
