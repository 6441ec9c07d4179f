#include "log_entry.hpp"

#include <bit>
#include <type_traits>

namespace ptero::classifier {

namespace {

static_assert(std::endian::native == std::endian::little, "the checkpoint is little endian");

enum class Kind : std::uint8_t { centre, frame, fault, reshaped, marked, segments, pixels, revision };
enum Has : std::uint8_t { has_position = 1, has_monitor = 2 };

class Writer {
 public:
  template <class T>
  Writer& put(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out_.insert(out_.end(), bytes, bytes + sizeof value);
    return *this;
  }
  Writer& put(const roi::SegmentFeatures& f) { return put(f.total).put(f.com_x).put(f.com_y); }
  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  Bytes finish() { return Bytes::take(std::move(out_)); }

 private:
  std::vector<std::byte> out_;
};

/// Reads what Writer wrote; past the end everything is 0 and the entry is not `whole`.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> in) : in_(in) {}
  template <class T>
  T get() {
    T value{};
    if (in_.size() < sizeof value) {
      in_ = {};
      short_ = true;
      return value;
    }
    std::memcpy(&value, in_.data(), sizeof value);
    in_ = in_.subspan(sizeof value);
    return value;
  }
  roi::SegmentFeatures features() { return {get<double>(), get<double>(), get<double>()}; }
  std::size_t left() const { return in_.size(); }
  bool whole() const { return !short_ && in_.empty(); }

 private:
  std::span<const std::byte> in_;
  bool short_ = false;
};

constexpr std::size_t segment_bytes = 3 * sizeof(double);
constexpr std::size_t waited_bytes = 13;
constexpr std::size_t settled_bytes = 10;

struct Encoder {
  Writer out;
  Bytes operator()(const roi::PatternCentre& centre) {
    return out.put(Kind::centre).put(centre.row).put(centre.col).finish();
  }
  Bytes operator()(const LoggedFault& fault) {
    return out.put(Kind::fault).put(fault.sequence).put(fault.frame).finish();
  }
  Bytes operator()(const roi::RegionShape& shape) {
    return out.put(Kind::reshaped).put(std::int32_t{shape.border}).put(shape.fill_in).finish();
  }
  Bytes operator()(const roi::Mark& mark) {
    return out.put(Kind::marked).put(mark.first).put(mark.last).put(std::uint8_t{mark.bad}).finish();
  }
  Bytes operator()(const LoggedSegments& next) { return out.put(Kind::segments).put(next.segments).finish(); }
  Bytes operator()(const LoggedPixels& pixels) {
    out.put(Kind::pixels);
    for (const std::uint32_t pixel : pixels.marked) out.put(pixel);
    return out.finish();
  }
  Bytes operator()(const LoggedRevision& revision) {
    out.reserve(1 + revision.settled.size() * settled_bytes);
    out.put(Kind::revision);
    for (const auto& one : revision.settled) out.put(one.id).put(one.label).put(std::uint8_t{one.contested});
    return out.finish();
  }
  Bytes operator()(const LoggedFrame& logged) {
    const auto& [record, label, confidence, waited, settled, reshaped, marked] =
        logged.step;  // the last three: entries of their own
    const auto& features = record.features;
    out.reserve(64 + (features.segments.size() + 1) * segment_bytes + waited.size() * waited_bytes);
    out.put(Kind::frame).put(logged.sequence).put(record.id).put(label).put(confidence);
    out.put(
        static_cast<std::uint8_t>((record.position ? has_position : 0) | (record.monitor ? has_monitor : 0)));
    if (record.position) out.put(record.position->x_m).put(record.position->y_m);
    if (record.monitor) out.put(*record.monitor);
    out.put(features.flagged_pixels).put(features.whole);
    out.put(static_cast<std::uint32_t>(features.segments.size()));
    for (const auto& segment : features.segments) out.put(segment);
    for (const auto& over : waited) out.put(over.id).put(over.label).put(over.confidence);
    return out.finish();
  }
};

std::optional<LogEntry> decode_frame(Reader& in) {
  LoggedFrame logged;
  auto& [record, label, confidence, waited, settled, reshaped, marked] = logged.step;
  logged.sequence = in.get<std::uint64_t>();
  record.id = in.get<FrameId>();
  label = in.get<roi::Label>();
  confidence = in.get<float>();
  const auto has = in.get<std::uint8_t>();
  if (has & has_position) {
    const auto x_m = in.get<double>();
    record.position = Position{x_m, in.get<double>()};
  }
  if (has & has_monitor) record.monitor = in.get<double>();
  record.features.flagged_pixels = in.get<std::uint64_t>();
  record.features.whole = in.features();
  const auto segments = in.get<std::uint32_t>();
  if (segments > in.left() / segment_bytes) return std::nullopt;
  record.features.segments.reserve(segments);
  for (std::uint32_t s = 0; s < segments; ++s) record.features.segments.push_back(in.features());
  while (in.left() >= waited_bytes) {
    roi::Labelled over{.id = in.get<FrameId>()};
    over.label = in.get<roi::Label>();
    over.confidence = in.get<float>();
    waited.push_back(over);
  }
  return logged;
}

}  // namespace

Bytes encode(const LogEntry& entry) {
  return std::visit(Encoder{}, entry);
}

std::optional<LogEntry> decode_log_entry(const Bytes& bytes) {
  Reader in(bytes.span());
  std::optional<LogEntry> entry;
  switch (in.get<Kind>()) {
    case Kind::centre: {
      const auto row = in.get<double>();
      entry = roi::PatternCentre{row, in.get<double>()};
      break;
    }
    case Kind::frame:
      entry = decode_frame(in);
      break;
    case Kind::fault: {
      const auto sequence = in.get<std::uint64_t>();
      entry = LoggedFault{sequence, in.get<FrameId>()};
      break;
    }
    case Kind::reshaped: {
      const auto border = in.get<std::int32_t>();
      entry = roi::RegionShape{border, in.get<std::uint8_t>() != 0 ? roi::FillIn::on : roi::FillIn::off};
      break;
    }
    case Kind::marked: {
      const auto first = in.get<FrameId>(), last = in.get<FrameId>();
      if (first > last) return std::nullopt;
      entry = roi::Mark{first, last, in.get<std::uint8_t>() != 0};
      break;
    }
    case Kind::segments:
      entry = LoggedSegments{in.get<std::int32_t>()};
      break;
    case Kind::revision: {
      LoggedRevision revision;
      while (in.left() >= settled_bytes) {
        roi::Settled one{.id = in.get<FrameId>()};
        one.label = in.get<roi::Label>();
        one.contested = in.get<std::uint8_t>() != 0;
        revision.settled.push_back(one);
      }
      entry = std::move(revision);
      break;
    }
    case Kind::pixels: {
      LoggedPixels pixels;
      while (in.left() >= sizeof(std::uint32_t)) pixels.marked.push_back(in.get<std::uint32_t>());
      entry = std::move(pixels);
      break;
    }
  }
  return in.whole() ? entry : std::nullopt;
}

}  // namespace ptero::classifier
