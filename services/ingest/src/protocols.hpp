#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "source.hpp"

namespace ptero::ingest {

/// A detector's protocol. Who speaks another adds a Source and a line to the table in protocols.cpp; its
/// counterpart for simulators is in services/detector.
struct Protocol {
  std::string_view name;
  std::unique_ptr<Source> (*make)(const IngestOptions& options, telemetry::Metrics& metrics);
  /// Of one part on the wire, where frames may have so many bytes decoded.
  std::size_t (*largest_message)(std::size_t max_frame_bytes);
};

std::span<const Protocol> protocols();
/// Of a source as configured. Throws InputError naming the protocols there are.
const Protocol& protocol_of(const std::string& source);

}  // namespace ptero::ingest
