#include <ptero/services/detector/frame_source.hpp>

#include <ptero/product/product.hpp>
#include <ptero/scanfile/series_reader.hpp>

namespace ptero::detector {

namespace {

class Simulated : public FrameSource {
 public:
  explicit Simulated(const synth::SimulatorOptions& options) : simulator_(options) {}
  const SeriesInfo& info() const override { return simulator_.info(); }
  std::uint64_t size() const override { return simulator_.count(); }
  std::optional<Frame> frame(FrameId id) override { return simulator_.frame(id); }
  std::optional<Position> position(FrameId id) override { return simulator_.truth().positions[id]; }

 private:
  synth::Simulator simulator_;
};

class Recorded : public FrameSource {
 public:
  Recorded(const std::filesystem::path& path, const scanfile::ReadOptions& options)
      : reader_(path, options), info_(reader_.info()) {
    if (info_.uid.empty()) info_.uid = path.stem().string();
  }
  const SeriesInfo& info() const override { return info_; }
  std::uint64_t size() const override { return reader_.size(); }
  std::optional<Frame> frame(FrameId id) override {
    if (!reader_.present(id)) return std::nullopt;
    return reader_.frame(id);
  }
  std::optional<Position> position(FrameId id) override { return reader_.positions()[id]; }
  Warnings warnings() const override { return reader_.warnings(); }

 private:
  scanfile::SeriesReader reader_;
  SeriesInfo info_;
};

}  // namespace

std::unique_ptr<FrameSource> simulated(const synth::SimulatorOptions& options) {
  return std::make_unique<Simulated>(options);
}

std::unique_ptr<FrameSource> recorded(const std::filesystem::path& path,
                                      const scanfile::ReadOptions& options) {
  return std::make_unique<Recorded>(path, options);
}

void write_truth(const std::filesystem::path& path, const synth::SimulatorOptions& options) {
  const synth::Simulator simulator(options);
  const auto& truth = simulator.truth();
  product::Product product;
  product.name = simulator.info().uid;
  product.comments = "simulated truth";
  product.detector_object_distance_m = simulator.info().distance_m;
  product.probe_energy_ev = options.energy_ev;
  product.probe_photon_count = options.photons;
  for (std::size_t i = 0; i < truth.positions.size(); ++i)
    product.position_indexes.push_back(static_cast<std::int64_t>(i));
  product.positions = truth.positions;
  product.probe = {truth.probe};
  product.object = truth.slices.empty() ? std::vector{truth.object} : truth.slices;
  product.layer_spacing_m = truth.slice_spacing_m;
  product.probe_pixel_width_m = product.probe_pixel_height_m = truth.pixel_m;
  product.object_pixel_width_m = product.object_pixel_height_m = truth.pixel_m;
  // Pixel (r, c) of the laboratory grid is at (r, c) x pixel.
  const auto middle = [&](std::int64_t corner, std::size_t side) {
    return (static_cast<double>(corner) + static_cast<double>(side) / 2) * truth.pixel_m;
  };
  product.object_centre = {middle(truth.extent.col, truth.extent.shape.cols),
                           middle(truth.extent.row, truth.extent.shape.rows)};
  product::write_product(path, product);
}

}  // namespace ptero::detector
