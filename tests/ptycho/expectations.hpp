#pragma once
// Reconstructions of simulated scans, and how near they come to the truth.

#include <gtest/gtest.h>

#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/quality/compare.hpp>

#include "simulated.hpp"

namespace ptero::ptycho {

// The guess: the right optics, focused 10 % wrong.
inline ReconstructionOptions options_for(const simulated::Scan& scan, double defocus_m = 44e-6) {
  ReconstructionOptions options{.pixel_m = 1, .threads = 2};
  options.intake.n = scan.n;
  options.probe = simulated::beam(scan.n, defocus_m);
  return options;
}

inline void add(Reconstruction& reconstruction, const simulated::Scan& scan, std::size_t begin,
                std::size_t end) {
  const auto& positions = scan.told.empty() ? scan.positions : scan.told;
  for (std::size_t i = begin; i < end; ++i)
    ASSERT_TRUE(reconstruction.add_pattern(i, scan.patterns[i], positions[i])) << i;
}

inline double power(const Image<Complex>& probe) {
  double sum = 0;
  for (const Complex& p : probe.pixels()) sum += std::norm(p);
  return sum;
}

// |<a, b>| / (|a| |b|).
inline double overlap(const Image<Complex>& a, const Image<Complex>& b) {
  std::complex<double> sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::conj(a.data()[i]) * b.data()[i];
  return std::abs(sum) / std::sqrt(power(a) * power(b));
}

// The relative error of `image`, one slice of the snapshot, where there is light, after alignment.
inline double object_error(const simulated::Scan& scan, const Snapshot& shot, const Image<Complex>& image,
                           const Image<Complex>& truth) {
  const auto half = static_cast<std::int64_t>(scan.n / 2);
  const auto top = std::llround(shot.centre.y_m - double(shot.object.rows()) / 2) + half;
  const auto left = std::llround(shot.centre.x_m - double(shot.object.cols()) / 2) + half;
  Image<Complex> wanted(image.shape());
  quality::Mask mask(image.shape());
  const float light = *std::max_element(shot.coverage.pixels().begin(), shot.coverage.pixels().end());
  for (std::int64_t r = 0; r < std::int64_t(image.rows()); ++r)
    for (std::int64_t c = 0; c < std::int64_t(image.cols()); ++c) {
      if (r + top < 0 || c + left < 0 || r + top >= std::int64_t(truth.rows()) ||
          c + left >= std::int64_t(truth.cols()))
        continue;
      wanted(r, c) = truth(std::size_t(r + top), std::size_t(c + left));
      mask(r, c) = shot.coverage(r, c) > 0.3F * light;
    }
  return quality::compare(image, wanted, mask, 0).object_error;
}

inline double object_error(const simulated::Scan& scan, const Snapshot& shot) {
  return object_error(scan, shot, shot.object, scan.object);
}

// RMS distance of the positions from the true ones, their mean shift taken away, pixels.
inline double position_error(const simulated::Scan& scan, const Snapshot& shot) {
  double row = 0, col = 0, sum = 0;
  const double count = double(shot.patterns.size());
  for (const FrameState& f : shot.patterns) {
    row += (f.position.y_m - scan.positions[f.id].y_m) / count;
    col += (f.position.x_m - scan.positions[f.id].x_m) / count;
  }
  for (const FrameState& f : shot.patterns)
    sum += std::pow(f.position.y_m - scan.positions[f.id].y_m - row, 2) +
           std::pow(f.position.x_m - scan.positions[f.id].x_m - col, 2);
  return std::sqrt(sum / (2 * count));
}

}  // namespace ptero::ptycho
