"""A detector in Python: the native stream, proto/stream.md."""
from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import msgpack
import zmq

_SIZES = {"|u1": 1, "<u2": 2, "<u4": 4, "<f4": 4}
# The same types as others spell them.
_SPELLINGS = {"u1": "|u1", "<u1": "|u1", ">u1": "|u1", "uint8": "|u1", "u2": "<u2", "uint16": "<u2", "u4": "<u4",
              "uint32": "<u4", "f4": "<f4", "float32": "<f4"}


def _plain(value: Any) -> Any:
    """What NumPy's numbers and arrays are in MessagePack."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot be sent")


def _pack(header: dict[str, Any]) -> bytes:
    packed: bytes = msgpack.packb(header, default=_plain)
    return packed


def _type_of(dtype: Any) -> str:
    name = getattr(dtype, "str", None) or getattr(dtype, "__name__", None) or str(dtype)
    name = _SPELLINGS.get(name, name)
    if name not in _SIZES:
        raise ValueError(f"dtype {name!r} cannot be sent; one of {', '.join(_SIZES)}")
    return name


def _bytes_of(array: Any, shape: tuple[int, int], dtype: str) -> bytes:
    """A NumPy array as the pixels that were announced, or a ValueError: values are never changed."""
    import numpy

    if array.shape != shape:
        raise ValueError(f"a frame has the shape {array.shape}; {shape} were announced")
    wanted = numpy.dtype(dtype)
    if array.dtype.kind not in "uifb":
        raise ValueError(f"a frame of {array.dtype} cannot be sent as {dtype}")
    if array.dtype.kind == "f" and wanted.kind != "f":
        raise ValueError(f"a frame of {array.dtype} would lose its fractions as {dtype}; announce '<f4'")
    if array.dtype.kind in "uib" and array.dtype != wanted and array.size:
        low, high = int(array.min()), int(array.max())
        # Whole numbers that float32 holds exactly.
        most = numpy.iinfo(wanted).max if wanted.kind == "u" else 2**24
        if (low < 0 and wanted.kind == "u") or high > most:
            raise ValueError(f"a frame of {array.dtype} holds {low if low < 0 else high}, which {dtype} cannot hold")
    data: bytes = numpy.ascontiguousarray(array, dtype=wanted).tobytes()
    return data


class Detector:
    """Sends one series after the other. Binds; ingest connects with source = "native:ENDPOINT".

    A call that raises has sent nothing and changed nothing."""

    def __init__(self, endpoint: str, context: zmq.Context[Any] | None = None, high_water_mark: int = 64) -> None:
        """A full queue makes send() wait: frames are never dropped."""
        self._socket = (context or zmq.Context.instance()).socket(zmq.PUSH)
        self._socket.sndhwm = high_water_mark
        self._socket.bind(endpoint)
        self._series = 0
        self._running = False

    def start(self, uid: str, shape: Sequence[int], dtype: Any = "<u2", frames: int | None = None, **keys: Any) -> None:
        """Begins a series. shape: (rows, cols) of a frame; dtype: of what is sent, spelled as NumPy does; frames:
        how many at most, where it is known. keys: any of proto/stream.md, such as wavelength_m, distance_m, pixel_m,
        centre."""
        self._must("start", not self._running, "end() comes first: a series is running")
        dtype = _type_of(dtype)
        sides = tuple(int(side) for side in shape)
        if len(sides) != 2 or min(sides) < 1:
            raise ValueError(f"a shape is (rows, cols), not {sides}")
        series = self._series + 1
        header = {"v": 1, "type": "start", "series": series, "uid": str(uid), "shape": list(sides), "dtype": dtype,
                  **keys}
        if frames is not None:
            header["n"] = int(frames)
        self._socket.send(_pack(header))
        self._series, self._shape, self._dtype, self._next, self._running = series, (sides[0], sides[1]), dtype, 0, True

    def frame(self, pixels: Any, position: Sequence[float] | None = None, frame: int | None = None,
              monitor: float | None = None) -> int:
        """Sends a frame. pixels: a NumPy array, converted to the announced type where that changes no count, else
        ValueError; or bytes, or anything with the buffer protocol, in C order and the announced type. position:
        (x, y) in metres. frame: its id; default: one more than the last. Returns the id."""
        self._must("frame", self._running, "start() comes first")
        if hasattr(pixels, "dtype") and hasattr(pixels, "shape"):
            data = _bytes_of(pixels, self._shape, self._dtype)
        else:
            data = bytes(memoryview(pixels).cast("B"))
        expected = self._shape[0] * self._shape[1] * _SIZES[self._dtype]
        if len(data) != expected:
            raise ValueError(f"a frame has {len(data)} bytes; {self._shape} of {self._dtype} are {expected}")
        number = self._next if frame is None else int(frame)
        if number < 0:
            raise ValueError(f"a frame has the id {number}; ids count from 0")
        header: dict[str, Any] = {"v": 1, "type": "frame", "series": self._series, "frame": number,
                                  "shape": list(self._shape), "dtype": self._dtype}
        if position is not None:
            header["pos"] = {"x": float(position[0]), "y": float(position[1])}
        if monitor is not None:
            header["monitor"] = float(monitor)
        self._socket.send_multipart([_pack(header), data])
        self._next = number + 1
        return number

    def end(self) -> None:
        """The series is over."""
        self._must("end", self._running, "start() comes first")
        self._socket.send(_pack({"v": 1, "type": "end", "series": self._series, "frames": self._next}))
        self._running = False

    def close(self, linger_s: float = 10.0) -> None:
        """Waits until what was sent is taken, at most so long."""
        self._socket.close(linger=int(linger_s * 1000))

    def _must(self, call: str, condition: bool, why: str) -> None:
        if self._socket.closed:
            raise RuntimeError(f"{call}(): this detector is closed")
        if not condition:
            raise RuntimeError(f"{call}(): {why}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
