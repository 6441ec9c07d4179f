#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <ptero/core/bytes.hpp>

namespace ptero::simplon {

using Json = nlohmann::json;

/// A JSON object; nullopt for anything else, and for one longer than 1 MiB or deeper than 16.
std::optional<Json> parse_object(const Bytes& text);
/// The text of `value`, UTF-8 whatever bytes are in it.
std::string text_of(const Json& value);

std::optional<std::uint64_t> uint_at(const Json& object, const char* key);
/// Finite; a boolean is no number.
std::optional<double> number_at(const Json& object, const char* key);
/// Empty where there is none.
std::string text_at(const Json& object, const char* key);

}  // namespace ptero::simplon
