#pragma once

#include <concepts>
#include <functional>
#include <limits>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/settings/about.hpp>
#include <type_traits>
#include <utility>

namespace ptero::settings {

namespace detail {

/// Stands for a member of any type where an aggregate is made.
struct Anything {
  template <class T>
  requires(!std::same_as<std::decay_t<T>, Anything>) operator T() const;
};

template <class S, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires {
    S{(static_cast<void>(I), std::declval<Anything>())...};
  };
}

template <class T>
Value to_value(const T& member) {
  if constexpr (std::same_as<T, bool>)
    return member;
  else if constexpr (std::integral<T>)
    return static_cast<std::int64_t>(member);
  else if constexpr (std::floating_point<T>)
    return static_cast<double>(member);
  else
    return member;
}

template <class T>
T from_value(const Value& value) {
  if constexpr (std::same_as<T, bool>)
    return std::get<bool>(value);
  else if constexpr (std::integral<T>)
    return static_cast<T>(std::get<std::int64_t>(value));
  else if constexpr (std::floating_point<T>)
    return static_cast<T>(std::holds_alternative<std::int64_t>(value)
                              ? static_cast<double>(std::get<std::int64_t>(value))
                              : std::get<double>(value));
  else
    return std::get<T>(value);
}

template <class T>
void narrow(About& about) {
  if constexpr (std::unsigned_integral<T> && !std::same_as<T, bool>)
    if (!about.low) about.low = 0;
  if (std::same_as<T, bool> && !about.flag.empty() && about.flag_off.empty())
    about.flag_off = "--no-" + about.flag.substr(2);
}

}  // namespace detail

/// How many members the aggregate S has; at most 64.
template <class S, std::size_t N = 64>
constexpr std::size_t member_count() {
  if constexpr (N == 0)
    return 0;
  else if constexpr (detail::takes<S>(std::make_index_sequence<N>{}))
    return N;
  else
    return member_count<S, N - 1>();
}

template <class S>
struct Option : Described {
  std::function<Value(const S&)> get;
  /// Throws InputError where the value cannot be.
  std::function<void(S&, const Value&)> set;
};

/// The options of one struct. Made by a chain that ends with `complete`, which finds a member that nobody
/// declared.
template <class S>
class Table {
 public:
  template <class T>
  Table option(std::string key, T S::*member, About about) && {
    detail::narrow<T>(about);
    return std::move(*this).custom(
        std::move(key), std::move(about), [member](const S& s) { return detail::to_value(s.*member); },
        [member](S& s, const Value& v) { s.*member = detail::from_value<T>(v); });
  }

  /// An enum, by its words.
  template <class E>
  Table choice(std::string key, E S::*member, std::vector<std::pair<std::string, E>> words, About about) && {
    for (const auto& [word, value] : words) about.choices.push_back(word);
    const auto get = [member, words](const S& s) -> Value {
      for (const auto& [word, value] : words)
        if (value == s.*member) return word;
      return std::string();
    };
    const auto set = [member, words](S& s, const Value& v) {
      for (const auto& [word, value] : words)
        if (word == std::get<std::string>(v)) s.*member = value;
    };
    return std::move(*this).custom(std::move(key), std::move(about), get, set);
  }

  /// A member that is something else in files; counts as one member.
  Table custom(std::string key, About about, std::function<Value(const S&)> get,
               std::function<void(S&, const Value&)> set) && {
    ++members_;
    add(std::move(key), std::move(about), std::move(get), std::move(set));
    return std::move(*this);
  }

  /// The options of a member that is such a struct itself.
  template <class N>
  Table nested(N S::*member, const Table<N>& inner) && {
    ++members_;
    for (const Option<N>& o : inner.options())
      options_.push_back({{o.key, o.about, o.standard},
                          [get = o.get, member](const S& s) { return get(s.*member); },
                          [set = o.set, member](S& s, const Value& v) { set(s.*member, v); }});
    return std::move(*this);
  }

  /// A member that is no option: who fills it instead.
  template <class T>
  Table given(T S::*, std::string by_whom) && {
    ++members_;
    given_.push_back(std::move(by_whom));
    return std::move(*this);
  }

  /// Every member is declared, and no key twice.
  Table complete() && {
    PTERO_EXPECT(members_ == member_count<S>());
    for (std::size_t i = 0; i < options_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) PTERO_EXPECT(options_[i].key != options_[j].key);
    return std::move(*this);
  }

  const std::vector<Option<S>>& options() const { return options_; }
  const std::vector<std::string>& given() const { return given_; }

  std::vector<Described> described() const { return {options_.begin(), options_.end()}; }

  /// Key and value of every option in force that touches at least this much, in the order of declaration.
  /// Those of Touches::state tell whether a checkpoint still counts.
  std::vector<std::pair<std::string, Value>> values(const S& s, Touches at_least = Touches::nothing) const {
    std::vector<std::pair<std::string, Value>> out;
    for (const auto& option : options_)
      if (option.about.touches <= at_least) out.emplace_back(option.key, option.get(s));
    return out;
  }

  /// Throws InputError where there is no such option, or the value cannot be.
  void set(S& s, const std::string& key, const Value& value) const {
    for (const auto& option : options_)
      if (option.key == key) return option.set(s, value);
    throw InputError("there is no option " + key);
  }

 private:
  void add(std::string key, About about, std::function<Value(const S&)> get,
           std::function<void(S&, const Value&)> set) {
    Described described{std::move(key), std::move(about), get(S{})};
    auto checked = [described, set = std::move(set)](S& s, const Value& value) {
      if (const auto why = refusal(described, value); !why.empty())
        throw InputError(described.key + " = " + text_of(value) + " cannot be", "", why);
      set(s, value);
    };
    options_.push_back({std::move(described), std::move(get), std::move(checked)});
  }

  std::vector<Option<S>> options_;
  std::vector<std::string> given_;
  std::size_t members_ = 0;
};

}  // namespace ptero::settings
