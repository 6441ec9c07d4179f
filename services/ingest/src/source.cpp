#include "source.hpp"

#include <ptero/core/error.hpp>

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
  if (colon == std::string::npos || protocol != "native")
    throw InputError("cannot ingest from '" + source + "'", "this build speaks the native MessagePack stream",
                     "give native:ENDPOINT, such as native:tcp://127.0.0.1:5570");
  return {protocol, source.substr(colon + 1)};
}

std::unique_ptr<Source> make_source(const IngestOptions& options, telemetry::Metrics&) {
  return std::make_unique<NativeSource>(options.max_frame_bytes);
}

}  // namespace ptero::ingest
