#include <ptero/scan/roi_outputs.hpp>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include <ptero/image/picture.hpp>
#include <ptero/image/render.hpp>
#include <ptero/roi/map.hpp>
#include <ptero/roi/roi_set.hpp>
#include <ptero/scan/position_checks.hpp>
#include <ptero/scanfile/roi_csv.hpp>

#include "warnings_json.hpp"

namespace ptero::scan {

namespace {

std::unordered_map<FrameId, roi::Label> by_id(const roi::Classification& labels) {
  std::unordered_map<FrameId, roi::Label> out;
  for (std::size_t i = 0; i < labels.ids.size(); ++i) out.emplace(labels.ids[i], labels.labels[i]);
  return out;
}

void write_csv(const std::filesystem::path& path, const roi::FeatureTable& table,
               const roi::Classification& classification) {
  const auto labels = by_id(classification);
  std::vector<scanfile::RoiRow> rows;
  rows.reserve(table.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& record = table.row(i);
    scanfile::RoiRow row{.frame = record.id, .position = record.position};
    row.total = record.features.whole.total;
    row.com_x = record.features.whole.com_x;
    row.com_y = record.features.whole.com_y;
    const auto label = labels.find(record.id);
    const auto value = label == labels.end() ? roi::Label::unpositioned : label->second;
    if (value == roi::Label::selected) row.label = scanfile::RoiLabel::selected;
    if (value == roi::Label::unpositioned) row.label = scanfile::RoiLabel::unpositioned;
    rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.frame < b.frame; });
  scanfile::write_roi_csv(path, rows);
}

/// |O~| of the whole pattern [Lin23, eq. 2] on the scan.
Image<float> com_magnitude(const roi::FeatureTable& table, const roi::ScanLayout& layout) {
  auto x = roi::feature_map(table, layout, roi::MapValue::com_x);
  const auto y = roi::feature_map(table, layout, roi::MapValue::com_y);
  const auto moments = [](const Image<float>& map) {
    double n = 0, sum = 0, squares = 0;
    for (float v : map.pixels())
      if (std::isfinite(v)) ++n, sum += v, squares += double{v} * v;
    const double mean = n > 0 ? sum / n : 0;
    return std::pair(mean, n > 0 ? std::sqrt(std::max(squares / n - mean * mean, 1e-30)) : 1);
  };
  const auto [mean_x, sigma_x] = moments(x);
  const auto [mean_y, sigma_y] = moments(y);
  for (std::size_t i = 0; i < x.size(); ++i)
    x.pixels()[i] = static_cast<float>(
        std::hypot((x.pixels()[i] - mean_x) / sigma_x, (y.pixels()[i] - mean_y) / sigma_y));
  return x;
}

std::string percent(double fraction) {
  const auto permille = std::lround(fraction * 1000);
  return std::to_string(permille / 10) + "." + std::to_string(permille % 10) + " %";
}

}  // namespace

roi::ScanLayout layout_of(const SeriesInfo& info) {
  return info.raster ? roi::ScanLayout::raster(*info.raster) : roi::ScanLayout::scattered();
}

