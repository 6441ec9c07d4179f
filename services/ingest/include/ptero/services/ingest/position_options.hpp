#pragma once

#include <optional>
#include <string>

#include <ptero/config/section.hpp>
#include <ptero/positions/joiner.hpp>

namespace ptero::ingest {

/// Of positions that come in a stream or a file of their own. Keys of the section [ingest].
struct PositionOptions {
  positions::Channels channels;
  std::string unit;  ///< of x and y: m, mm, um, nm, px (object pixels); empty: as a file says, else m
  positions::JoinOptions join;                      ///< transform.unit_m is made from `unit`
  std::size_t held_bytes = std::size_t{256} << 20;  ///< of frames that wait for their positions
  double probe_size_m = 0;                          ///< the largest sound scan step; 0: the width of a patch

  /// Throws InputError naming file, line and key.
  static PositionOptions from(const config::Section& section);
};

/// What the text of the option `positions` names.
struct PositionSource {
  enum class Kind : std::uint8_t { frame, plan, panda_zmq, maxiv_zmq, panda_tcp, file } kind = Kind::frame;
  std::string where;  ///< what follows the kind: an endpoint, HOST:PORT, a path, a plan

  /// The positions come apart from the frames and must be joined.
  bool apart() const { return kind != Kind::frame && kind != Kind::plan; }
  /// Throws InputError saying what can be given.
  static PositionSource parse(const std::string& text);
};

}  // namespace ptero::ingest
