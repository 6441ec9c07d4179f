#include <ptero/scan/quality_numbers.hpp>

#include <algorithm>

#include <ptero/core/error.hpp>
#include <ptero/product/product.hpp>
#include <ptero/quality/placed.hpp>

namespace ptero::scan {

namespace {

constexpr std::size_t least_side = 8;  // of what can be aligned

template <class T>
Image<T> cut(const Image<T>& image, const quality::Box& box) {
  Image<T> out(box.shape);
  for (std::size_t r = 0; r < box.shape.rows; ++r)
    std::copy_n(image.row(r + box.top).data() + box.left, box.shape.cols, out.row(r).data());
  return out;
}

double ssim_with(const std::string& path, const ptycho::Snapshot& snapshot) {
  const auto truth = product::read_object(path);
  const auto common = quality::common_area({snapshot.object, snapshot.pixel_m, snapshot.centre},
                                           {truth.layers.at(0), truth.pixel_width_m, truth.centre},
                                           covered(snapshot.coverage));
  if (!common)
    throw Error("no area in common with " + path, "", "compare objects of one scan and one pixel size");
  return quality::compare(common->image, common->reference, common->mask, snapshot.pixel_m).ssim_phase;
}

}  // namespace

Quality measure_quality(ptycho::Reconstruction& reconstruction, const SolverOptions& options,
                        const std::function<bool()>& go_on) {
  Quality out;
  if (reconstruction.frames() == 0 || !go_on()) return out;
  out.sums = reconstruction.evaluate_all();
  if (options.frc_epochs == 0) return out;
  const auto halves = reconstruction.reconstruct_halves(options.frc_epochs, go_on);
  if (halves.even.empty()) return out;
  const auto mask = covered(halves.coverage);
  // Rings should not look at what nobody lit.
  const quality::Box box = quality::box_of(mask);
  if (std::min(box.shape.rows, box.shape.cols) < least_side) return out;
  out.frc = quality::compare(cut(halves.even, box), cut(halves.odd, box), cut(mask, box), 0).frc;
  return out;
}

void compare_with_truth(const SolverOptions& options, const ptycho::Snapshot& snapshot, Quality& quality) {
  if (options.truth.empty() || snapshot.object.empty()) return;
  try {
    quality.ssim_truth = ssim_with(options.truth, snapshot);
  } catch (const std::exception& error) {
    quality.truth_problem = error.what();
  }
}

Image<std::uint8_t> covered(const Image<float>& coverage) {
  Image<std::uint8_t> mask(coverage.shape());
  if (coverage.empty()) return mask;
  const float limit = covered_share * *std::max_element(coverage.pixels().begin(), coverage.pixels().end());
  for (std::size_t i = 0; i < mask.size(); ++i) mask.pixels()[i] = coverage.pixels()[i] >= limit ? 1 : 0;
  return mask;
}

}  // namespace ptero::scan
