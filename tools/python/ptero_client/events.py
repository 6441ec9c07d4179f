"""What services publish: proto/events.md."""
import dataclasses
import struct
import time

import msgpack
import zmq

from ._security import secure


@dataclasses.dataclass(frozen=True)
class Picture:
    """A part behind an event's header. `format` is struct's; C order; numpy.frombuffer reads `data` too."""

    shape: tuple
    format: str
    data: bytes

    def rows(self):
        """The values, a list a row."""
        height, width = self.shape
        values = struct.unpack(f"<{height * width}{self.format}", self.data)
        return [list(values[r * width:(r + 1) * width]) for r in range(height)]


def _places(data):
    """x and y, float 64 each, as pairs."""
    numbers = struct.unpack(f"<{len(data) // 8}d", data)
    return list(zip(numbers[0::2], numbers[1::2]))


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
    bounds: dict = dataclasses.field(default_factory=dict)  # left, top, right, bottom
    dose: float = 0.0
    dose_left: float = 0.0
    step_m: float = 0.0
    skip: tuple = ()  # (first, last) frames of the plan
    region: tuple = ()  # rings of (x, y)
    points: tuple = ()  # (x, y) in the order to visit them
    followed_until_s: float = dataclasses.field(default=0.0, compare=False)  # on this machine's time.monotonic(), which nobody sets

    @classmethod
    def of(cls, header):
        """From the header of an event `advice`."""
        numbers = header.get("skip", [])
        vertices = _places(header.get("vertices", b""))
        region, at = [], 0
        for count in header.get("rings", []):
            region.append(tuple(vertices[at:at + count]))
            at += count
        # UTC tells how old it is, and only that: it never holds for longer than it was given for.
        issued_ns, expires_ns = header.get("issued", 0), header.get("expires", 0)
        left_s = (expires_ns - issued_ns - max(time.time_ns() - issued_ns, 0)) * 1e-9
        known = {key: header[key] for key in ("standing", "id", "revision", "action", "confidence", "bounds",
                                              "dose", "dose_left", "step_m") if key in header}
        return cls(series_uid=header["series_uid"], issued_ns=issued_ns, expires_ns=expires_ns,
                   followed_until_s=time.monotonic() + left_s, skip=tuple(zip(numbers[0::2], numbers[1::2])),
                   region=tuple(region), points=tuple(_places(header.get("points", b""))), **known)

    def may_be_followed(self):
        """Accepted, not expired, and every point within the bounds."""
        inside = all(self.bounds["left"] <= x <= self.bounds["right"] and
                     self.bounds["top"] <= y <= self.bounds["bottom"] for x, y in self.points) if self.bounds else False
        return self.standing == "accepted" and time.monotonic() < self.followed_until_s and inside

    def inside(self, x, y):
        """Whether a place lies in the region: within an odd number of its rings."""
        odd = False
        for ring in self.region:
            for (ax, ay), (bx, by) in zip(ring, ring[-1:] + ring[:-1]):
                if (ay > y) != (by > y) and x < ax + (bx - ax) * (y - ay) / (by - ay):
                    odd = not odd
        return odd


@dataclasses.dataclass(frozen=True)
class Event:
    """One event: its topic, its header as a dict, and the raw parts behind it."""

    topic: str
    header: dict
    parts: tuple = ()

    def pictures(self):
        """Of a snapshot: phase (radians) and coverage, and whatever follows them, float 32 each."""
        shape = tuple(self.header["shape"])
        return [Picture(shape, "f", part) for part in self.parts if len(part) == 4 * shape[0] * shape[1]]

    def advice(self):
        """Of the topic `advice`."""
        return Advice.of(self.header)


class Events:
    """Subscribes to the events of one or more services. An event is a whole state: a new subscriber gets the
    last of each topic, and one that is slow misses states, never changes."""

    def __init__(self, *endpoints, topics=("",), context=None, **keys):
        """endpoints: such as "tcp://127.0.0.1:5576". topics: beginnings, such as "roi" or "report.".
        keys: server_key and, where the service lists its clients, public_key and secret_key."""
        self._socket = (context or zmq.Context.instance()).socket(zmq.SUB)
        self._socket.linger = 0
        secure(self._socket, **keys)
        for endpoint in endpoints:
            self._socket.connect(endpoint)
        for topic in topics:
            self._socket.subscribe(topic)

    def next(self, timeout_s=None):
        """The next event; None when none came in time. Raises ValueError for what is no event."""
        if not self._socket.poll(None if timeout_s is None else max(int(timeout_s * 1000), 0)):
            return None
        topic, header, *parts = self._socket.recv_multipart()
        header = msgpack.unpackb(header)
        if header.get("v") != 1:
            raise ValueError(f"event {topic!r} has version {header.get('v')!r}; this client reads version 1")
        return Event(topic.decode(), header, tuple(parts))

    def wait_for(self, topic, condition=lambda event: True, timeout_s=30.0):
        """The next event of a topic that fulfils the condition. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            event = self.next(left)
            if event and event.topic == topic and condition(event):
                return event
        raise TimeoutError(f"no event {topic!r} in {timeout_s} s")

    def __iter__(self):
        while True:
            yield self.next()

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
