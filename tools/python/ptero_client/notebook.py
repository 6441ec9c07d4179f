"""Arrays in, arrays out: what `ptero batch` makes of frames that are in memory.

It runs the command, so that every option is the one the configuration and `ptero batch --help` know, and a notebook
survives whatever happens to a reconstruction. Needs numpy and h5py, and the program `ptero` on the PATH (or `command`).
"""
from __future__ import annotations

import csv
import dataclasses
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class PteroFailed(RuntimeError):
    """The command ended with another exit code than 0; the text is what it said."""

    def __init__(self, exit_code: int, said: str) -> None:
        super().__init__(said)
        self.exit_code = exit_code  # 1: failed while running; 2: wrong arguments or input


@dataclasses.dataclass(frozen=True)
class Classification:
    """Which frames show the sample. Arrays have one value a frame, in the order given."""

    selected: Array  # bool
    total: Array  # transmitted counts
    com: Array  # (frames, 2): centre of mass x and y, pixels
    report: dict[str, Any]  # report.json


@dataclasses.dataclass(frozen=True)
class Reconstruction:
    """An image and what it was lit with."""

    object: Array  # complex, (rows, cols), or (slices, rows, cols) where there are several
    probe: Array  # complex, (modes, rows, cols)
    pixel_m: float | None  # of the object; None: the positions came in pixels
    report: dict[str, Any]  # report.json


def _switches(options: Mapping[str, Any]) -> list[str]:
    """`defocus=355e-6` as `--defocus 355e-6`; True is a switch alone, False and None leave it out."""
    words: list[str] = []
    for name, value in options.items():
        switch = "--" + name.replace("_", "-")
        if value is True:
            words.append(switch)
        elif value is not None and value is not False:
            several = isinstance(value, Sequence) and not isinstance(value, str)
            words += [switch, ",".join(map(str, value)) if several else str(value)]
    return words


def _batch(frames: Array, positions: Array, probe: Array | None, mask: Array | None, folder: Path, command: str,
           options: Mapping[str, Any]) -> dict[str, Any]:
    frames, positions = np.asarray(frames), np.asarray(positions, dtype=np.float64)
    if frames.ndim != 3:
        raise ValueError(f"frames have shape {frames.shape}; (frames, rows, cols) is needed")
    if positions.shape != (len(frames), 2):
        raise ValueError(f"positions have shape {positions.shape}; ({len(frames)}, 2) is needed: x and y of each frame")
    words = ["--data", "frames", "--positions", "positions", "--position-axes", "xy", "--position-unit",
             str(options.get("position_unit", "m"))]
    with h5py.File(folder / "scan.h5", "w") as file:
        file["frames"], file["positions"] = frames, positions
        for name, value in (("probe", probe), ("mask", mask)):
            if value is not None:
                file[name] = value
                words += ["--" + name, name]
    program = shutil.which(command)
    if program is None:
        raise FileNotFoundError(f"no program {command!r} on the PATH; say where it is: command=\"/path/to/ptero\"")
    words += _switches({key: value for key, value in options.items() if key != "position_unit"})
    done = subprocess.run([program, "batch", str(folder / "scan.h5"), "--out", str(folder / "out"), *words],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PteroFailed(done.returncode, (done.stderr or done.stdout).strip())
    report: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text())
    return report


def classify(frames: Array, positions: Array, *, mask: Array | None = None, command: str = "ptero",
             **options: Any) -> Classification:
    """The region of interest. frames: (frames, rows, cols) counts. positions: (frames, 2), x and y in metres, or in
    position_unit. mask: (rows, cols), 0 = good. options: the switches of `ptero batch`, such as segments=8,
    roi_mode="robust". Raises PteroFailed with the sentence that the command said."""
    with tempfile.TemporaryDirectory(prefix="ptero-") as name:
        folder = Path(name)
        report = _batch(frames, positions, None, mask, folder, command, {**options, "roi_only": True})
        count = len(frames)
        selected = np.zeros(count, dtype=bool)
        total, com = np.full(count, np.nan), np.full((count, 2), np.nan)
        with open(folder / "out" / "roi.csv", newline="") as file:
            for row in csv.DictReader(file):
                frame = int(row["frame"])
                selected[frame] = row["label"] == "selected"
                total[frame] = float(row["total"] or "nan")
                com[frame] = float(row["com_x"] or "nan"), float(row["com_y"] or "nan")
        return Classification(selected, total, com, report)


def reconstruct(frames: Array, positions: Array, *, probe: Array | None = None, mask: Array | None = None,
                command: str = "ptero", **options: Any) -> Reconstruction:
    """An image of the frames that show the sample; of all with no_roi=True. frames, positions, mask: as classify
    takes them. probe: first guess, (rows, cols) or (modes, rows, cols) complex. options: the switches of
    `ptero batch`, such as energy_ev=8800, distance=1.92, pixel_size=75e-6, defocus=355e-6, epochs=100. Raises
    PteroFailed with the sentence that the command said."""
    with tempfile.TemporaryDirectory(prefix="ptero-") as name:
        folder = Path(name)
        report = _batch(frames, positions, probe, mask, folder, command, options)
        with h5py.File(folder / "out" / "product.h5") as file:
            found = file["object"]
            pixel = found.attrs.get("pixel_width_m")
            image = found[()]
            beam = file["probe"][()]
        image = image[0] if image.ndim == 3 and len(image) == 1 else image
        beam = beam.reshape(-1, *beam.shape[-2:])
        in_metres = options.get("position_unit", "m") != "px" and pixel is not None and float(pixel) > 0
        return Reconstruction(image, beam, float(pixel) if in_metres else None, report)
