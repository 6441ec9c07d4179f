#include "view_message.hpp"

#include <cstring>

#include <ptero/wire/events.hpp>
#include <ptero/wire/slices_event.hpp>
#include <ptero/wire/views.hpp>

namespace ptero::dashboard {

namespace {

using Json = nlohmann::json;

std::size_t padded(std::size_t bytes) {
  return (bytes + 7) / 8 * 8;
}

/// Collects arrays and writes the message.
class Packer {
 public:
  explicit Packer(Json numbers) : numbers_(std::move(numbers)) {}

  Packer& add(const char* name, const char* dtype, std::vector<std::size_t> shape, const Bytes& bytes) {
    arrays_.push_back({{"name", name}, {"dtype", dtype}, {"shape", shape}, {"offset", end_}});
    parts_.push_back(bytes);
    end_ += padded(bytes.size());
    return *this;
  }

  View finish() {
    Json head = numbers_;
    head["arrays"] = arrays_;
    std::string text = head.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.resize(padded(text.size() + 4) - 4, ' ');
    std::string message(4 + text.size() + end_, '\0');
    const auto length = static_cast<std::uint32_t>(text.size());
    std::memcpy(message.data(), &length, 4);
    std::memcpy(message.data() + 4, text.data(), text.size());
    std::size_t at = 4 + text.size();
    for (const auto& part : parts_) {
      if (!part.empty()) std::memcpy(message.data() + at, part.data(), part.size());
      at += padded(part.size());
    }
    return {std::move(numbers_), std::move(message)};
  }

