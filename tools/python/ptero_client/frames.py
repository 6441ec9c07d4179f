"""A detector in Python: the native stream, proto/stream.md."""
import msgpack
import zmq

_SIZES = {"|u1": 1, "<u2": 2, "<u4": 4, "<f4": 4}


class Detector:
    """Sends one series after the other. Binds; ingest connects with source = "native:ENDPOINT"."""

    def __init__(self, endpoint, context=None, high_water_mark=64):
        """A full queue makes send() wait: frames are never dropped."""
        self._socket = (context or zmq.Context.instance()).socket(zmq.PUSH)
        self._socket.sndhwm = high_water_mark
        self._socket.bind(endpoint)
        self._series = 0

    def start(self, uid, shape, dtype="<u2", frames=None, **keys):
        """Begins a series. shape: (rows, cols) of a frame; frames: how many at most, where it is known.
        keys: any of proto/stream.md, such as wavelength_m, distance_m, pixel_m, centre."""
        if dtype not in _SIZES:
            raise ValueError(f"dtype {dtype!r} cannot be sent; one of {', '.join(_SIZES)}")
        self._series += 1
        self._shape, self._dtype, self._next = tuple(shape), dtype, 0
        header = {"v": 1, "type": "start", "series": self._series, "uid": uid, "shape": list(shape), "dtype": dtype,
                  **keys}
        if frames is not None:
            header["n"] = frames
        self._socket.send(msgpack.packb(header))

    def frame(self, pixels, position=None, frame=None, monitor=None):
        """Sends a frame. pixels: bytes, C order, or anything with the buffer protocol, such as a numpy array.
        position: (x, y) in metres. frame: its id; default: one more than the last. Returns the id."""
        data = bytes(memoryview(pixels).cast("B"))
        expected = self._shape[0] * self._shape[1] * _SIZES[self._dtype]
        if len(data) != expected:
            raise ValueError(f"a frame has {len(data)} bytes; {self._shape} of {self._dtype} are {expected}")
        number = self._next if frame is None else frame
        self._next = number + 1
        header = {"v": 1, "type": "frame", "series": self._series, "frame": number, "shape": list(self._shape),
                  "dtype": self._dtype}
        if position is not None:
            header["pos"] = {"x": float(position[0]), "y": float(position[1])}
        if monitor is not None:
            header["monitor"] = float(monitor)
        self._socket.send_multipart([msgpack.packb(header), data])
        return number

    def end(self):
        """The series is over."""
        self._socket.send(msgpack.packb({"v": 1, "type": "end", "series": self._series, "frames": self._next}))

    def close(self, linger_s=10.0):
        """Waits until what was sent is taken, at most so long."""
        self._socket.close(linger=int(linger_s * 1000))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
