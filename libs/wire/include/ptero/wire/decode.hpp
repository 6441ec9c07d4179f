#pragma once
// wire: message structs <-> MessagePack bytes, one page each in proto/. No sockets. Every function is pure
// and may be called from any thread. Decoders skip unknown keys, refuse another major version, and check
// sizes before anything is allocated; what is wrong comes back as a FrameFault, never as an exception.

#include <cstdint>
#include <ptero/core/frame.hpp>
#include <ptero/core/result.hpp>

namespace ptero::wire {

/// The major version of every message this build writes and reads: the key "v".
inline constexpr std::uint64_t version = 1;

template <class T>
using Decoded = Result<T, FrameFault>;

}  // namespace ptero::wire
