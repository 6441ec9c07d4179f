#include "admission.hpp"

#include <fmt/format.h>

#include <utility>

#include <ptero/runtime/clock.hpp>

namespace ptero::ingest {

namespace {

/// Far more frames than the sockets between a detector and a killed ingest hold: so many that are still to
/// come prove that the series cannot have ended unseen.
constexpr std::uint64_t never_in_flight = 10'000;

/// `uid`, or the name that it was recorded under where that was taken: with a number behind it.
bool is_recorded_as(const std::string& uid, const std::string& recorded) {
  if (!recorded.starts_with(uid)) return false;
  const auto behind = std::string_view(recorded).substr(uid.size());
  return behind.empty() ||
         (behind.size() > 1 && behind[0] == '-' && behind.find_first_not_of("0123456789", 1) == behind.npos);
}

wire::StreamFrame& frame_in(Arrival& arrival) {
  return std::get<wire::StreamFrame>(*arrival.message);
}

}  // namespace

Admission::Admission(const IngestOptions& options, telemetry::Metrics& metrics, runtime::Alarms& alarms,
                     UsualMistakes& mistakes, Outlets outlets)
    : options_(options),
      alarms_(alarms),
      mistakes_(mistakes),
      outlets_(std::move(outlets)),
      aside_(options, metrics),
      native_(parse_source(options.source).protocol == "native"),
      strays_(metrics.counter("ptero_ingest_stray_messages_total")) {}

void Admission::resume(const SeriesInfo& info, FrameId next, const std::string& frame_uid) {
  open_.emplace(Open{.id = info.id, .uid = info.uid, .numbers = FrameNumbers(info.n_expected, next)});
  open_->frame_uid = frame_uid;
  open_->resumed = true;
  open_->lowest = 0;  // what came before is not known here
}

void Admission::take(const Arrival& arrival) {
  if (!arrival.message) return fault(arrival, arrival.message.reason());
  if (const auto* info = std::get_if<SeriesInfo>(&*arrival.message)) return start(arrival, *info);
  if (std::holds_alternative<wire::StreamFrame>(*arrival.message)) return frame(arrival);
  end(arrival, std::get<wire::StreamEnd>(*arrival.message));
}

void Admission::start(const Arrival& arrival, const SeriesInfo& info) {
  finish();
  for (const char* alarm : {"frame_numbers", "beyond_announced", "strays"}) alarms_.clear(alarm);
  open_.emplace(Open{.id = info.id, .uid = info.uid, .numbers = FrameNumbers(info.n_expected)});
  if (native_) open_->frame_uid = info.uid;
  stealing_.restart();
  outlets_.take(arrival);
}

bool Admission::is_of_open(std::optional<std::uint64_t> series, const std::string& uid) {
  if (!open_ || series.value_or(open_->id) != open_->id) return false;
  if (uid.empty() || uid == open_->frame_uid || is_recorded_as(uid, open_->uid)) return true;
  // The images of some software detectors say another uid than the start, but all the same one.
  if (native_ || !open_->frame_uid.empty()) return false;
  open_->frame_uid = uid;
  return true;
}

bool Admission::cannot_be_told(const wire::StreamFrame& message) const {
  if (!open_->resumed || !native_ || !message.uid.empty()) return false;
  const std::uint64_t to_come = open_->numbers.announced().value_or(0);
  return to_come < open_->numbers.next() + never_in_flight;
}

void Admission::frame(Arrival arrival) {
  const auto& message = frame_in(arrival);
  const std::uint64_t said = message.frame.id;
  // Before all else: the start may have been stolen too.
  if (said < max_frame_id) look_for_thieves(said);
  if (!open_ && !join(arrival, message)) {
    const bool late = ended_ && message.series.value_or(ended_->id) == ended_->id;
    // What trails behind a series that was aborted is no mistake.
    if (!late) mistakes_.without_start(said);
    return stray(arrival, message.series, message.uid);
  }
  if (!is_of_open(message.series, message.uid) || cannot_be_told(message))
    return stray(arrival, message.series, message.uid);
  if (open_->end) open_->heard_ns = arrival.t_arrival_ns;
  if (!open_->numbers.is_plausible(said)) return doubt(std::move(arrival), said);
  give_up_doubtful();
  const FrameId id = open_->numbers.id_of(said);
  pass(std::move(arrival), id);
}

void Admission::pass(Arrival arrival, FrameId id) {
  FrameNumbers& numbers = open_->numbers;
  if (open_->end && !std::exchange(open_->told_beyond, true))
    say("beyond_announced", "frames_after_end",
        fmt::format("series {}: frames come after its end was said, such as {}; they are taken as long as no "
                    "more than end_wait_s = {} s pass between two",
                    open_->uid, id, options_.end_wait_s));
  if (numbers.is_beyond_announced(id) && !std::exchange(open_->told_beyond, true))
    say("beyond_announced", "more_than_announced",
        fmt::format("series {}: {} frames were announced and more come, such as {}; all are taken",
                    open_->uid, *numbers.announced(), id));
  numbers.took(id);
  open_->lowest = std::min(open_->lowest, id);
  if (numbers.next() > FrameNumbers::beside) look_at_first();
  Frame& frame = frame_in(arrival).frame;
  if (frame.id != id) arrival.native.clear();  // it says another number
  frame.id = id;
  outlets_.take(arrival);
}

void Admission::look_at_first() {
  if (open_->lowest == 0 || open_->lowest == max_frame_id || std::exchange(open_->told_number, true)) return;
  say("frame_numbers", "no_frame_0",
      fmt::format(
          "series {}: no frame says number 0, the first that came says {}: either those before it are "
          "lost, or the detector counts from {} and every frame has the place of the one behind it",
          open_->uid, open_->lowest, open_->lowest));
}

void Admission::doubt(Arrival arrival, std::uint64_t said) {
  if (!open_->doubtful) {
    open_->doubtful = std::move(arrival);
    return;
  }
  const std::uint64_t before = frame_in(*open_->doubtful).frame.id;
  FrameNumbers& numbers = open_->numbers;
  if (!FrameNumbers::are_beside(before, said) || !numbers.believe(before, said)) {
    give_up_doubtful();
    open_->doubtful = std::move(arrival);
    return;
  }
  if (numbers.first() > 0 && !std::exchange(open_->told_number, true))
    say("frame_numbers", "frames_begin_elsewhere",
        fmt::format("series {}: its frames begin at number {}; they are counted from there, and so must the "
                    "positions be",
                    open_->uid, numbers.first()));
  Arrival first = *std::exchange(open_->doubtful, std::nullopt);
  pass(std::move(first), numbers.id_of(before));
  pass(std::move(arrival), numbers.id_of(said));
}

void Admission::give_up_doubtful() {
  if (!open_->doubtful) return;
  const Arrival arrival = *std::exchange(open_->doubtful, std::nullopt);
  const std::uint64_t said = std::get<wire::StreamFrame>(*arrival.message).frame.id;
  put(Aside::number, arrival);
  if (std::exchange(open_->told_number, true)) return;
  const auto bit = open_->numbers.turned_bit(said);
  say("frame_numbers", "frame_number_damaged",
      fmt::format("series {}: a frame says number {} where {} is due{}; it is set aside in {}", open_->uid,
                  said, open_->numbers.next() + open_->numbers.first(),
                  bit ? fmt::format(", which differs by one turned bit ({}) from one that is", *bit)
                      : std::string(", and the one behind it does not confirm that"),
                  aside_.file().filename().string()));
}

bool Admission::join(const Arrival& arrival, const wire::StreamFrame& message) {
  const bool late = ended_ && message.series == ended_->id;
  if (!options_.mid_series_join || !message.series || late) return false;
  const Frame& frame = message.frame;
  SeriesInfo info{.id = *message.series, .frame_shape = frame.shape, .dtype = frame.dtype};
  info.uid = "series-" + std::to_string(info.id) + "-joined-" + std::to_string(runtime::utc_now_ns());
  log_.warning("joined a series whose start was missed; its geometry is what the configuration says",
               {{"series", info.id}, {"frame", frame.id}});
  start({.message = wire::StreamMessage(info), .t_arrival_ns = arrival.t_arrival_ns}, info);
  open_->frame_uid = message.uid;
  // Whatever came before is missing; the first one seen is no damaged header.
  if (frame.id < max_frame_id) open_->numbers = FrameNumbers({}, frame.id);
  open_->lowest = 0;
  return true;
}

void Admission::fault(const Arrival& arrival, const wire::StreamFault& fault) {
  if (!open_) mistakes_.unreadable(fault.fault);
  if (fault.fault == FrameFault::unsupported_dtype) put(Aside::pixel_type, arrival);
  if (fault.fault == FrameFault::unsupported_dtype)
    say("pixel_type", "pixel_type",
        fmt::format(
            "the detector sends pixels of type {}, which ptero cannot compute with; they are set aside as "
            "received in {}. It takes 8, 16 and 32 bit integers, signed and unsigned, and floats of 32 and "
            "64 bit",
            fault.dtype.empty() ? "unknown" : "'" + fault.dtype + "'", aside_.file().filename().string()));
  // A header that cannot be trusted may name a series that never was: better a frame that is missing than a
  // good one marked corrupt.
  if (!is_of_open(fault.series, fault.uid)) {
    auto unplaced = arrival;
    auto none = fault;
    none.series = ~std::uint64_t{0};
    unplaced.message = none;
    return outlets_.take(unplaced);
  }
  Arrival placed = arrival;
  wire::StreamFault told = fault;
  if (told.frame) {
    const bool plausible = open_->numbers.is_plausible(*told.frame);
    told.frame = plausible ? std::optional(open_->numbers.id_of(*told.frame)) : std::nullopt;
  }
  placed.message = told;
  outlets_.take(placed);
}

void Admission::end(const Arrival& arrival, const wire::StreamEnd& end) {
  if (!is_of_open(end.series, end.uid)) return stray(arrival, end.series, end.uid);
  if (open_->end) return;  // said twice
  open_->end = arrival;
  open_->heard_ns = arrival.t_arrival_ns;
  if (arrival.by_person || options_.end_wait_s == 0) release_end();
  advance(arrival.t_arrival_ns);
}

void Admission::advance(std::int64_t now_ns) {
  if (!waits()) return;
  const bool late = static_cast<double>(now_ns - open_->heard_ns) >= options_.end_wait_s * 1e9;
  if (late || outlets_.complete(std::get<wire::StreamEnd>(*open_->end->message))) release_end();
}

void Admission::release_end() {
  if (!open_) return;
  // One frame alone at the end has nobody to confirm it; an announced number does.
  if (open_->doubtful) {
    const std::uint64_t said = frame_in(*open_->doubtful).frame.id;
    if (said < open_->numbers.announced().value_or(0))
      pass(*std::exchange(open_->doubtful, std::nullopt), said);
    else
      give_up_doubtful();
  }
  look_at_first();
  ended_ = Ended{open_->id, open_->frame_uid.empty() ? open_->uid : open_->frame_uid,
                 open_->end && open_->end->by_person};
  if (const auto last = std::exchange(open_->end, std::nullopt)) outlets_.take(*last);
  open_.reset();
}

void Admission::finish() {
  release_end();
}

void Admission::stray(const Arrival& arrival, std::optional<std::uint64_t> series, const std::string& uid) {
  strays_.add();
  const bool of_ended =
      !open_ && ended_ && series.value_or(ended_->id) == ended_->id && (uid.empty() || uid == ended_->uid);
  // Who ends a series himself does not want what trails behind it.
  if (of_ended && ended_->by_person) return put(Aside::after_end, arrival, SetAside::Keep::count_alone);
  const bool is_frame = std::holds_alternative<wire::StreamFrame>(*arrival.message);
  put(of_ended ? Aside::after_end : Aside::stray, arrival,
      is_frame ? SetAside::Keep::message : SetAside::Keep::count_alone);
  if (!is_frame) return;
  const auto id = std::get<wire::StreamFrame>(*arrival.message).frame.id;
  if (of_ended) {
    say("beyond_announced", "frames_after_end",
        fmt::format("frames of series {} come after its end, such as {}; they are set aside in {}",
                    ended_->uid, id, aside_.file().filename().string()));
  } else if (open_) {
    const bool untold = series.value_or(open_->id) == open_->id && uid.empty();
    say("strays", "frames_of_another_series",
        untold ? fmt::format(
                     "frames such as {} say the number of series {} and no uid, and this process did not "
                     "see whether that one ended meanwhile; they are set aside in {}: send `uid` with "
                     "each frame",
                     id, open_->uid, aside_.file().filename().string())
               : fmt::format("frames of another series than {} come, such as {}; they are set aside in {}",
                             open_->uid, id, aside_.file().filename().string()));
  }
}

void Admission::put(Aside why, const Arrival& arrival, SetAside::Keep keep) {
  aside_.put(why, arrival, keep);
  outlets_.aside(why);
}

void Admission::say(const char* alarm, const char* code, const std::string& sentence) {
  if (!alarms_.is_active(alarm)) {
    log_.warning(sentence);
    outlets_.warn({code, sentence});
  }
  alarms_.raise(alarm, sentence);
}

void Admission::look_for_thieves(FrameId id) {
  const auto pullers = stealing_.saw(id);
  if (std::exchange(pullers_, pullers) == pullers) return;
  if (pullers == 1) return alarms_.clear("stealing");
  alarms_.raise("stealing", "only one frame in " + std::to_string(pullers) + " comes, such as " +
                                std::to_string(id - pullers) + " and " + std::to_string(id) +
                                ": somebody else takes the others from the same detector, which deals them "
                                "out in turn; stop the other program");
}

}  // namespace ptero::ingest
