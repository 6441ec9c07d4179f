#include <ptero/services/classifier/classifier.hpp>

namespace ptero::classifier {

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

ClassifierOptions ClassifierOptions::from(const config::Section& section) {
  ClassifierOptions o;
  o.method = method_from(section);
  o.frame_link = section.get("frame_link", o.frame_link);
  o.selection_link = section.get("selection_link", o.selection_link);
  o.events = section.get("events", o.events);
  o.control = section.get("control", o.control);
  o.out = section.get("out", o.out);
  o.folder_per_series = section.get("folder_per_series", o.folder_per_series);
  o.credit = section.get_in_range("credit", o.credit, 1, 100'000);
  o.lag_frames = section.get_in_range("lag_frames", o.lag_frames, 1, 1'000'000'000);
  o.cache_bytes = section.get_in_range("cache_bytes", o.cache_bytes, 0, std::size_t{1} << 40);
  o.wait.frames = section.get_in_range("wait_frames", o.wait.frames, 0, 1'000'000);
  o.wait.confidence = section.get_in_range("wait_confidence", o.wait.confidence, 0.0, 1.0);
  o.feature_threads = section.get_in_range("feature_threads", o.feature_threads, 0, 256);
  o.insecure = section.get("insecure", o.insecure);
  return o;
}

}  // namespace ptero::classifier
