// One scan of 36 frames as detectors may send it: three protocols, pixel types, byte orders, codecs, numbers
// that begin elsewhere, announcements that are right, wrong or none, frames out of order or twice, ends that
// come early, are missing or say another number, positions in the frames, of a plan or of a file. Each frame
// is in the raw file with its own pixels and its own place, or an alarm or a warning says what is wrong. 60
// combinations; PTERO_FULL: 1,000. PTERO_TEST_SEED=N repeats a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>

#include <ptero/codec/codec.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "series_scenario.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

constexpr std::uint64_t rows = 6, cols = 6, count = rows * cols;
constexpr Shape shape{8, 8};
constexpr double step_m = 0.2e-6;

enum class Protocol : std::uint8_t { native, v1, v2 };
enum class Announced : std::uint8_t { right, none, half, twice };
enum class Order : std::uint8_t { rising, shuffled, doubled };
enum class End : std::uint8_t { right, overtakes, missing, damaged };
enum class Place : std::uint8_t { frame, plan, file };

struct Combination {
  Protocol protocol = Protocol::native;
  Dtype dtype = Dtype::u16;
  bool big_endian = false;
  Codec codec = Codec::none;
  std::uint64_t first = 0;  ///< the number of the first frame
  Announced announced = Announced::right;
  Order order = Order::rising;
  End end = End::right;
  Place place = Place::frame;
  bool says_uid = true;

  static Combination random(std::mt19937& random) {
    const auto pick = [&](auto... of) {
      const std::common_type_t<decltype(of)...> all[] = {of...};
      return all[std::uniform_int_distribution<std::size_t>(0, sizeof...(of) - 1)(random)];
    };
    Combination c;
    c.protocol = pick(Protocol::native, Protocol::v1, Protocol::v2);
    c.dtype =
        pick(Dtype::u8, Dtype::u16, Dtype::u32, Dtype::f32, Dtype::i8, Dtype::i16, Dtype::i32, Dtype::f64);
    c.codec = pick(Codec::none, Codec::none, Codec::lz4, Codec::bslz4);
    c.big_endian = c.protocol == Protocol::native && c.codec == Codec::none && pick(0, 0, 1) == 1;
    c.first = pick(std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{1}, (std::uint64_t{1} << 32) - 10);
    c.announced =
        pick(Announced::right, Announced::right, Announced::none, Announced::half, Announced::twice);
    c.order = pick(Order::rising, Order::rising, Order::shuffled, Order::doubled);
    c.end = pick(End::right, End::right, End::overtakes, End::missing, End::damaged);
    if (c.end == End::damaged && c.protocol != Protocol::native) c.end = End::right;  // theirs say no number
    c.place = pick(Place::frame, Place::plan, Place::file);
    if (c.place == Place::frame && c.protocol != Protocol::native) c.place = Place::plan;
    c.says_uid = pick(0, 1) == 1;
    return c;
  }
  std::string text() const {
    static constexpr const char* protocols[] = {"native", "v1", "v2"};
    static constexpr const char* announcements[] = {"right", "none", "half", "twice"};
    static constexpr const char* orders[] = {"rising", "shuffled", "doubled"};
    static constexpr const char* ends[] = {"right", "overtakes", "missing", "damaged"};
    static constexpr const char* places[] = {"frame", "plan", "file"};
    const auto at = [](auto value) { return static_cast<std::size_t>(value); };
    return std::string(protocols[at(protocol)]) + " " + std::string(numpy_name(dtype)) +
           (big_endian ? " big-endian" : "") + " codec " + std::to_string(at(codec)) + " from " +
           std::to_string(first) + " announced " + announcements[at(announced)] + " order " +
           orders[at(order)] + " end " + ends[at(end)] + " place " + places[at(place)] +
           (says_uid ? " uid" : "");
  }
};

/// A frame has no symmetry and is like no other; a pixel is a flag.
std::vector<std::byte> pixels_of(FrameId k, Dtype dtype) {
  return with_recorded_dtype(dtype, [k](auto zero) {
    using T = decltype(zero);
    std::vector<T> pixels(shape.count());
    for (std::size_t i = 0; i < pixels.size(); ++i)
      pixels[i] = static_cast<T>((3 * k + 7 * (i % 8) + 5 * (i / 8)) % 101);
    pixels[9] = static_cast<T>(-1);
    std::vector<std::byte> out(pixels.size() * sizeof(T));
    std::memcpy(out.data(), pixels.data(), out.size());
    return out;
  });
}

