#include <cmath>
#include <ptero/config/declared.hpp>

namespace ptero::config {

namespace {

/// The largest whole number that a limit allows.
std::int64_t whole(double limit) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return std::abs(limit) < static_cast<double>(most) ? static_cast<std::int64_t>(limit)
                                                     : (limit < 0 ? -most : most);
}

struct Find {
  const Section& section;
  const settings::Described& option;
  std::string_view key;

  std::optional<settings::Value> operator()(bool) const { return section.find<bool>(key); }
  std::optional<settings::Value> operator()(std::int64_t standard) const {
    const auto given = section.find<std::int64_t>(key);
    if (!given || *given == standard) return given;  // 0 may mean "not given", outside the range
    return section.get_in_range<std::int64_t>(key, standard, whole(option.about.low.value_or(-HUGE_VAL)),
                                              whole(option.about.high.value_or(HUGE_VAL)));
  }
  std::optional<settings::Value> operator()(double standard) const {
    const auto given = section.find<double>(key);
    if (!given || *given == standard) return given;
    return section.get_in_range(key, standard, option.about.low.value_or(-HUGE_VAL),
                                option.about.high.value_or(HUGE_VAL));
  }
  std::optional<settings::Value> operator()(const std::string& standard) const {
    if (option.about.choices.empty() || !section.has(key)) return section.find<std::string>(key);
    return section.get_choice(key, standard, option.about.choices);
  }
  template <class T>
  std::optional<settings::Value> operator()(const std::vector<T>&) const {
    return section.find<std::vector<T>>(key);
  }
};

}  // namespace

std::optional<settings::Value> find_declared(const Section& section, const settings::Described& option) {
  auto found = std::visit(Find{section, option, option.key}, option.standard);
  for (const std::string& old : option.about.formerly) {
    if (!section.has(old)) continue;
    if (found) throw section.error(old, "is what " + option.key + " was called", "give one of the two");
    found = std::visit(Find{section, option, old}, option.standard);
  }
  return found;
}

}  // namespace ptero::config
