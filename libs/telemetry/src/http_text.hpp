#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ptero::telemetry::detail {

/// What every answer carries: nobody guesses types, no other site shows it in a frame, no address is passed
/// on.
inline constexpr const char* safe_headers =
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";

/// A whole answer. `status`: "404 Not Found". `more`: further header lines, each with its end.
std::string answer(std::string_view status, std::string_view content_type, std::string_view body,
                   std::string_view more = {});
/// The same of plain text.
std::string plain_answer(std::string_view status, std::string_view body, std::string_view more = {});

/// Whether the head of a request, with its empty line, asks for /healthz.
bool is_health(std::string_view head);
std::string health_answer(std::string_view head);
/// What Content-Length says; 0 where it says nothing that can be read.
std::size_t body_bytes(std::string_view head);

}  // namespace ptero::telemetry::detail
