#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ptero::transport {

/// Whose keys a process' sockets over tcp use: paths of files, see read_curve_key. Sockets over ipc and
/// inproc stay plain: there the file system, or nobody, lets others in. All empty: everything is plain.
struct CurveFiles {
  std::string server_secret;  ///< of the sockets bound here ...
  std::string allowed;        ///< ... and the public keys of those who may connect to them, one a line
  std::string server_public;  ///< what is connected to has to have this key ...
  std::string client_secret;  ///< ... and is shown this one

  bool any() const {
    return !(server_secret.empty() && allowed.empty() && server_public.empty() && client_secret.empty());
  }
};

enum class RefusalReason : std::uint8_t {
  no_key,       ///< it does not speak CURVE
  wrong_key,    ///< it takes this end for another one: its copy of the server's key is wrong
  not_allowed,  ///< its key is not on the list
  malformed,    ///< it does not speak ZMTP as it should
  /// It hung up before it was known, as a port scan does and as one without keys may, or said nothing for
  /// long.
  broken_off,
  no_right,  ///< its key is on the list, without the right that this socket needs
  too_much,  ///< it was let in, said more than a peer may, and was cut off
};
inline constexpr RefusalReason refusal_reasons[] = {
    RefusalReason::no_key,     RefusalReason::wrong_key, RefusalReason::not_allowed, RefusalReason::malformed,
    RefusalReason::broken_off, RefusalReason::no_right,  RefusalReason::too_much};
std::string_view name_of(RefusalReason reason);

/// A connection that did not come about, or was cut off.
struct Refusal {
  enum class Side : std::uint8_t {
    bound,      ///< refused by this end
    connected,  ///< by the other end, or because of what it is
  };
  Side side;
  RefusalReason reason;
  std::string endpoint;    ///< of the socket here
  std::string peer;        ///< its address, where known
  std::string public_key;  ///< the client's, where known
  std::string what;        ///< in words, of no_right and too_much
};

/// Called from a thread of the context's own; must not throw or block.
using OnRefused = std::function<void(const Refusal&)>;

}  // namespace ptero::transport
