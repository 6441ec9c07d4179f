"""TIFF by hand: no other writer is needed, and each of its words is known."""

import numpy as np


def write_tiff(path, stack):
    """Grey pages of one strip each."""
    end = "<" if stack.dtype.byteorder in "<|=" else ">"
    u2, u4 = np.dtype(end + "u2"), np.dtype(end + "u4")
    rows, cols = stack.shape[1:]
    size = rows * cols * stack.dtype.itemsize
    out = bytearray((b"II" if end == "<" else b"MM") + np.array(42, u2).tobytes() + np.array(8, u4).tobytes())
    tags = 9
    for i, page in enumerate(stack):
        at = len(out)
        data = at + 2 + 12 * tags + 4
        data += data % 2
        after = data + size + (data + size) % 2
        entries = [(256, cols), (257, rows), (258, 8 * stack.dtype.itemsize), (259, 1), (262, 1), (273, data), (278, rows), (279, size), (339, 3 if stack.dtype.kind == "f" else 1)]
        out += np.array(tags, u2).tobytes()
        for tag, value in entries:
            out += np.array(tag, u2).tobytes() + np.array(4, u2).tobytes() + np.array(1, u4).tobytes() + np.array(value, u4).tobytes()
        out += np.array(0 if i + 1 == len(stack) else after, u4).tobytes()
        out += bytes(data - len(out)) + page.tobytes()
        out += bytes(after - len(out))
    with open(path, "wb") as f:
        f.write(out)
