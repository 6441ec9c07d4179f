"""What ptero says as EPICS PVs, by PVAccess: numbers and texts as normative types, pictures as NTNDArray.

    ptero-epics PTERO: --events tcp://127.0.0.1:5575 tcp://127.0.0.1:5576 tcp://127.0.0.1:5577 \
        --control tcp://127.0.0.1:5574

A PV keeps its last value, as an event does. `PREFIX ADVICE:ACCEPT` and `:REJECT` are written with the id of the advice;
what the service answers stands in `:ADVICE:ANSWER`, and a refusal fails the put with the service's sentence. Needs p4p
and numpy.
"""
from __future__ import annotations

import argparse
import contextlib
import math
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from p4p.nt import NTNDArray, NTScalar
from p4p.server import Server
from p4p.server.thread import SharedPV

from .control import Control, ControlRefused
from .events import Event, Events

LEDGER = ("expected", "missing", "not_taken", "corrupt", "unpositioned", "excluded", "pending", "background",
          "selected")
# name: (type code of NTScalar, unit, meaning)
SCALARS: dict[str, tuple[str, str, str]] = {
    "SERIES": ("s", "", "uid of the series"),
    "STATE": ("s", "", "waiting, recording or ended"),
    **{f"LEDGER:{state.upper()}": ("l", "frames", f"frames in the state {state}") for state in LEDGER},
    "ROI:REVISION": ("l", "", "of the region of interest"),
    "ROI:SELECTED": ("l", "frames", "in the region of interest"),
    "ROI:LABELLED": ("l", "frames", "that have a label"),
    "IMAGE:FRAMES": ("l", "frames", "in the image"),
    "IMAGE:ITERATION": ("l", "", "passes over all frames"),
    "IMAGE:ERROR": ("d", "", "amplitude error; NaN: diverged or not known"),
    "IMAGE:CONVERGED": ("?", "", "more iterations change nothing"),
    "IMAGE:AGE": ("d", "s", "since the newest frame in the image arrived, growing until the next image"),
    "IMAGE:PIXEL": ("d", "m", "of the image; 0: not known"),
    "VERDICT": ("s", "", "what the reconstruction says of its image"),
    "ALARMS": ("as", "", "sentences of all alarms that are active, of all services"),
    "ADVICE:ID": ("l", "", "of the advice; 0: there is none"),
    "ADVICE:STANDING": ("s", "", "none, proposed or accepted"),
    "ADVICE:ACTION": ("s", "", "measure or stop"),
    "ADVICE:EXPIRES": ("d", "s", "left until the advice must not be followed any more, when it was posted"),
    "ADVICE:X": ("ad", "m", "where to measure, in this order: along columns"),
    "ADVICE:Y": ("ad", "m", "where to measure, in this order: along rows, down"),
    "ADVICE:ANSWER": ("s", "", "what the service said to the last ACCEPT or REJECT"),
}
PICTURES = {"PHASE": "rad", "AMPLITUDE": "", "COVERAGE": "", "FRAME": "log counts, 0 to 254; 255: masked",
            "PROBE": "modulus of the strongest mode"}
_DEFAULTS: dict[str, Any] = {"s": "", "l": 0, "d": math.nan, "?": False, "as": [], "ad": np.zeros(0)}


