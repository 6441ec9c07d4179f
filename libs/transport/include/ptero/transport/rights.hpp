#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ptero::transport {

/// What a peer may do at the sockets that are bound here.
enum class Right : std::uint8_t {
  watch,    ///< subscribe to events
  take,     ///< take frames or the selection over a link, or a detector's stream
  deliver,  ///< say over a link what changes a service's state: labels
  ask,      ///< controls
};
inline constexpr Right all_rights[] = {Right::watch, Right::take, Right::deliver, Right::ask};
std::string_view name_of(Right right);
std::optional<Right> right_of(std::string_view name);

/// A set of them.
class Rights {
 public:
  constexpr Rights() = default;
  static constexpr Rights all() { return Rights(0xf); }

  constexpr bool has(Right right) const { return (bits_ & bit(right)) != 0; }
  constexpr void add(Right right) { bits_ = static_cast<std::uint8_t>(bits_ | bit(right)); }
  constexpr bool none() const { return bits_ == 0; }
  bool operator==(const Rights&) const = default;

 private:
  constexpr explicit Rights(std::uint8_t bits) : bits_(bits) {}
  static constexpr std::uint8_t bit(Right right) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(right));
  }
  std::uint8_t bits_ = 0;
};

/// "watch ask"; what words_of gives. Words that are none are left out.
std::string words_of(Rights rights);
Rights rights_in(std::string_view words);

}  // namespace ptero::transport
