#include <ptero/services/ingest/position_options.hpp>

#include <array>

namespace ptero::ingest {

namespace {

std::array<double, 2> two(const config::Section& section, const char* key, std::array<double, 2> fallback) {
  const auto values = section.find<std::vector<double>>(key);
  if (!values) return fallback;
  if (values->size() != 2) throw section.error(key, "two numbers are needed", "write [x, y]");
  return {(*values)[0], (*values)[1]};
}

void read_transform(const config::Section& section, PositionOptions& o) {
  auto& t = o.join.transform;
  t.sign = two(section, "position_sign", t.sign);
  for (const double sign : t.sign)
    if (sign != 1 && sign != -1) throw section.error("position_sign", "a sign is 1 or -1");
  t.swap = section.get("position_swap", t.swap);
  t.scale = two(section, "position_scale", t.scale);
  t.offset_m = two(section, "position_offset_m", t.offset_m);
  t.rotation_deg = section.get("position_rotation_deg", t.rotation_deg);
  o.unit = section.get_choice("position_unit", o.unit, {"", "m", "mm", "um", "nm", "px"});
  t.unit_m = o.unit == "mm" ? 1e-3 : o.unit == "um" ? 1e-6 : o.unit == "nm" ? 1e-9 : 1;
  o.join.range_x_m = two(section, "position_range_x_m", o.join.range_x_m);
  o.join.range_y_m = two(section, "position_range_y_m", o.join.range_y_m);
}

}  // namespace

PositionOptions PositionOptions::from(const config::Section& section) {
  using positions::Missing;
  using positions::Use;
  PositionOptions o;
  o.channels.x = section.get("position_x", o.channels.x);
  o.channels.y = section.get("position_y", o.channels.y);
  o.channels.index = section.get("position_index", o.channels.index);
  o.channels.monitor = section.get("position_monitor", o.channels.monitor);
  read_transform(section, o);
  auto& j = o.join;
  j.index_offset = section.get_in_range("index_offset", j.index_offset, -1'000'000'000, 1'000'000'000);
  j.samples_per_frame = section.get_in_range("samples_per_frame", j.samples_per_frame, 0, 1'000'000);
  j.skip_samples = section.get_in_range("skip_samples", j.skip_samples, 0, 1'000'000'000);
  const auto use = section.get_choice("position_use", "mean", {"mean", "first", "last", "mid"});
  j.use = use == "mean" ? Use::mean : use == "first" ? Use::first : use == "last" ? Use::last : Use::mid;
  const auto missing = section.get_choice("missing_positions", "drop", {"drop", "hold", "interpolate"});
  j.missing = missing == "drop" ? Missing::drop : missing == "hold" ? Missing::hold : Missing::interpolate;
  j.skip_frames = section.get_in_range("skip_frames", j.skip_frames, 0, max_frame_id);
  j.reorder_samples = section.get_in_range("reorder_samples", j.reorder_samples, 0, 1'000'000);
  if (j.reorder_samples > 0 && (j.samples_per_frame == 0 || j.samples_per_frame > 64))
    throw section.error("reorder_samples", "samples can only be put in order with 1 to 64 of them a frame",
                        "leave it 0 or change samples_per_frame");
  j.max_wait_s = section.get_in_range("max_wait_s", j.max_wait_s, 0, 86'400);
  j.arm_window_s = section.get_in_range("arm_window_s", j.arm_window_s, 0, 86'400);
  j.accept_unstarted = section.get("accept_unstarted", j.accept_unstarted);
  j.max_positions = section.get_in_range("max_positions", j.max_positions, 1000, max_frame_id);
  o.held_bytes = section.get_in_range("held_bytes", o.held_bytes, 1 << 20, std::size_t{1} << 40);
  o.probe_size_m = section.get_in_range("probe_size_m", o.probe_size_m, 1e-12, 1);
  return o;
}

PositionSource PositionSource::parse(const std::string& text) {
  using enum Kind;
  if (text == "frame") return {};
  static constexpr std::pair<std::string_view, Kind> kinds[] = {{"plan:", plan},
                                                                {"panda-zmq:", panda_zmq},
                                                                {"maxiv-zmq:", maxiv_zmq},
                                                                {"panda-tcp:", panda_tcp},
                                                                {"file:", file}};
  for (const auto& [prefix, kind] : kinds)
    if (text.starts_with(prefix)) return {kind, text.substr(prefix.size())};
  throw InputError("cannot take positions from '" + text + "'", "",
                   "give frame (inside the frames), plan:raster:ROWSxCOLS, panda-zmq:tcp://HOST:PORT, "
                   "panda-tcp:HOST:PORT, maxiv-zmq:tcp://HOST:PORT or file:PATH");
}

}  // namespace ptero::ingest
