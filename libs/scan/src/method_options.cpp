#include <ptero/scan/method_options.hpp>

namespace ptero::scan {

MethodOptions method_from(const config::Section& section) {
  MethodOptions m;
  const auto mode = section.get_choice("mode", "robust", {"paper", "robust", "threshold"});
  m.roi.mode = mode == "paper"    ? roi::Mode::paper
               : mode == "robust" ? roi::Mode::robust
                                  : roi::Mode::threshold;
  m.roi.threshold = section.get_in_range("threshold", m.roi.threshold, 0.0, 1.0);
  if (m.roi.mode == roi::Mode::threshold && m.roi.threshold <= 0)
    throw section.error("threshold", "is not given",
                        "a share of the background's counts between 0 and 1, such as 0.98");
  m.roi.segments = section.get_in_range("segments", m.roi.segments, 1, 256);
  m.roi.clusters = section.get_in_range("clusters", m.roi.clusters, 2, 8);
  m.roi.border = section.get_in_range("border", m.roi.border, -1000, 1000);
  m.roi.fill_in = section.get("fill_in", false) ? roi::FillIn::on : roi::FillIn::off;
  m.roi.dark = section.get("keep_dark", false) ? roi::DarkFrames::keep : roi::DarkFrames::exclude;
  if (const auto centre = section.find<std::vector<double>>("centre")) {
    if (centre->size() != 2)
      throw section.error("centre", "has " + std::to_string(centre->size()) + " numbers",
                          "give [row, column] in pixels");
    m.centre = roi::PatternCentre{(*centre)[0], (*centre)[1]};
  }
  m.select_all = section.get("select_all", m.select_all);
  return m;
}

}  // namespace ptero::scan
