#include <ptero/roi/feature_table.hpp>

namespace ptero::roi {
bool FeatureTable::add(FrameRecord record) {
  auto& ids = pages_[record.id / page];
  if (!ids) ids = std::make_unique<std::array<std::uint32_t, page>>();
  std::uint32_t& place = (*ids)[record.id % page];
  if (place != 0) return false;
  rows_.append(std::move(record));
  place = static_cast<std::uint32_t>(rows_.size());
  return true;
}

std::optional<std::size_t> FeatureTable::find(FrameId id) const {
  const auto found = pages_.find(id / page);
  if (found == pages_.end()) return std::nullopt;
  const std::uint32_t place = (*found->second)[id % page];
  if (place == 0) return std::nullopt;
  return place - 1;
}

}  // namespace ptero::roi