class Records:
    """The PVs and the last values of them. Thread safe as SharedPV is."""

    def __init__(self, prefix: str, ask: Callable[[str, int], str] | None = None) -> None:
        """prefix: in front of every name, such as "PTERO:". ask: says accept_advice or reject_advice with an id to the
        service and returns its answer; raises ControlRefused. Without it the two PVs are not there."""
        self.pvs: dict[str, SharedPV] = {}
        self._types: dict[str, str] = {}
        for name, (code, unit, meaning) in SCALARS.items():
            display = code in ("l", "d")
            pv = SharedPV(nt=NTScalar(code, display=display),
                          initial={"value": _DEFAULTS[code],
                                   **({"display": {"units": unit, "description": meaning}} if display else {})})
            self.pvs[prefix + name], self._types[name] = pv, code
        for name, unit in PICTURES.items():
            empty = np.zeros((1, 1), np.float32).view(NTNDArray.ntndarray)
            empty.attrib = {"unit": unit}
            self.pvs[prefix + name] = SharedPV(nt=NTNDArray(), initial=empty)
        self._prefix = prefix
        if ask is not None:
            for name, action in (("ACCEPT", "accept_advice"), ("REJECT", "reject_advice")):
                self._writable(f"ADVICE:{name}", action, ask)
        self._alarms: dict[str, list[str]] = {}
        self._newest_in_image: float | None = None

    def _writable(self, name: str, action: str, ask: Callable[[str, int], str]) -> None:
        pv = SharedPV(nt=NTScalar("l"), initial=0)

        @pv.put  # type: ignore[untyped-decorator]
        def on_put(pv: Any, operation: Any) -> None:
            try:
                answer = ask(action, int(operation.value()))
            except (ControlRefused, TimeoutError) as refusal:
                self.post("ADVICE:ANSWER", f"refused: {refusal}")
                operation.done(error=str(refusal))
                return
            self.post("ADVICE:ANSWER", answer)
            pv.post(operation.value())
            operation.done()

        self.pvs[self._prefix + name] = pv

    def post(self, name: str, value: Any) -> None:
        """A new value of a scalar or array."""
        self.pvs[self._prefix + name].post(value, timestamp=time.time())

    def picture(self, name: str, values: np.ndarray[Any, Any], **attributes: Any) -> None:
        """A new picture, (rows, cols)."""
        array = np.ascontiguousarray(values).view(NTNDArray.ntndarray)
        array.attrib = {"unit": PICTURES[name], **attributes}
        self.pvs[self._prefix + name].post(array, timestamp=time.time())

    def take(self, event: Event) -> None:
        """What an event changes."""
        kind = event.topic.split(".")[0]
        handlers: dict[str, Callable[[Event], None]] = {
            "ledger": self._take_ledger, "roi": self._take_roi, "snapshot": self._take_snapshot,
            "probe": self._take_probe, "frame": self._take_frame, "alarms": self._take_alarms,
            "reconstruction": self._take_reconstruction, "advice": self._take_advice}
        if handler := handlers.get(kind):
            handler(event)

    def tick(self) -> None:
        """The age of the image grows while there is no other."""
        if self._newest_in_image is not None:
            self.post("IMAGE:AGE", time.monotonic() - self._newest_in_image)

    def _take_ledger(self, event: Event) -> None:
        counts = event.header["counts"]
        self.post("SERIES", event.header["series_uid"])
        self.post("STATE", "ended" if event.header.get("ended") else "recording")
        for state in LEDGER:
            self.post(f"LEDGER:{state.upper()}", int(counts.get(state, 0)))

    def _take_roi(self, event: Event) -> None:
        for key in ("revision", "selected", "labelled"):
            self.post(f"ROI:{key.upper()}", int(event.header[key]))

    def _take_snapshot(self, event: Event) -> None:
        header = event.header
        self.post("IMAGE:FRAMES", int(header["frames_used"]))
        self.post("IMAGE:ITERATION", int(header["iteration"]))
        self.post("IMAGE:ERROR", float(header.get("amplitude_error", math.nan)))
        self.post("IMAGE:CONVERGED", bool(header.get("converged", False)))
        self.post("IMAGE:PIXEL", float(header.get("pixel_m", 0)))
        if (age_ms := header.get("age_ms")) is not None:
            self._newest_in_image = time.monotonic() - float(age_ms) * 1e-3
            self.tick()
        for name, picture in zip(("PHASE", "COVERAGE", "AMPLITUDE"), event.pictures(), strict=False):
            self.picture(name, np.frombuffer(picture.data, "<f4").reshape(picture.shape),
                         pixel_m=float(header.get("pixel_m", 0)), series_uid=str(header["series_uid"]))

    def _take_probe(self, event: Event) -> None:
        rows, cols = event.header["shape"]
        modes = np.frombuffer(event.parts[0], "<c8").reshape(-1, rows, cols)
        self.picture("PROBE", np.abs(modes[0]).astype(np.float32), series_uid=str(event.header["series_uid"]))

    def _take_frame(self, event: Event) -> None:
        rows, cols = event.header["shape"]
        self.picture("FRAME", np.frombuffer(event.parts[0], "u1").reshape(rows, cols),
                     frame=int(event.header["frame"]), series_uid=str(event.header["series_uid"]))

    def _take_alarms(self, event: Event) -> None:
        self._alarms[event.header["service"]] = [alarm["sentence"] for alarm in event.header["alarms"]]
        self.post("ALARMS", [sentence for of_service in self._alarms.values() for sentence in of_service])

    def _take_reconstruction(self, event: Event) -> None:
        if "verdict" in event.header:
            self.post("VERDICT", str(event.header["verdict"]))

    def _take_advice(self, event: Event) -> None:
        advice = event.advice()
        self.post("ADVICE:ID", advice.id)
        self.post("ADVICE:STANDING", advice.standing)
        self.post("ADVICE:ACTION", advice.action if advice.standing != "none" else "")
        self.post("ADVICE:EXPIRES", max(advice.followed_until_s - time.monotonic(), 0.0))
        self.post("ADVICE:X", np.array([x for x, _ in advice.points], float))
        self.post("ADVICE:Y", np.array([y for _, y in advice.points], float))


