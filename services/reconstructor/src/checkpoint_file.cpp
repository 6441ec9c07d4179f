#include "checkpoint_file.hpp"

#include <bit>
#include <nlohmann/json.hpp>

#include <ptero/core/error.hpp>
#include <ptero/journal/journal.hpp>
#include <ptero/scan/option_text.hpp>

namespace ptero::reconstructor {

namespace {

using nlohmann::json;
using ptycho::Complex;
namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "the checkpoint is little endian");

/// A frame without its weights.
struct FrameRow {
  std::uint64_t id = 0;
  double x_m = 0, y_m = 0;
  std::uint64_t visits = 0;
};

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  return Bytes::take(std::vector<T>(values));
}

/// A view: what it shows must outlive its use.
Bytes view_of(const Image<Complex>& image) {
  return Bytes(nullptr, std::as_bytes(image.pixels()));
}

template <class T>
std::vector<T> values_in(const Bytes& bytes) {
  if (bytes.size() % sizeof(T) != 0) throw Error("an entry has a wrong length");
  std::vector<T> out(bytes.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

Image<Complex> image_in(const Bytes& bytes, Shape shape) {
  auto pixels = values_in<Complex>(bytes);
  if (pixels.size() != shape.count()) throw Error("an image has a wrong size");
  return {shape, std::move(pixels)};
}

json to_json(Shape shape) {
  return {shape.rows, shape.cols};
}

Shape shape_in(const json& j) {
  return {j.at(0).get<std::size_t>(), j.at(1).get<std::size_t>()};
}

Parts owner_entry(const CheckpointOwner& owner) {
  Parts parts{Bytes::take("reconstruction 1 " + owner.options)};
  parts.insert(parts.end(), owner.start.begin(), owner.start.end());
  return parts;
}

json head_of(const CheckpointOwner& owner, const WorkerCheckpoint& c) {
  json head{{"started_ns", owner.started_ns},
            {"revision", c.revision},
            {"epochs", c.state.epochs},
            {"beta", c.state.beta},
            {"recoveries", c.state.recoveries},
            {"patterns_run", c.patterns_run},
            {"seconds", c.seconds},
            {"object", {c.state.extent.row, c.state.extent.col, to_json(c.state.extent.shape)}},
            {"slices", c.state.slices.size()},
            {"probe", to_json(c.state.probes.empty() ? Shape{} : c.state.probes[0].shape())},
            {"probes", c.state.probes.size()},
            {"weights", c.state.frames.empty() ? 0 : c.state.frames[0].weights.size()},
            {"momentum", json::array()}};
  if (c.epochs_at_final) head["epochs_at_final"] = *c.epochs_at_final;
  for (const auto& m : c.state.momentum)
    head["momentum"].push_back({to_json(m.last.shape()), m.updates.size()});
  return head;
}

Parts images_of(const ptycho::Checkpoint& state) {
  Parts parts;
  for (const auto& image : state.slices) parts.push_back(view_of(image));
  for (const auto& image : state.probes) parts.push_back(view_of(image));
  for (const auto& m : state.momentum) {
    parts.push_back(view_of(m.last));
    parts.push_back(view_of(m.velocity));
    for (const auto& update : m.updates) parts.push_back(view_of(update));
  }
  return parts;
}

Parts frames_of(const ptycho::Checkpoint& state) {
  std::vector<FrameRow> rows;
  std::vector<float> weights;
  for (const auto& f : state.frames) {
    rows.push_back({f.id, f.position.x_m, f.position.y_m, f.visits});
    weights.insert(weights.end(), f.weights.begin(), f.weights.end());
  }
  return {bytes_of(rows), bytes_of(weights), bytes_of(state.errors)};
}

void read_frames(const Parts& parts, std::size_t weights_each, ptycho::Checkpoint& state) {
  if (parts.size() != 3) throw Error("its frames are not there");
  const auto rows = values_in<FrameRow>(parts[0]);
  const auto weights = values_in<float>(parts[1]);
  if (weights_each > weights.size() || weights.size() != rows.size() * weights_each)
    throw Error("its weights differ in number from its frames");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = weights.begin() + static_cast<std::ptrdiff_t>(i * weights_each);
    state.frames.push_back({rows[i].id,
                            {rows[i].x_m, rows[i].y_m},
                            {at, at + static_cast<std::ptrdiff_t>(weights_each)},
                            static_cast<unsigned>(rows[i].visits)});
  }
  state.errors = values_in<double>(parts[2]);
}

void read_images(const Parts& parts, const json& head, ptycho::Checkpoint& state) {
  std::size_t next = 0;
  const auto take = [&](Shape shape) {
    if (next == parts.size()) throw Error("an image is missing");
    return image_in(parts[next++], shape);
  };
  const Shape probe = shape_in(head.at("probe"));
  for (std::size_t i = 0, n = head.at("slices"); i < n; ++i) state.slices.push_back(take(state.extent.shape));
  for (std::size_t i = 0, n = head.at("probes"); i < n; ++i) state.probes.push_back(take(probe));
  for (const auto& m : head.at("momentum")) {
    const Shape shape = shape_in(m.at(0));
    ptycho::MomentumState one{take(shape), take(shape), {}};
    for (std::size_t i = 0, n = m.at(1); i < n; ++i) one.updates.push_back(take(shape));
    state.momentum.push_back(std::move(one));
  }
}

WorkerCheckpoint decode(const journal::JournalReader& file) {
  // A file that was cut ends early; nobody renames an unfinished one, so it is damage.
  if (file.size() != 4) throw Error("it is damaged: it ends early");
  const json head = json::parse(file.read(1).at(0).text());
  WorkerCheckpoint out{.revision = head.at("revision"),
                       .epochs_at_final = std::nullopt,
                       .patterns_run = head.at("patterns_run"),
                       .seconds = head.at("seconds"),
                       .state = {}};
  if (head.contains("epochs_at_final")) out.epochs_at_final = head["epochs_at_final"].get<std::size_t>();
  const json& object = head.at("object");
  out.state.extent = {object.at(0), object.at(1), shape_in(object.at(2))};
  out.state.epochs = head.at("epochs");
  out.state.beta = head.at("beta");
  out.state.recoveries = head.at("recoveries");
  read_frames(file.read(2), head.at("weights"), out.state);
  read_images(file.read(3), head, out.state);
  return out;
}

}  // namespace

