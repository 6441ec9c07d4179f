#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <ptero/core/error.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ptero::config {

namespace detail {
struct Store;
}

/// What `get` reads. Integers are accepted where a double is asked for; nothing else converts.
template <class T>
concept Readable = std::same_as<T, std::string> || std::same_as<T, std::int64_t> || std::same_as<T, double> ||
    std::same_as<T, bool> || std::same_as<T, std::vector<std::string>> ||
    std::same_as<T, std::vector<std::int64_t>> || std::same_as<T, std::vector<double>>;

/// One [section] of a Document. Reading a key registers its name, so that a typo is told apart from a key
/// that is not read today: read every key the section has, always. A cheap handle; keeps the document's
/// contents alive.
class Section {
 public:
  const std::string& name() const { return name_; }
  /// The whole document as read, with the command line's overrides as comments behind: for the record.
  const std::string& document_text() const;
  /// The key is given, in the file or on the command line.
  bool has(std::string_view key) const;

  template <Readable T>
  std::optional<T> find(std::string_view key) const;
  template <Readable T>
  T get(std::string_view key, T fallback) const {
    return find<T>(key).value_or(std::move(fallback));
  }
  std::string get(std::string_view key, const char* fallback) const {
    return get<std::string>(key, fallback);
  }
  /// InputError when the key is absent.
  template <Readable T>
  T require(std::string_view key) const;

  /// Both ends included. `fallback` itself is not checked: 0 may mean "not given".
  double get_in_range(std::string_view key, double fallback, double low, double high) const;
  template <std::integral T>
  T get_in_range(std::string_view key, T fallback, std::type_identity_t<T> low,
                 std::type_identity_t<T> high) const {
    const auto clamp = [](T value) {
      return std::in_range<std::int64_t>(value) ? static_cast<std::int64_t>(value)
                                                : std::numeric_limits<std::int64_t>::max();
    };
    const std::optional<std::int64_t> value = find_in_range(key, clamp(low), clamp(high));
    return value ? static_cast<T>(*value) : fallback;
  }
  /// One of a few words.
  std::string get_choice(std::string_view key, const std::string& fallback,
                         const std::vector<std::string>& choices) const;

  /// For a check of the service's own: an InputError "<place>: [section] <key>: <problem>; <hint>" to throw.
  InputError error(std::string_view key, const std::string& problem, const std::string& hint = {}) const;

  /// InputError at the first key of this section that no one asked for.
  void finish() const;

 private:
  friend class Document;
  Section(std::shared_ptr<detail::Store> store, std::string name);
  std::optional<std::int64_t> find_in_range(std::string_view key, std::int64_t low, std::int64_t high) const;

  std::shared_ptr<detail::Store> store_;
  std::string name_;
};

}  // namespace ptero::config
