#include "studies/roi_case.hpp"

#include <future>

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
                      const std::vector<int>& segments, const std::function<Frame(FrameId)>& frame,
                      unsigned threads, const std::function<void(const Frame&)>& visit) {
  std::vector<roi::FeatureExtractor> extractors;
  for (const int s : segments) extractors.emplace_back(info.frame_shape, info.dtype, centre, s, info.mask);
  const roi::RivalExtractor rivals(info.frame_shape, info.dtype, centre,
                                   roi::direct_beam_radius(mean_pattern(info, frame), centre, info.mask),
                                   info.mask);
  std::vector<std::vector<roi::FrameRecord>> records(*info.n_expected);
  roi_case.rivals.resize(records.size());
  const auto extract = [&](FrameId first) {
    for (FrameId id = first; id < records.size(); id += threads) {
      const Frame pattern = frame(id);
      if (visit) visit(pattern);
      roi_case.rivals[id] = rivals.extract(pattern.payload.span());
      for (const auto& extractor : extractors)
        records[id].push_back({.id = id,
                               .position = pattern.position,
                               .monitor = pattern.monitor,
                               .features = extractor.extract(pattern.payload.span())});
    }
  };
  std::vector<std::future<void>> helpers;
  for (FrameId first = 1; first < threads; ++first)
    helpers.push_back(std::async(std::launch::async, extract, first));
  extract(0);
  for (auto& helper : helpers) helper.get();
  for (auto& of_frame : records)
    for (std::size_t s = 0; s < segments.size(); ++s)
      roi_case.tables[segments[s]].add(std::move(of_frame[s]));
}

}  // namespace ptero::tools
