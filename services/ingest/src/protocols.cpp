#include "protocols.hpp"

#include <algorithm>

#include <ptero/core/error.hpp>

#include "native_source.hpp"
#include "simplon_source.hpp"

namespace ptero::ingest {

namespace {

/// A payload may be larger compressed than plain, and the mask travels beside a header.
std::size_t about_a_frame(std::size_t max_frame_bytes) {
  return max_frame_bytes + max_frame_bytes / 8 + (std::size_t{1} << 20);
}

/// A header of SIMPLON is larger: four bytes a pixel in each table. An image may hold several channels.
std::size_t four_frames(std::size_t max_frame_bytes) {
  return 4 * about_a_frame(max_frame_bytes);
}

template <SimplonSource::Version version>
std::unique_ptr<Source> simplon(const IngestOptions& options, telemetry::Metrics& metrics) {
  return std::make_unique<SimplonSource>(version, options, metrics);
}

std::unique_ptr<Source> native(const IngestOptions& options, telemetry::Metrics&) {
  return std::make_unique<NativeSource>(options.max_frame_bytes);
}

constexpr Protocol table[] = {{"native", native, about_a_frame},
                              {"simplon1", simplon<SimplonSource::Version::v1>, four_frames},
                              {"simplon2", simplon<SimplonSource::Version::v2>, four_frames}};

}  // namespace

std::span<const Protocol> protocols() {
  return table;
}

const Protocol& protocol_of(const std::string& source) {
  const std::string name = source.substr(0, source.find(':'));
  const auto found = std::ranges::find(table, name, &Protocol::name);
  if (found != std::end(table) && name.size() < source.size()) return *found;
  throw InputError("cannot ingest from '" + source + "'", "it names no protocol that ptero speaks",
                   "give native:, simplon1: or simplon2: and an endpoint, such as "
                   "simplon2:tcp://detector:31001");
}

SourceName parse_source(const std::string& source) {
  const Protocol& protocol = protocol_of(source);
  return {std::string(protocol.name), source.substr(protocol.name.size() + 1)};
}

std::unique_ptr<Source> make_source(const IngestOptions& options, telemetry::Metrics& metrics) {
  return protocol_of(options.source).make(options, metrics);
}

}  // namespace ptero::ingest
