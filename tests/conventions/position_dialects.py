"""Positions inside a file of frames, or in a file of their own, in what text tables and arrays look like."""

import h5py
import numpy as np

from case_parts import LENGTHS, Case
from physical_scan import COLS, N, ROWS


class Places(Case):
    def axes(self, option=True):
        """The two columns as recorded, and what tells how."""
        a, b = self.x.copy(), self.y.copy()
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
            self.said.append(["cubits"])
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
            self.said.append(["position"])
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
        a, b = self.x / factor, self.y / factor
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
            self.said.append(["columns"])
        if not (names and "UNIT" in names):
            self.options["position_unit"] = unit
        if skip is not None:
            self.expect["unplaced"] = [int(skip)]
        self.options["positions"] = self.path(name)
        self.tags.append(f"{encoding} {sep!r} {decimal} {names} index {index} from {first} fortran {fortran}")

    tail = False

    def places(self, group=None, name=None):
        self.tail = self.chance(0.2)
        if group is not None and self.chance(0.5):
            self.positions_inside(group, name)
        else:
            self.positions_apart()
