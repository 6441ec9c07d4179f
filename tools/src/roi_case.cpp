#include "roi_case.hpp"

#include <ptero/core/series.hpp>

namespace ptero::tools {

namespace {

/// Of every sixteenth frame.
Image<double> mean_pattern(const SeriesInfo& info, const std::function<Frame(FrameId)>& frame) {
  constexpr FrameId stride = 16;
  Image<double> mean(info.frame_shape);
  for (FrameId id = 0; id < *info.n_expected; id += stride) {
    const Frame pattern = frame(id);
    with_dtype(info.dtype, [&]<class T>(T) {
      const auto* pixels = reinterpret_cast<const T*>(pattern.payload.span().data());
      for (std::size_t i = 0; i < mean.size(); ++i)
        if (static_cast<double>(pixels[i]) < flag_value(info.dtype))
          mean.data()[i] += static_cast<double>(pixels[i]);
    });
  }
  return mean;
}

}  // namespace

void extract_features(RoiCase& roi_case, const SeriesInfo& info, roi::PatternCentre centre,
                      const std::vector<int>& segments, const std::function<Frame(FrameId)>& frame) {
  std::vector<std::pair<roi::FeatureExtractor, roi::FeatureTable*>> extractors;
  for (const int s : segments)
    extractors.emplace_back(roi::FeatureExtractor(info.frame_shape, info.dtype, centre, s, info.mask),
                            &roi_case.tables[s]);
  const roi::RivalExtractor rivals(info.frame_shape, info.dtype, centre,
                                   roi::direct_beam_radius(mean_pattern(info, frame), centre, info.mask),
                                   info.mask);
  for (FrameId id = 0; id < *info.n_expected; ++id) {
    const Frame pattern = frame(id);
    roi_case.rivals.push_back(rivals.extract(pattern.payload.span()));
    for (const auto& [extractor, table] : extractors)
      table->add({.id = id,
                  .position = pattern.position,
                  .monitor = pattern.monitor,
                  .features = extractor.extract(pattern.payload.span())});
  }
}

}  // namespace ptero::tools
