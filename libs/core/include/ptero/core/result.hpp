#pragma once
// Door three of three: data in flight. A failure is a value with a reason, counted and dropped, never thrown.

#include <ptero/core/contract.hpp>
#include <utility>
#include <variant>

namespace ptero {

/// Either a value or the reason why there is none. std::expected is not in GCC 12.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E reason) : state_(std::in_place_index<1>, std::move(reason)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    PTERO_EXPECT(ok());
    return std::get<0>(state_);
  }
  const T& value() const& {
    PTERO_EXPECT(ok());
    return std::get<0>(state_);
  }
  T&& value() && {
    PTERO_EXPECT(ok());
    return std::get<0>(std::move(state_));
  }
  const E& reason() const {
    PTERO_EXPECT(!ok());
    return std::get<1>(state_);
  }

  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

 private:
  std::variant<T, E> state_;
};

}  // namespace ptero
