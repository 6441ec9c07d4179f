#pragma once

#include <ptero/ptycho/pattern.hpp>

namespace ptero::ptycho {

/// What counting leaves of a pattern's residual however good the model is.
struct CountingNoise {
  double residual =
      0;  ///< estimate of the expected sum (sqrt(mu) - sqrt(N))^2 over pixels, N Poisson of mean mu
  bool counted = true;  ///< the values are whole numbers, as counts are
};

/// Estimated from the counts N alone, within 10 % for every mean above 1e-3: by h(N) whose mean over a
/// Poisson distribution is that of (sqrt(mu) - sqrt(N))^2, a quarter where counts are many.
CountingNoise counting_noise(const Pattern& pattern);

}  // namespace ptero::ptycho
