"""CURVE keys of a ZeroMQ socket."""
from __future__ import annotations

from typing import Any, TypedDict


class Keys(TypedDict, total=False):
    """40 characters of Z85 each, as `ptero keygen` writes them."""

    server_key: str | bytes | None
    public_key: str | bytes | None
    secret_key: str | bytes | None


def secure(socket: Any, server_key: str | bytes | None = None, public_key: str | bytes | None = None,
           secret_key: str | bytes | None = None) -> Any:
    """Makes a connecting socket speak CURVE to the server with that key; without one, nothing.

    Keys are the 40 characters of Z85, as `ptero keygen` writes them. Without a key pair of its own the client
    makes one, which a service that lists its clients refuses.
    """
    if server_key is None:
        return socket
    import zmq

    if public_key is None or secret_key is None:
        public_key, secret_key = zmq.curve_keypair()
    for name, key in (("curve_serverkey", server_key), ("curve_publickey", public_key),
                      ("curve_secretkey", secret_key)):
        setattr(socket, name, key if isinstance(key, bytes) else key.encode("ascii"))
    return socket
