#include "archive.hpp"

#include <ptero/codec/codec.hpp>
#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/scanfile/raw_check.hpp>

namespace ptero::ingest {

namespace {

/// A dataset has one filter. What is compressed in another way is stored as plain pixels, so that a series
/// that begins with a frame that did not compress is archived all the same.
std::optional<Frame> as_stored(const Frame& frame, Codec codec) {
  if (frame.codec == Codec::none || frame.codec == codec) return frame;
  auto pixels = codec::decode(frame);
  if (!pixels) return std::nullopt;
  Frame plain = frame;
  plain.codec = Codec::none;
  plain.payload = *std::move(pixels);
  return plain;
}

}  // namespace

Archive::Archive(const std::filesystem::path& path, scanfile::RawWriterOptions options,
                 std::size_t max_frame_bytes)
    : path_(path), options_(std::move(options)), max_frame_bytes_(max_frame_bytes) {}

/// Every process that wrote the journal said once how its clock stands to UTC.
void Archive::note_time(const wire::Received& note) {
  if (note.t_utc_ns != 0) to_utc_ns_ = note.t_utc_ns - note.t_arrival_ns;
  if (!to_utc_ns_) to_utc_ns_ = runtime::utc_now_ns() - runtime::steady_now_ns();
  last_utc_ns_ = note.t_arrival_ns + *to_utc_ns_;
  if (options_.start_time_unix_ns == 0) options_.start_time_unix_ns = last_utc_ns_;
}

void Archive::copy(const Parts& entry) {
  const auto decoded = wire::decode_entry(entry, max_frame_bytes_);
  if (!decoded) return;
  note_time(decoded->note);
  const auto* frame = decoded->message ? std::get_if<wire::StreamFrame>(&*decoded->message) : nullptr;
  if (frame == nullptr) return;
  if (!writer_) options_.codec = frame->frame.codec;
  if (!write(frame->frame)) ++refused_;
}

bool Archive::write(const Frame& received) {
  Frame frame = received;
  // With a plan that has steps, a frame without a position of its own lies where it was planned.
  frame.position = position_of(options_.series, received);
  const auto stored = as_stored(frame, options_.codec);
  return stored && !writer().write(*stored, last_utc_ns_);
}

std::optional<std::string> difference_from(const journal::JournalReader& journal,
                                           const std::filesystem::path& raw, std::size_t max_frame_bytes,
                                           const std::function<void()>& beat) {
  try {
    const scanfile::RawCheck check(raw);
    for (auto i = journal.following(1); i < journal.size(); i = journal.following(i + 1)) {
      if (beat) beat();
      const auto entry = journal.find(i);
      const auto decoded = wire::decode_entry(entry.value_or(Parts{}), max_frame_bytes);
      const auto* message =
          decoded && decoded->message ? std::get_if<wire::StreamFrame>(&*decoded->message) : nullptr;
      if (message == nullptr) continue;
      // What the file refused is kept in the journal and told already.
      const auto stored = as_stored(message->frame, check.codec());
      if (!stored) continue;
      if (auto difference = check.difference(*stored)) return difference;
    }
    return std::nullopt;
  } catch (const Error& error) {
    return error.what();
  }
}

void Archive::seal(const Ledger& ledger, const std::string& join_report) {
  // A report must not keep a file from being sealed; report.json has it whole.
  const bool fits = join_report.size() <= scanfile::RawWriter::longest_join_report;
  if (!join_report.empty()) writer().set_join_report(fits ? join_report : R"({"left_out":"too long"})");
  const auto account = ledger.account();
  for (FrameId id = 0; id < account.states.size(); ++id)
    writer().set_state(id, account.states[id], account.reasons[id]);
  // Those announced and never used are written as long as they cost little; the proof counts the rest.
  constexpr std::uint64_t most_behind = 1'000'000;
  const FrameId end = account.states.size() + (account.behind <= most_behind ? account.behind : 0);
  for (FrameId id = account.states.size(); id < end; ++id) writer().set_state(id, account.behind_state);
  writer().seal(account.counts, last_utc_ns_);
}

scanfile::RawWriter& Archive::writer() {
  if (!writer_) writer_.emplace(path_, options_);
  return *writer_;
}

}  // namespace ptero::ingest