class Gateway:
    """Serves the PVs of one ptero. A thread takes events; PVAccess has its own."""

    def __init__(self, prefix: str, events: Sequence[str], control: str | None = None,
                 conf: dict[str, str] | None = None, **keys: Any) -> None:
        """events: endpoints of the services. control: of the classifier; without it advice can be read only.
        conf: of p4p.server.Server; default: the environment's EPICS_PVAS_... keys: of CURVE, as Events takes them."""
        self._events, self._control, self._keys = list(events), control, keys
        self.records = Records(prefix, self._ask if control else None)
        self._server = Server(providers=[self.records.pvs], **({"conf": conf, "useenv": False} if conf else {}))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="ptero-epics")
        self._thread.start()

    def conf(self) -> dict[str, str]:
        """Where the server listens, as p4p.client.thread.Context takes it."""
        served: dict[str, str] = self._server.conf()
        return served

    def _ask(self, action: str, advice: int) -> str:
        assert self._control is not None
        with Control(self._control, by="epics", **self._keys) as control:
            return control.ask(action, advice=advice)

    def _listen(self) -> None:
        with Events(*self._events, **self._keys) as events:
            while not self._stop.is_set():
                if event := events.next(0.25):
                    self.records.take(event)
                else:
                    self.records.tick()

    def close(self) -> None:
        """Ends the server."""
        self._stop.set()
        self._thread.join()
        self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def main() -> int:
    """The command ptero-epics."""
    parser = argparse.ArgumentParser(prog="ptero-epics", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prefix", help='in front of every PV, such as "PTERO:"')
    parser.add_argument("--events", nargs="+", required=True, help="endpoints of the services' events")
    parser.add_argument("--control", help="control socket of the classifier; without it advice can be read only")
    parser.add_argument("--list", action="store_true", help="print the PVs and end")
    given = parser.parse_args()
    if given.list:
        for name, (_, unit, meaning) in SCALARS.items():
            print(f"{given.prefix}{name}\t{unit}\t{meaning}")
        for name, unit in PICTURES.items():
            print(f"{given.prefix}{name}\t{unit}\tpicture")
        return 0
    with Gateway(given.prefix, given.events, given.control), contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
