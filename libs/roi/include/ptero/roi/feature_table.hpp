#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <ptero/core/frame.hpp>
#include <ptero/core/position.hpp>
#include <ptero/roi/features.hpp>
#include <ptero/roi/stable_rows.hpp>
#include <unordered_map>

namespace ptero::roi {

/// One row of the table.
struct FrameRecord {
  FrameId id = 0;
  std::optional<Position> position;
  std::optional<double> monitor;
  FrameFeatures features;
};

/// Append-only store of what is known of the frames of one series, rows in order of arrival.
/// One thread appends; others may meanwhile read the rows that were there when they were told their number.
class FeatureTable {
 public:
  /// False, and nothing stored, when the id is already there: the first wins. Up to 2^32 - 2 frames.
  bool add(FrameRecord record);

  std::size_t size() const { return rows_.size(); }
  /// row < size() as known to the reader.
  const FrameRecord& row(std::size_t row) const { return rows_[row]; }
  /// Only on the appending thread.
  std::optional<std::size_t> find(FrameId id) const;

 private:
  StableRows<FrameRecord> rows_;
  static constexpr std::size_t page = 4096;
  // Row + 1 of an id, 0 = absent, in pages: a growing table never stops to rehash all its ids.
  std::unordered_map<FrameId, std::unique_ptr<std::array<std::uint32_t, page>>> pages_;
};

/// The rows a classification is made of: ids below `watermark` among the first `rows` that arrived.
struct Prefix {
  FrameId watermark = ~FrameId{0};
  std::size_t rows = 0;
};

/// Everything that has arrived.
inline Prefix all_of(const FeatureTable& table) {
  return {.rows = table.size()};
}

}  // namespace ptero::roi
