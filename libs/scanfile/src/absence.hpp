#pragma once
// Which rows of a dataset were never written, or lie in files that are gone. HDF5 reads both as zeros.

#include <vector>

#include <ptero/scanfile/absence.hpp>

#include <ptero/h5/h5.hpp>

namespace ptero::scanfile {

/// One for each row (all dimensions but the last two, flattened); empty: all rows are there. rank >= 2.
std::vector<Absence> absences_of(const h5::Dataset& dataset);

}  // namespace ptero::scanfile
