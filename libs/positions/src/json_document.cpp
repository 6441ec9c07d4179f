#include "json_document.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "channel_name.hpp"

namespace ptero::positions {

namespace {

constexpr std::size_t deepest = 8;

/// nlohmann's SAX handler: keeps the path to where the reader is.
class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Handler(const std::vector<std::string>& wanted) : wanted_(wanted) {}

  bool null() override { return number(std::numeric_limits<double>::quiet_NaN()); }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool string(string_t& value) override {
    if (wanted()) document.texts[path_] = std::move(value);
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& name) override {
    path_.resize(ends_.back());
    if (!path_.empty()) path_ += '/';
    path_ += plain_name(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override {
    if (ends_.empty()) return fail("it is no object");
    return open();
  }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return fail("it is no JSON from character " + std::to_string(position) + " on");
  }

  JsonDocument document;
  std::string failure;

 private:
  bool wanted() const { return std::find(wanted_.begin(), wanted_.end(), path_) != wanted_.end(); }
  bool number(double value) {
    if (ends_.empty()) return fail("it is no object");
    if (wanted()) document.numbers[path_].push_back(value);
    return true;
  }
  bool open() {
    if (ends_.size() == deepest)
      return fail("it is nested deeper than " + std::to_string(deepest) + " levels");
    ends_.push_back(path_.size());
    return true;
  }
  bool close() {
    path_.resize(ends_.back());
    ends_.pop_back();
    return true;
  }
  bool fail(std::string why) {
    if (failure.empty()) failure = std::move(why);
    return false;
  }

  const std::vector<std::string>& wanted_;
  std::string path_;
  std::vector<std::size_t> ends_;  ///< of the path of each open object or array
};

/// Python writes NaN and Infinity bare, which is no JSON: null in their place, outside of strings.
std::string without_bare_nan(std::string_view text) {
  std::string out(text);
  bool quoted = false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (quoted && out[i] == '\\') {
      ++i;
    } else if (out[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (out[i] == 'N' || out[i] == 'I' || out[i] == '-')) {
      for (const std::string_view word : {"NaN", "-Infinity", "Infinity"})
        if (std::string_view(out).substr(i).starts_with(word)) {
          out.replace(i, word.size(), word.size() < 4 ? "null" : "null" + std::string(word.size() - 4, ' '));
          i += 3;
          break;
        }
    }
  }
  return out;
}

}  // namespace

std::string JsonDocument::text(const std::string& path) const {
  const auto found = texts.find(path);
  return found == texts.end() ? std::string() : found->second;
}

std::optional<double> JsonDocument::number(const std::string& path) const {
  const auto* values = list(path);
  return values != nullptr && values->size() == 1 ? std::optional(values->front()) : std::nullopt;
}

const std::vector<double>* JsonDocument::list(const std::string& path) const {
  const auto found = numbers.find(path);
  return found == numbers.end() ? nullptr : &found->second;
}

Result<JsonDocument, std::string> read_json(std::string_view text, const std::vector<std::string>& wanted) {
  const bool strange = text.find("NaN") != text.npos || text.find("Infinity") != text.npos;
  const std::string cleaned = strange ? without_bare_nan(text) : std::string();
  if (strange) text = cleaned;
  Handler handler(wanted);
  if (!nlohmann::json::sax_parse(text, &handler))
    return handler.failure.empty() ? std::string("it is no JSON") : handler.failure;
  return std::move(handler.document);
}

}  // namespace ptero::positions
