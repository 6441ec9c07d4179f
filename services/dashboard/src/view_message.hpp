#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <ptero/core/bytes.hpp>

namespace ptero::dashboard {

/// A picture or a table on its way to the page, /api/openapi.json: u32 length of the JSON, the JSON (padded
/// with spaces so that what follows begins at a multiple of 8), then the arrays, each at a multiple of 8,
/// little endian. The JSON says "topic", the event's numbers, and "arrays": [{name, dtype, shape, offset}],
/// offset from where the arrays begin.
struct View {
  nlohmann::json numbers;  ///< without "arrays"
  std::string message;
};

/// An event with parts behind its header as the page takes it; nullopt when it does not decode, or is of a
/// topic without a picture.
std::optional<View> view_of(std::string_view topic, const Parts& event);
/// One segment of a `segments` event: T and centre of mass of each frame. nullopt: not such an event, or it
/// has no such segment.
std::optional<View> segment_view(const Parts& event, std::uint64_t segment);

}  // namespace ptero::dashboard
