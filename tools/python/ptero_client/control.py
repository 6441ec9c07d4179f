"""What a person or a program asks of a running service: proto/control.md."""
from __future__ import annotations

from types import TracebackType
from typing import Any, Literal, Self, Unpack

import msgpack
import zmq

from ._security import Keys, secure


class ControlRefused(Exception):
    """The service said no; the text says why and what would be right."""


def packed_question(action: str, by: str, keys: dict[str, Any]) -> bytes:
    """The message `control` of proto/control.md."""
    question: bytes = msgpack.packb({"v": 1, "type": "control", "action": action, "by": by, **keys})
    return question


def understood(answer: bytes) -> str:
    """The text of a `control_answer`. Raises ControlRefused where it is a no."""
    said = msgpack.unpackb(answer)
    if not said["ok"]:
        raise ControlRefused(said.get("why", ""))
    return str(said.get("why", ""))


class Control:
    """Asks a service's control socket, such as [classifier] control = "tcp://127.0.0.1:5574"."""

    def __init__(self, endpoint: str, by: str = "ptero_client", context: zmq.Context[Any] | None = None,
                 timeout_s: float = 5.0, **keys: Unpack[Keys]) -> None:
        """by: who asks, for the service's log. keys: as Events takes them."""
        self._by, self._timeout_s = by, timeout_s
        self._socket = (context or zmq.Context.instance()).socket(zmq.DEALER)
        self._socket.linger = 0
        secure(self._socket, **keys)
        self._socket.connect(endpoint)

    def ask(self, action: str, **keys: Any) -> str:
        """What the service answers, a text. Raises ControlRefused, and TimeoutError without an answer."""
        self._socket.send(packed_question(action, self._by, keys))
        if not self._socket.poll(int(self._timeout_s * 1000)):
            raise TimeoutError(f"no answer to {action!r} in {self._timeout_s} s; is `control` set for that service?")
        return understood(self._socket.recv())

    def region(self, border: int | None = None, fill_in: bool | None = None, segments: int | None = None) -> str:
        """The classifier's border (scan steps) and fill-in from now on, its segments from the next series on."""
        wanted = {"border": border, "fill_in": fill_in, "segments": segments}
        return self.ask("region", **{key: value for key, value in wanted.items() if value is not None})

    def bad_frames(self, first: int, last: int, bad: bool = True) -> str:
        """The classifier: frames first to last (included) of the running series are bad, or are not after all."""
        return self.ask("bad_frames", first=first, last=last, bad=bad)

    def reconstruction(self, do: Literal["start", "stop", "restart"]) -> str:
        """The reconstructor's iterations."""
        return self.ask("reconstruction", do=do)

    def separation(self, do: Literal["start", "stop"]) -> str:
        """The separations of ptero-ddip."""
        return self.ask("separation", do=do)

    def accept(self, advice_id: int) -> str:
        """The advice may be followed."""
        return self.ask("accept_advice", advice=advice_id)

    def reject(self, advice_id: int) -> str:
        """The advice may not be followed."""
        return self.ask("reject_advice", advice=advice_id)

    def close(self) -> None:
        """Ends the connection; what was asked and not answered is forgotten."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
