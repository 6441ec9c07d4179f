"""The scan that every case holds: a far-field model of a sample without any symmetry.

Frames are H x W, of which the reader's square in the middle (W x W) is the pattern; what lies outside is dark.
"""

import numpy as np

ROWS, COLS, H, W = 7, 9, 30, 24
N = ROWS * COLS
ENERGY_EV, DISTANCE_M, PIXEL_M = 8000.0, 1.25, 75e-6
HC = 1.23984198433e-6
OBJECT_PIXEL_M = HC / ENERGY_EV * DISTANCE_M / (W * PIXEL_M)
PHOTONS = 4300  # a frame; the brightest pixel stays below what 8 bits flag
SPREAD_PX, CHIRP_PX2 = 3.2, 20.0  # of the probe: width, and what its curvature is over pi
DEFOCUS_M = CHIRP_PX2 * OBJECT_PIXEL_M**2 / (HC / ENERGY_EV)


def smooth(rng, shape, width):
    """Noise of low frequencies from 0 to 1."""
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(shape[0]), np.fft.fftfreq(shape[1]), indexing="ij"))
    z = np.fft.ifft2(np.fft.fft2(rng.normal(size=shape)) * np.exp(-((f / width) ** 2))).real
    return (z - z.min()) / (z.max() - z.min())


def places(rng):
    """Corners of the patches on the object's grid: a sheared raster with jitter."""
    i, k = np.mgrid[:ROWS, :COLS]
    top = (4 * i + k // 4 + rng.integers(-1, 2, i.shape)).ravel()
    left = (3 * k + rng.integers(-1, 2, i.shape)).ravel()
    return top - top.min(), left - left.min()


def model():
    rng = np.random.default_rng(7)
    top, left = places(rng)
    shape = (int(top.max()) + W, int(left.max()) + W)
    phase = 1.6 * smooth(rng, shape, 0.12)
    sample = np.exp(1j * phase - 0.3 * smooth(rng, shape, 0.1))
    y, x = np.mgrid[:W, :W] - W // 2
    probe = np.exp(-(x**2 / (2 * SPREAD_PX**2) + y**2 / (2 * (0.8 * SPREAD_PX) ** 2)))
    probe = probe * np.exp(1j * np.pi * (x**2 + y**2) / CHIRP_PX2 + 0.03j * x * y)
    probe *= np.sqrt(PHOTONS / np.sum(np.abs(probe) ** 2))
    frames = np.zeros((N, H, W), int)
    for i, (a, b) in enumerate(zip(top, left)):
        wave = np.fft.ifftshift(probe * sample[a : a + W, b : b + W])
        light = np.abs(np.fft.fftshift(np.fft.fft2(wave, norm="ortho"))) ** 2
        frames[i, (H - W) // 2 : (H - W) // 2 + W] = rng.poisson(light)
    assert frames.max() < 255
    place_y, place_x = (top - top.mean()) * OBJECT_PIXEL_M, (left - left.mean()) * OBJECT_PIXEL_M
    # Pixel of the object that lies where x and y are 0.
    origin = (top.mean() + W / 2, left.mean() + W / 2)
    return frames, place_x, place_y, probe.astype("c8"), phase, origin


def bad_pixels():
    bad = np.zeros((H, W), bool)
    bad[:, 15] = True
    bad[9, 3:6] = True
    return bad


FRAMES, X, Y, PROBE, PHASE, ORIGIN = model()
BAD = bad_pixels()


def truth():
    """For truth.json."""
    return {
        "frames": FRAMES.ravel().tolist(), "count": N, "rows": H, "cols": W, "x": X.tolist(), "y": Y.tolist(),
        "bad": BAD.astype(int).ravel().tolist(), "probe_side": W,
        "probe_real": PROBE.real.ravel().tolist(), "probe_imag": PROBE.imag.ravel().tolist(),
        "phase_rows": PHASE.shape[0], "phase": PHASE.ravel().tolist(), "origin": ORIGIN,
        "wavelength_m": HC / ENERGY_EV, "distance_m": DISTANCE_M, "pixel_m": PIXEL_M, "object_pixel_m": OBJECT_PIXEL_M,
    }
