#include <ptero/services/classifier/classifier.hpp>

#include <ptero/transport/link_producer.hpp>

namespace ptero::classifier {

namespace {

steering::SteeringOptions steering_from(const config::Section& section) {
  steering::SteeringOptions o;
  const auto mode = section.get_choice("steering", "off", {"off", "propose", "automatic"});
  o.mode = mode == "off"       ? steering::Mode::off
           : mode == "propose" ? steering::Mode::propose
                               : steering::Mode::automatic;
  o.finest_step_m = section.get_in_range("steering_step_m", o.finest_step_m, 0.0, 1.0);
  o.levels = section.get_in_range("steering_levels", o.levels, 0u, 10u);
  o.least_evidence = section.get_in_range("steering_least_evidence", o.least_evidence, 0.0, 0.99);
  o.margin_m = section.get_in_range("steering_margin_m", o.margin_m, 0.0, 1.0);
  o.leftover = section.get_in_range("steering_leftover", o.leftover, 0.0, 0.99);
  o.dose_per_exposure = section.get_in_range("steering_dose_per_exposure", o.dose_per_exposure, 1e-30, 1e30);
  o.dose_budget = section.get_in_range("steering_dose_budget", o.dose_budget, 0.0, 1e30);
  o.least_confidence = section.get_in_range("steering_least_confidence", o.least_confidence, 0.0, 1.0);
  o.valid_for_s = section.get_in_range("steering_valid_for_s", o.valid_for_s, 2.0, 86400.0);
  if (const auto bounds = section.find<std::vector<double>>("steering_bounds_m")) {
    if (bounds->size() != 4)
      throw section.error("steering_bounds_m", "has " + std::to_string(bounds->size()) + " numbers",
                          "give [left, top, right, bottom] in metres");
    o.bounds = steering::Bounds{(*bounds)[0], (*bounds)[1], (*bounds)[2], (*bounds)[3]};
  }
  if (o.mode == steering::Mode::off) return o;
  try {
    steering::check(o);
  } catch (const InputError& error) {
    throw section.error("steering", std::string("cannot be on: ") + error.what());
  }
  return o;
}

}  // namespace

ClassifierOptions ClassifierOptions::from(const config::Section& section) {
  ClassifierOptions o;
  o.method = scan::method_from(section);
  o.frame_link = section.get("frame_link", o.frame_link);
  o.selection_link = section.get("selection_link", o.selection_link);
  o.events = section.get("events", o.events);
  o.control = section.get("control", o.control);
  o.name = section.get("name", o.name);
  if (o.name.empty()) throw section.error("name", "is empty", "give one, or leave the key out");
  o.out = section.get("out", o.out);
  o.folder_per_series = section.get("folder_per_series", o.folder_per_series);
  o.lag_frames = section.get_in_range("lag_frames", o.lag_frames, 1, 1'000'000'000);
  o.credit = section.get_in_range("credit", o.credit, 1, transport::max_link_credit);
  o.cache_bytes = section.get_in_range("cache_bytes", o.cache_bytes, 0, std::size_t{1} << 40);
  o.steering = steering_from(section);
  o.wait.frames = section.get_in_range("wait_frames", o.wait.frames, 0, 1'000'000);
  o.wait.confidence = section.get_in_range("wait_confidence", o.wait.confidence, 0.0, 1.0);
  o.feature_threads = section.get_in_range("feature_threads", o.feature_threads, 0, 256);
  o.insecure = section.get("insecure", o.insecure);
  return o;
}

}  // namespace ptero::classifier
