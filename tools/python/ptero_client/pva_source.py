"""A detector that streams by PVAccess, as areaDetector's NTNDArray, becomes a native stream that ingest takes.

    ptero-pva-source 13SIM1:Pva1:Image --bind tcp://127.0.0.1:5570     # ingest: source = "native:tcp://127.0.0.1:5570"

The frame id is the array's uniqueId, counted from that of the first frame of the series; what PVAccess overran is
absent by its id, and the ledger says missing. A position comes from two attributes of the array (--x, --y). Payloads
compressed with codec lz4 or bslz4 are passed on as they are. Needs p4p and numpy.
"""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import queue
import struct
import sys
import time
from types import TracebackType
from typing import Any, Self

import msgpack
import numpy as np
import zmq

_TYPES = {np.dtype("u1"): "|u1", np.dtype("u2"): "<u2", np.dtype("u4"): "<u4", np.dtype("f4"): "<f4",
          np.dtype("i1"): "|i1", np.dtype("i2"): "<i2", np.dtype("i4"): "<i4", np.dtype("f8"): "<f8"}
# epics:nt/NTNDArray codec.parameters: the pvData scalar type of what was compressed.
_SCALAR_TYPES = {1: "|i1", 2: "<i2", 3: "<i4", 5: "|u1", 6: "<u2", 7: "<u4", 9: "<f4", 10: "<f8"}


class UnusableArray(ValueError):
    """An NTNDArray that cannot be a diffraction pattern; the text says why."""


@dataclasses.dataclass(frozen=True)
class Frame:
    """One NTNDArray as the native stream says it."""

    unique_id: int
    shape: tuple[int, int]
    dtype: str
    codec: str
    payload: bytes
    attributes: dict[str, Any]


def frame_of(value: Any) -> Frame:
    """A received NTNDArray, not unwrapped. Raises UnusableArray."""
    sizes = [int(dimension["size"]) for dimension in value["dimension"]]
    if len(sizes) == 3 and sizes[2] == 1:
        sizes = sizes[:2]
    if len(sizes) != 2:
        raise UnusableArray(f"an array of {len(sizes)} dimensions (a pattern has 2) is no monochrome image")
    shape = (sizes[1], sizes[0])  # areaDetector names the fastest one first
    codec = str(value["codec"]["name"]) or "none"
    data = np.ascontiguousarray(value["value"])
    if codec == "none":
        dtype = _TYPES.get(data.dtype)
        payload = data.tobytes()
        if dtype is None:
            raise UnusableArray(f"pixels of type {data.dtype} (one of {', '.join(_TYPES.values())} is needed)")
        if len(payload) != shape[0] * shape[1] * data.itemsize:
            raise UnusableArray(f"{len(payload)} bytes for {shape[0]} x {shape[1]} pixels of {data.dtype}")
    elif codec in ("lz4", "bslz4"):
        dtype = _SCALAR_TYPES.get(int(value["codec"]["parameters"]))
        if dtype is None:
            raise UnusableArray(f"codec parameters {value['codec']['parameters']!r} name no pixel type")
        payload = _framed(codec, data.tobytes(), int(value["uncompressedSize"]))
    else:
        raise UnusableArray(f"codec {codec!r} (none, lz4 and bslz4 are understood); switch compression off")
    attributes = {str(attribute["name"]): attribute["value"] for attribute in value["attribute"]}
    return Frame(int(value["uniqueId"]), shape, dtype, codec, payload, attributes)


def _framed(codec: str, data: bytes, size: int) -> bytes:
    """areaDetector's bare blocks in the framing of the HDF5 filters: bytes in all, bytes a block."""
    if codec == "bslz4":
        return struct.pack(">QI", size, 8192) + data  # bitshuffle's own block size of a stream without a header
    return struct.pack(">QII", size, size, len(data)) + data  # one block of all


