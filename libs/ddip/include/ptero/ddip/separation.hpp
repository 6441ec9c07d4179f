#pragma once
// ddip: takes the cross-talk out of the slices of a multislice reconstruction by fitting networks that were
// never trained, images in, images out. Thread promise: a Separation belongs to one thread at a time and
// works with threads of its own. Paper: the modified double deep image prior of Du, Huang, Jacobsen, J.
// Synchrotron Rad. 28, 1137 (2021), key [Du21]; the constants it leaves out are those of the authors' public
// code.
//
// Symbols, used under these names throughout the room:
//   I_i   slice i as reconstructed, with its cross-talk
//   y_i   slice i as separated: what network i makes of the noise z_i
//   f_ij  what passes from slice j into slice i, a filter fitted with the rest
//   m_ij  mixing matrix, rows of sum 1: I_i = m_ii y_i + sum_j m_ij f_ij(y_j); for two slices m is
//         [alpha_1, 1 - alpha_1; alpha_2, 1 - alpha_2] and this is [Du21, eq. 3]

#include <functional>
#include <iosfwd>
#include <memory>
#include <ptero/core/image.hpp>
#include <ptero/ddip/options.hpp>
#include <ptero/ddip/preparation.hpp>
#include <span>
#include <string>
#include <vector>

namespace ptero::ddip {

/// The terms of [Du21, eq. 4], as they were before the last step.
struct Losses {
  double data = 0;       ///< sum over slices of the mean squared mismatch
  double exclusion = 0;  ///< times gamma
  double balance = 0;
  double total() const { return data + exclusion + balance; }
};

class Separation {
 public:
  /// Two or more slices of one shape, in any unit. Throws InputError for what `prepare` refuses, for options
  /// that contradict themselves and for a device that is not there; Error when memory does not suffice.
  Separation(std::span<const Image<float>> slices, const Options& options);
  ~Separation();
  Separation(Separation&&) noexcept;
  Separation& operator=(Separation&&) noexcept;

  /// Other slices of the same shape for the networks as they are, Adam's moments included: a warm start.
  /// `epoch` goes back to 0 (the early balance term stays off).
  void replace(std::span<const Image<float>> slices);

  /// One epoch: a gradient step on everything. Throws Error when memory does not suffice; the parameters are
  /// then as before.
  void step();
  std::size_t epoch() const;
  Losses losses() const;         ///< waits for the device
  bool finite() const;           ///< false after a divergence
  Image<double> mixing() const;  ///< m as of the last step

  Slices slices() const;  ///< y as of the last step, in the unit and shape of the slices given
  /// y in [0, 1] on the padded images: what early stopping watches.
  std::vector<std::vector<float>> outputs() const;

  std::int64_t parameter_count() const;
  /// The networks, Adam's moments and the inputs z, for a warm start in another process. Throws Error when
  /// the stream fails.
  void save(std::ostream& out) const;
  /// Throws InputError when the stream holds no such state or one of other networks or another shape.
  void restore(std::istream& in);

 private:
  class Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace ptero::ddip
