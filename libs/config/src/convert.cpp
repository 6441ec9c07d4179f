#include "convert.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "toml_reader.hpp"

namespace ptero::config::detail {

namespace {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

struct Describe {
  std::string operator()(const std::string& text) const { return "the string \"" + text + "\""; }
  std::string operator()(std::int64_t number) const { return "the integer " + std::to_string(number); }
  std::string operator()(double number) const { return "the number " + number_text(number); }
  std::string operator()(bool boolean) const { return boolean ? "true" : "false"; }
  std::string operator()(const List&) const { return "a list"; }
  std::string operator()(const Unsupported& other) const { return other.what; }
};

template <class T>
std::optional<T> scalar(const Value& value) {
  if constexpr (std::is_same_v<T, double>) {
    if (const auto* integer = std::get_if<std::int64_t>(&value.is)) return static_cast<double>(*integer);
    const auto* number = std::get_if<double>(&value.is);
    return number && std::isfinite(*number) ? std::optional(*number) : std::nullopt;
  } else {
    const T* same = std::get_if<T>(&value.is);
    return same ? std::optional(*same) : std::nullopt;
  }
}

template <class T>
std::optional<T> from_value(const Value& value, std::string& found) {
  if constexpr (IsVector<T>::value) {
    const List* list = std::get_if<List>(&value.is);
    if (!list) {
      found = std::visit(Describe{}, value.is);
      return std::nullopt;
    }
    T all;
    for (const Value& element : *list) {
      auto one = scalar<typename T::value_type>(element);
      if (!one) {
        found = "one with " + std::visit(Describe{}, element.is);
        return std::nullopt;
      }
      all.push_back(std::move(*one));
    }
    return all;
  } else {
    auto one = scalar<T>(value);
    if (!one) found = std::visit(Describe{}, value.is);
    return one;
  }
}

}  // namespace

std::string number_text(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

template <class T>
std::string expected_name() {
  if constexpr (std::is_same_v<T, std::string>) return "a string";
  if constexpr (std::is_same_v<T, std::int64_t>) return "an integer";
  if constexpr (std::is_same_v<T, double>) return "a finite number";
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return "a list of strings";
  if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) return "a list of integers";
  if constexpr (std::is_same_v<T, std::vector<double>>) return "a list of finite numbers";
}

template <class T>
std::optional<T> convert(const Entry& entry, std::string& found) {
  if (const Value* value = std::get_if<Value>(&entry.value)) return from_value<T>(*value, found);
  const std::string& text = std::get<RawText>(entry.value).text;
  const std::optional<Value> value = parse_value(text);
  if constexpr (std::is_same_v<T, std::string>) {
    const auto* quoted = value ? std::get_if<std::string>(&value->is) : nullptr;
    return quoted ? *quoted : text;
  }
  if (value) return from_value<T>(*value, found);
  found = Describe{}(text);
  return std::nullopt;
}

#define PTERO_INSTANTIATE(T)               \
  template std::string expected_name<T>(); \
  template std::optional<T> convert<T>(const Entry&, std::string&);
PTERO_EACH_VALUE_TYPE(PTERO_INSTANTIATE)
#undef PTERO_INSTANTIATE

}  // namespace ptero::config::detail
