#pragma once

#include <filesystem>
#include <utility>

#include <ptero/scan/feature_stage.hpp>
#include <ptero/scan/roi_outputs.hpp>
#include <ptero/scanfile/series_reader.hpp>

namespace ptero::test {

/// The batch answer on the raw file that a run left behind, without the frames that were marked bad.
inline roi::Classification batch_answer(const std::filesystem::path& raw, const scan::MethodOptions& method,
                                        const roi::BadFrames& bad = {}) {
  scanfile::SeriesReader reader(raw);
  scan::FeatureStage stage(reader.info(), method);
  roi::FeatureTable table;
  const auto keep = [&](auto items) {
    for (auto& item : items) table.add(std::move(item.record));
  };
  for (std::uint64_t i = 0; i < reader.size(); ++i)
    if (reader.present(i)) keep(stage.take(reader.frame(i), i).items);
  keep(stage.finish());
  return roi::classify(table, scan::layout_of(reader.info()), method.roi, bad);
}

}  // namespace ptero::test
