#pragma once
// What the classifier says, proto/selection.md: labels back to ingest, revisions to the reconstructor.

#include <cstddef>
#include <cstdint>
#include <ptero/wire/decode.hpp>
#include <string>
#include <vector>

namespace ptero::wire {

/// Labels of frames since the last message, on the frame link by `deliver`. Idempotent: the last word on an
/// id holds.
struct Labels {
  std::string series_uid;
  std::uint64_t revision = 0;
  bool final = false;  ///< the series has ended and every label is said
  std::vector<FrameId> selected;
  std::vector<FrameId> background;
  std::vector<FrameId> excluded;
  std::vector<FrameId> corrupt;  ///< payloads that did not decompress
  /// How far each of `selected` and `background` is from the boundary: 0 on it .. 255 certain. Empty: not
  /// said.
  std::vector<std::uint8_t> selected_confidence = {};
  std::vector<std::uint8_t> background_confidence = {};
  std::vector<FrameId> marked = {};    ///< bad, a person says; none of them in `excluded`
  std::vector<FrameId> pending = {};   ///< have no label, or none any more: a mark was taken back
  std::vector<FrameId> outlying = {};  ///< far brighter than the scan; none of them in `excluded`
};

/// Ids in one message at most, 6 bytes each: far below what a link carries.
inline constexpr std::size_t most_ids_in_a_message = std::size_t{1} << 20;
/// The same said in messages of at most `most_ids` ids (1 or more), none where there is nothing to say.
/// Only the last is final.
std::vector<Labels> in_messages(Labels labels, std::size_t most_ids = most_ids_in_a_message);

/// A change of the RoI set: an entry of the selection link. The added frames follow as entries of their own.
struct RevisionNote {
  std::string series_uid;
  std::uint64_t revision = 0;
  bool final = false;  ///< no change will follow
  std::vector<FrameId> added;
  std::vector<FrameId> removed;
  std::string set_hash;  ///< of the whole set after the change; hex
};

Bytes encode(const Labels& labels);
Bytes encode(const RevisionNote& revision);
Decoded<Labels> decode_labels(const Bytes& bytes);
Decoded<RevisionNote> decode_revision(const Bytes& bytes);

}  // namespace ptero::wire
