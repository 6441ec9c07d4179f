"""A stage, a detector and a sample made of numbers: 16 x 16 pixels, two discs that dim and deflect the beam."""
from __future__ import annotations

import math

import numpy as np

from ptero_client import Detector

BOUNDS_M = (-4e-6, -4e-6, 4e-6, 4e-6)
FINEST_M = 0.25e-6
PARTICLES = ((-1.3e-6, -0.8e-6, 0.7e-6), (1.9e-6, 1.6e-6, 0.5e-6))  # x, y, radius
STEERING = ("steering = \"propose\"\nsteering_step_m = 0.25e-6\nsteering_levels = 2\n"
            "steering_bounds_m = [-4e-6, -4e-6, 4e-6, 4e-6]\nsegments = 4")
SIDE = 16


def pattern(x: float, y: float, random: np.random.Generator) -> np.ndarray:
    """Counts where the beam, 1 um wide, is at x, y (metres)."""
    dim = lean = 0.0
    for px, py, radius in PARTICLES:
        covered = min(max((radius + 0.5e-6 - math.hypot(x - px, y - py)) / 1e-6, 0.0), 1.0)
        dim += 0.15 * covered
        lean += 0.8 * math.copysign(covered * (1 - covered), x - px)
    row, col = np.mgrid[:SIDE, :SIDE]
    inside = np.hypot(row - SIDE / 2, col - SIDE / 2 - lean) < 4.5
    return random.poisson(np.where(inside, 400.0, 1.0) * (1 - dim)).astype("<u2")


class Camera:
    """The native stream, a frame for each exposure."""

    def __init__(self, endpoint: str) -> None:
        self.detector = Detector(endpoint)
        self.random = np.random.default_rng(1)
        self.places: list[tuple[float, float]] = []

    def arm(self, uid: str, **keys: object) -> None:
        self.places = []
        self.detector.start(uid, (SIDE, SIDE), energy_ev=8800, distance_m=1.92, pixel_m=75e-6,
                            centre=[SIDE / 2, SIDE / 2], **keys)

    def expose(self, x: float, y: float) -> None:
        left, top, right, bottom = BOUNDS_M
        assert left <= x <= right and top <= y <= bottom, "outside the stage's limits"
        self.places.append((x, y))
        self.detector.frame(pattern(x, y, self.random), position=(x, y))

    def raster(self, rows: int, cols: int, step_m: float) -> None:
        for row in range(rows):
            for col in range(cols):
                self.expose((col - (cols - 1) / 2) * step_m, (row - (rows - 1) / 2) * step_m)
