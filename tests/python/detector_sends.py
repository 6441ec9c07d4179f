"""What Detector sends for what it is given; prints nothing where all is right."""
import msgpack
import numpy as np
import zmq

from ptero_client.frames import Detector

context = zmq.Context()
detector = Detector("inproc://detector", context)
pull = context.socket(zmq.PULL)
pull.connect("inproc://detector")


def raises(kind, text, call):
    try:
        call()
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"no {kind.__name__} with '{text}'")
    assert pull.poll(0) == 0, "a call that raised has sent something"


def sent():
    header, *payload = pull.recv_multipart()
    return msgpack.unpackb(header), payload[0] if payload else b""


counts = np.array([[0, 1, 2], [250, 300, 65535]])
raises(RuntimeError, "start() comes first", lambda: detector.frame(counts))
raises(RuntimeError, "start() comes first", detector.end)
raises(ValueError, "cannot be sent", lambda: detector.start("s", (2, 3), ">u2"))
raises(ValueError, "(rows, cols)", lambda: detector.start("s", (2, 3, 4)))
detector.start("s", np.array([2, 3]), np.uint16, frames=np.int64(9), distance_m=np.float64(1.5), centre=np.array([1.0, 2.0]))
header, _ = sent()
assert header["series"] == 1 and header["shape"] == [2, 3] and header["dtype"] == "<u2" and header["n"] == 9, header
assert header["distance_m"] == 1.5 and header["centre"] == [1.0, 2.0], header
raises(RuntimeError, "end() comes first", lambda: detector.start("t", (2, 3)))

for array in (counts.astype("<u2"), counts.astype(">u2"), counts, counts.astype("u8"), counts.astype(">i4"),
              np.asfortranarray(counts.astype("u2"))):
    number = detector.frame(array, position=np.array([1e-6, 2e-6]), frame=np.uint32(4), monitor=np.float32(2))
    header, payload = sent()
    assert number == 4 and header["frame"] == 4 and header["pos"] == {"x": 1e-6, "y": 2e-6} and header["monitor"] == 2.0
    assert payload == counts.astype("<u2").tobytes(), array.dtype

raises(ValueError, "holds -1", lambda: detector.frame(counts - 1))
raises(ValueError, "holds 65536", lambda: detector.frame(counts + 1))
raises(ValueError, "fractions", lambda: detector.frame((counts % 100).astype("f2")))
raises(ValueError, "cannot be sent", lambda: detector.frame(counts + 0j))
raises(ValueError, "fractions", lambda: detector.frame(counts.astype("f8")))
raises(ValueError, "shape", lambda: detector.frame(counts.T))
raises(ValueError, "bytes", lambda: detector.frame(b"12345"))
raises(ValueError, "ids count from 0", lambda: detector.frame(counts, frame=-1))
raises(TypeError, "", lambda: detector.frame(counts, position=(object(), 1)))
assert detector.frame(counts) == 5, "a bad call has moved the next id"
sent()
detector.end()
assert sent()[0] == {"v": 1, "type": "end", "series": 1, "frames": 6}

detector.start("f", (2, 3), "<f4")
sent()
for array in (counts / 2, (counts / 2).astype(">f4"), (counts % 100).astype("f2")):
    detector.frame(array)
    assert sent()[1] == array.astype("<f4").tobytes()
raises(ValueError, "holds 16777217", lambda: detector.frame(counts + 16777217 - 65535))
detector.close()
raises(RuntimeError, "closed", lambda: detector.frame(counts))
