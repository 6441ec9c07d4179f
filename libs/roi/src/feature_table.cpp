#include <bit>
#include <ptero/core/contract.hpp>
#include <ptero/roi/feature_table.hpp>

namespace ptero::roi {
namespace {

struct Place {
  std::size_t chunk;
  std::size_t offset;
};

// Rows first*(2^k - 1) .. first*(2^(k+1) - 1) lie in chunk k.
Place place_of(std::size_t row, std::size_t first) {
  const auto chunk = static_cast<std::size_t>(std::bit_width(row / first + 1)) - 1;
  return {chunk, row - first * ((std::size_t{1} << chunk) - 1)};
}

}  // namespace

bool FeatureTable::add(FrameRecord record) {
  auto& ids = pages_[record.id / page];
  if (!ids) ids = std::make_unique<std::array<std::uint32_t, page>>();
  std::uint32_t& place = (*ids)[record.id % page];
  if (place != 0) return false;
  const auto [chunk, offset] = place_of(size_, first_chunk);
  PTERO_ASSERT(chunk < chunks_.size());
  if (!chunks_[chunk]) chunks_[chunk] = std::make_unique<FrameRecord[]>(first_chunk << chunk);
  chunks_[chunk][offset] = std::move(record);
  place = static_cast<std::uint32_t>(++size_);
  return true;
}

const FrameRecord& FeatureTable::row(std::size_t row) const {
  const auto [chunk, offset] = place_of(row, first_chunk);
  return chunks_[chunk][offset];
}

std::optional<std::size_t> FeatureTable::find(FrameId id) const {
  const auto found = pages_.find(id / page);
  if (found == pages_.end()) return std::nullopt;
  const std::uint32_t place = (*found->second)[id % page];
  if (place == 0) return std::nullopt;
  return place - 1;
}

}  // namespace ptero::roi
