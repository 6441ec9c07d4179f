#include <filesystem>

#include <ptero/scanfile/series_reader.hpp>

#include "studies/roi_case.hpp"

namespace ptero::tools {

namespace {

namespace fs = std::filesystem;

void extract_features(RoiCase& roi_case, const scanfile::SeriesReader& reader, roi::PatternCentre centre,
                      const std::vector<int>& segments) {
  extract_features(roi_case, reader.info(), centre, segments, [&](FrameId id) { return reader.frame(id); });
}

/// Film, particles and ice, from dark to bright: three clusters of T of the whole pattern.
RoiCase rotavirus(const fs::path& file, const std::vector<int>& segments) {
  const scanfile::SeriesReader reader(file, {.data = "dp", .positions = "raster:48x48"});
  RoiCase roi_case{.layout = roi::ScanLayout::raster(*reader.info().raster)};
  extract_features(roi_case, reader, {126, 128.2}, segments);
  const auto& [s, table] = *roi_case.tables.begin();
  roi_case.materials = roi::classify(table, roi_case.layout, {.segments = s, .clusters = 3}).clusters;
  for (const std::uint8_t material : roi_case.materials)
    roi_case.truth.push_back(material == 2 ? FrameTruth::background : FrameTruth::region);
  return roi_case;
}

RoiCase petra(const fs::path& file, const std::vector<int>& segments) {
  const scanfile::SeriesReader reader(file);
  RoiCase roi_case;
  extract_features(roi_case, reader, {49.5, 49.5}, segments);
  roi_case.truth.assign(reader.size(), FrameTruth::background);
  return roi_case;
}

}  // namespace

std::vector<RoiCaseMaker> recorded_roi_cases(const RoiCaseOptions& o) {
  std::vector<RoiCaseMaker> makers;
  const auto add = [&](const fs::path& name, std::string title, std::string truth, auto make) {
    const fs::path file = fs::path(o.data_folder) / name;
    if (o.data_folder.empty() || !fs::exists(file)) return;
    makers.push_back({std::move(title), std::move(truth),
                      [file, make, segments = o.segments] { return alone(make(file, segments)); }});
  };
  add("rotavirus-cryo-ptycho/subscan_A_rows048-095_cols028-075_u8.h5", "rotavirus cut-out",
      "film and particles, against ice, by three clusters of T", rotavirus);
  add("petra-p25-nearfield/PETRAIII_P25_Near_Field_Ptycho.cxi", "petra-p25", "nothing to find", petra);
  return makers;
}

}  // namespace ptero::tools
