#pragma once

#include <ptero/core/image.hpp>
#include <ptero/image/render.hpp>
#include <string>
#include <vector>

namespace ptero::image {

/// From values to places on a colour bar, and the ticks beside it.
class ColourAxis {
 public:
  /// Range and scaling as `options` say.
  ColourAxis(const Image<float>& values, const MapOptions& options);

  /// In [0, 1]; NaN for a value that is not finite.
  double place(double value) const;

  struct Tick {
    double place;
    std::string label;
  };
  /// Both ends first, then round numbers between them, the most important first.
  std::vector<Tick> ticks() const;

 private:
  double scaled(double value) const;
  std::string label(double scaled_value) const;

  Scaling scaling_;
  double low_ = 0;  ///< scaled
  double high_ = 1;
};

}  // namespace ptero::image
