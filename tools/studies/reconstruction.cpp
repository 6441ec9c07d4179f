#include "studies/reconstruction.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <limits>

#include <ptero/core/error.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <ptero/ptycho/reconstruction.hpp>

namespace ptero::tools {

using ptycho::Complex;

OnExtent cut_to(const ptycho::Extent& extent, const ptycho::Snapshot& snapshot) {
  OnExtent into{Image<Complex>(extent.shape, 1.0F), Image<std::uint8_t>(extent.shape, std::uint8_t{0})};
  const auto corner = [&](double centre_m, std::size_t size, std::int64_t first) {
    return std::lround(centre_m / snapshot.pixel_m - static_cast<double>(size / 2)) - first;
  };
  const auto row0 = corner(snapshot.centre.y_m, snapshot.object.rows(), extent.row);
  const auto col0 = corner(snapshot.centre.x_m, snapshot.object.cols(), extent.col);
  float most = 0;
  for (const float w : snapshot.coverage.pixels()) most = std::max(most, w);
  const auto rows = static_cast<std::int64_t>(extent.shape.rows);
  const auto cols = static_cast<std::int64_t>(extent.shape.cols);
  for (std::size_t r = 0; r < snapshot.object.rows(); ++r)
    for (std::size_t c = 0; c < snapshot.object.cols(); ++c) {
      const auto row = row0 + static_cast<std::int64_t>(r), col = col0 + static_cast<std::int64_t>(c);
      if (row < 0 || col < 0 || row >= rows || col >= cols) continue;
      const auto i = static_cast<std::size_t>(row * cols + col);
      into.object.data()[i] = snapshot.object(r, c);
      into.covered.data()[i] = snapshot.coverage(r, c) > 0.01F * most;
    }
  return into;
}

std::optional<FrameId> FigureGrid::cell_at(std::size_t row, std::size_t col) const {
  const auto index = [this](std::int64_t at, double step_m, std::size_t count) {
    return std::lround(static_cast<double>(at) * pixel_m / step_m + (static_cast<double>(count) - 1) / 2);
  };
  const auto r = index(extent.row + static_cast<std::int64_t>(row), plan.step_y_m, plan.rows);
  const auto c = index(extent.col + static_cast<std::int64_t>(col), plan.step_x_m, plan.cols);
  if (r < 0 || c < 0 || r >= static_cast<long>(plan.rows) || c >= static_cast<long>(plan.cols))
    return std::nullopt;
  return static_cast<FrameId>(r) * plan.cols + static_cast<FrameId>(c);
}

FigureGrid grid_of(const FigureScan& scan) {
  FigureGrid grid{.pixel_m = scan.pixel_m(), .plan = scan.plan()};
  for (const Position& p : scan.simulator.truth().positions) {
    const ptycho::Placement at = ptycho::place(p, grid.pixel_m, scan.patch);
    grid.extent = ptycho::Extent::join(grid.extent, {at.row, at.col, Shape{scan.patch, scan.patch}});
  }
  return grid;
}

FigureObject reconstruct(const FigureScan& scan, const std::vector<std::uint8_t>& selected,
                         const ReconstructionPlan& plan, const std::string& name, const Progress& progress) {
  const SeriesInfo& info = scan.simulator.info();
  ptycho::ReconstructionOptions options{
      .pixel_m = scan.pixel_m(), .threads = plan.threads, .seed = plan.seed};
  options.intake.n = scan.patch;
  options.defocus_phase =
      ptycho::defocus_phase(scan.simulator.options().zone_plate.defocus_m, info.wavelength_m, scan.pixel_m());
  ptycho::Reconstruction reconstruction(options);
  for (const auto& [id, pattern] : scan.patterns) {
    if (selected[id] == 0) continue;
    const auto taken = reconstruction.add_pattern(id, pattern, scan.simulator.truth().positions[id]);
    if (!taken) throw Error("a pattern of " + name + " was refused", std::string(name_of(taken.reason())));
  }
  if (reconstruction.frames() == 0)
    throw InputError("nothing to reconstruct for " + name, "no frame is selected");
  FigureObject result{.frames = reconstruction.frames()};
  const std::clock_t start = std::clock();
  while (reconstruction.epochs() < plan.epochs) {
    const auto report = reconstruction.run_epoch();
    if (report.status == ptycho::RunStatus::diverged)
      throw Error("the reconstruction of " + name + " diverged", std::string(ptycho::why_diverged));
    result.amplitude_error = report.amplitude_error;
    progress(fmt::format("{}: epoch {} of {}, {} frames", name, reconstruction.epochs(), plan.epochs,
                         result.frames));
  }
  result.seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const ptycho::Snapshot snapshot = reconstruction.snapshot();
  OnExtent cut = cut_to(grid_of(scan).extent, snapshot);
  result.object = std::move(cut.object);
  result.covered = std::move(cut.covered);
  result.probe = snapshot.probe;
  return result;
}

Image<Complex> truth_on(const FigureGrid& grid, const FigureScan& scan) {
  Image<Complex> truth(grid.extent.shape);
  for (std::size_t r = 0; r < truth.rows(); ++r)
    for (std::size_t c = 0; c < truth.cols(); ++c)
      truth(r, c) = scan.truth_at(grid.extent.row + static_cast<std::int64_t>(r),
                                  grid.extent.col + static_cast<std::int64_t>(c));
  return truth;
}

quality::Mask mask_of(const FigureGrid& grid, const std::vector<std::uint8_t>& selected) {
  quality::Mask mask(grid.extent.shape, std::uint8_t{0});
  for (std::size_t r = 0; r < mask.rows(); ++r)
    for (std::size_t c = 0; c < mask.cols(); ++c)
      if (const auto id = grid.cell_at(r, c)) mask(r, c) = selected[*id];
  return mask;
}

double phase_ssim(const Image<Complex>& image, const Image<Complex>& reference, const quality::Mask& mask) {
  return quality::compare(image, reference, mask, 0).ssim_phase;
}

Image<float> phase_over_field(const FigureObject& object, const Image<Complex>& reference,
                              const quality::Mask& mask, const FigureGrid& grid) {
  const Image<Complex> aligned = quality::align(object.object, reference, mask).image;
  std::size_t top = aligned.rows(), left = aligned.cols(), bottom = 0, right = 0;
  for (std::size_t r = 0; r < aligned.rows(); ++r)
    for (std::size_t c = 0; c < aligned.cols(); ++c)
      if (grid.cell_at(r, c)) {
        top = std::min(top, r), bottom = std::max(bottom, r + 1);
        left = std::min(left, c), right = std::max(right, c + 1);
      }
  Image<float> phase(Shape{bottom - top, right - left});
  for (std::size_t r = 0; r < phase.rows(); ++r)
    for (std::size_t c = 0; c < phase.cols(); ++c)
      phase(r, c) = object.covered(top + r, left + c) != 0 ? std::arg(aligned(top + r, left + c))
                                                           : std::numeric_limits<float>::quiet_NaN();
  return phase;
}

}  // namespace ptero::tools
