#pragma once
// Scan maps for pictures: one pixel a grid cell of a raster, or a step wide on a grid laid over the
// positions.

#include <ptero/core/image.hpp>
#include <ptero/roi/classification.hpp>
#include <ptero/roi/feature_table.hpp>
#include <ptero/roi/scan_layout.hpp>

namespace ptero::roi {

enum class MapValue : std::uint8_t { total, com_x, com_y };

/// A feature of every frame on the scan, rows x cols of the plan or at most 2048 x 2048 over the positions
/// (mean of the frames in a cell). segment -1: the whole pattern. NaN where there is no frame.
Image<float> feature_map(const FeatureTable& table, const ScanLayout& layout, MapValue value,
                         int segment = -1);

/// 1 selected, 0 background, NaN elsewhere (absent, dark, unpositioned); in a shared cell selected wins.
Image<float> label_map(const FeatureTable& table, const ScanLayout& layout, const Classification& labels);

}  // namespace ptero::roi
