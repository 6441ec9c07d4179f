#include "source.hpp"

#include <ptero/core/error.hpp>

#include "simplon_source.hpp"

namespace ptero::ingest {

namespace {

class NativeSource : public Source {
 public:
  explicit NativeSource(std::size_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}
  void take(const Incoming& incoming, const Emit& emit) override {
    emit({wire::decode_stream(incoming.parts, max_frame_bytes_), incoming.parts, incoming.t_arrival_ns,
          incoming.bytes()});
  }

 private:
  std::size_t max_frame_bytes_;
};

}  // namespace

std::size_t Incoming::bytes() const {
  std::size_t sum = 0;
  for (const auto& part : parts) sum += part.size();
  return sum;
}

SourceName parse_source(const std::string& source) {
  const auto colon = source.find(':');
  const std::string protocol = source.substr(0, colon);
  if (colon == std::string::npos ||
      (protocol != "native" && protocol != "simplon1" && protocol != "simplon2"))
    throw InputError("cannot ingest from '" + source + "'", "it names no protocol that ptero speaks",
                     "give native:, simplon1: or simplon2: and an endpoint, such as "
                     "simplon2:tcp://detector:31001");
  return {protocol, source.substr(colon + 1)};
}

std::unique_ptr<Source> make_source(const IngestOptions& options, telemetry::Metrics& metrics) {
  const std::string protocol = parse_source(options.source).protocol;
  if (protocol == "native") return std::make_unique<NativeSource>(options.max_frame_bytes);
  const auto version = protocol == "simplon1" ? SimplonSource::Version::v1 : SimplonSource::Version::v2;
  return std::make_unique<SimplonSource>(version, options, metrics);
}

}  // namespace ptero::ingest
