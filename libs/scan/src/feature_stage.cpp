#include <ptero/scan/feature_stage.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

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

/// What wider types carry of narrower ones, and what counts never are.
template <class T>
bool is_mark(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return value == T{65535} || value == T{65534} || value < 0;
  else
    return value == 65535 || value == 65534 ||
           static_cast<double>(value) > static_cast<double>(std::numeric_limits<std::int32_t>::max());
}

bool may_carry_marks(Dtype dtype) {
  return size_of(dtype) == 4;
}

/// Pixels that hold the same mark in every one of the frames, ascending.
std::vector<std::uint32_t> find_marks(const std::vector<const Bytes*>& frames, Dtype dtype) {
  // Noise below zero is hardly ever the same in so many.
  constexpr std::size_t fewest = 4;
  std::vector<std::uint32_t> found;
  if (frames.size() < fewest || !may_carry_marks(dtype)) return found;
  with_dtype(dtype, [&]<class T>(T) {
    const auto value_at = [](const Bytes& pixels, std::size_t i) {
      T value;
      std::memcpy(&value, pixels.data() + i * sizeof value, sizeof value);
      return value;
    };
    for (std::size_t i = 0; i < frames[0]->size() / sizeof(T); ++i) {
      const T value = value_at(*frames[0], i);
      if (is_mark(value) && std::all_of(frames.begin(), frames.end(),
                                        [&](const Bytes* pixels) { return value_at(*pixels, i) == value; }))
        found.push_back(static_cast<std::uint32_t>(i));
    }
  });
  return found;
}

}  // namespace

FeatureStage::FeatureStage(const SeriesInfo& info, const MethodOptions& method)
    : view_(info.view),
      info_(viewed(info)),
      segments_(method.roi.segments),
      centre_(known_centre(info_, method)),
      deciding_(centre_ ? mark_frames : centre_frames) {
  if (centre_ && !may_carry_marks(info_.dtype)) make_extractor();
}

void FeatureStage::resume(std::vector<std::uint32_t> marked, roi::PatternCentre centre) {
  centre_ = centre;
  marked_ = std::move(marked);
  make_extractor();
}

void FeatureStage::make_extractor() {
  if (!marked_.empty()) info_.mask.resize(info_.frame_shape.count(), 0);
  for (const std::uint32_t pixel : marked_) info_.mask.at(pixel) = 1;
  extractor_.emplace(info_.frame_shape, info_.dtype, *centre_, segments_, info_.mask);
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
  if (frame.id < deciding_) ++first_frames_;
  const std::uint64_t due = std::min(deciding_, info_.n_expected.value_or(deciding_));
  if (first_frames_ < due && waiting_.size() < patience) return {};
  return {settle(), {}};
}

std::vector<FeatureStage::Item> FeatureStage::finish() {
  return waiting_.empty() ? std::vector<Item>{} : settle();
}

bool FeatureStage::decides(const Waiting& waiting) const {
  return waiting.frame.id < deciding_ || first_frames_ == 0;
}

std::vector<FeatureStage::Item> FeatureStage::settle() {
  std::vector<const Bytes*> first;
  for (const auto& w : waiting_)
    if (decides(w)) first.push_back(&w.pixels);
  marked_ = find_marks(first, info_.dtype);
  if (!centre_) {
    Image<double> mean(info_.frame_shape);
    for (const Bytes* pixels : first) accumulate(mean, *pixels, info_.dtype);
    for (const std::uint32_t pixel : marked_) mean.pixels()[pixel] = 0;
    centre_ = roi::find_centre(mean, info_.mask);
  }
  make_extractor();
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
