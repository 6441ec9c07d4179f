#include <ptero/ddip/checks.hpp>

#include <cmath>
#include <cstdio>
#include <ptero/ddip/blend.hpp>

namespace ptero::ddip {

namespace {

std::string slice(std::size_t index) {
  return "slice " + std::to_string(index + 1);
}
std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::vector<float> differences(const Image<float>& image) {
  std::vector<float> values;
  for (std::size_t r = 0; r + 1 < image.rows(); ++r)
    for (std::size_t c = 0; c + 1 < image.cols(); ++c) {
      values.push_back(image(r + 1, c) - image(r, c));
      values.push_back(image(r, c + 1) - image(r, c));
    }
  return values;
}

}  // namespace

std::vector<std::string> share_alarms(const Image<double>& mixing, const CheckOptions& options) {
  std::vector<std::string> alarms;
  for (std::size_t i = 0; i < mixing.rows(); ++i) {
    if (!(mixing(i, i) >= options.least_own_share)) {
      alarms.push_back(slice(i) + " holds only " + rounded(mixing(i, i)) +
                       " of its own image: gamma is too large, or the filters do not suit");
      continue;
    }
    for (std::size_t j = 0; j < mixing.rows(); ++j)
      if (j != i && !(mixing(i, i) >= options.least_ratio * mixing(j, i)))
        alarms.push_back("the image of " + slice(i) + " counts " + rounded(mixing(j, i)) + " in " + slice(j) +
                         " and only " + rounded(mixing(i, i)) +
                         " in its own: gamma is too large, or the filters do not suit");
  }
  return alarms;
}

std::vector<std::string> confusion_alarms(std::span<const Image<float>> separated,
                                          std::span<const Image<float>> given) {
  PTERO_EXPECT(separated.size() == given.size());
  std::vector<std::vector<float>> y, inputs;
  for (const Image<float>& image : separated) y.push_back(differences(image));
  for (const Image<float>& image : given) inputs.push_back(differences(image));
  std::vector<std::string> alarms;
  for (std::size_t i = 0; i < y.size(); ++i)
    for (std::size_t j = i + 1; j < y.size(); ++j) {
      const double straight = std::abs(correlation(y[i], inputs[i])) + std::abs(correlation(y[j], inputs[j]));
      const double crossed = std::abs(correlation(y[i], inputs[j])) + std::abs(correlation(y[j], inputs[i]));
      if (crossed > straight)
        alarms.push_back(slice(i) + " and " + slice(j) + " look exchanged: start again with another seed");
    }
  return alarms;
}

}  // namespace ptero::ddip
