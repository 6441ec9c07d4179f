#include "snapshot_events.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include <ptero/image/render.hpp>
#include <ptero/ptycho/verdict.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/views.hpp>

namespace ptero::reconstructor {

namespace {
Bytes values_of(const Image<float>& image) {
  return Bytes::take(std::vector<float>(image.pixels().begin(), image.pixels().end()));
}
/// Of a report; null where it says nothing of a reconstruction.
nlohmann::json reconstruction_in(const std::string& report) {
  const auto all = nlohmann::json::parse(report, nullptr, false);
  return all.is_object() && all.contains("reconstruction") ? all["reconstruction"] : nlohmann::json();
}

std::optional<wire::Finding> finding_in(const nlohmann::json& one) {
  if (!one.is_object() || !one.value("code", nlohmann::json()).is_string() ||
      !one.value("sentence", nlohmann::json()).is_string())
    return std::nullopt;
  const auto number = one.value("number", nlohmann::json());
  return wire::Finding{one["code"], number.is_number() ? number.get<double>() : std::nan(""),
                       one["sentence"]};
}
}  // namespace

std::vector<wire::Finding> verdict_of(const ptycho::Snapshot& snapshot) {
  auto found = ptycho::findings(snapshot);
  if (found.empty()) found.push_back(ptycho::verdict(snapshot));
  std::vector<wire::Finding> out;
  for (auto& one : found) out.push_back({std::move(one.code), one.number, std::move(one.sentence)});
  return out;
}

std::vector<wire::Finding> verdict_in(const std::string& report) {
  const auto said = reconstruction_in(report);
  std::vector<wire::Finding> out;
  if (!said.is_object()) return out;
  for (const auto& one : said.value("findings", nlohmann::json::array()))
    if (auto finding = finding_in(one)) out.push_back(*std::move(finding));
  if (out.empty())
    if (auto word = finding_in(said.value("verdict", nlohmann::json()))) out.push_back(*std::move(word));
  return out;
}

Parts snapshot_event(const std::string& uid, const ptycho::Snapshot& snapshot,
                     std::vector<wire::Finding> verdict, double amplitude_error, double age_ms) {
  return {wire::encode(wire::SnapshotEvent{.series_uid = uid,
                                           .frames_used = snapshot.frames,
                                           .last_frame = snapshot.last_frame,
                                           .iteration = snapshot.epochs,
                                           .amplitude_error = amplitude_error,
                                           .age_ms = age_ms,
                                           .shape = snapshot.object.shape(),
                                           .pixel_m = snapshot.pixel_m,
                                           .converged = snapshot.converged,
                                           .centre = snapshot.centre,
                                           .errors = snapshot.errors,
                                           .noise_floor = snapshot.noise_floor,
                                           .verdict = std::move(verdict)}),
          values_of(image::phase_of(snapshot.object)), values_of(snapshot.coverage),
          values_of(image::amplitude_of(snapshot.object))};
}

Parts probe_event(const std::string& uid, const ptycho::Snapshot& snapshot) {
  std::vector<ptycho::Complex> modes;
  for (const auto& mode : snapshot.modes)
    modes.insert(modes.end(), mode.pixels().begin(), mode.pixels().end());
  return {wire::encode(wire::ProbeEvent{.series_uid = uid,
                                        .iteration = snapshot.epochs,
                                        .modes = snapshot.modes.size(),
                                        .shape = snapshot.probe.shape(),
                                        .pixel_m = snapshot.pixel_m}),
          Bytes::take(std::move(modes))};
}

Parts positions_event(const std::string& uid, const ptycho::Snapshot& snapshot,
                      const std::map<FrameId, Position>& nominal) {
  const std::size_t most = wire::PositionsEvent::most_frames;
  const std::size_t every = (snapshot.patterns.size() + most - 1) / most;
  std::vector<std::uint32_t> ids;
  std::vector<float> columns[4];
  for (std::size_t i = 0; i < snapshot.patterns.size(); i += every) {
    const auto& frame = snapshot.patterns[i];
    const auto came = nominal.find(frame.id);
    if (came == nominal.end()) continue;
    ids.push_back(static_cast<std::uint32_t>(frame.id));
    const double values[] = {came->second.x_m, came->second.y_m, frame.position.x_m, frame.position.y_m};
    for (std::size_t c = 0; c < 4; ++c) columns[c].push_back(static_cast<float>(values[c]));
  }
  return wire::encode(wire::PositionsEvent{.series_uid = uid,
                                           .iteration = snapshot.epochs,
                                           .frames = ids.size(),
                                           .every = std::max<std::uint64_t>(every, 1),
                                           .ids = Bytes::take(std::move(ids)),
                                           .nominal_x_m = Bytes::take(std::move(columns[0])),
                                           .nominal_y_m = Bytes::take(std::move(columns[1])),
                                           .refined_x_m = Bytes::take(std::move(columns[2])),
                                           .refined_y_m = Bytes::take(std::move(columns[3]))});
}

ptycho::Snapshot shown_by(const product::Product& product, const std::string& report) {
  ptycho::Snapshot shot;
  shot.object = product.object.at(0);
  for (std::size_t l = 1; l < product.object.size(); ++l)
    for (std::size_t i = 0; i < shot.object.size(); ++i) shot.object.data()[i] *= product.object[l].data()[i];
  shot.coverage = product.coverage.value_or(Image<float>(shot.object.shape(), 1.0F));
  shot.pixel_m = product.object_pixel_width_m;
  shot.centre = product.object_centre;
  shot.modes = product.probe;
  shot.modes.resize(product.probe.size() / product.opr_count);
  shot.probe = shot.modes.at(0);
  shot.frames = product.positions.size();
  for (const auto id : product.position_indexes)
    shot.last_frame = std::max(shot.last_frame, static_cast<FrameId>(id));
  shot.epochs = product.loss_values.size();
  shot.errors = product.loss_values;
  if (const auto said = reconstruction_in(report); said.is_object())
    if (const auto floor = said.value("noise_floor", nlohmann::json()); floor.is_number())
      shot.noise_floor = floor;
  const auto converged = product.numbers.find("converged");
  shot.converged = converged != product.numbers.end() && converged->second != 0;
  return shot;
}

}  // namespace ptero::reconstructor
