#include "simplon_source.hpp"

#include <ctime>
#include <utility>

#include <ptero/runtime/clock.hpp>

namespace ptero::ingest {

namespace {

constexpr std::size_t max_held_faults = 10'000;
/// So many images that cannot be used, and no other before them, and the header has to do.
constexpr std::size_t patience = 64;

/// Version 1 has no name for a series: its number and the time its header came, which no two share. A header
/// that an earlier process took gives the name it had there.
std::string made_uid(std::uint64_t series, std::int64_t t_arrival_ns) {
  const std::int64_t utc_ns = runtime::utc_now_ns() - runtime::steady_now_ns() + t_arrival_ns;
  const auto seconds = static_cast<std::time_t>(utc_ns / 1'000'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const auto n = std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &utc);
  const auto ms = std::to_string(1000 + utc_ns / 1'000'000 % 1000).substr(1);
  return "series-" + std::to_string(series) + "-" + std::string(text, n) + "." + ms + "Z";
}

/// A name for files out of whatever the detector sent.
std::string safe_uid(const std::string& said, std::uint64_t series, std::int64_t t_arrival_ns) {
  std::string uid = said.substr(0, 100);
  for (char& c : uid) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '-' && c != '_' && c != '.') c = '_';
  }
  if (uid.starts_with('.')) uid[0] = '_';
  return uid.empty() ? made_uid(series, t_arrival_ns) : uid;
}

}  // namespace

SimplonSource::SimplonSource(Version version, const IngestOptions& options, telemetry::Metrics& metrics)
    : version_(version),
      decode_{.max_frame_bytes = options.max_frame_bytes, .channel = options.channel},
      other_channels_(metrics.counter("ptero_ingest_other_channels_total")) {}

void SimplonSource::take(const Incoming& incoming, const Emit& emit) {
  auto decoded = version_ == Version::v1 ? simplon::decode_v1(incoming.parts, decode_)
                                         : simplon::decode_v2(incoming.parts, decode_);
  if (!decoded) return take_fault(decoded.reason(), incoming, emit);
  if (auto* start = std::get_if<simplon::Start>(&*decoded)) {
    if (held_) release(nullptr, emit);
    for (const auto& warning : start->warnings) log_.warning(warning, {{"series", start->info.id}});
    start->info.uid = safe_uid(start->info.uid, start->info.id, incoming.t_arrival_ns);
    held_ = Held{std::move(*start), incoming.t_arrival_ns, incoming.parts, {}};
    told_channel_ = false;
    return;
  }
  if (auto* image = std::get_if<simplon::Image>(&*decoded))
    return take_image(std::move(*image), incoming, emit);
  const auto& end = std::get<simplon::End>(*decoded);
  if (held_ && held_->start.info.id == end.series) release(nullptr, emit);
  emit({.message = wire::StreamMessage(wire::StreamEnd{end.series, std::nullopt, end.uid}),
        .native = {},
        .raw = incoming.parts,
        .t_arrival_ns = incoming.t_arrival_ns});
}

void SimplonSource::take_image(simplon::Image image, const Incoming& incoming, const Emit& emit) {
  if (held_ && held_->start.info.id == image.series) release(&image, emit);
  if (!decode_.channel.empty() && !image.channel.empty() && image.channel != decode_.channel &&
      !std::exchange(told_channel_, true))
    log_.error("the detector does not send the channel asked for; another is taken",
               {{"channel", decode_.channel}, {"taken", image.channel}});
  if (image.other_channels > 0) other_channels_.add(image.other_channels);
  emit({.message = wire::StreamMessage(
            wire::StreamFrame{image.series, std::move(image.frame), std::move(image.uid)}),
        .native = {},
        .raw = incoming.parts,
        .t_arrival_ns = incoming.t_arrival_ns,
        .bytes = incoming.bytes()});
}

void SimplonSource::take_fault(const simplon::Fault& fault, const Incoming& incoming, const Emit& emit) {
  if (fault.fault == FrameFault::wrong_version && !told_too_old_ && simplon::is_before_v2(incoming.parts)) {
    told_too_old_ = true;
    log_.error(
        "the detector's firmware is too old: its stream is one from before version 2; install 2022.1 "
        "or later, or take simplon1");
  }
  const wire::StreamFault told{fault.fault, fault.frame, fault.series, fault.uid, fault.dtype};
  const bool of_held = held_ && fault.series.value_or(held_->start.info.id) == held_->start.info.id;
  Arrival arrival{
      .message = told, .native = {}, .raw = incoming.parts, .t_arrival_ns = incoming.t_arrival_ns};
  if (!of_held) return emit(arrival);
  if (held_->faults.size() < max_held_faults) {
    // Kept for a reason of its own; of the others the note will do.
    if (told.fault != FrameFault::unsupported_dtype) arrival.raw.clear();
    held_->faults.push_back(std::move(arrival));
  }
  const bool known = held_->start.dtype_known && held_->start.info.frame_shape.count() > 0;
  if (known && held_->faults.size() >= patience) release(nullptr, emit);
}

void SimplonSource::release(const simplon::Image* first, const Emit& emit) {
  Held held = *std::move(held_);
  held_.reset();
  SeriesInfo& info = held.start.info;
  if (first != nullptr) {
    if (!info.mask.empty() && info.frame_shape != first->frame.shape) {
      info.mask.clear();
      log_.warning("the detector's pixel mask does not fit its images; it is not used", {{"uid", info.uid}});
    }
    info.frame_shape = first->frame.shape;
    info.dtype = first->frame.dtype;
    if (!first->appendix.empty())
      info.detector.tables.push_back(
          {"image_appendix", Dtype::u8, {1, first->appendix.size()}, first->appendix});
  }
  if (info.frame_shape.count() == 0) {
    log_.warning("a series without any image whose header does not say how large they are is left out",
                 {{"series", info.id}});
    return;
  }
  const auto inside = [](std::optional<double> at, std::size_t size) {
    return at && *at >= 0 && *at < static_cast<double>(size);
  };
  if (!inside(info.centre_row, info.frame_shape.rows) || !inside(info.centre_col, info.frame_shape.cols)) {
    info.centre_row.reset();
    info.centre_col.reset();
  }
  emit({.message = wire::StreamMessage(std::move(info)),
        .native = {},
        .raw = std::move(held.raw),
        .t_arrival_ns = held.t_arrival_ns});
  for (const auto& fault : held.faults) emit(fault);
}

std::optional<std::int64_t> SimplonSource::held_start() const {
  return held_ ? std::optional(held_->t_arrival_ns) : std::nullopt;
}

void SimplonSource::finish(const Emit& emit) {
  if (held_) release(nullptr, emit);
}

}  // namespace ptero::ingest
