#pragma once
// Frames in files that are no HDF5: NumPy's .npy and .npz, TIFF stacks, Merlin's .mib, EMPAD's .raw.

#include <filesystem>
#include <memory>
#include <ptero/core/warning.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <string>

#include "frame_store.hpp"

namespace ptero::scanfile {

struct OtherFrames {
  std::unique_ptr<FrameStore> store;
  Shape grid;  ///< of the scan, where the file says it; 0 x 0: not said
  Warnings warnings;
};

/// By its first bytes, and for EMPAD by name and size; hdf5 where it is none of these.
FileKind other_kind_of(const std::filesystem::path& path);

/// data: which array of an .npz; empty: the only one of three dimensions or more. Throws InputError.
OtherFrames open_other(const std::filesystem::path& path, FileKind kind, const std::string& data);

}  // namespace ptero::scanfile
