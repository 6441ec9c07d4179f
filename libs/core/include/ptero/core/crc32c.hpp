#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ptero {

/// CRC-32C (Castagnoli), as in iSCSI: crc32c("123456789") = 0xe3069283. `crc` is the value of what came
/// before: crc32c(ab) = crc32c(b, crc32c(a)). Uses the SSE 4.2 instruction where the processor has it.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0);

/// The portable implementation, for processors without the instruction and as the oracle of the tests.
std::uint32_t crc32c_portable(std::span<const std::byte> bytes, std::uint32_t crc = 0);

}  // namespace ptero
