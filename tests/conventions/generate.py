"""One physical scan, written in random combinations of what formats allow.

usage: generate.py SEED FIRST COUNT FOLDER

Writes truth.json and, for each case, a folder with its files and case.json: the file to read, the options to read it
with, the same as a command line, and what must come out. Case k depends on SEED and k alone. The folder `sound` holds
the scan as plainly as it can be written.
"""

import json
import os
import sys

import h5py
import numpy as np

from case_parts import JOULE
from layouts import Layouts
from physical_scan import DEFOCUS_M, DISTANCE_M, ENERGY_EV, FRAMES, PIXEL_M, PROBE, X, Y, truth

LAYOUTS = ["cxi"] * 3 + ["basis", "pynx"] + ["nexus", "plain", "eiger"] * 2 + ["ptyd", "ptychodus", "matlab", "npy", "tiff", "mib"]
SWITCHES = {
    "data": "--data", "positions": "--positions", "position_unit": "--position-unit", "position_axes": "--position-axes",
    "index_offset": "--index-offset", "mask": "--mask", "mask_sense": "--mask-sense", "probe": "--probe",
    "energy_ev": "--energy-ev", "distance_m": "--distance", "pixel_m": "--pixel-size",
}


def arguments(options):
    """The command line that says what `options` say."""
    words = [f"{SWITCHES[name]}={value}" for name, value in options.items() if name in SWITCHES]
    if options.get("transpose"):
        words.append("--transpose")
    if "position_sign" in options:
        words.append("--position-sign=" + ",".join(str(s) for s in options["position_sign"]))
    if "probe" not in options:
        words.append(f"--defocus={DEFOCUS_M}")
    return words


def save(folder, file, options, expect, said, tags):
    case = {"file": os.path.join(folder, file), "options": options, "arguments": arguments(options),
            "expect": {**expect, "first_probe": "probe" in options}, "said": said, "tags": tags}
    with open(os.path.join(folder, "case.json"), "w") as f:
        json.dump(case, f)


def write_sound(folder):
    os.makedirs(folder)
    with h5py.File(os.path.join(folder, "scan.cxi"), "w") as f:
        f["cxi_version"] = 160
        e = f.create_group("entry_1")
        e["data_1/data"] = FRAMES.astype("u4")
        e["data_1/translation"] = np.stack([X, Y, 0 * X], 1)
        e["instrument_1/source_1/energy"] = ENERGY_EV * JOULE
        d = e.create_group("instrument_1/detector_1")
        d["distance"], d["x_pixel_size"], d["y_pixel_size"] = DISTANCE_M, PIXEL_M, PIXEL_M
        f["probe"] = PROBE
    expect = {"probe": True, "bad": False, "missing": [], "energy": True, "shift": [0, 0]}
    save(folder, "scan.cxi", {"probe": "/probe"}, expect, [], ["sound"])


def main(seed, first, count, folder):
    with open(os.path.join(folder, "truth.json"), "w") as f:
        json.dump(truth(), f)
    write_sound(os.path.join(folder, "sound"))
    for k in range(first, first + count):
        case = Layouts(seed, k, os.path.join(folder, str(k)))
        layout = case.pick(*LAYOUTS)
        file = getattr(case, layout)()
        save(case.folder, file, case.options, {**case.expect, "shift": case.shift}, case.said, [layout] + case.tags)


main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
