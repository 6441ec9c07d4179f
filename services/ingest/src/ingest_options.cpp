#include <ptero/services/ingest/ingest.hpp>

#include <cmath>

namespace ptero::ingest {

namespace {

FrameOptions frames_from(const config::Section& section) {
  FrameOptions o;
  o.rotate_deg = static_cast<int>(section.get("rotate_deg", std::int64_t{0}));
  if (o.rotate_deg != 0 && o.rotate_deg != 90 && o.rotate_deg != 180 && o.rotate_deg != 270)
    throw section.error("rotate_deg", "is no quarter turn", "0, 90, 180 or 270");
  o.transpose = section.get("transpose", o.transpose);
  o.flip_rows = section.get("flip_rows", o.flip_rows);
  o.flip_cols = section.get("flip_cols", o.flip_cols);
  if (const auto centre = section.find<std::vector<double>>("centre")) {
    if (centre->size() != 2 || !std::isfinite((*centre)[0]) || !std::isfinite((*centre)[1]))
      throw section.error("centre", "is not a row and a column", "two numbers, in pixels");
    o.centre = {(*centre)[0], (*centre)[1]};
  }
  o.crop = section.get_in_range("crop", o.crop, 2, 100'000);
  o.bin = section.get_in_range("bin", o.bin, 1, 1'000);
  o.mask = section.get("mask", o.mask);
  o.distance_m = section.get_in_range("distance_m", o.distance_m, 1e-6, 100);
  o.energy_ev = section.get_in_range("energy_ev", o.energy_ev, 1, 1e6);
  o.detector_pixel_m = section.get_in_range("detector_pixel_m", o.detector_pixel_m, 1e-8, 0.1);
  return o;
}

/// All three or none, each the path of a file.
transport::CurveKeys curve_from(const config::Section& section) {
  const std::string server = section.get("curve_server_key", "");
  const std::string own_public = section.get("curve_public_key", "");
  const std::string own_secret = section.get("curve_secret_key", "");
  const bool none = server.empty() && own_public.empty() && own_secret.empty();
  if (none) return {};
  if (server.empty() || own_public.empty() || own_secret.empty())
    throw section.error("curve_server_key", "is one of three keys, of which some are missing",
                        "give curve_server_key, curve_public_key and curve_secret_key, or none");
  using transport::CurveHalf;
  return {transport::read_curve_key(server, CurveHalf::of_public),
          transport::read_curve_key(own_public, CurveHalf::of_public),
          transport::read_curve_key(own_secret, CurveHalf::of_secret)};
}

}  // namespace

IngestOptions IngestOptions::from(const config::Section& section) {
  IngestOptions o;
  o.source = section.get("source", o.source);
  o.socket = section.get_choice("socket", o.socket, {"pull", "sub"});
  o.curve = curve_from(section);
  o.receive_hwm = section.get_in_range("receive_hwm", o.receive_hwm, 1, 1'000'000);
  o.channel = section.get("channel", o.channel);
  o.frames = frames_from(section);
  o.positions = section.get("positions", o.positions);
  o.step_x_m = section.get("step_x_m", o.step_x_m);
  o.step_y_m = section.get("step_y_m", o.step_y_m);
  o.position = PositionOptions::from(section);
  o.frame_link = section.get("frame_link", o.frame_link);
  o.events = section.get("events", o.events);
  o.labels_from = section.get("labels_from", o.labels_from);
  o.out = section.get("out", o.out);
  o.folder_per_series = section.get("folder_per_series", o.folder_per_series);
  o.overwrite = section.get("overwrite", o.overwrite);
  o.resume = section.get("resume", o.resume);
  o.queue_bytes = section.get_in_range("queue_bytes", o.queue_bytes, 1 << 20, std::size_t{1} << 40);
  o.low_space_bytes = section.get_in_range("low_space_bytes", o.low_space_bytes, 0, std::uint64_t{1} << 50);
  o.ring_bytes = section.get_in_range("ring_bytes", o.ring_bytes, 0, std::size_t{1} << 40);
  o.max_frame_bytes = section.get_in_range("max_frame_bytes", o.max_frame_bytes, 1024, std::size_t{1} << 32);
  o.give_up_after = section.get_in_range("give_up_after", o.give_up_after, 1, 1'000'000);
  o.stall_after_s = section.get_in_range("stall_after_s", o.stall_after_s, 0.1, 86'400);
  o.mid_series_join = section.get("mid_series_join", o.mid_series_join);
  o.sync_seconds = section.get_in_range("sync_seconds", o.sync_seconds, 0, 3600);
  o.end_wait_s = section.get_in_range("end_wait_s", o.end_wait_s, 0, 3600);
  o.set_aside_bytes = section.get_in_range("set_aside_bytes", o.set_aside_bytes, 0, std::uint64_t{1} << 40);
  o.label_wait_s = section.get_in_range("label_wait_s", o.label_wait_s, 0, 3600);
  o.insecure = section.get("insecure", o.insecure);
  o.configuration = section.document_text();
  return o;
}

}  // namespace ptero::ingest
