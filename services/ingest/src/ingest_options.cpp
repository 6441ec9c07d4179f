#include <ptero/services/ingest/ingest.hpp>

namespace ptero::ingest {

IngestOptions IngestOptions::from(const config::Section& section) {
  IngestOptions o;
  o.source = section.get("source", o.source);
  o.positions = section.get("positions", o.positions);
  o.step_x_m = section.get("step_x_m", o.step_x_m);
  o.step_y_m = section.get("step_y_m", o.step_y_m);
  o.position = PositionOptions::from(section);
  o.frame_link = section.get("frame_link", o.frame_link);
  o.events = section.get("events", o.events);
  o.out = section.get("out", o.out);
  o.folder_per_series = section.get("folder_per_series", o.folder_per_series);
  o.overwrite = section.get("overwrite", o.overwrite);
  o.resume = section.get("resume", o.resume);
  o.queue_bytes = section.get_in_range("queue_bytes", o.queue_bytes, 1 << 20, std::size_t{1} << 40);
  o.ring_bytes = section.get_in_range("ring_bytes", o.ring_bytes, 0, std::size_t{1} << 40);
  o.max_frame_bytes = section.get_in_range("max_frame_bytes", o.max_frame_bytes, 1024, std::size_t{1} << 32);
  o.give_up_after = section.get_in_range("give_up_after", o.give_up_after, 1, 1'000'000);
  o.stall_after_s = section.get_in_range("stall_after_s", o.stall_after_s, 0.1, 86'400);
  o.mid_series_join = section.get("mid_series_join", o.mid_series_join);
  o.label_wait_s = section.get_in_range("label_wait_s", o.label_wait_s, 0, 3600);
  o.insecure = section.get("insecure", o.insecure);
  o.configuration = section.document_text();
  return o;
}

}  // namespace ptero::ingest