 private:
  Json numbers_;
  Json arrays_ = Json::array();
  std::vector<Bytes> parts_;
  std::size_t end_ = 0;
};

Json json_of(const std::vector<wire::Finding>& findings) {
  Json all = Json::array();
  for (const auto& one : findings)
    all.push_back({{"code", one.code}, {"number", one.number}, {"sentence", one.sentence}});
  return all;
}

std::optional<View> view_of_map(const Parts& parts) {
  const auto e = wire::decode_map_event(parts);
  if (!e) return std::nullopt;
  Json numbers = {{"topic", "map"},      {"series_uid", e->series_uid}, {"revision", e->revision},
                  {"frames", e->frames}, {"segments", e->segments},     {"mode", e->mode},
                  {"border", e->border}, {"fill_in", e->fill_in},       {"no_contrast", e->no_contrast},
                  {"raster", nullptr}};
  if (e->raster)
    numbers["raster"] = {{"rows", e->raster->rows},
                         {"cols", e->raster->cols},
                         {"step_x_m", e->raster->step_x_m},
                         {"step_y_m", e->raster->step_y_m},
                         {"snake", e->raster->order == ScanOrder::snake}};
  const std::vector<std::size_t> shape{e->frames};
  const auto& c = e->columns;
  return Packer(std::move(numbers))
      .add("id", "<u4", shape, c.ids)
      .add("x_m", "<f4", shape, c.x_m)
      .add("y_m", "<f4", shape, c.y_m)
      .add("total", "<f4", shape, c.total)
      .add("com_x", "<f4", shape, c.com_x)
      .add("com_y", "<f4", shape, c.com_y)
      .add("label", "|u1", shape, c.label)
      .add("confidence", "|u1", shape, c.confidence)
      .finish();
}

std::optional<View> view_of_preview(const Parts& parts) {
  const auto e = wire::decode_preview_event(parts);
  if (!e) return std::nullopt;
  const std::vector<std::size_t> shape{e->shape.rows, e->shape.cols};
  return Packer({{"topic", "frame"},
                 {"series_uid", e->series_uid},
                 {"frame", e->frame},
                 {"full_shape", {e->full_shape.rows, e->full_shape.cols}},
                 {"bin", e->bin},
                 {"max_counts", e->max_counts},
                 {"mean_max_counts", e->mean_max_counts},
                 {"averaged", e->averaged},
                 {"saturated_pixels", e->saturated_pixels},
                 {"saturated_frames", e->saturated_frames},
                 {"flagged_pixels", e->flagged_pixels}})
      .add("newest", "|u1", shape, e->newest)
      .add("mean", "|u1", shape, e->mean)
      .finish();
}

std::optional<View> view_of_snapshot(const Parts& parts) {
  if (parts.empty()) return std::nullopt;
  const auto e = wire::decode_snapshot_event(parts[0]);
  if (!e) return std::nullopt;
  Packer packer({{"topic", "snapshot"},
                 {"series_uid", e->series_uid},
                 {"frames_used", e->frames_used},
                 {"last_frame", e->last_frame},
                 {"iteration", e->iteration},
                 // Before the first iteration there is none, not a perfect one.
                 {"amplitude_error", e->iteration > 0 ? Json(e->amplitude_error) : Json(nullptr)},
                 {"age_ms", e->age_ms},
                 {"shape", {e->shape.rows, e->shape.cols}},
                 {"pixel_m", e->pixel_m},
                 {"converged", e->converged},
                 {"centre_m", {e->centre.x_m, e->centre.y_m}},
                 {"errors", e->errors},
                 {"noise_floor", e->noise_floor > 0 ? Json(e->noise_floor) : Json(nullptr)},
                 {"verdict", json_of(e->verdict)}});
  const char* names[] = {"phase", "coverage", "amplitude"};
  const std::size_t bytes = e->shape.count() * sizeof(float);
  for (std::size_t i = 0; i < std::size(names); ++i) {
    // Whoever published the event may be older than the third picture.
    if (parts.size() <= i + 1) break;
    if (parts[i + 1].size() != bytes) return std::nullopt;
    packer.add(names[i], "<f4", {e->shape.rows, e->shape.cols}, parts[i + 1]);
  }
  return packer.finish();
}

std::optional<View> view_of_probe(const Parts& parts) {
  if (parts.size() < 2) return std::nullopt;
  const auto e = wire::decode_probe_event(parts[0]);
  if (!e || parts[1].size() != e->modes * e->shape.count() * 8) return std::nullopt;
  return Packer({{"topic", "probe"},
                 {"series_uid", e->series_uid},
                 {"iteration", e->iteration},
                 {"modes", e->modes},
                 {"pixel_m", e->pixel_m}})
      .add("modes", "<c8", {static_cast<std::size_t>(e->modes), e->shape.rows, e->shape.cols}, parts[1])
      .finish();
}

std::optional<View> view_of_slices(const Parts& parts) {
  if (parts.size() < 2) return std::nullopt;
  const auto e = wire::decode_slices_event(parts[0]);
  if (!e) return std::nullopt;
  const std::size_t bytes = e->slices * e->shape.count() * sizeof(float);
  const bool has_sigma = e->runs > 1 && parts.size() > 2;
  if (parts[1].size() != bytes || (has_sigma && parts[2].size() != bytes)) return std::nullopt;
  const std::vector<std::size_t> shape{static_cast<std::size_t>(e->slices), e->shape.rows, e->shape.cols};
  Packer packer({{"topic", "slices"},
                 {"series_uid", e->series_uid},
                 {"slices", e->slices},
                 {"pixel_m", e->pixel_m},
                 {"epoch", e->epoch},
                 {"done", e->done},
                 {"runs", e->runs},
                 {"mixing", e->mixing},
                 {"alarms", e->alarms}});
  packer.add("phase", "<f4", shape, parts[1]);
  if (has_sigma) packer.add("sigma", "<f4", shape, parts[2]);
  return packer.finish();
}

std::optional<View> view_of_positions(const Parts& parts) {
  const auto e = wire::decode_positions_event(parts);
  if (!e) return std::nullopt;
  const std::vector<std::size_t> shape{e->frames};
  return Packer({{"topic", "positions"},
                 {"series_uid", e->series_uid},
                 {"iteration", e->iteration},
                 {"frames", e->frames},
                 {"every", e->every}})
      .add("id", "<u4", shape, e->ids)
      .add("nominal_x_m", "<f4", shape, e->nominal_x_m)
      .add("nominal_y_m", "<f4", shape, e->nominal_y_m)
      .add("refined_x_m", "<f4", shape, e->refined_x_m)
      .add("refined_y_m", "<f4", shape, e->refined_y_m)
      .finish();
}

}  // namespace

std::optional<View> view_of(std::string_view topic, const Parts& event) {
  if (topic == wire::topic_map) return view_of_map(event);
  if (topic == wire::topic_frame) return view_of_preview(event);
  if (topic == wire::topic_snapshot) return view_of_snapshot(event);
  if (topic == wire::topic_probe) return view_of_probe(event);
  if (topic == wire::topic_slices) return view_of_slices(event);
  if (topic == wire::topic_positions) return view_of_positions(event);
  return std::nullopt;
}

std::optional<View> segment_view(const Parts& event, std::uint64_t segment) {
  const auto e = wire::decode_segments_event(event);
  if (!e || segment >= e->segments) return std::nullopt;
  const auto column = [&](const Bytes& all) {
    std::vector<float> one(e->frames);
    for (std::size_t i = 0; i < one.size(); ++i)
      std::memcpy(&one[i], all.data() + (i * e->segments + segment) * sizeof(float), sizeof(float));
    return Bytes::take(std::move(one));
  };
  const std::vector<std::size_t> shape{e->frames};
  return Packer({{"topic", "segment"},
                 {"series_uid", e->series_uid},
                 {"frames", e->frames},
                 {"segments", e->segments},
                 {"segment", segment}})
      .add("total", "<f4", shape, column(e->total))
      .add("com_x", "<f4", shape, column(e->com_x))
      .add("com_y", "<f4", shape, column(e->com_y))
      .finish();
}

}  // namespace ptero::dashboard
