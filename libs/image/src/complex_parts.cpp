#include <cmath>
#include <ptero/image/render.hpp>

namespace ptero::image {

Image<float> amplitude_of(const Image<std::complex<float>>& object) {
  Image<float> amplitude(object.shape());
  for (std::size_t i = 0; i < object.size(); ++i) amplitude.data()[i] = std::abs(object.data()[i]);
  return amplitude;
}

Image<float> phase_of(const Image<std::complex<float>>& object) {
  // O |O| weighs each direction by the intensity.
  std::complex<double> mean = 0;
  for (const std::complex<float>& o : object.pixels()) mean += std::complex<double>(o) * double{std::abs(o)};
  const auto turn = std::complex<float>(std::polar(1.0, mean == 0.0 ? 0.0 : -std::arg(mean)));
  Image<float> phase(object.shape());
  for (std::size_t i = 0; i < object.size(); ++i) phase.data()[i] = std::arg(object.data()[i] * turn);
  return phase;
}

}  // namespace ptero::image