/// The steps differ, so that a place says its row and its column.
Position place_of(FrameId k) {
  return {(static_cast<double>(k % cols) - 2.5) * step_m, (static_cast<double>(k / cols) - 2.5) * 2 * step_m};
}

class WireScan : public SeriesScenario {
 public:
  explicit WireScan(const Combination& c) : c_(c) {
    static constexpr const char* names[] = {"native:", "simplon1:", "simplon2:"};
    options_.source = names[static_cast<std::size_t>(c.protocol)] + push_.endpoint();
    options_.label_wait_s = 0;
    options_.end_wait_s = 0.3;
    if (c.place == Place::plan) options_.positions = "plan:raster:6x6";
    options_.step_x_m = step_m;
    options_.step_y_m = 2 * step_m;
    if (c.place == Place::file) options_.positions = "file:" + write_places();
  }
  void TestBody() override {}

  /// What is wrong with what became of it, and nobody said; empty where all is well or was said.
  std::string silently_wrong() {
    start_ingest();
    send_scan();
    if (!eventually([&] { return folders_in(scratch_ / "data").size() > 0; })) return "no series";
    // A series without an end is over when the next one begins.
    if (c_.end == End::missing) {
      send(start_of(info("next", 2)));
      send(message(0, 2, "next"));
    }
    if (!eventually([&] { return !name().empty() && sealed(name(), 1); })) return "not sealed";
    std::string wrong = faults();
    said_ = alarms() > 0 || metric("ptero_ingest_set_aside_total") > 0;
    right_ = wrong.empty();
    return said_ ? "" : wrong;
  }
  bool right() const { return right_; }
  bool said() const { return said_; }

 private:
  SeriesInfo info(const std::string& uid, std::uint64_t id) const {
    SeriesInfo info{.id = id, .uid = uid, .frame_shape = shape, .dtype = c_.dtype};
    const std::optional<std::uint64_t> announced[] = {count, std::nullopt, count / 2, 2 * count};
    info.n_expected = announced[static_cast<std::size_t>(c_.announced)];
    info.distance_m = 1;
    info.wavelength_m = 1e-10;
    info.detector_pixel_m = 75e-6;
    return info;
  }
  Parts start_of(const SeriesInfo& info) const {
    if (c_.protocol == Protocol::v1) return simplon::encode_start_v1(info);
    if (c_.protocol == Protocol::v2) return simplon::encode_start_v2(info);
    return wire::encode(info);
  }
  /// As the detector numbers it: a counter of 32 bits begins again at 0.
  std::uint64_t number(FrameId k) const { return (c_.first + k) % (std::uint64_t{1} << 32); }

  Parts message(FrameId k, std::uint64_t series = 1, const std::string& uid = "scan") const {
    Frame frame{.id = number(k), .shape = shape, .dtype = c_.dtype, .codec = c_.codec};
    auto pixels = pixels_of(k, c_.dtype);
    const std::size_t size = size_of(c_.dtype);
    if (c_.codec != Codec::none) pixels = codec::encode(c_.codec, pixels, size);
    if (c_.big_endian)
      for (std::size_t i = 0; i < pixels.size(); i += size)
        std::reverse(pixels.begin() + static_cast<std::ptrdiff_t>(i),
                     pixels.begin() + static_cast<std::ptrdiff_t>(i + size));
    frame.payload = Bytes::take(std::move(pixels));
    if (c_.place == Place::frame) frame.position = place_of(k);
    if (c_.protocol == Protocol::v1) return simplon::encode_image_v1(series, frame);
    if (c_.protocol == Protocol::v2) return simplon::encode_image_v2(series, uid, frame);
    Parts parts = wire::encode(wire::StreamFrame{series, frame, c_.says_uid ? uid : ""});
    if (c_.big_endian && size > 1) {
      std::vector<std::byte> header(parts[0].span().begin(), parts[0].span().end());
      const std::string_view little = numpy_name(c_.dtype);
      const auto at = std::ranges::search(header, std::as_bytes(std::span(little)));
      EXPECT_FALSE(at.empty());
      *at.begin() = static_cast<std::byte>('>');
      parts[0] = Bytes::take(std::move(header));
    }
    return parts;
  }
  Parts end_of() const {
    if (c_.protocol == Protocol::v1) return simplon::encode_end_v1(1);
    if (c_.protocol == Protocol::v2) return simplon::encode_end_v2(1, "scan");
    return wire::encode(
        wire::StreamEnd{1, c_.end == End::damaged ? 5'000'000 : count, c_.says_uid ? "scan" : ""});
  }
  void send_scan() {
    send(start_of(info("scan", 1)));
    std::vector<FrameId> order;
    for (FrameId k = 0; k < count; ++k) {
      order.push_back(k);
      if (c_.order == Order::doubled && k % 5 == 4) order.push_back(k - 1);
    }
    if (c_.order == Order::shuffled)  // the first stays: what a detector counts from is known by it
      for (std::size_t i = 1; i + 3 < order.size(); i += 3) std::swap(order[i], order[i + 2]);
    const std::size_t early = order.size() - (c_.end == End::overtakes ? 4 : 0);
    for (std::size_t i = 0; i < early; ++i) send(message(order[i]));
    if (c_.end != End::missing) send(end_of());
    for (std::size_t i = early; i < order.size(); ++i) send(message(order[i]));
  }

