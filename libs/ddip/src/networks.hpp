#pragma once
// The networks of [Du21, fig. 2]: what shape they have, where their parameters lie, what they compute.

#include <ATen/ATen.h>

#include <ptero/ddip/options.hpp>
#include <vector>

namespace ptero::ddip {

/// All parameters of a fit in one buffer, so that one loop updates them; a network holds views.
class Parameters {
 public:
  /// How a parameter starts.
  enum class Start : std::uint8_t { zeros, ones, uniform, box, laplacian };

  /// Reserves a parameter and tells its index; uniform is U(-bound, bound).
  std::size_t add(std::vector<std::int64_t> shape, Start start, double bound = 0);
  /// Makes the buffer and its start; nothing can be added afterwards.
  void build(at::ScalarType type, at::Device device, std::uint64_t seed);

  const at::Tensor& operator[](std::size_t index) const { return views_[index]; }
  std::int64_t count() const { return count_; }
  at::Tensor& values() { return values_; }        ///< (count)
  at::Tensor& gradients() { return gradients_; }  ///< (count), where backward adds

 private:
  struct Entry {
    std::vector<std::int64_t> shape;
    Start start;
    double bound;
    std::int64_t size;
  };
  void initialise(const Entry& entry, at::Tensor view, at::Generator& generator) const;

  std::vector<Entry> entries_;
  std::vector<at::Tensor> views_;
  at::Tensor values_, gradients_;
  std::int64_t count_ = 0;
};

/// The encoder and decoder with skips that all four kinds of network share.
struct HourglassShape {
  std::int64_t in = 1, out = 1;
  std::vector<std::int64_t> channels;  ///< of the levels
  std::vector<std::int64_t> skips;     ///< channels of the skip of each level, 0: none
  double leak = 0.2;
  double epsilon = 1e-5;
  Loops loops = Loops::own;

  static HourglassShape generator(const Options& options, std::int64_t in = 1, std::int64_t out = 1);
  static HourglassShape shallow(const Options& options);
};

class Hourglass {
 public:
  Hourglass(const HourglassShape& shape, Parameters& parameters);
  /// x: (1, in, rows, cols); gives (1, out, rows, cols) in (0, 1). Sides: multiples of 8 for the generator,
  /// at least 65 so that the deepest map is wider than the border.
  at::Tensor operator()(const at::Tensor& x, const Parameters& parameters) const;

 private:
  struct Convolution {
    std::size_t weight, bias;
  };
  struct Norm {
    std::size_t gamma, beta;
  };
  struct Level {
    Convolution down, same, up, mix, skip;
    Norm down_norm, same_norm, joined_norm, up_norm, mix_norm, skip_norm;
    bool has_skip;
  };
  at::Tensor norm(const at::Tensor& x, const Norm& norm, const Parameters& parameters, std::int64_t pad,
                  bool rectified = true) const;
  at::Tensor decode(std::size_t level, at::Tensor deep, const at::Tensor& input,
                    const Parameters& parameters) const;

  HourglassShape shape_;
  std::vector<Level> levels_;
  Convolution head_{};
};

/// A 7 x 7 kernel without bias, zeros outside the image.
class Kernel {
 public:
  Kernel(Parameters::Start start, Parameters& parameters) : weight_(parameters.add({1, 1, 7, 7}, start)) {}
  at::Tensor operator()(const at::Tensor& x, const Parameters& parameters) const;

 private:
  std::size_t weight_;
};

}  // namespace ptero::ddip
