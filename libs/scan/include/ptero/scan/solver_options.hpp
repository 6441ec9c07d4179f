#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ptero/config/section.hpp>
#include <ptero/core/series.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/settings/table.hpp>

namespace ptero::scan {

/// How a series is reconstructed; the same for the service and the batch reference.
struct SolverOptions {
  bool enabled = true;         ///< false: frames are counted and dropped
  std::size_t epochs = 40;     ///< passes over all frames after the last one came
  bool stop_converged = true;  ///< end before `epochs` once more of them change nothing
  std::size_t frc_epochs = 8;  ///< of each half-data reconstruction after the end; 0 = no ring correlation
  bool remove_ramp = true;     ///< of the object's phase, in product and pictures
  std::string probe;  ///< FILE:DATASET, or a file (scanfile/probe_file.hpp): the first guess of the probe
  bool probe_transposed = false;  ///< it lies in a file whose frames are transposed, and turns with them
  std::string probe_model =
      "data";            ///< without `probe`: data (mean pattern), zoneplate, pinhole, gaussian, electron
  double defocus_m = 0;  ///< of the model: the sample downstream of the focus is positive
  bool find_defocus = false;   ///< from the data, see find_geometry; batch alone
  std::string axes = "given";  ///< or auto: from the data, likewise
  double zone_plate_diameter_m = 180e-6;
  double outer_zone_width_m = 50e-9;
  double central_stop_m = 60e-6;
  double beam_fwhm_m = 1e-6;   ///< of the gaussian; the diameter of the pinhole
  double semi_angle_rad = 0;   ///< of the electron aperture
  std::size_t slices = 1;      ///< along the beam
  double slice_spacing_m = 0;  ///< between two of them
  std::string start_from;      ///< product whose object, probe and places are the first guess
  std::vector<std::string>
      slice_guesses;            ///< K:FILE.tiff: phase in radians of slice K on that product's grid
  bool near_field = false;      ///< the detector is near: an angular spectrum to it instead of one transform
  double focus_distance_m = 0;  ///< near field: from the focus to the sample; 0 = a parallel beam
  std::string truth;            ///< product file to compare with: a simulation's
  ptycho::ReconstructionOptions engine;  ///< of the solvers; set_up adds what the series says

  /// Every option, those of the engine too, declared once.
  static const settings::Table<SolverOptions>& declared();
  /// Reads the section. Throws InputError naming file, line and key.
  static SolverOptions from(const config::Section& section);
};

/// Finds out before anything starts that the files named can be read and that slices have a distance. Throws
/// InputError.
void check_before_start(const SolverOptions& options);

/// What the solver needs for this series, its probe read or modelled. The reason, for people, when the series
/// cannot be reconstructed (no wavelength, say). Throws InputError when a file is at fault or does not fit.
Result<ptycho::ReconstructionOptions, std::string> set_up(const SolverOptions& options,
                                                          const SeriesInfo& info);

/// Where an object pixel was given and wavelength, distance and detector pixel say another.
Warnings about_object_pixel(const SolverOptions& options, const SeriesInfo& info);

}  // namespace ptero::scan
