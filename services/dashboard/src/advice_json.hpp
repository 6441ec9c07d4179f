#pragma once

#include <nlohmann/json.hpp>
#include <ptero/wire/events.hpp>

namespace ptero::dashboard {

/// The whole event, its keys as proto/events.md names them: skip as [first, last] pairs, region as rings of
/// [x, y] and points as [x, y], metres. "none" alone once it has expired.
nlohmann::json all_of(const wire::AdviceEvent& event, std::int64_t utc_ns);
/// Its numbers of now; null when nothing may be followed.
nlohmann::json numbers_of(const wire::AdviceEvent& event, std::int64_t utc_ns);

}  // namespace ptero::dashboard
