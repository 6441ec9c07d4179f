#include <algorithm>
#include <array>
#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/h5/locate.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/raw_check.hpp>

#include "raw_layout.hpp"

namespace ptero::scanfile {

struct RawCheck::State {
  h5::Source source;
  h5::Dataset data;
  Codec codec = Codec::none;
  std::vector<std::uint8_t> arrived;
  std::vector<double> x, y, monitor;
};

namespace {

Codec codec_named(const std::string& name) {
  for (const Codec codec : {Codec::none, Codec::lz4, Codec::bslz4})
    if (name_of(codec) == name) return codec;
  throw Error("the raw file names no codec that there is", name);
}

bool same(double stored, double given) {
  return stored == given || (std::isnan(stored) && std::isnan(given));
}

bool holds(const std::vector<double>& column, FrameId id, std::optional<double> given) {
  return !given || (id < column.size() && same(column[id], *given));
}

}  // namespace

RawCheck::RawCheck(const std::filesystem::path& path) {
  const LedgerProof proof = prove_ledger(path);
  if (!proof.sealed) throw Error(path.string() + " is not sealed");
  if (!proof.faults.empty())
    throw Error("the ledger of " + path.string() + " does not hold", proof.faults[0]);
  h5::Source source{h5::open_file(path), path.string()};
  h5::Dataset data = source.open(raw::data);
  const h5::Id group(H5Gopen2(source.file, raw::group, H5P_DEFAULT));
  const Codec codec = codec_named(h5::text_attribute(group, "codec").value_or(""));
  const auto column = [&](const char* name) { return h5::read<double>(source.open(name)); };
  state_ = std::make_unique<State>(State{
      .data = std::move(data),
      .codec = codec,
      .arrived = h5::read<std::uint8_t>(source.open(raw::frame_arrived)),
      .x = column(raw::motor_x),
      .y = column(raw::motor_y),
      .monitor = column(raw::monitor),
  });
  state_->source = std::move(source);
}

RawCheck::~RawCheck() = default;

Codec RawCheck::codec() const {
  return state_->codec;
}

std::optional<std::string> RawCheck::difference(const Frame& frame) const {
  const State& s = *state_;
  const std::string name = "frame " + std::to_string(frame.id) + " of " + s.source.name;
  if (frame.id >= s.arrived.size() || s.arrived[frame.id] == 0) return name + " is not there";
  const hsize_t offset[3] = {frame.id, 0, 0};
  hsize_t stored = 0;
  if (H5Dget_chunk_storage_size(s.data.id, offset, &stored) < 0 || stored != frame.payload.size())
    return name + " has another length than was written";
  std::vector<std::byte> bytes(stored);
  std::uint32_t skipped = 0;
  if (H5Dread_chunk(s.data.id, H5P_DEFAULT, offset, &skipped, bytes.data()) < 0)
    return name + " cannot be read back: " + h5::reason();
  if ((skipped != 0) != (s.codec != Codec::none && frame.codec == Codec::none))
    return name + " is not compressed as it was written";
  if (!std::ranges::equal(bytes, frame.payload.span())) return name + " has other bytes than were written";
  const auto place = frame.position;
  if (!holds(s.x, frame.id, place ? std::optional(place->x_m) : std::nullopt) ||
      !holds(s.y, frame.id, place ? std::optional(place->y_m) : std::nullopt) ||
      !holds(s.monitor, frame.id, frame.monitor))
    return name + " has another position or monitor than was written";
  return std::nullopt;
}

}  // namespace ptero::scanfile