std::string checkpoint_options(const scan::SolverOptions& o) {
  return scan::option_text(scan::SolverOptions::declared().values(o, settings::Touches::state));
}

void write_checkpoint(const fs::path& path, const CheckpointOwner& owner, const WorkerCheckpoint& c) {
  fs::path beside = path;
  beside += ".tmp";
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  fs::remove(beside, error);
  {
    journal::JournalWriter file(beside, owner.series_uid, journal::OpenMode::create);
    file.append(owner_entry(owner));
    file.append(
        Parts{Bytes::take(head_of(owner, c).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))});
    file.append(frames_of(c.state));
    file.append(images_of(c.state));
    file.sync();
  }
  fs::rename(beside, path, error);
  if (error) throw Error("cannot rename " + beside.string(), error.message());
}

WorkerCheckpoint read_checkpoint(const fs::path& path, const CheckpointOwner& owner) {
  const journal::JournalReader file(path);
  const Parts found = file.size() == 0 ? Parts{} : file.read(0);
  const Parts mine = owner_entry(owner);
  if (found.empty()) throw Error("it is empty");
  if (file.series_uid() != owner.series_uid ||
      !std::equal(found.begin() + 1, found.end(), mine.begin() + 1, mine.end()))
    throw Error("it is of another series");
  if (found[0].text() != mine[0].text()) throw Error("it was written with other options or by another build");
  try {
    return decode(file);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    throw Error("it is damaged", e.what());
  }
}

std::optional<CheckpointHead> read_head(const fs::path& path) {
  try {
    const journal::JournalReader file(path);
    if (file.size() < 2) return std::nullopt;
    const json head = json::parse(file.read(1).at(0).text());
    return CheckpointHead{file.series_uid(), head.at("started_ns"), head.at("revision")};
  } catch (const std::exception&) {
    // Whoever starts the series reads it again and says what is wrong.
    return std::nullopt;
  }
}

}  // namespace ptero::reconstructor
