#include <algorithm>
#include <ptero/config/section.hpp>

#include "convert.hpp"
#include "store.hpp"

namespace ptero::config {

Section::Section(std::shared_ptr<detail::Store> store, std::string name)
    : store_(std::move(store)), name_(std::move(name)) {
  store_->asked[name_];
}

const std::string& Section::document_text() const {
  return store_->text;
}

bool Section::has(std::string_view key) const {
  store_->asked[name_].emplace(key);
  return store_->find(name_, key) != nullptr;
}

template <Readable T>
std::optional<T> Section::find(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  const detail::Entry* entry = store_->find(name_, key);
  std::string found;
  auto value = detail::convert<T>(*entry, found);
  if (!value)
    throw InputError(store_->place(entry) + ": [" + name_ + "] " + std::string(key) + " must be " +
                     detail::expected_name<T>() + ", not " + found);
  return value;
}

template <Readable T>
T Section::require(std::string_view key) const {
  if (auto value = find<T>(key)) return std::move(*value);
  const auto at = store_->section_lines.find(name_);
  const bool in_file = at != store_->section_lines.end() && at->second > 0;
  throw InputError((in_file ? store_->place_of_line(at->second) : store_->name) + ": [" + name_ +
                       "] needs the key '" + std::string(key) + "' (" + detail::expected_name<T>() + ")",
                   {}, "add it to the file or give --set " + name_ + "." + std::string(key) + "=VALUE");
}

double Section::get_in_range(std::string_view key, double fallback, double low, double high) const {
  const auto value = find<double>(key);
  if (!value) return fallback;
  if (*value >= low && *value <= high) return *value;
  throw InputError(store_->place(store_->find(name_, key)) + ": [" + name_ + "] " + std::string(key) + " = " +
                       detail::number_text(*value) + " is out of range",
                   {}, "allowed is " + detail::number_text(low) + " to " + detail::number_text(high));
}

std::optional<std::int64_t> Section::find_in_range(std::string_view key, std::int64_t low,
                                                   std::int64_t high) const {
  const auto value = find<std::int64_t>(key);
  if (!value || (*value >= low && *value <= high)) return value;
  throw InputError(store_->place(store_->find(name_, key)) + ": [" + name_ + "] " + std::string(key) + " = " +
                       std::to_string(*value) + " is out of range",
                   {}, "allowed is " + std::to_string(low) + " to " + std::to_string(high));
}

std::string Section::get_choice(std::string_view key, const std::string& fallback,
                                const std::vector<std::string>& choices) const {
  const std::string value = get<std::string>(key, fallback);
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  std::string list;
  for (const auto& choice : choices) list += (list.empty() ? "\"" : ", \"") + choice + "\"";
  throw InputError(store_->place(store_->find(name_, key)) + ": [" + name_ + "] " + std::string(key) +
                       " = \"" + value + "\" is not one of the choices",
                   {}, "use one of " + list);
}

InputError Section::error(std::string_view key, const std::string& problem, const std::string& hint) const {
  return InputError(
      store_->place(store_->find(name_, key)) + ": [" + name_ + "] " + std::string(key) + ": " + problem, {},
      hint);
}

void Section::finish() const {
  store_->check_keys(name_);
}

#define PTERO_INSTANTIATE(T)                                          \
  template std::optional<T> Section::find<T>(std::string_view) const; \
  template T Section::require<T>(std::string_view) const;
PTERO_EACH_VALUE_TYPE(PTERO_INSTANTIATE)
#undef PTERO_INSTANTIATE

}  // namespace ptero::config
