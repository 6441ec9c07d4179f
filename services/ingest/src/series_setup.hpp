#pragma once

#include <optional>
#include <vector>

#include <ptero/core/series.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::ingest {

/// What the configuration says about a series, over what its start says: geometry, mask, how to look at the
/// frames. Used by one thread.
class SeriesSetup {
 public:
  /// Reads the mask's file. Throws InputError.
  SeriesSetup(const IngestOptions& options, telemetry::Metrics& metrics);

  /// True: something was changed. What does not fit the frames is left out, and said.
  bool apply(SeriesInfo& info);

 private:
  bool override_geometry(SeriesInfo& info);
  void check_distance(SeriesInfo& info);
  bool apply_mask(SeriesInfo& info);
  bool apply_view(SeriesInfo& info);
  void alarm(const char* name, bool on);

  const IngestOptions& options_;
  telemetry::Metrics& metrics_;
  std::vector<std::uint8_t> mask_;
  Shape mask_shape_;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
