#include "probe_modes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ptero::ptycho {

std::complex<double> inner_product(const Image<Complex>& a, const Image<Complex>& b) {
  std::complex<double> sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double ar = double{a.data()[i].real()}, ai = double{a.data()[i].imag()};
    const double br = double{b.data()[i].real()}, bi = double{b.data()[i].imag()};
    sum += std::complex(ar * br + ai * bi, ar * bi - ai * br);
  }
  return sum;
}

namespace {
struct Middle {
  double row = 0, col = 0, row_width = 1, col_width = 1;
};

Middle middle_of(const Image<Complex>& probe) {
  double sum = 0, r1 = 0, c1 = 0, r2 = 0, c2 = 0;
  for (std::size_t r = 0; r < probe.rows(); ++r)
    for (std::size_t c = 0; c < probe.cols(); ++c) {
      const double w = double{std::norm(probe(r, c))}, y = static_cast<double>(r), x = static_cast<double>(c);
      sum += w;
      r1 += w * y;
      c1 += w * x;
      r2 += w * y * y;
      c2 += w * x * x;
    }
  if (!(sum > 0)) return {};
  const double row = r1 / sum, col = c1 / sum;
  return {row, col, std::sqrt(std::max(1e-6, r2 / sum - row * row)),
          std::sqrt(std::max(1e-6, c2 / sum - col * col))};
}

double hermite(std::size_t order, double x) {
  double before = 1, now = x;
  if (order == 0) return before;
  for (std::size_t k = 1; k < order; ++k) {
    const double next = x * now - static_cast<double>(k) * before;
    before = now;
    now = next;
  }
  return now;
}

void subtract(Image<Complex>& from, const Image<Complex>& what, std::complex<double> factor) {
  const Complex f(factor);
  for (std::size_t i = 0; i < from.size(); ++i) from.data()[i] -= f * what.data()[i];
}
}  // namespace

std::vector<Image<Complex>> hermite_modes(const Image<Complex>& main, std::size_t count, double share) {
  const Middle middle = middle_of(main);
  const double power = inner_product(main, main).real();
  std::vector<Image<Complex>> all{main};
  // Orders (1,0), (0,1), (2,0), (1,1), (0,2), ...
  for (std::size_t total = 1; all.size() < count; ++total)
    for (std::size_t down = 0; down <= total && all.size() < count; ++down) {
      Image<Complex> mode = main;
      for (std::size_t r = 0; r < mode.rows(); ++r)
        for (std::size_t c = 0; c < mode.cols(); ++c)
          mode(r, c) *= static_cast<float>(
              hermite(total - down, (static_cast<double>(c) - middle.col) / middle.col_width) *
              hermite(down, (static_cast<double>(r) - middle.row) / middle.row_width));
      for (const Image<Complex>& other : all)
        subtract(mode, other,
                 inner_product(other, mode) / std::max(1e-30, inner_product(other, other).real()));
      const double own = inner_product(mode, mode).real();
      const auto scale = static_cast<float>(own > 0 ? std::sqrt(share * power / own) : 0);
      for (Complex& p : mode.pixels()) p *= scale;
      all.push_back(std::move(mode));
    }
  all.erase(all.begin());
  return all;
}

std::vector<std::complex<double>> eigenvectors(std::vector<std::complex<double>> a, std::size_t size) {
  std::vector<std::complex<double>> v(size * size);
  for (std::size_t i = 0; i < size; ++i) v[i * size + i] = 1;
  constexpr int max_sweeps = 30;
  for (int sweep = 0; sweep < max_sweeps; ++sweep) {
    double off = 0, diagonal = 0;
    for (std::size_t p = 0; p < size; ++p)
      for (std::size_t q = 0; q < size; ++q) (p == q ? diagonal : off) += std::norm(a[p * size + q]);
    if (off <= 1e-24 * diagonal) break;
    for (std::size_t p = 0; p < size; ++p)
      for (std::size_t q = p + 1; q < size; ++q) {
        const std::complex<double> coupling = a[p * size + q];
        const double strength = std::abs(coupling);
        if (strength == 0) continue;
        // The rotation that takes a[p][q] away, after a phase has made it real.
        const std::complex<double> phase = coupling / strength;
        const double theta = (a[q * size + q].real() - a[p * size + p].real()) / (2 * strength);
        const double t = (theta >= 0 ? 1.0 : -1.0) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (std::size_t k = 0; k < size; ++k) {  // columns
          const auto kp = a[k * size + p], kq = a[k * size + q];
          a[k * size + p] = c * kp - s * std::conj(phase) * kq;
          a[k * size + q] = s * phase * kp + c * kq;
          const auto vp = v[k * size + p], vq = v[k * size + q];
          v[k * size + p] = c * vp - s * std::conj(phase) * vq;
          v[k * size + q] = s * phase * vp + c * vq;
        }
        for (std::size_t k = 0; k < size; ++k) {  // rows
          const auto pk = a[p * size + k], qk = a[q * size + k];
          a[p * size + k] = c * pk - s * phase * qk;
          a[q * size + k] = s * std::conj(phase) * pk + c * qk;
        }
      }
  }
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    return a[i * size + i].real() > a[j * size + j].real();
  });
  std::vector<std::complex<double>> sorted(size * size);
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t k = 0; k < size; ++k) sorted[k * size + i] = v[k * size + order[i]];
  return sorted;
}

void orthogonalise(std::vector<Image<Complex>>& modes) {
  const std::size_t count = modes.size();
  if (count < 2) return;
  // Mixing by V with sum_m V_mi P_m has the Gram matrix V^H G V, G_ij = <P_i, P_j>.
  std::vector<std::complex<double>> gram(count * count);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < count; ++j) gram[i * count + j] = inner_product(modes[i], modes[j]);
  if (!std::isfinite(std::abs(gram[0]))) return;
  const auto v = eigenvectors(gram, count);
  std::vector<Image<Complex>> mixed(count, Image<Complex>(modes[0].shape()));
  for (std::size_t i = 0; i < count; ++i) {
    // The largest share keeps its phase, so that a mode does not turn from epoch to epoch.
    std::complex<double> largest = 0;
    for (std::size_t m = 0; m < count; ++m)
      if (std::abs(v[m * count + i]) > std::abs(largest)) largest = v[m * count + i];
    const std::complex<double> phase = std::conj(largest) / std::abs(largest);
    for (std::size_t m = 0; m < count; ++m) subtract(mixed[i], modes[m], -v[m * count + i] * phase);
  }
  modes = std::move(mixed);
}

}  // namespace ptero::ptycho
