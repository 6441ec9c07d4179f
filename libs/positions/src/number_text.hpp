#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ptero::positions {

/// The whole text as a number, "nan" and "inf" included; nullopt when it is none.
std::optional<double> number_in(std::string_view text);
/// A trigger number or a count: a whole number of 0 or more below 10^12; nullopt for anything else.
std::optional<std::uint64_t> count_in(double value);

}  // namespace ptero::positions