void write_roi_files(const std::filesystem::path& folder, const SeriesInfo& info,
                     const roi::FeatureTable& table, const roi::Classification& labels) {
  std::filesystem::create_directories(folder);
  write_csv(folder / "roi.csv", table, labels);
  const auto layout = layout_of(info);
  if (labels.count(roi::Label::selected) + labels.count(roi::Label::background) == 0) return;

  image::MapOptions look;
  if (info.raster) {
    look.pixel_x_m = info.raster->step_x_m;
    look.pixel_y_m = info.raster->step_y_m;
  }
  look.title = "transmitted counts T";
  look.unit = "counts";
  const auto total = image::render_map(roi::feature_map(table, layout, roi::MapValue::total), look);
  look.title = "centre of mass, magnitude";
  look.unit = "sigma";
  const auto com = image::render_map(com_magnitude(table, layout), look);
  look.title = "region of interest";
  look.unit = "";
  const auto mask = roi::label_map(table, layout, labels);
  Image<std::uint8_t> classes(mask.shape());
  for (std::size_t i = 0; i < mask.size(); ++i)
    classes.pixels()[i] = std::isfinite(mask.pixels()[i]) ? (mask.pixels()[i] > 0 ? 1 : 0) : 255;
  const image::LabelStyle styles[] = {{"background", {68, 78, 99}}, {"selected", {253, 204, 77}}};
  const auto region = image::render_labels(classes, styles, look);
  const image::Picture pictures[] = {total, com, region};
  const std::string flags = labels.no_contrast ? " (no contrast: nothing to find)" : "";
  image::write_picture(
      folder / "roi.png",
      image::panel(pictures, info.uid + ": " + percent(labels.fraction) + " of " +
                                 std::to_string(labels.ids.size()) + " frames selected" + flags),
      {{"series", info.uid},
       {"frames", std::to_string(labels.ids.size())},
       {"selected", std::to_string(labels.count(roi::Label::selected))},
       {"software", "ptero"}});
}

std::string roi_report(const MethodOptions& method, const roi::FeatureTable& table,
                       const roi::Classification& labels, const std::optional<roi::PatternCentre>& centre) {
  nlohmann::json report;
  auto& roi = report["roi"];
  roi["fraction"] = labels.fraction;
  roi["mode"] = method.select_all ? "off" : std::string(name_of(method.roi.mode));
  roi["segments"] = method.roi.segments;
  roi["flags"] = labels.flags();
  roi["set_hash"] = labels.set_hash;
  roi["selected"] = labels.count(roi::Label::selected);
  roi["background"] = labels.count(roi::Label::background);
  roi["excluded"] = labels.count(roi::Label::dark);
  roi["outlying"] = labels.count(roi::Label::outlying);
  roi["monitor_readings_ignored"] = labels.monitors_ignored;
  roi["marked_bad"] = labels.count(roi::Label::bad);
  roi["unpositioned"] = labels.count(roi::Label::unpositioned);
  roi["votes"] = nlohmann::json::array();
  for (const auto& cut : labels.cuts)
    roi["votes"].push_back({{"feature", cut.kind == roi::FeatureKind::total ? "total" : "com"},
                            {"segment", cut.segment},
                            {"frames", cut.votes}});
  auto& options = report["options"]["roi"];
  options["border"] = method.roi.border;
  options["clusters"] = method.roi.clusters;
  options["fill_in"] = method.roi.fill_in == roi::FillIn::on;
  options["keep_dark"] = method.roi.dark == roi::DarkFrames::keep;
  if (centre) options["centre"] = {centre->row, centre->col};
  if (const auto warnings = check_positions(table); !warnings.empty()) report["warnings"] = json_of(warnings);
  return report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

roi::Classification select_everything(const roi::FeatureTable& table, const roi::ScanLayout& layout,
                                      const roi::BadFrames& bad) {
  roi::Classification all;
  roi::RoiSet set;
  std::vector<std::pair<FrameId, roi::Label>> labels;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& record = table.row(i);
    const bool placed = record.position || (layout.plan() && record.id < layout.plan()->count());
    const auto label = !placed                   ? roi::Label::unpositioned
                       : bad.contains(record.id) ? roi::Label::bad
                                                 : roi::Label::selected;
    labels.emplace_back(record.id, label);
    if (label == roi::Label::selected) set.insert(record.id);
  }
  std::sort(labels.begin(), labels.end());
  for (const auto& [id, label] : labels) {
    all.ids.push_back(id);
    all.labels.push_back(label);
    all.confidence.push_back(1);
    all.clusters.push_back(255);
  }
  all.fraction = set.size() > 0 ? 1 : 0;
  all.set_hash = set.hash();
  return all;
}

}  // namespace ptero::scan
