#pragma once

#include <atomic>

namespace ptero::runtime {

/// A value, and the most that it was since that was asked last: what is over in a moment counts too. Set by
/// one thread, asked by any.
template <class T>
class Peak {
 public:
  void set(T value) {
    now_ = value;
    if (value > most_) most_ = value;
  }
  T take_most() { return most_.exchange(now_); }

 private:
  std::atomic<T> now_{}, most_{};
};

}  // namespace ptero::runtime
