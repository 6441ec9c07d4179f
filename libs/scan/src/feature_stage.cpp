#include <ptero/scan/feature_stage.hpp>

#include <cstring>

#include <ptero/codec/view.hpp>

namespace ptero::scan {

namespace {

std::optional<roi::PatternCentre> known_centre(const SeriesInfo& info, const MethodOptions& method) {
  if (method.centre) return method.centre;
  if (info.centre_row && info.centre_col) return roi::PatternCentre{*info.centre_row, *info.centre_col};
  // With one segment every centre gives the same features.
  if (method.roi.segments == 1) return roi::PatternCentre{};
  return std::nullopt;
}

void accumulate(Image<double>& sum, const Bytes& pixels, Dtype dtype) {
  with_dtype(dtype, [&]<class T>(T) {
    const double flag = flag_value(dtype);
    const std::byte* source = pixels.data();
    for (double& total : sum.pixels()) {
      T value;
      std::memcpy(&value, source, sizeof value);
      source += sizeof value;
      if (static_cast<double>(value) < flag) total += static_cast<double>(value);
    }
  });
}

}  // namespace

FeatureStage::FeatureStage(const SeriesInfo& info, const MethodOptions& method)
    : view_(info.view),
      info_(viewed(info)),
      segments_(method.roi.segments),
      centre_(known_centre(info_, method)) {
  if (centre_) set_centre(*centre_);
}

void FeatureStage::set_centre(roi::PatternCentre centre) {
  centre_ = centre;
  extractor_.emplace(info_.frame_shape, info_.dtype, centre, segments_, info_.mask);
}

FeatureStage::Prepared FeatureStage::prepare(const Frame& frame) const {
  auto pixels = codec::decode(frame, view_);
  if (!pixels) return {.fault = pixels.reason()};
  if (!extractor_) return {.pixels = *std::move(pixels)};
  return {.features = extractor_->extract(pixels->span())};
}

FeatureStage::Outcome FeatureStage::take(const Frame& frame, Prepared prepared, std::size_t ticket) {
  if (prepared.fault) return {{}, prepared.fault};
  if (prepared.features) return {{item_of(frame, *std::move(prepared.features), ticket)}, {}};
  // The centre was found between the two calls.
  if (extractor_) return {{item_of(frame, extractor_->extract(prepared.pixels.span()), ticket)}, {}};
  waiting_.push_back({frame, std::move(prepared.pixels), ticket});
  if (frame.id < centre_frames) ++first_frames_;
  const std::uint64_t due = std::min(centre_frames, info_.n_expected.value_or(centre_frames));
  if (first_frames_ < due && waiting_.size() < patience) return {};
  return {settle_centre(), {}};
}

std::vector<FeatureStage::Item> FeatureStage::finish() {
  return waiting_.empty() ? std::vector<Item>{} : settle_centre();
}

std::vector<FeatureStage::Item> FeatureStage::settle_centre() {
  Image<double> mean(info_.frame_shape);
  for (const auto& w : waiting_)
    if (w.frame.id < centre_frames || first_frames_ == 0) accumulate(mean, w.pixels, info_.dtype);
  set_centre(roi::find_centre(mean, info_.mask));
  std::vector<Item> items;
  for (const auto& w : waiting_)
    items.push_back(item_of(w.frame, extractor_->extract(w.pixels.span()), w.ticket));
  waiting_.clear();
  return items;
}

FeatureStage::Item FeatureStage::item_of(const Frame& frame, roi::FrameFeatures features,
                                         std::size_t ticket) const {
  return {{frame.id, position_of(info_, frame), frame.monitor, std::move(features)}, ticket};
}

}  // namespace ptero::scan
