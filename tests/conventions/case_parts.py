"""The parts of a file that every layout has: frames, units, energy, mask, probe."""

import os

import h5py
import numpy as np

from physical_scan import BAD, ENERGY_EV, FRAMES, HC, COLS, H, N, PROBE, ROWS, W, X, Y

JOULE = 1.602176634e-19

LENGTHS = {
    1.0: [None, "m", "metre", "meters", "M"],
    1e-3: ["mm", "millimeter", "Millimetres", "MM"],
    1e-6: ["um", "\u00b5m", "\u03bcm", "micron", "micrometers", "Micrometre", "[um]"],
    1e-9: ["nm", "nanometers", "NM"],
    1e-10: ["angstrom", "Angstroms", "A", "\u00c5"],
}


class Case:
    def __init__(self, seed, k, folder):
        self.rng = np.random.default_rng([seed, k])
        self.folder = folder
        os.makedirs(folder)
        self.options = {}
        self.expect = {"probe": False, "bad": False, "missing": [], "distance": True, "energy": True}
        self.said = []  # what may be refused or warned of instead of being right, each the words that name it
        self.tags = []
        self.transposed = False
        self.hot = False  # bad pixels show counts, and a mask alone says that they are bad
        # A stage has its origin anywhere.
        self.shift = self.pick((0.0, 0.0), (1.2345e-3, -0.8e-3))
        self.x, self.y = X + self.shift[0], Y + self.shift[1]

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
        if self.hot:
            stack[:, BAD] = 60
        elif self.chance(0.35):
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
                # Under the name of the link something else lies there.
                f.create_dataset(group.name + "/" + name, data=stack[::-1], chunks=(4,) + stack.shape[1:])
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
        if self.chance(0.02):
            unit = self.pick("furlong", "parsec", "banana")
            self.said.append([unit])
        group[name] = self.pick(float, np.float32, lambda v: np.array([v]))(metres / factor)
        self.unit(group[name], unit)
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
            self.said.append(["energy"])
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

    # mask and probe

    def plan_mask(self):
        """Before the frames: what its mask covers may be hot."""
        self.mask_kind = self.pick("none", "none", "bad", "bad", "good", "asked", "bool", "each", "bits", "all", "shape")
        self.hot = self.mask_kind not in ("none", "all", "shape") and self.chance(0.5)
        self.tags.append("mask " + self.mask_kind + (" of hot pixels" if self.hot else ""))

    def mask(self, group, name):
        how = self.mask_kind
        bad = BAD.T if self.transposed else BAD
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
            self.said.append(["mask"])
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
