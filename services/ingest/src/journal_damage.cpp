#include "journal_damage.hpp"

#include <algorithm>
#include <limits>

#include <ptero/wire/stream.hpp>

namespace ptero::ingest {

namespace {

/// How far to look for a frame beside a hole: other entries are few.
constexpr int neighbours = 64;

std::optional<FrameId> frame_in(const journal::JournalReader& reader, std::uint64_t sequence) {
  const auto entry = reader.find(sequence);
  if (!entry) return std::nullopt;
  const auto decoded = wire::decode_entry(*entry, std::numeric_limits<std::size_t>::max());
  const auto* frame =
      decoded && decoded->message ? std::get_if<wire::StreamFrame>(&*decoded->message) : nullptr;
  return frame == nullptr ? std::nullopt : std::optional(frame->frame.id);
}

std::optional<FrameId> frame_before(const journal::JournalReader& reader, std::uint64_t sequence) {
  for (int i = 0; i < neighbours && sequence-- > 0; ++i)
    if (const auto id = frame_in(reader, sequence)) return id;
  return std::nullopt;
}

std::optional<FrameId> frame_from(const journal::JournalReader& reader, std::uint64_t sequence) {
  sequence = reader.following(sequence);
  for (int i = 0; i < neighbours && sequence < reader.size(); ++i, sequence = reader.following(sequence + 1))
    if (const auto id = frame_in(reader, sequence)) return id;
  return std::nullopt;
}

/// "frame 3", "frames 3 to 5", "frames 3 to 9 but for some in between".
std::string words_for(const std::vector<FrameId>& ids) {
  if (ids.size() == 1) return "frame " + std::to_string(ids[0]);
  std::string text = "frames " + std::to_string(ids.front()) + " to " + std::to_string(ids.back());
  if (ids.back() - ids.front() + 1 != ids.size()) text += " (" + std::to_string(ids.size()) + " of them)";
  return text;
}

std::string sentence_for(const JournalDamage& damage, std::optional<FrameId> before,
                         std::optional<FrameId> after) {
  const std::string where = text_of(damage.hole);
  if (damage.hole.entries == 0)
    return where + ": " +
           (damage.hole.first_byte == 0 ? "the header of the journal is damaged" : "damage without an entry");
  if (damage.hole.first_sequence == 0 && damage.frames.empty())
    return where + ": the start of the series is lost";
  if (!damage.frames.empty())
    return where + ": " + words_for(damage.frames) + (damage.frames.size() == 1 ? " is" : " are") +
           " in no other entry" +
           (damage.frames.size() > damage.hole.entries ? ", and some of them were here" : " and lost");
  const std::string from = before ? "behind frame " + std::to_string(*before) : std::string();
  const std::string to = after ? "before frame " + std::to_string(*after) : std::string();
  return where + ": lost " + from + (before && after ? " and " : "") + to +
         (before || after ? ", and no frame is known to be missing there" : "no frame around it tells which");
}

}  // namespace

std::vector<JournalDamage> damage_of(const journal::JournalReader& reader, const Ledger& ledger) {
  std::vector<JournalDamage> all;
  const auto holes = reader.holes();
  if (holes.empty()) return all;
  const auto states = ledger.account().states;
  const auto absent = [&](FrameId id) {
    return id >= states.size() || states[id] == FrameState::missing || states[id] == FrameState::expected ||
           states[id] == FrameState::not_taken;
  };
  for (const journal::Hole& hole : holes) {
    JournalDamage damage{.hole = hole};
    const auto before = frame_before(reader, hole.first_sequence);
    const auto after = frame_from(reader, hole.first_sequence + hole.entries);
    // Nothing before the first frame: it may have been the first of all.
    const FrameId first = before ? *before + 1 : 0;
    if (hole.entries > 0 && after)
      for (FrameId id = first; id < *after; ++id)
        if (absent(id)) damage.frames.push_back(id);
    if (hole.entries > 0 && !after && before)
      for (FrameId id = first; id < std::min<FrameId>(first + hole.entries, states.size()); ++id)
        if (absent(id)) damage.frames.push_back(id);
    damage.sentence = sentence_for(damage, before, after);
    all.push_back(std::move(damage));
  }
  return all;
}

}  // namespace ptero::ingest
