#include <algorithm>
#include <cmath>
#include <ptero/core/series.hpp>
#include <ptero/core/units.hpp>
#include <utility>

namespace ptero {

namespace {

constexpr double ev_per_joule = 1 / 1.602176634e-19;

/// Without blanks and brackets about it; micro signs (of UTF-8, and of Latin-1 alone) as u, angstrom signs as
/// A.
std::string plain(std::string_view unit) {
  constexpr std::string_view around = " \t\r\n[](){}'\"";
  const auto begin = unit.find_first_not_of(around);
  if (begin == unit.npos) return {};
  unit = unit.substr(begin, unit.find_last_not_of(around) + 1 - begin);
  constexpr std::pair<std::string_view, char> signs[] = {
      {"\u00b5", 'u'}, {"\u03bc", 'u'}, {"\xb5", 'u'}, {"\u00c5", 'A'},
      {"\u00e5", 'A'}, {"\u212b", 'A'}, {"\xc5", 'A'},
  };
  std::string text;
  while (!unit.empty()) {
    const auto* sign = std::find_if(std::begin(signs), std::end(signs),
                                    [&](const auto& s) { return unit.starts_with(s.first); });
    text += sign != std::end(signs) ? sign->second : unit.front();
    unit.remove_prefix(sign != std::end(signs) ? sign->first.size() : 1);
  }
  return text;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

struct Prefix {
  std::string_view symbol, word;
  double factor;
};
constexpr Prefix prefixes[] = {{"", "", 1},          {"k", "kilo", 1e3},   {"c", "centi", 1e-2},
                               {"m", "milli", 1e-3}, {"u", "micro", 1e-6}, {"n", "nano", 1e-9},
                               {"p", "pico", 1e-12}};

/// "micrometres" is a prefix and one of these.
constexpr std::string_view metre_words[] = {"meter", "metre", "meters", "metres"};

}  // namespace

std::optional<double> metres_in(std::string_view unit) {
  const std::string text = lower(plain(unit));
  for (const Prefix& prefix : prefixes) {
    if (text == std::string(prefix.symbol) + "m") return prefix.factor;
    for (const auto word : metre_words)
      if (text == std::string(prefix.word) + std::string(word) ||
          text == std::string(prefix.symbol) + std::string(word))
        return prefix.factor;
  }
  for (const auto word : {"micron", "microns", "mu", "mum"})
    if (text == word) return 1e-6;
  for (const auto word : {"a", "ang", "angstrom", "angstroms", "angstroem", "angstroems"})
    if (text == word) return 1e-10;
  return std::nullopt;
}

std::optional<double> electronvolts_in(std::string_view unit) {
  std::string text = plain(unit);
  for (const std::string_view word : {"electronvolt", "electron volt", "electron-volt", "electronVolt"})
    if (const auto at = lower(text).find(lower(std::string(word))); at != std::string::npos) {
      const std::size_t plural =
          at + word.size() < text.size() && (text[at + word.size()] | 0x20) == 's' ? 1 : 0;
      text.replace(at, word.size() + plural, "eV");
      break;
    }
  const std::string low = lower(text);
  if (low == "ev") return 1;
  if (low == "kev" || low == "kiloev") return 1e3;
  if (low == "gev" || low == "gigaev") return 1e9;
  if (low == "megaev" || (low == "mev" && text.front() == 'M')) return 1e6;
  if (low == "milliev" || (low == "mev" && text == "meV")) return 1e-3;
  if (low == "j" || low == "joule" || low == "joules") return ev_per_joule;
  return std::nullopt;
}

bool is_pixels(std::string_view unit) {
  const std::string text = lower(plain(unit));
  return text == "px" || text == "pix" || text == "pixel" || text == "pixels";
}

double electron_wavelength_m(double energy_ev) {
  // hc / sqrt(E (E + 2 m c^2)), the de Broglie wavelength of a relativistic electron.
  constexpr double rest_ev = 510998.95;
  return hc_ev_m / std::sqrt(energy_ev * (energy_ev + 2 * rest_ev));
}

}  // namespace ptero
