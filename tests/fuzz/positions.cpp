#include <algorithm>
#include <bit>
#include <ptero/core/contract.hpp>
#include <ptero/positions/json_stream.hpp>
#include <ptero/positions/panda_tcp.hpp>
#include <ptero/positions/text_table.hpp>

#include "targets.hpp"

namespace ptero::fuzz {

namespace {

using positions::Channels;
using positions::Sample;

/// All that a connection says, to its end or to its failure.
struct Heard {
  std::vector<Sample> samples;
  std::size_t starts = 0;
  std::size_t stops = 0;
  std::uint64_t unusable = 0;
  bool failed = false;
};

Heard hear(ByteSpan stream, const Channels& channels, std::size_t piece) {
  positions::PandaTcpParser parser(channels);
  Heard heard;
  while (!stream.empty() && !heard.failed) {
    const auto now = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(now.size());
    const auto events = parser.feed(now);
    heard.failed = !events.ok();
    if (heard.failed) break;
    for (const auto& event : *events) {
      heard.starts += std::holds_alternative<positions::StreamStart>(event);
      heard.stops += std::holds_alternative<positions::StreamStop>(event);
      if (const auto* some = std::get_if<positions::StreamSamples>(&event)) {
        heard.samples.insert(heard.samples.end(), some->samples.begin(), some->samples.end());
        heard.unusable += some->unusable;
      }
    }
  }
  return heard;
}

/// NaN is the same as NaN here.
bool same(const Sample& a, const Sample& b) {
  const auto equal = [](double p, double q) {
    return std::bit_cast<std::uint64_t>(p) == std::bit_cast<std::uint64_t>(q);
  };
  return a.index == b.index && equal(a.x, b.x) && equal(a.y, b.y) &&
         a.monitor.has_value() == b.monitor.has_value() &&
         equal(a.monitor.value_or(0), b.monitor.value_or(0));
}

/// Where the network cuts a stream must not matter.
void check_pieces(ByteSpan stream, const Channels& channels, std::size_t piece) {
  const Heard whole = hear(stream, channels, stream.size());
  const Heard pieces = hear(stream, channels, piece);
  PTERO_EXPECT(whole.failed == pieces.failed);
  if (whole.failed) return;
  PTERO_EXPECT(whole.starts == pieces.starts && whole.stops == pieces.stops);
  PTERO_EXPECT(whole.unusable == pieces.unusable && whole.samples.size() == pieces.samples.size());
  for (std::size_t i = 0; i < whole.samples.size(); ++i)
    PTERO_EXPECT(same(whole.samples[i], pieces.samples[i]));
}

}  // namespace

void positions(ByteSpan input) {
  if (input.empty()) return;
  const auto first = std::to_integer<std::size_t>(input[0]);
  const auto rest = input.subspan(1);
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
  Channels channels{.x = "X", .y = "Y"};
  if ((first & 0x80) != 0) channels.monitor = channels.index = "Y";
  switch (first % 4) {
    case 0:
      return check_pieces(rest, channels, 1 + (first >> 2 & 0x1f));
    case 1:
      (void)parse_panda_json(text, channels);
      return;
    case 2:
      (void)parse_maxiv_json(text, channels);
      return;
    default:
      (void)parse_text_table(text, channels);
  }
}

}  // namespace ptero::fuzz
