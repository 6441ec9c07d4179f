#pragma once

#include <optional>
#include <set>
#include <vector>

#include <ptero/simplon/message.hpp>

#include "source.hpp"

namespace ptero::ingest {

/// DECTRIS stream version 1 or 2. A series' start is held back until its first image, which alone says for
/// sure how large the frames are and of what type; what comes of the series before that waits behind it.
class SimplonSource : public Source {
 public:
  enum class Version { v1, v2 };
  SimplonSource(Version version, const IngestOptions& options, telemetry::Metrics& metrics);

  void take(const Incoming& incoming, const Emit& emit) override;
  std::optional<std::int64_t> held_start() const override;
  void finish(const Emit& emit) override;

 private:
  struct Held {
    simplon::Start start;
    std::int64_t t_arrival_ns = 0;
    Parts raw;
    std::vector<Arrival> faults;
  };

  void take_image(simplon::Image image, const Incoming& incoming, const Emit& emit);
  void take_fault(const simplon::Fault& fault, const Incoming& incoming, const Emit& emit);
  /// Emits the start held back, as `first` says where there is one, else as the header does.
  void release(const simplon::Image* first, const Emit& emit);

  Version version_;
  simplon::DecodeOptions decode_;
  std::optional<Held> held_;
  bool told_too_old_ = false;
  bool told_channel_ = false;  // of this series
  telemetry::Counter other_channels_;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