  std::string write_places() {
    const auto path = scratch_ / "places.txt";
    std::ofstream out(path);
    out << "# x [um]  y [um]\n";
    for (FrameId k = 0; k < count; ++k) out << place_of(k).x_m * 1e6 << " " << place_of(k).y_m * 1e6 << "\n";
    return path.string();
  }
  /// The folder of the scan, not of what ended it; empty while there is none. Version 1 knows no uid.
  std::string name() const {
    for (const auto& folder : folders_in(scratch_ / "data")) {
      const auto name = folder.filename().string();
      if (!name.starts_with("next") && !name.starts_with("series-2-")) return name;
    }
    return "";
  }
  std::string faults() const {
    const auto raw = folder(name()) / "raw.h5";
    const auto proof = scanfile::prove_ledger(raw);
    if (!proof.faults.empty()) return "the ledger: " + proof.faults.front();
    const scanfile::SeriesReader reader(raw, {});
    std::uint64_t found = 0;
    for (FrameId row = 0; row < reader.size(); ++row) {
      if (!reader.present(row)) continue;
      const Frame frame = reader.frame(row);
      // By what it shows: which frame of the scan is it?
      std::optional<FrameId> k;
      for (FrameId each = 0; each < count && !k; ++each)
        if (shows(frame, each)) k = each;
      if (!k)
        return "row " + std::to_string(row) + " holds pixels that were never sent, type " +
               std::string(numpy_name(frame.dtype));
      ++found;
      const Position place = place_of(*k);
      const auto recorded = reader.positions()[row];
      if (!recorded) return "frame " + std::to_string(*k) + " has no place";
      if (std::hypot(recorded->x_m - place.x_m, recorded->y_m - place.y_m) > 1e-12)
        return "frame " + std::to_string(*k) + " in row " + std::to_string(row) + " is at the wrong place, " +
               std::to_string(recorded->x_m * 1e6) + " " + std::to_string(recorded->y_m * 1e6) + " um";
    }
    if (found != count) return std::to_string(found) + " of 36 frames are in the file";
    return "";
  }
  static bool shows(const Frame& frame, FrameId k) {
    const auto pixels = codec::decode(frame);
    const auto wanted = pixels_of(k, frame.dtype);
    return pixels && pixels->size() == wanted.size() &&
           std::memcmp(pixels->data(), wanted.data(), wanted.size()) == 0;
  }
  int alarms() {
    int active = 0;
    for (const auto& alarm : ingest_->alarms().since(0))
      active += alarm.id != "detector_distance" && alarm.id != "no_positions";
    return active;
  }

  Combination c_;
  bool right_ = false, said_ = false;
};

TEST(WireConventions, EachFrameIsRightOrSomethingIsSaid) {
  std::mt19937 random(seed());
  const int combinations = std::getenv("PTERO_FULL") != nullptr ? 1000 : 60;
  int right = 0, said = 0;
  for (int i = 0; i < combinations; ++i) {
    const auto c = Combination::random(random);
    WireScan scan(c);
    const std::string wrong = scan.silently_wrong();
    EXPECT_EQ(wrong, "") << c.text();
    right += scan.right();
    said += !scan.right() && scan.said();
  }
  std::cout << combinations << " combinations: " << right << " right, " << said << " said to be wrong\n";
  EXPECT_GT(right, combinations / 2);
}

}  // namespace
}  // namespace ptero::test
