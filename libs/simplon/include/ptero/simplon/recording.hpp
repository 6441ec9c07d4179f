#pragma once

#include <filesystem>
#include <ptero/core/bytes.hpp>
#include <vector>

namespace ptero::simplon {

/// The messages of a recorded stream, parts as they were on the wire. Two layouts are known, told apart by
/// their first bytes: CBOR arrays of byte strings one behind the other, one a message (dranspose, .cbors),
/// and [i64 length, little endian][bytes] one a part (LiberTEM), whose messages begin where a header says so.
/// Throws InputError naming the file and the offset where it is neither.
std::vector<Parts> read_recording(const std::filesystem::path& path);

/// Whether the file begins like one.
bool is_recording(const std::filesystem::path& path);

}  // namespace ptero::simplon
