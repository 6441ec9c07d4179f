#pragma once
// Scans whose region of interest is known, to measure the classifier by.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ptero/core/series.hpp>
#include <ptero/roi/batch.hpp>
#include <ptero/roi/rivals.hpp>
#include <ptero/synth/simulator.hpp>

namespace ptero::tools {

/// What a frame is in truth. `neither` is counted nowhere: a frame at the rim, where both answers are right.
enum class FrameTruth : std::uint8_t { background, region, neither };

/// One scan with its truth and, for each number of segments, its features.
struct RoiCase {
  roi::ScanLayout layout = roi::ScanLayout::scattered();
  std::map<int, roi::FeatureTable> tables;  ///< by number of segments
  std::vector<FrameTruth> truth;            ///< by frame id; all background where there is nothing to find
  std::vector<std::vector<FrameId>> particles;                 ///< frames that touch each small particle
  std::vector<std::array<double, roi::rivals.size()>> rivals;  ///< by frame id
  roi::DarkFrames dark = roi::DarkFrames::exclude;
  std::vector<std::uint8_t> materials;  ///< by frame id, where the truth comes from clusters of T; else empty
};

/// A list of one.
inline std::vector<RoiCase> alone(RoiCase roi_case) {
  std::vector<RoiCase> list;
  list.push_back(std::move(roi_case));
  return list;
}

/// Scans that are made when their turn comes.
struct RoiCaseMaker {
  std::string name;   ///< one line of the table
  std::string truth;  ///< what the truth is, a sentence
  std::function<std::vector<RoiCase>()>
      make;  ///< one scan, or several samples of a kind to be counted as one
};

struct RoiCaseOptions {
  std::vector<int> segments;
  bool quick = false;       ///< small scans of small patterns at one dose
  std::uint64_t seed = 1;   ///< of samples and photons; the first where there are several samples
  std::string data_folder;  ///< of recorded scans
};

/// Share of the probe's intensity, over the exposure, on material thicker than this from which a frame
/// belongs to the region.
inline constexpr double touching_thickness_m = 20e-9;
inline constexpr double touching_share = 0.02;
/// Scans of different samples that the rows of small particles count together: one has some 65 frames of
/// them.
inline constexpr std::size_t particle_samples = 4;
/// Below this share in a frame and all its eight neighbours the frame is background; what lies between is
/// `neither`.
inline constexpr double untouched_share = 0.002;

/// Fills in tables and rivals. frame: by id, decoded; called more than once for some, from `threads` threads
/// at once. visit, where given, sees every frame once, from any of them.
void extract_features(RoiCase& roi_case, const SeriesInfo& info, roi::PatternCentre centre,
                      const std::vector<int>& segments, const std::function<Frame(FrameId)>& frame,
                      unsigned threads = 1, const std::function<void(const Frame&)>& visit = {});

/// Fills in layout, truth and particles. Where the sample has small particles its main body, which everything
/// finds, is `neither`.
void find_truth(RoiCase& roi_case, const synth::Simulator& simulator);

/// The sample of `options` behind a strongly scattering layer that covers the whole field.
synth::SimulatorOptions in_rough_layer(synth::SimulatorOptions options);

/// 36 x 51 frames of 128 x 128 as in [Lin23, fig. 5], each with its truth by simulation.
std::vector<RoiCaseMaker> simulated_roi_cases(const RoiCaseOptions& options);
/// The recorded scans that are in options.data_folder.
std::vector<RoiCaseMaker> recorded_roi_cases(const RoiCaseOptions& options);

}  // namespace ptero::tools
