#include "http_text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ptero::telemetry::detail {

namespace {

std::string_view first_line(std::string_view head) {
  return head.substr(0, head.find("\r\n"));
}

bool begins_with(std::string_view line, std::string_view lower) {
  return line.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), line.begin(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

}  // namespace

std::string plain_answer(std::string_view status, std::string_view body, std::string_view more) {
  return answer(status, "text/plain; charset=utf-8", body, more);
}

std::string answer(std::string_view status, std::string_view content_type, std::string_view body,
                   std::string_view more) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(content_type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nCache-Control: no-store\r\n" +
         safe_headers + std::string(more) + "Connection: close\r\n\r\n" + std::string(body);
}

bool is_health(std::string_view head) {
  std::string_view line = first_line(head);
  const auto space = line.find(' ');
  if (space == line.npos) return false;
  line.remove_prefix(space + 1);
  const auto end = line.find_first_of(" ?");
  return end != line.npos && line.substr(0, end) == "/healthz" &&
         line.substr(line.size() - 8, 7) == "HTTP/1.";
}

std::string health_answer(std::string_view head) {
  const auto line = first_line(head);
  if (line.starts_with("GET ")) return plain_answer("200 OK", "ok\n");
  if (!line.starts_with("HEAD "))
    return plain_answer("405 Method Not Allowed", "this answers GET, HEAD\n", "Allow: GET, HEAD\r\n");
  std::string answer = plain_answer("200 OK", "ok\n");
  answer.resize(answer.size() - 3);
  return answer;
}

std::size_t body_bytes(std::string_view head) {
  constexpr std::string_view name = "content-length:";
  for (std::size_t at = head.find("\r\n"); at != head.npos && at + 2 < head.size();
       at = head.find("\r\n", at + 2)) {
    std::string_view line = head.substr(at + 2);
    if (!begins_with(line, name)) continue;
    line.remove_prefix(name.size());
    while (line.starts_with(' ')) line.remove_prefix(1);
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    return error == std::errc() ? value : 0;
  }
  return 0;
}

}  // namespace ptero::telemetry::detail
