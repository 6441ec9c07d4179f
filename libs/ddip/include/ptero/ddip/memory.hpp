#pragma once

#include <cstddef>
#include <ptero/core/image.hpp>
#include <ptero/ddip/options.hpp>

namespace ptero::ddip {

/// The most memory this process has held so far, bytes.
std::size_t peak_memory_bytes();

/// What a separation of this shape on the CPU adds to a process at its peak, bytes; measured between 72 x 72
/// and 640 x 640 pixels, two to four slices, and rounded up.
std::size_t expected_memory_bytes(Shape shape, std::size_t slices, const Options& options);

/// What this process can still take, bytes: the least of what the machine has free, what its control groups
/// leave it and what its limit on address space does. The largest number where nothing tells.
std::size_t available_memory_bytes();

}  // namespace ptero::ddip
