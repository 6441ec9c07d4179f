"""One physical scan, written in random combinations of what formats allow.

usage: generate.py SEED FIRST COUNT FOLDER

Writes truth.json and, for each case, a folder with its files and case.json: the file to read, the options to read it
with, what must come out. Case k depends on SEED and k alone.
"""

import json
import os
import sys

import h5py
import numpy as np

ROWS, COLS, H, W = 5, 7, 18, 14
N = ROWS * COLS
ENERGY_EV, DISTANCE_M, PIXEL_M = 8000.0, 1.25, 75e-6
HC = 1.23984198433e-6
JOULE = 1.602176634e-19

LENGTHS = {
    1.0: [None, "m", "metre", "meters", "M"],
    1e-3: ["mm", "millimeter", "Millimetres", "MM"],
    1e-6: ["um", "\u00b5m", "\u03bcm", "micron", "micrometers", "Micrometre", "[um]"],
    1e-9: ["nm", "nanometers", "NM"],
    1e-10: ["angstrom", "Angstroms", "A", "\u00c5"],
}


def physical_scan():
    """Frames, places and probe without any symmetry; counts fit every type of pixels."""
    rng = np.random.default_rng(7)
    r, c = np.mgrid[:H, :W]
    light = 70 * np.exp(-((r - 10) ** 2 / 18 + (c - 5) ** 2 / 10)) + 25 * np.exp(-((r - 4) ** 2 / 6 + (c - 9) ** 2 / 5)) + 2
    frames = np.minimum(rng.poisson(light * rng.uniform(0.8, 1.2, (N, 1, 1))), 120)
    i, k = np.mgrid[:ROWS, :COLS]
    x = ((k - 3) * 101e-9 + rng.uniform(-8e-9, 8e-9, k.shape)).ravel()
    y = ((i - 2) * 167e-9 + 0.11 * 101e-9 * k + rng.uniform(-8e-9, 8e-9, k.shape)).ravel()
    probe = rng.normal(size=(H, W)) + 1j * rng.normal(size=(H, W))
    bad = np.zeros((H, W), bool)
    bad[:, 11] = True
    bad[2, 3:6] = True
    return frames, x, y, probe.astype("c8"), bad


FRAMES, X, Y, PROBE, BAD = physical_scan()


