"""What services publish: proto/events.md."""
from __future__ import annotations

import dataclasses
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, Unpack

import msgpack
import zmq

from ._security import Keys, secure

Place = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Picture:
    """A part behind an event's header. `format` is struct's; C order; numpy.frombuffer reads `data` too."""

    shape: tuple[int, int]
    format: str
    data: bytes

    def rows(self) -> list[list[float]]:
        """The values, a list a row."""
        height, width = self.shape
        values = struct.unpack(f"<{height * width}{self.format}", self.data)
        return [list(values[r * width:(r + 1) * width]) for r in range(height)]


def _places(data: bytes) -> list[Place]:
    """x and y, float 64 each, as pairs."""
    numbers = struct.unpack(f"<{len(data) // 8}d", data)
    return list(zip(numbers[0::2], numbers[1::2], strict=True))


@dataclasses.dataclass(frozen=True)
class Advice:
    """Where the scan should go next; lengths in metres, sample coordinates, x along columns, y down."""

    series_uid: str
    standing: str = "none"  # "none": nothing may be followed; "proposed"; "accepted"
    id: int = 0
    revision: int = 0
    action: str = "measure"  # or "stop"
    confidence: float = 0.0
    issued_ns: int = 0  # UTC
    expires_ns: int = 0
    bounds: dict[str, float] = dataclasses.field(default_factory=dict)  # left, top, right, bottom
    dose: float = 0.0
    dose_left: float = 0.0
    step_m: float = 0.0
    skip: tuple[tuple[int, int], ...] = ()  # (first, last) frames of the plan
    region: tuple[tuple[Place, ...], ...] = ()  # rings of (x, y)
    points: tuple[Place, ...] = ()  # (x, y) in the order to visit them
    # On this machine's time.monotonic(), which nobody sets.
    followed_until_s: float = dataclasses.field(default=0.0, compare=False)

    @classmethod
    def of(cls, header: dict[str, Any]) -> Advice:
        """From the header of an event `advice`."""
        numbers = header.get("skip", [])
        vertices = _places(header.get("vertices", b""))
        region: list[tuple[Place, ...]] = []
        at = 0
        for count in header.get("rings", []):
            region.append(tuple(vertices[at:at + count]))
            at += count
        # UTC tells how old it is, and only that: it never holds for longer than it was given for.
        issued_ns, expires_ns = header.get("issued", 0), header.get("expires", 0)
        left_s = (expires_ns - issued_ns - max(time.time_ns() - issued_ns, 0)) * 1e-9
        known = {key: header[key] for key in ("standing", "id", "revision", "action", "confidence", "bounds",
                                              "dose", "dose_left", "step_m") if key in header}
        return cls(series_uid=header["series_uid"], issued_ns=issued_ns, expires_ns=expires_ns,
                   followed_until_s=time.monotonic() + left_s,
                   skip=tuple(zip(numbers[0::2], numbers[1::2], strict=True)),
                   region=tuple(region), points=tuple(_places(header.get("points", b""))), **known)

    def may_be_followed(self) -> bool:
        """Accepted, not expired, and every point within the bounds."""
        inside = all(self.bounds["left"] <= x <= self.bounds["right"] and
                     self.bounds["top"] <= y <= self.bounds["bottom"] for x, y in self.points) if self.bounds else False
        return self.standing == "accepted" and time.monotonic() < self.followed_until_s and inside

    def inside(self, x: float, y: float) -> bool:
        """Whether a place lies in the region: within an odd number of its rings."""
        odd = False
        for ring in self.region:
            for (ax, ay), (bx, by) in zip(ring, ring[-1:] + ring[:-1], strict=True):
                if (ay > y) != (by > y) and x < ax + (bx - ax) * (y - ay) / (by - ay):
                    odd = not odd
        return odd


@dataclasses.dataclass(frozen=True)
class Event:
    """One event: its topic, its header as a dict, and the raw parts behind it."""

    topic: str
    header: dict[str, Any]
    parts: tuple[bytes, ...] = ()

    def pictures(self) -> list[Picture]:
        """Of a snapshot: phase (radians) and coverage, and whatever follows them, float 32 each."""
        rows, cols = self.header["shape"]
        shape = (int(rows), int(cols))
        return [Picture(shape, "f", part) for part in self.parts if len(part) == 4 * shape[0] * shape[1]]

    def advice(self) -> Advice:
        """Of the topic `advice`."""
        return Advice.of(self.header)


def decoded(message: Sequence[bytes]) -> Event:
    """The parts of a message as an event. Raises ValueError for what is no event of this version."""
    topic, packed, *parts = message
    header = msgpack.unpackb(packed)
    if header.get("v") != 1:
        raise ValueError(f"event {topic!r} has version {header.get('v')!r}; this client reads version 1")
    return Event(topic.decode(), header, tuple(parts))


class Events:
    """Subscribes to the events of one or more services. An event is a whole state: a new subscriber gets the
    last of each topic, and one that is slow misses states, never changes."""

    def __init__(self, *endpoints: str, topics: Sequence[str] = ("",), context: zmq.Context[Any] | None = None,
                 **keys: Unpack[Keys]) -> None:
        """endpoints: such as "tcp://127.0.0.1:5576". topics: beginnings, such as "roi" or "report.".
        keys: server_key and, where the service lists its clients, public_key and secret_key."""
        self._socket = (context or zmq.Context.instance()).socket(zmq.SUB)
        self._socket.linger = 0
        secure(self._socket, **keys)
        for endpoint in endpoints:
            self._socket.connect(endpoint)
        for topic in topics:
            self._socket.subscribe(topic)

    def next(self, timeout_s: float | None = None) -> Event | None:
        """The next event; None when none came in time. Raises ValueError for what is no event."""
        if not self._socket.poll(None if timeout_s is None else max(int(timeout_s * 1000), 0)):
            return None
        return decoded(self._socket.recv_multipart())

    def wait_for(self, topic: str, condition: Callable[[Event], bool] = lambda event: True,
                 timeout_s: float = 30.0) -> Event:
        """The next event of a topic that fulfils the condition. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            event = self.next(left)
            if event and event.topic == topic and condition(event):
                return event
        raise TimeoutError(f"no event {topic!r} in {timeout_s} s")

    def __iter__(self) -> Iterator[Event]:
        while True:
            if event := self.next():
                yield event

    def close(self) -> None:
        """Ends the subscription."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
