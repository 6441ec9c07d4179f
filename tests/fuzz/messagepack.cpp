#include <ptero/core/contract.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/link.hpp>
#include <ptero/wire/selection.hpp>
#include <ptero/wire/stream.hpp>

#include "targets.hpp"

namespace ptero::fuzz {

namespace {

constexpr std::size_t largest_frame = std::size_t{64} << 20;

/// What was understood is understood again, and then says the same bytes.
template <class Decode>
void check(const Bytes& bytes, Decode decode) {
  const auto message = decode(bytes);
  if (!message) return;
  const Bytes once = wire::encode(*message);
  const auto again = decode(once);
  PTERO_EXPECT(again.ok());
  PTERO_EXPECT(wire::encode(*again) == once);
}

void check_stream(const Parts& parts) {
  const auto message = wire::decode_stream(parts, largest_frame);
  if (!message) return;
  const auto encoded = [](const wire::StreamMessage& m) {
    return std::visit([](const auto& one) { return wire::encode(one); }, m);
  };
  const Parts once = encoded(*message);
  const auto again = wire::decode_stream(once, largest_frame);
  PTERO_EXPECT(again.ok());
  PTERO_EXPECT(encoded(*again) == once);
}

}  // namespace

void messagepack(ByteSpan input) {
  if (input.empty()) return;
  const auto which = std::to_integer<int>(input[0]) % 12;
  const auto rest = input.subspan(1);
  if (which == 0) return check_stream(split(rest));
  const Bytes bytes(nullptr, rest);
  if (which == 1) check(bytes, wire::decode_received);
  if (which == 2) check(bytes, wire::decode_link);
  if (which == 3) check(bytes, wire::decode_labels);
  if (which == 4) check(bytes, wire::decode_revision);
  if (which == 5) check(bytes, wire::decode_ledger_event);
  if (which == 6) check(bytes, wire::decode_roi_event);
  if (which == 7) {
    check(bytes, wire::decode_snapshot_event);
    check(bytes, wire::decode_probe_event);
  }
  if (which == 8) check(bytes, wire::decode_report_event);
  if (which == 9) check(bytes, wire::decode_alarms_event);
  if (which == 10) check(bytes, wire::decode_health_event);
  if (which == 11) check(bytes, wire::decode_advice_event);
}

}  // namespace ptero::fuzz
