#pragma once

#include <ptero/ddip/blend.hpp>
#include <ptero/ddip/options.hpp>

namespace ptero::ddip {

/// Slices small enough for a test to run some epochs on them.
inline Blend small_blend(std::size_t side = 72) {
  return make_blend({.shape = {side, side}});
}

/// What a test runs them with.
inline Options quick() {
  Options options = Options::fast();
  options.threads = 2;
  return options;
}

}  // namespace ptero::ddip
