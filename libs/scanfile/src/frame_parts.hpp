#pragma once
// Where a file keeps its frames: in one dataset, or in several one after the other.

#include <string>
#include <vector>

#include <ptero/h5/locate.hpp>

namespace ptero::scanfile {

struct FrameParts {
  std::vector<h5::Dataset> parts;  ///< each (n, rows, columns) of one shape and type
  /// Row of the parts together that holds frame i; empty: row i.
  std::vector<std::uint64_t> order;
  bool by_columns = false;            ///< written by MATLAB: rows and columns are exchanged
  std::vector<std::string> warnings;  ///< sentences

  std::uint64_t count() const;
  /// For messages.
  std::string name() const;
};

/// The frames: those named, or at a standard place of CXI, NeXus, Eiger, ptychodus, fold_slice, pty-chi and
/// ptypy, or the only three-dimensional numbers of the file. Throws InputError that says what there is.
FrameParts locate_frames(const h5::Source& source, const std::string& spec);

/// An Eiger master file names its data files by links /entry/data/data_000001, ...
bool is_eiger_master(const h5::Source& source);
/// ptypy's .ptyd: /chunks/0/data, ...
bool is_ptyd(const h5::Source& source);
/// Paths of its chunks' groups, in order.
std::vector<std::string> ptyd_chunks(const h5::Source& source);

}  // namespace ptero::scanfile
