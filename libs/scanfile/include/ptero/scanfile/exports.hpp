#pragma once
// A scan in the layouts of other programs. Frames that never came and frames without a position are left out;
// pixels that are masked or carry the flag for "no counts" are 0 there. Every function writes beside the
// target and renames; it throws InputError when no frame can be exported and Error when the disk refuses.

#include <filesystem>
#include <optional>
#include <ptero/product/product.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <string>
#include <vector>

namespace ptero::scanfile {

struct ExportFrame {
  FrameId id = 0;  ///< the reader's number
  Position position;
};
/// In order of their ids.
std::vector<ExportFrame> exportable(const SeriesReader& reader);

/// Throws InputError where the scan has no metres: every layout of another program has them, and a pixel
/// would be taken for one.
void expect_metres(const SeriesInfo& info);

/// ptypy's prepared data, one chunk: /meta, /info, /chunks/0/{data, indices, positions (y, x), weights}.
void write_ptyd(const std::filesystem::path& path, const SeriesReader& reader);
/// fold_slice and PtychoShelves: NAME_dp.hdf5 with /dp, axes reversed as MATLAB keeps them, and
/// NAME_para.hdf5 with /ppX and /ppY in metres.
void write_fold_slice(const std::filesystem::path& patterns, const std::filesystem::path& parameters,
                      const SeriesReader& reader);
/// pty-chi: /dp as float32. Positions and probe are in the product file that belongs beside it.
void write_ptychi_patterns(const std::filesystem::path& path, const SeriesReader& reader);
/// ptychodus: /patterns, /indexes, /bad_pixels (masked, or flagged in every frame).
void write_ptychodus_patterns(const std::filesystem::path& path, const SeriesReader& reader);
/// frame,x_m,y_m,total,monitor: one line a frame; numbers that are not known stay empty. x_px,y_px where the
/// scan has no metres.
void write_scan_csv(const std::filesystem::path& path, const SeriesReader& reader);
/// frame,x_m,y_m of a product, likewise.
void write_positions_csv(const std::filesystem::path& path, const product::Product& product);

/// A product to begin a reconstruction with: the positions, an object of ones around them, and the probe
/// (modes of n x n). Throws InputError when the size of an object pixel is not known.
product::Product starting_product(const SeriesReader& reader, std::vector<ComplexImage> probe);

/// Other programs take the middle of the array for the zero frequency. A sentence when the scan's is
/// elsewhere by more than half a pixel.
std::optional<std::string> off_centre(const SeriesInfo& info);

}  // namespace ptero::scanfile
