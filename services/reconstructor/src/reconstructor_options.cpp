#include <ptero/services/reconstructor/reconstructor.hpp>

#include <ptero/transport/link_producer.hpp>

namespace ptero::reconstructor {

ReconstructorOptions ReconstructorOptions::from(const config::Section& section) {
  ReconstructorOptions o;
  o.solver = scan::SolverOptions::from(section);
  o.selection_link = section.get("selection_link", o.selection_link);
  o.events = section.get("events", o.events);
  o.control = section.get("control", o.control);
  o.name = section.get("name", o.name);
  if (o.name.empty()) throw section.error("name", "is empty", "give one, or leave the key out");
  o.out = section.get("out", o.out);
  o.folder_per_series = section.get("folder_per_series", o.folder_per_series);
  o.credit = section.get_in_range("credit", o.credit, 1, transport::max_link_credit);
  o.queue_bytes = section.get_in_range("queue_bytes", o.queue_bytes, 1 << 20, std::size_t{1} << 40);
  o.lag_frames = section.get_in_range("lag_frames", o.lag_frames, 1, 1'000'000'000);
  o.snapshot_every_s = section.get_in_range("snapshot_every_s", o.snapshot_every_s, 0.01, 3600.0);
  o.checkpoint_every_s = section.get_in_range("checkpoint_every_s", o.checkpoint_every_s, 0.0, 86400.0);
  o.min_frames = section.get_in_range("min_frames", o.min_frames, 1, 1'000'000);
  o.insecure = section.get("insecure", o.insecure);
  return o;
}

}  // namespace ptero::reconstructor
