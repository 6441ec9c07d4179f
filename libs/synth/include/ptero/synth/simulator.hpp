#pragma once
// synth: a simulated X-ray ptychography beamline: sample, zone plate, fly scan, photon noise, faults. Frames
// are those of [Lin23] by default. Numbers in, numbers out: no files, no sockets, no clock.
// Thread promise: a Simulator is immutable once built; its const members may be called from any thread at
// once.

#include <complex>
#include <cstdint>
#include <memory>
#include <optional>
#include <ptero/core/frame.hpp>
#include <ptero/core/series.hpp>
#include <ptero/ptycho/forward_model.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <ptero/synth/sample.hpp>
#include <ptero/synth/scan_plan.hpp>
#include <string>
#include <vector>

namespace ptero::synth {

/// Whether frames carry the incident intensity.
enum class MonitorReading : std::uint8_t { absent, present };

struct SimulatorOptions {
  // Sample
  SampleKind sample = SampleKind::nanosheets;
  double sample_coverage = 0;                        ///< see SampleOptions::coverage
  std::optional<Image<std::complex<float>>> object;  ///< instead of `sample`: pixels of the object pixel
                                                     ///< size, centred on (0, 0), surrounded by vacuum
  std::vector<Image<std::complex<float>>> behind;    ///< further slices downstream of `object`, likewise
  std::vector<double> spacing_m;                     ///< from each slice to the next; as many as `behind`
  // Scan: the paper's field at a step that two cores can follow
  RasterPlan grid{48, 64, 0.15e-6, 0.15e-6, ScanOrder::raster};
  double position_jitter_m = 0;  ///< stage unsteadiness; frames carry where the stage really was
  // Fly scan: the exposure is spread over this share of step_x, as the incoherent sum of sub-exposures
  std::size_t sub_exposures = 1;  ///< 1: no smear
  double smear_of_step = 1;
  // Optics and detector: Velociprobe as in [Lin23]; the distance is inferred from its 14.1 nm pixels
  std::size_t pattern = 128;  ///< detector pixels on a side, even
  double energy_ev = 8800;
  double distance_m = 1.92;
  double detector_pixel_m = 75e-6;
  ptycho::ZonePlate zone_plate{180e-6, 50e-9, 60e-6, 355e-6};  ///< 355 um of defocus make a beam of 1 um
  Dtype dtype = Dtype::u16;  ///< counts saturate below the type's two flag values
  // Light
  double photons = 1e6;        ///< incident on the sample in one frame
  double intensity_drift = 0;  ///< relative change of the beam from the first frame to the last
  double intensity_noise = 0;  ///< relative standard deviation from frame to frame
  MonitorReading monitor = MonitorReading::present;  ///< read only when the beam is not constant
  double background = 0;                             ///< stray photons a pixel and frame
  std::vector<FrameId> dark_frames;                  ///< shutter closed: stray photons only
  // Identity
  std::uint64_t seed = 1;  ///< of everything random: sample, jitter, beam and photons
  std::uint64_t series_id = 1;
  std::string uid;  ///< empty: made from the sample and the seed
};

/// What the frames were made from.
struct Truth {
  Image<std::complex<float>> object;               ///< vacuum = 1; the product of all slices
  std::vector<Image<std::complex<float>>> slices;  ///< upstream first; empty where there is one
  std::vector<double> slice_spacing_m;
  ptycho::Extent extent;  ///< where `object` and slices lie on the laboratory grid
  double pixel_m = 0;
  Image<std::complex<float>> probe;   ///< n x n, sum |P|^2 = photons
  std::vector<Position> positions;    ///< by frame id: the middle of the exposure
  std::vector<Satellite> satellites;  ///< the small particles of SampleKind::particles
};

/// Makes frames by id, in any order: frame(id) depends on the options and the id alone.
class Simulator {
 public:
  /// Throws InputError for options that describe no experiment.
  explicit Simulator(SimulatorOptions options);
  ~Simulator();
  Simulator(Simulator&&) noexcept;
  Simulator& operator=(Simulator&&) noexcept;

  const SimulatorOptions& options() const;
  const SeriesInfo& info() const;
  const Truth& truth() const;
  std::size_t count() const;

  /// A frame with Poisson noise, uncompressed, position and monitor filled in; no times. id < count().
  Frame frame(FrameId id) const;
  /// The same with the stage sent to a place of the scanned field instead of that of the grid; it comes to
  /// stand there as unsteadily. Any id: the beam is that of the last planned frame beyond count().
  Frame frame_at(FrameId id, const Position& place) const;
  /// The mean that `frame` draws from: n x n, zero frequency at (n/2, n/2). id < count().
  Image<float> expected(FrameId id) const;
  /// Beam intensity of a frame relative to the nominal; 0 when dark.
  double intensity(FrameId id) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace ptero::synth