class PvaSource:
    """Sends what a PV posts as series after series of the native stream. A series ends when nothing came for
    idle_s, when its number of frames is reached, or when shape or type change."""

    def __init__(self, pv: str, bind: str, x: str | None = None, y: str | None = None, unit_m: float = 1.0,
                 frames: int | None = None, idle_s: float = 5.0, start: dict[str, Any] | None = None,
                 context: Any = None, queue_size: int = 1000, skip_first: bool = False) -> None:
        """pv: of the NTNDArray. x, y: names of the attributes with the position, in units of unit_m metres.
        frames: of a series, where it is known. start: keys of proto/stream.md, such as energy_ev.
        context: a p4p.client.thread.Context made with nt=False; default: one of the environment.
        skip_first: the array that the PV holds already is of an earlier acquisition."""
        from p4p.client.thread import Context

        self._received: queue.Queue[Any] = queue.Queue(queue_size)
        self._socket: Any = zmq.Context.instance().socket(zmq.PUSH)
        self._socket.setsockopt(zmq.SNDHWM, 64)
        self._socket.bind(bind)
        self._names, self._unit_m, self._frames, self._idle_s = (x, y), unit_m, frames, idle_s
        self._start_keys = dict(start or {})
        self._series = 0
        self._first: int | None = None
        self._last = -1
        self._kind: tuple[tuple[int, int], str] | None = None
        self._skip = skip_first
        self.received = 0  # arrays taken from PVAccess
        self.sent = 0  # frames
        self.unusable = 0  # arrays that could not be sent; why is on standard error
        self.not_in_order = 0  # arrays whose id had come before
        self._context = context or Context("pva", nt=False)
        # The queue of PVAccess drops the oldest where nobody takes; a long one is cheap beside a lost frame.
        self._subscription = self._context.monitor(
            pv, self._received.put, request=f"record[queueSize={queue_size}]field()", notify_disconnect=False)

    def run(self, series: int | None = None) -> None:
        """Forwards until so many series have ended; without a number for ever."""
        done = 0
        while series is None or done < series:
            try:
                value = self._received.get(timeout=self._idle_s if self._kind else 1.0)
            except queue.Empty:
                done += self._end()
                continue
            self.received += 1
            if self._skip:
                self._skip = False
                continue
            try:
                frame = frame_of(value)
            except UnusableArray as why:
                self.unusable += 1
                print(f"ptero-pva-source: an array was not sent: {why}", file=sys.stderr)
                continue
            done += self._send(frame)

    def _send(self, frame: Frame) -> int:
        ended = self._end() if self._kind is not None and self._kind != (frame.shape, frame.dtype) else 0
        if self._first is not None and frame.unique_id < self._first:
            ended += self._end()  # the counter began anew: another acquisition
        if self._kind is None:
            self._begin(frame)
        assert self._first is not None
        number = frame.unique_id - self._first
        if number <= self._last:
            self.not_in_order += 1
        self._last = max(self._last, number)
        header: dict[str, Any] = {"v": 1, "type": "frame", "series": self._series, "frame": number,
                                  "shape": list(frame.shape), "dtype": frame.dtype, "codec": frame.codec}
        x, y = (frame.attributes.get(name) if name else None for name in self._names)
        if x is not None and y is not None:
            header["pos"] = {"x": float(x) * self._unit_m, "y": float(y) * self._unit_m}
        self._socket.send_multipart([msgpack.packb(header), frame.payload])
        self.sent += 1
        return ended + (self._end() if self._frames is not None and number + 1 >= self._frames else 0)

    def _begin(self, frame: Frame) -> None:
        self._series += 1
        self._first, self._last, self._kind = frame.unique_id, -1, (frame.shape, frame.dtype)
        header = {"v": 1, "type": "start", "series": self._series, "uid": f"pva-{time.time_ns()}",
                  "shape": list(frame.shape), "dtype": frame.dtype, **self._start_keys}
        if self._frames is not None:
            header["n"] = self._frames
        self._socket.send(msgpack.packb(header))

    def _end(self) -> int:
        if self._kind is None:
            return 0
        self._socket.send(msgpack.packb({"v": 1, "type": "end", "series": self._series, "frames": self._last + 1}))
        self._kind = self._first = None
        return 1

    def close(self) -> None:
        """Ends the subscription and the series, and waits until what was sent is taken, 10 s at most."""
        self._subscription.close()
        self._end()
        self._socket.close(linger=10000)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def main() -> int:
    """The command ptero-pva-source."""
    parser = argparse.ArgumentParser(prog="ptero-pva-source", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pv", help="name of the NTNDArray")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5570", help="where ingest connects (default %(default)s)")
    parser.add_argument("--x", help="attribute with the position along columns")
    parser.add_argument("--y", help="attribute with the position along rows, down")
    parser.add_argument("--unit", choices=["m", "mm", "um", "nm"], default="m", help="of both (default m)")
    parser.add_argument("--frames", type=int, help="of a series; default: it ends when nothing comes")
    parser.add_argument("--idle", type=float, default=5.0, help="seconds without a frame that end a series")
    parser.add_argument("--skip-first", action="store_true", help="what the PV holds at the start is an earlier array")
    parser.add_argument("--series", type=int, help="end after so many; default: never")
    for name, unit in (("energy-ev", "photons, eV"), ("distance-m", "sample to detector, m"),
                       ("pixel-m", "of the detector, m")):
        parser.add_argument("--" + name, type=float, help=unit)
    given = parser.parse_args()
    start = {key: value for key in ("energy_ev", "distance_m", "pixel_m") if (value := getattr(given, key)) is not None}
    scale = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "nm": 1e-9}[given.unit]
    with (PvaSource(given.pv, given.bind, given.x, given.y, scale, given.frames, given.idle, start,
                     skip_first=given.skip_first) as source,
          contextlib.suppress(KeyboardInterrupt)):
        source.run(given.series)
    return 0


if __name__ == "__main__":
    sys.exit(main())
