#pragma once
// Where a file keeps its frames: in one dataset, or in several one after the other.

#include <array>
#include <ptero/core/image.hpp>
#include <ptero/core/warning.hpp>
#include <string>
#include <vector>

#include <ptero/h5/locate.hpp>

namespace ptero::scanfile {

struct FramePart {
  h5::Dataset dataset;  ///< (..., rows, columns); not open where the file it lies in is gone
  std::uint64_t rows = 0;
  bool gone() const { return !dataset.id.valid(); }
};

struct FrameParts {
  std::vector<FramePart> parts;  ///< of one shape and type; the first is there
  /// Row of the parts together that holds frame i; empty: row i.
  std::vector<std::uint64_t> order;
  std::vector<std::int64_t> numbers;  ///< the writer's own, one a frame in order; empty: none
  bool by_columns = false;            ///< written by MATLAB: rows and columns are exchanged
  Shape grid;                         ///< of the scan, where the dataset has four dimensions; 0 x 0: not said
  Warnings warnings;

  std::uint64_t count() const;
  Shape shape() const;
  /// For messages.
  std::string name() const;
};

/// The frames: those named, or at a standard place of CXI, NeXus, Eiger, ptychodus, fold_slice, pty-chi and
/// ptypy, or the only numbers of the file of three dimensions or more. Throws InputError that says what there
/// is.
FrameParts locate_frames(const h5::Source& source, const std::string& spec);

/// An Eiger master file names its data files by links /entry/data/data_000001, ...
bool is_eiger_master(const h5::Source& source);
/// ptypy's .ptyd: /chunks/0/data, ...
bool is_ptyd(const h5::Source& source);
/// Paths of its chunks' groups, in order.
std::vector<std::string> ptyd_chunks(const h5::Source& source);

}  // namespace ptero::scanfile