class Case:
    def __init__(self, seed, k, folder):
        self.rng = np.random.default_rng([seed, k])
        self.folder = folder
        os.makedirs(folder)
        self.options = {}
        self.expect = {"probe": False, "bad": False, "missing": [], "distance": True, "energy": True}
        self.said = []  # why it may be refused or warned of instead of being right
        self.tags = []
        self.transposed = False
        self.numbers = np.arange(N)

    def path(self, name):
        return os.path.join(self.folder, name)

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, *what):
        return what[self.rng.integers(len(what))]

    # frames

    def pixels(self):
        """The frames in a type and byte order, with gaps flagged as its makers do."""
        kind = self.pick("u1", "u2", "u2", "u4", "u4", "i2", "i4", "i8", "u8", "f4", "f8", "f2")
        order = self.pick("<", "<", ">")
        stack = FRAMES.astype(order + kind)
        if self.chance(0.35):
            ones = np.iinfo(kind).max if kind[0] in "ui" else None
            flags = {"u": [ones], "i": [-1, -2], "f": [np.nan, -1.0] + ([65535.0] if kind != "f2" else [])}[kind[0]]
            if kind in ("u2", "u4"):
                flags.append(ones - 1)
            if kind in ("u4", "u8", "i4", "i8"):
                flags.append(65535)
            if kind in ("u8", "i8"):
                flags.append(2**32 - 1)
            flag = flags[self.rng.integers(len(flags))]
            stack[:, BAD] = flag
            self.expect["bad"] = True
            self.tags.append(f"flag {flag}")
        self.tags.append(order + kind)
        if self.transposed:
            stack = np.ascontiguousarray(stack.transpose(0, 2, 1))
        return stack

    def storage(self, stack):
        kw = {}
        if self.chance(0.5):
            kw["chunks"] = self.pick((1,) + stack.shape[1:], (4,) + stack.shape[1:], (3, 5, 6), True)
            more = self.pick({}, {"compression": "gzip"}, {"compression": "lzf"}, {"compression": "gzip", "shuffle": True}, {"fletcher32": True})
            kw.update(more)
            self.tags.append("chunks " + str(kw["chunks"]) + str(more))
        return kw

    def put_frames(self, group, name, stack, grid=False):
        """A dataset, a virtual one, a link to another file, or one whose parts are gone or never written."""
        how = self.pick("plain", "plain", "plain", "virtual", "external", "gone", "unwritten", "axis")
        if how in ("virtual", "gone"):
            layout = h5py.VirtualLayout(stack.shape, stack.dtype)
            cuts = [0, 9, 20, N]
            for p in range(3):
                part = stack[cuts[p] : cuts[p + 1]]
                with h5py.File(self.path(f"part{p}.h5"), "w") as f:
                    f.create_dataset("d", data=part, **self.storage(part))
                layout[cuts[p] : cuts[p + 1]] = h5py.VirtualSource(f"part{p}.h5", "d", part.shape)
            group.create_virtual_dataset(name, layout)
            if how == "gone":
                os.remove(self.path("part1.h5"))
                self.expect["missing"] = list(range(9, 20))
        elif how == "external":
            with h5py.File(self.path("frames_apart.h5"), "w") as f:
                f.create_dataset("there/data", data=stack, **self.storage(stack))
            group[name] = h5py.ExternalLink("frames_apart.h5", "/there/data")
        elif how == "unwritten":
            d = group.create_dataset(name, stack.shape, stack.dtype, chunks=(1,) + stack.shape[1:])
            gone = sorted(self.rng.choice(N, 5, replace=False).tolist())
            for i in range(N):
                if i not in gone:
                    d[i] = stack[i]
            self.expect["missing"] = gone
        elif how == "axis" and grid:
            shape = self.pick((ROWS, COLS), (N, 1), (1, N))
            group.create_dataset(name, data=stack.reshape(shape + stack.shape[1:]))
        else:
            group.create_dataset(name, data=stack, **self.storage(stack))
        self.tags.append(how)

    # quantities

    def unit(self, dataset, name):
        if name is None:
            return
        form = self.pick("str", "bytes", "array", "fixed")
        key = self.pick("units", "units", "unit")
        if form == "bytes":
            dataset.attrs[key] = np.bytes_(name.encode())
        elif form == "array":
            dataset.attrs[key] = np.array([name], dtype=h5py.string_dtype())
        elif form == "fixed":
            dataset.attrs.create(key, np.bytes_(name.encode().ljust(16)))
        else:
            dataset.attrs[key] = name

    def length(self, group, name, metres, factors):
        factor = factors[self.rng.integers(len(factors))]
        unit = self.pick(*LENGTHS[factor])
        wrong = self.chance(0.02)
        group[name] = self.pick(float, np.float32, lambda v: np.array([v]))(metres / factor)
        self.unit(group[name], self.pick("furlong", "parsec", "banana") if wrong else unit)
        if wrong:
            self.said.append("unit of " + name)
        self.tags.append(f"{name} in {unit}")

    def energy(self, entry, source, beam):
        how = self.pick("joule", "ev", "kev", "beam", "ring", "wavelength", "angstrom", "bare kev", "option", "both", "ring alone")
        self.tags.append("energy " + how)
        spell = {"ev": ["eV", "ev", "electronvolt"], "kev": ["keV", "KeV", "kev"]}
        if how == "joule":
            entry[source + "/energy"] = ENERGY_EV * JOULE
            if self.chance(0.5):
                self.unit(entry[source + "/energy"], self.pick("J", "joule"))
        elif how in spell:
            where = self.pick(source + "/energy", beam + "/incident_beam_energy")
            entry[where] = ENERGY_EV / (1e3 if how == "kev" else 1)
            self.unit(entry[where], self.pick(*spell[how]))
        elif how in ("beam", "both"):
            entry[beam + "/incident_beam_energy"] = ENERGY_EV
            self.unit(entry[beam + "/incident_beam_energy"], "eV")
            if how == "both":
                entry[beam + "/incident_wavelength"] = HC / ENERGY_EV * 1e10
                self.unit(entry[beam + "/incident_wavelength"], "angstrom")
        elif how == "ring":
            entry[source + "/energy"] = 3.0
            self.unit(entry[source + "/energy"], "GeV")
            entry[beam + "/incident_beam_energy"] = ENERGY_EV / 1e3
            self.unit(entry[beam + "/incident_beam_energy"], "keV")
        elif how == "ring alone":
            entry[source + "/energy"] = 3.0
            self.unit(entry[source + "/energy"], "GeV")
            self.expect["energy"] = False
        elif how == "wavelength":
            entry[beam + "/incident_wavelength"] = HC / ENERGY_EV
            if self.chance(0.5):
                self.unit(entry[beam + "/incident_wavelength"], "m")
        elif how == "angstrom":
            entry[beam + "/incident_wavelength"] = HC / ENERGY_EV * 1e10
            self.unit(entry[beam + "/incident_wavelength"], self.pick("angstrom", "Angstroms", "A", "\u00c5"))
        elif how == "bare kev":
            entry[source + "/energy"] = ENERGY_EV / 1e3
        else:
            self.options["energy_ev"] = ENERGY_EV

    # places

    def axes(self, option=True):
        """The two columns as recorded, and what tells how."""
        a, b = X.copy(), Y.copy()
        sign = self.pick([1, 1], [1, 1], [-1, 1], [-1, -1]) if option else [1, 1]
        swap = option and self.chance(0.3)
        cols = [b, a] if swap else [a, b]
        cols = [cols[0] * sign[0], cols[1] * sign[1]]
        if swap:
            self.options["position_axes"] = "yx"
        if sign != [1, 1]:
            self.options["position_sign"] = sign
        return cols

    def table_of(self, cols, factor):
        a, b = cols[0] / factor, cols[1] / factor
        forms = {
            "(N,2)": np.stack([a, b], 1),
            "(N,3)": np.stack([a, b, 0 * a], 1),
            "(3,N)": np.stack([a, b, 0 * a]),
            "(2,N)": np.stack([a, b]),
            "grid": np.stack([a, b], 1).reshape(ROWS, COLS, 2),
        }
        form = self.pick(*forms)
        self.tags.append("positions " + form)
        return forms[form]

    def positions_inside(self, group, name):
        factor = self.pick(1.0, 1.0, 1e-3, 1e-6, 1e-9)
        group[name] = self.table_of(self.axes(), factor)
        unit = self.pick(*LENGTHS[factor])
        if self.chance(0.03):
            unit = "cubits"
            self.said.append("unit of positions")
        self.unit(group[name], unit)
        self.tags.append(f"in {unit}")

    def positions_apart(self):
        how = self.pick("text", "text", "text", "npy", "npz", "hdf5", "pair", "matlab", "plan")
        self.tags.append("apart " + how)
        if how == "text":
            self.positions_text()
            return
        factor = self.pick(1.0, 1e-6)
        cols = self.axes()
        a, b = cols[0] / factor, cols[1] / factor
        if how == "npy":
            name = "places.npy"
            array = self.pick(np.stack([a, b], 1), np.stack([a, b]), np.asfortranarray(np.stack([a, b], 1)))
            np.save(self.path(name), array.astype(self.pick("<f8", ">f8")))
        elif how == "npz":
            name = "places.npz"
            keep = self.pick(np.savez, np.savez_compressed)
            keep(self.path(name), **(dict(x=a, y=b) if self.chance(0.5) else dict(positions=np.stack([a, b], 1))))
        elif how == "plan":
            # A plan is regular: it cannot give these places, only say how many rows there are.
            self.options["positions"] = "none"
            self.expect["positions"] = False
            self.options.pop("position_axes", None)
            self.options.pop("position_sign", None)
            return
        else:
            name = "places.h5" if how != "matlab" else "places.mat"
            with h5py.File(self.path(name), "w", userblock_size=512 if how == "matlab" else 0) as f:
                if how == "hdf5":
                    f["places"] = np.stack([a, b], 1)
                elif how == "pair":
                    shape = self.pick((N,), (ROWS, COLS), (N, 1))
                    f["x"], f["y"] = a.reshape(shape), b.reshape(shape)
                else:
                    f["ppX"], f["ppY"] = a.reshape(1, -1), b.reshape(1, -1)
                    for n in ("ppX", "ppY"):
                        f[n].attrs["MATLAB_class"] = np.bytes_("double")
        self.options["positions"] = self.pick("", "file:") + self.path(name)
        if factor != 1.0:
            self.options["position_unit"] = "um"

    def positions_text(self):
        factor = self.pick(1e-3, 1e-6, 1e-9)
        unit = {1e-3: "mm", 1e-6: "um", 1e-9: "nm"}[factor]
        a, b = X / factor, Y / factor
        decimal = self.pick(".", ".", ".", ",")
        sep = self.pick(";", "\t", " ") if decimal == "," else self.pick(",", ", ", ";", "\t", " ", "   ", "|")
        names = self.pick("x y", "X Y", "posx posy", "x_UNIT y_UNIT", "x[UNIT] y[UNIT]", "x(UNIT) y(UNIT)", None, None, "left right")
        if names is None and self.chance(0.5):
            a, b = self.axes()
            a, b = a / factor, b / factor
        columns = [(None if names is None else names.split()[0], a), (None if names is None else names.split()[1], b)]
        index = names is not None and self.chance(0.45)
        first = self.pick(0, 0, 1, 100)
        if index:
            columns.insert(self.rng.integers(3), (self.pick("index", "frame", "Trigger", "DataPoint"), np.arange(N) + first))
        if names is not None:
            self.rng.shuffle(columns)
            if self.chance(0.3):
                columns.append(("stdev", np.abs(a) * 0.01))
        order = self.rng.permutation(N) if index else np.arange(N)
        fortran = decimal == "." and self.chance(0.25)

        def text(value):
            if np.issubdtype(type(value), np.integer):
                return str(int(value))
            t = f"{value:.9e}" if fortran else f"{value:.9f}"
            t = t.replace("e", self.pick("D", "d")) if fortran else t
            return t.replace(".", decimal)

        lines = []
        if self.chance(0.3):
            lines.append(self.pick("#", "%", "# ") + " written by a stage at noon")
        if names is not None:
            head = sep.join(n.replace("UNIT", unit) for n, _ in columns)
            lines.append(self.pick("", "", "# ") + head)
        if self.chance(0.2):
            lines.append("")
        skip = self.rng.integers(1, N) if self.chance(0.15) else None
        for i in order:
            values = [text(v[i]) for _, v in columns]
            if i == skip:
                values = [self.pick("nan", "N/A", "NaN") if n is None or not n.lower()[0] in "iftd" else v for v, (n, _) in zip(values, columns)]
            lines.append(sep.join(values) + (sep if sep in (",", ";") and self.tail else ""))
        name = self.pick("places.csv", "places.txt", "places.dat")
        encoding = self.pick("utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")
        with open(self.path(name), "w", encoding=encoding, newline="") as f:
            f.write(self.pick("\n", "\r\n").join(lines) + self.pick("", "\n"))
        if names == "left right":
            self.said.append("names of columns")
        if not (names and "UNIT" in names):
            self.options["position_unit"] = unit
        if skip is not None:
            self.expect["unplaced"] = [int(skip)]
        if self.numbers[0] != 0 and index:
            self.options["index_offset"] = int(self.numbers[0] - first)
        self.options["positions"] = self.path(name)
        self.tags.append(f"{encoding} {sep!r} {decimal} {names} index {index} from {first} fortran {fortran}")

    tail = False

    def places(self, group=None, name=None):
        self.tail = self.chance(0.2)
        if group is not None and self.chance(0.5):
            self.positions_inside(group, name)
        else:
            self.positions_apart()

    # what goes with the frames

    def mask(self, group, name):
        how = self.pick("none", "none", "bad", "bad", "good", "asked", "bool", "each", "bits", "all", "shape")
        bad = BAD.T if self.transposed else BAD
        self.tags.append("mask " + how)
        if how == "none":
            return
        if how == "good":
            group[name] = (~bad).astype("u1")
        elif how == "asked":
            group[name] = (~bad).astype("u1")
            self.options["mask_sense"] = "good"
        elif how == "bool":
            group[name] = bad
        elif how == "each":
            group[name] = np.broadcast_to(bad, (N,) + bad.shape).astype("u1")
        elif how == "bits":
            group[name] = np.where(bad, self.pick(1, 4, 0x200), self.pick(0, 0x1000)).astype("u4")
        elif how == "all":
            group[name] = np.ones(bad.shape, "u1")
            self.said.append("mask of everything")
        elif how == "shape":
            group[name] = np.zeros((bad.shape[0] + 1, bad.shape[1]), "u1")
            return
        else:
            group[name] = bad.astype(self.pick("u1", "i4", "u4"))
        self.expect["bad"] = True

    def probe(self, group, name):
        if self.chance(0.5):
            return
        probe = PROBE.T if self.transposed else PROBE
        group[name] = self.pick(probe, probe[None], np.stack([probe, 0.1 * probe]), probe.astype("c16"))
        self.options["probe"] = "/" + name
        self.expect["probe"] = True

    # layouts

    def geometry(self, group):
        self.length(group, "distance", DISTANCE_M, [1.0, 1.0, 1e-3])
        for n in ("x_pixel_size", "y_pixel_size"):
            self.length(group, n, PIXEL_M, [1.0, 1.0, 1e-6, 1e-3])

    def given(self):
        self.options.update(energy_ev=ENERGY_EV, distance_m=DISTANCE_M, pixel_m=PIXEL_M)

    def turn(self):
        if self.chance(0.25):
            self.transposed = True
            self.options["transpose"] = True
            self.tags.append("transposed")

    def cxi(self):
        self.turn()
        with h5py.File(self.path("scan.cxi"), "w") as f:
            f["cxi_version"] = self.pick(140, 150, 160)
            e = f.create_group("entry_1")
            d = e.create_group("instrument_1/detector_1")
            self.put_frames(e.create_group("data_1"), "data", self.pixels())
            self.geometry(d)
            self.energy(e, "instrument_1/source_1", "instrument_1/beam_1")
            self.mask(d, "mask")
            self.probe(f, "probe")
            self.places(e, "data_1/translation")
        return "scan.cxi"

    def basis(self):
        """cdtools: the sample's translation, and where rows and columns run."""
        with h5py.File(self.path("scan.cxi"), "w") as f:
            f["cxi_version"] = 160
            e = f.create_group("entry_1")
            d = e.create_group("instrument_1/detector_1")
            e["data_1/data"] = FRAMES.astype("u2")
            s = self.pick(-1, 1)
            q = self.pick(-1, 1)
            slow, fast = np.array([0, s * PIXEL_M, 0]), np.array([q * PIXEL_M, 0, 0])
            if self.chance(0.3):
                slow, fast = np.array([s * PIXEL_M, 0, 0]), np.array([0, q * PIXEL_M, 0])
            d["basis_vectors"] = self.pick(np.stack([slow, fast]), np.stack([slow, fast], 1))
            d["distance"] = DISTANCE_M
            e["instrument_1/source_1/energy"] = ENERGY_EV * JOULE
            t = -(X[:, None] * fast / PIXEL_M + Y[:, None] * slow / PIXEL_M)
            e["data_1/translation"] = t
        self.tags.append(f"basis {slow} {fast}")
        return "scan.cxi"

    def nexus(self):
        self.turn()
        with h5py.File(self.path("scan.nxs"), "w") as f:
            e = f.create_group("entry")
            d = e.create_group("instrument/detector")
            self.put_frames(e.create_group("data"), "data", self.pixels(), True)
            self.geometry(d)
            self.energy(e, "instrument/source", "instrument/beam")
            self.mask(d, "pixel_mask")
            self.probe(f, "probe")
            self.places(f, "places")
            self.options.setdefault("positions", "places")
        return "scan.nxs"

    def plain(self):
        self.turn()
        with h5py.File(self.path("scan.h5"), "w") as f:
            self.put_frames(f, "frames", self.pixels(), True)
            self.options["data"] = "frames"
            self.given()
            self.mask(f, "good_or_bad")
            if "good_or_bad" in f:
                self.options["mask"] = "good_or_bad"
                if f["good_or_bad"].shape[-2:] != (W, H) and f["good_or_bad"].shape[-2:] != (H, W):
                    self.said.append("mask of another shape")
                # Its name says neither and both.
                f.move("good_or_bad", "mask")
                self.options["mask"] = "mask"
            self.probe(f, "probe")
            self.places(f, "places")
            self.options.setdefault("positions", "places")
        return "scan.h5"

    def eiger(self):
        self.turn()
        stack = self.pixels()
        pad = self.pick("%06d", "%d")
        with h5py.File(self.path("scan_master.h5"), "w") as f:
            g = f.create_group("entry/data")
            per, gone = 3, self.pick(None, None, 4)
            parts = [stack[i : i + per] for i in range(0, N, per)]
            for k in self.rng.permutation(len(parts)):
                name = f"scan_data_{k + 1:06d}.h5"
                if k != gone:
                    with h5py.File(self.path(name), "w") as p:
                        p["entry/data/data"] = parts[k]
                g["data_" + pad % (k + 1)] = h5py.ExternalLink(name, "/entry/data/data")
            if gone is not None:
                self.expect["missing"] = list(range(gone * per, gone * per + per))
            d = f.create_group("entry/instrument/detector")
            self.geometry(d)
            self.energy(f["entry"], "instrument/source", "instrument/beam")
            self.mask(d, "pixel_mask")
            self.places(f, "places")
            self.options.setdefault("positions", "places")
        return "scan_master.h5"

    def ptyd(self):
        stack = self.pixels()
        size = self.pick(5, 7, 12)
        blocks = [np.arange(i, min(i + size, N)) for i in range(0, N, size)]
        self.rng.shuffle(blocks)
        weights = self.chance(0.5)
        with h5py.File(self.path("scan.ptyd"), "w") as f:
            f["meta/energy"], f["meta/distance"] = ENERGY_EV / 1e3, DISTANCE_M
            f["meta/psize"] = self.pick(PIXEL_M, [PIXEL_M, PIXEL_M])
            for k, block in enumerate(blocks):
                g = f.create_group(f"chunks/{k}")
                g["data"], g["indices"] = stack[block], block
                g["positions"] = np.stack([Y, X], 1)[block]
                g["weights"] = np.broadcast_to(~BAD, (len(block), H, W)).astype("f4") if weights else np.zeros(0)
        self.expect["bad"] = self.expect["bad"] or weights
        return "scan.ptyd"

    def ptychodus(self):
        order = self.rng.permutation(N)
        first = self.pick(0, 0, 1, 40)
        with h5py.File(self.path("diffraction.h5"), "w") as f:
            f["patterns"] = self.pixels()
            f["patterns"].attrs["detector_pixel_width_m"] = PIXEL_M
            f["patterns"].attrs["detector_pixel_height_m"] = PIXEL_M
            f["indexes"] = np.arange(N) + first
            if self.chance(0.5):
                f["bad_pixels"] = BAD
                self.expect["bad"] = True
        with h5py.File(self.path("product-in.h5"), "w") as f:
            f.attrs.update(name="s", comments="", detector_object_distance_m=DISTANCE_M, probe_energy_eV=ENERGY_EV, exposure_time_s=1.0)
            f["probe_position_indexes"], f["probe_position_x_m"], f["probe_position_y_m"] = order + first, X[order], Y[order]
            f["probe"] = PROBE[None]
            f["object"] = np.ones((1, 30, 30), "c8")
        self.expect["probe"] = True
        return "diffraction.h5"

    def matlab(self):
        """Arrays with their axes reversed, as save -v7.3 leaves them."""
        def mat(f, name, v, cl):
            v = np.asarray(v)
            v = v.reshape(1, -1) if v.ndim < 2 else v
            if np.iscomplexobj(v):
                c = np.empty(v.T.shape, [("real", "f8"), ("imag", "f8")])
                c["real"], c["imag"] = v.T.real, v.T.imag
                v = c.T
            f.create_dataset(name, data=np.ascontiguousarray(v.T)).attrs["MATLAB_class"] = np.bytes_(cl)

        stack = self.pixels()
        with h5py.File(self.path("scan.mat"), "w", userblock_size=512) as f:
            mat(f, "dp", np.moveaxis(stack, 0, -1), "double")
            cols = self.axes()
            if self.chance(0.5):
                mat(f, "ppX", cols[0], "double")
                mat(f, "ppY", cols[1], "double")
            else:
                mat(f, "places", np.stack(cols, 1), "double")
                self.options["positions"] = "places"
            if self.chance(0.6):
                mat(f, "probe", PROBE, "single")
                self.options["probe"] = "/probe"
                self.expect["probe"] = True
            self.given()
        return "scan.mat"

    def npy(self):
        self.turn()
        stack = self.pixels()
        if self.chance(0.5):
            name = "scan.npy"
            np.save(self.path(name), stack.reshape(self.pick((N,), (ROWS, COLS)) + stack.shape[1:]))
        else:
            name = "scan.npz"
            self.pick(np.savez, np.savez_compressed)(self.path(name), frames=stack, other=np.zeros(3))
        self.given()
        self.places()
        return name

    def tiff(self):
        stack = FRAMES.astype(self.pick("<u1", "<u2", "<u4", "<f4", ">u2", ">f4"))
        write_tiff(self.path("scan.tif"), stack)
        self.tags.append(str(stack.dtype))
        self.given()
        self.places()
        return "scan.tif"

    def mib(self):
        bits = self.pick(8, 16, 32)
        with open(self.path("scan.mib"), "wb") as f:
            for i in range(N):
                head = f"MQ1,{i + 1:06d},00384,01,{W:04d},{H:04d},U{bits:02d},   1x1,01,2026-11-30 22:00:00.000000,"
                f.write(head.encode().ljust(384))
                f.write(FRAMES[i].astype(f">u{bits // 8}").tobytes())
        self.given()
        self.places()
        return "scan.mib"

    def write(self):
        layout = self.pick("cxi", "cxi", "cxi", "basis", "nexus", "nexus", "plain", "plain", "eiger", "eiger", "ptyd", "ptychodus", "matlab", "npy", "tiff", "mib")
        self.tags.insert(0, layout)
        file = getattr(self, layout)()
        case = {"file": self.path(file), "options": self.options, "expect": self.expect, "said": self.said, "tags": self.tags}
        with open(self.path("case.json"), "w") as f:
            json.dump(case, f)


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


def main(seed, first, count, folder):
    truth = {
        "frames": FRAMES.astype(int).ravel().tolist(), "count": N, "rows": H, "cols": W, "x": X.tolist(), "y": Y.tolist(),
        "bad": BAD.astype(int).ravel().tolist(), "probe_real": PROBE.real.ravel().tolist(), "probe_imag": PROBE.imag.ravel().tolist(),
        "wavelength_m": HC / ENERGY_EV, "distance_m": DISTANCE_M, "pixel_m": PIXEL_M,
    }
    with open(os.path.join(folder, "truth.json"), "w") as f:
        json.dump(truth, f)
    for k in range(first, first + count):
        Case(seed, k, os.path.join(folder, str(k))).write()


main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
