"""One method a layout of files: each writes the scan and returns the name of the file to read."""

import h5py
import numpy as np

from case_parts import JOULE
from physical_scan import BAD, COLS, DISTANCE_M, ENERGY_EV, FRAMES, H, N, PIXEL_M, PROBE, ROWS, W
from position_dialects import Places
from tiff import write_tiff


class Layouts(Places):
    def geometry(self, group):
        self.length(group, "distance", DISTANCE_M, [1.0, 1.0, 1e-3])
        for n in ("x_pixel_size", "y_pixel_size"):
            self.length(group, n, PIXEL_M, [1.0, 1.0, 1e-6, 1e-3])

    def given(self):
        self.options.update(energy_ev=ENERGY_EV, distance_m=DISTANCE_M, pixel_m=PIXEL_M)

    def turn(self):
        self.plan_mask()
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
            t = -(self.x[:, None] * fast / PIXEL_M + self.y[:, None] * slow / PIXEL_M)
            e["data_1/translation"] = t
        self.tags.append(f"basis {slow} {fast}")
        return "scan.cxi"

    def pynx(self):
        """Everything stands below the sample and the detector, and elsewhere are links to it."""
        self.plan_mask()
        with h5py.File(self.path("scan.cxi"), "w") as f:
            f["cxi_version"] = 140
            f.attrs["creator"] = "PyNX"
            e = f.create_group("entry_1")
            d = e.create_group("instrument_1/detector_1")
            self.put_frames(d, "data", self.pixels())
            self.geometry(d)
            d["basis_vectors"] = np.array([[0, -PIXEL_M, 0], [-PIXEL_M, 0, 0]], "f4")
            self.energy(e, "instrument_1/source_1", "instrument_1/beam_1")
            self.mask(d, "mask")
            self.probe(f, "probe")
            e["sample_1/geometry_1/translation"] = np.stack([self.x, self.y, 0 * self.x]).astype(self.pick("f4", "f8"))
            for group, name, target in (("data_1", "data", "instrument_1/detector_1/data"),
                                        ("data_1", "translation", "sample_1/geometry_1/translation"),
                                        ("instrument_1/detector_1", "translation", "sample_1/geometry_1/translation")):
                e.require_group(group)[name] = h5py.SoftLink("/entry_1/" + target)
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
                    self.said.append(["mask"])
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
                g["positions"] = np.stack([self.y, self.x], 1)[block]
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
            f["probe_position_indexes"], f["probe_position_x_m"], f["probe_position_y_m"] = order + first, self.x[order], self.y[order]
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
        self.hot = False  # there is no mask beside an array
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
