#pragma once

#include <optional>
#include <vector>

#include <ptero/core/series.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/services/ingest/ingest.hpp>

namespace ptero::ingest {

/// What the configuration says about a series, over what its start says: geometry, mask, how to look at the
/// frames. Used by one thread.
class SeriesSetup {
 public:
  /// Reads the mask's file. Throws InputError.
  SeriesSetup(const IngestOptions& options, runtime::Alarms& alarms);

  /// True: something was changed. What does not fit the frames is left out, and said.
  bool apply(SeriesInfo& info);

 private:
  bool override_geometry(SeriesInfo& info);
  void check_distance(SeriesInfo& info);
  bool apply_mask(SeriesInfo& info);
  bool apply_view(SeriesInfo& info);

  const IngestOptions& options_;
  runtime::Alarms& alarms_;
  std::vector<std::uint8_t> mask_;
  Shape mask_shape_;
};

}  // namespace ptero::ingest
