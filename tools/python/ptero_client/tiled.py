"""Registers what ptero makes in Tiled: one container a series, growing pictures while it runs, files at its end.

    ptero-tiled http://127.0.0.1:8000 --events tcp://127.0.0.1:5575 tcp://127.0.0.1:5576 tcp://127.0.0.1:5577 \
        --folder /data/ptero --api-key-file /etc/ptero/tiled.key

The key of the container is the uid of the run, where the detector's header says one (`run_uid`), else that of the
series. The loop that takes events never waits for the catalogue: what there is to write stands in a list that keeps
the newest of each, and a thread works it off. A catalogue that is slow skips pictures; one that is away is tried again
and misses nothing but pictures. Files are registered where they lie, not copied: the server has to be able to read
the folder. Needs tiled[client], numpy and h5py.
"""
from __future__ import annotations

import argparse
import collections
import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from .events import Event, Events

FILES = {"raw.h5": "raw", "product.h5": "product"}  # in the folder of a series: key in the container
_SNAPSHOT_KEYS = ("iteration", "frames_used", "last_frame", "amplitude_error", "pixel_m", "centre", "converged")
_PROVENANCE = ("versions", "options", "roi", "reconstruction", "ledger", "warnings")


class Catalogue(Protocol):
    """What the bridge needs of a catalogue. Every call may take as long as it likes, and may raise: it is tried
    again. `run` is the key of a container; all calls can be repeated."""

    def begin(self, run: str, metadata: Mapping[str, Any]) -> None:
        """There is a container `run`, and its metadata contain these."""

    def picture(self, run: str, key: str, values: np.ndarray[Any, Any], metadata: Mapping[str, Any]) -> None:
        """The array `key` in it has these values."""

    def table(self, run: str, key: str, columns: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """The table `key` in it has these columns."""

    def file(self, run: str, key: str, path: Path, metadata: Mapping[str, Any]) -> None:
        """The HDF5 file at `path` is in it as `key`."""


class TiledCatalogue:
    """A Tiled server."""

    def __init__(self, uri: str, api_key: Callable[[], str | None] = lambda: None) -> None:
        """api_key: is asked again whenever the server refuses the last one (401), for keys and tokens that expire."""
        self._uri, self._api_key = uri, api_key
        self._client: Any = None

    def _container(self, run: str) -> Any:
        if self._client is None:
            from tiled.client import from_uri

            self._client = from_uri(self._uri, api_key=self._api_key())
        return self._client[run]

    def forget_connection(self) -> None:
        """The next call connects, and asks for the key, anew."""
        self._client = None

    def begin(self, run: str, metadata: Mapping[str, Any]) -> None:
        try:
            self._container(run).update_metadata(dict(metadata))
        except KeyError:
            self._client.create_container(run, metadata=dict(metadata))

    def picture(self, run: str, key: str, values: np.ndarray[Any, Any], metadata: Mapping[str, Any]) -> None:
        container = self._container(run)
        if key in container:
            array = container[key]
            if tuple(array.shape) == values.shape and array.dtype == values.dtype:
                array.write(values)
                array.update_metadata(dict(metadata))
                return
            container.delete_contents([key], external_only=False)  # the picture has grown: another array
        container.write_array(values, key=key, metadata=dict(metadata))

    def table(self, run: str, key: str, columns: Mapping[str, np.ndarray[Any, Any]]) -> None:
        container = self._container(run)
        if key in container:
            container.delete_contents([key], external_only=False)
        container.write_table({name: np.asarray(column) for name, column in columns.items()}, key=key)

    def file(self, run: str, key: str, path: Path, metadata: Mapping[str, Any]) -> None:
        from tiled.structures.core import StructureFamily
        from tiled.structures.data_source import Asset, DataSource, Management

        container = self._container(run)
        if key in container:
            container[key].update_metadata(dict(metadata))
            return
        asset = Asset(data_uri=path.resolve().as_uri().replace("file://", "file://localhost"), is_directory=False,
                      parameter="data_uris", num=0)
        source = DataSource(structure_family=StructureFamily.container, structure=None, mimetype="application/x-hdf5",
                            management=Management.external, assets=[asset])
        container.new(structure_family=StructureFamily.container, data_sources=[source], key=key,
                      metadata=dict(metadata))


class Bridge:
    """From events to a catalogue. `take` returns at once; a thread of its own writes."""

    def __init__(self, catalogue: Catalogue, folder: Path | None = None, retry_s: float = 2.0) -> None:
        """folder: where the services write, as this machine sees it; without it no file is registered."""
        self._catalogue, self._folder, self._retry_s = catalogue, folder, retry_s
        self._todo: collections.OrderedDict[tuple[str, str], Callable[[], None]] = collections.OrderedDict()
        self._changed = threading.Condition()
        self._closing = False
        self._runs: dict[str, str] = {}  # of a series: key of its container
        self._held: dict[str, dict[str, Event]] = {}  # of a series, the newest of each kind while that is not known
        self._metadata: dict[str, dict[str, Any]] = {}  # of a run, all that is known
        self.written, self.replaced, self.failed = 0, 0, 0
        self.last_failure = ""
        self._thread = threading.Thread(target=self._work, name="ptero-tiled")
        self._thread.start()

    def pending(self) -> int:
        """What is still to be written."""
        with self._changed:
            return len(self._todo)

    def take(self, event: Event) -> None:
        """What an event means for the catalogue; never waits for it."""
        kind = event.topic.split(".")[0]
        series = event.header.get("series_uid")
        if series is None or kind not in ("ledger", "snapshot", "map", "report"):
            return
        held = self._held.setdefault(series, {})
        held[event.topic] = event
        run = self._runs.get(series) or self._run_of(series, ended=kind == "report")
        if run is None:
            return
        if series not in self._runs:
            self._runs[series] = run
            self._put(run, {"series_uid": series, "began_unix_s": time.time()})
        for one in self._held.pop(series).values():
            self._register(run, series, one)

    def _register(self, run: str, series: str, event: Event) -> None:
        kind = event.topic.split(".")[0]
        if kind == "ledger":
            counts = {name: int(count) for name, count in event.header["counts"].items()}
            ended = bool(event.header.get("ended", False)) or self._metadata[run].get("ended", False)
            self._put(run, {"ledger": counts, "ended": ended})
        elif kind == "snapshot":
            self._pictures(run, event)
        elif kind == "map":
            self._region(run, event)
        else:
            self._report(run, series, event)

    def _run_of(self, series: str, ended: bool) -> str | None:
        """The uid of the run in the detector's header, else that of the series; None while that cannot be told yet:
        the header is in the raw file, which is made some time after a series began."""
        if self._folder is None:
            return series
        import h5py

        try:
            with h5py.File(self._folder / series / "raw.h5", "r", swmr=True) as raw:
                header = raw["entry_1/ptero_1/detector_header"].asstr()[()]
        except (OSError, KeyError):
            return series if ended else None
        try:
            return str(json.loads(header)["run_uid"])
        except (KeyError, ValueError, TypeError):
            return series

    def _put(self, run: str, metadata: Mapping[str, Any]) -> None:
        known = self._metadata[run] = {**self._metadata.get(run, {}), **metadata}
        self._later((run, "metadata"), lambda: self._catalogue.begin(run, known))

    def _pictures(self, run: str, event: Event) -> None:
        header = event.header
        known: dict[str, Any] = {name: header[name] for name in _SNAPSHOT_KEYS if name in header}
        for key, picture in zip(("phase", "coverage", "amplitude"), event.pictures(), strict=False):
            values = np.frombuffer(picture.data, "<f4").reshape(picture.shape)
            unit: dict[str, Any] = {"unit": "rad"} if key == "phase" else {}
            self._later((run, key), lambda key=key, values=values, unit=unit:  # type: ignore[misc]
                        self._catalogue.picture(run, key, values, {**known, **unit}))

    def _region(self, run: str, event: Event) -> None:
        frame, x, y, total, com_x, com_y, label, confidence = event.parts
        columns = {"frame": np.frombuffer(frame, "<u4"), "x_m": np.frombuffer(x, "<f4"),
                   "y_m": np.frombuffer(y, "<f4"), "total": np.frombuffer(total, "<f4"),
                   "com_x": np.frombuffer(com_x, "<f4"), "com_y": np.frombuffer(com_y, "<f4"),
                   "label": np.frombuffer(label, "u1"), "confidence": np.frombuffer(confidence, "u1")}
        self._later((run, "region"), lambda: self._catalogue.table(run, "region", columns))

    def _report(self, run: str, series: str, event: Event) -> None:
        service = event.topic.partition(".")[2] or "service"
        part = json.loads(event.header["json"])
        provenance = {name: part[name] for name in _PROVENANCE if name in part}
        # The last ledger of a series may give way to that of the next before anybody reads it.
        self._put(run, {"report_" + service: provenance, "ended": True})
        if self._folder is None:
            return
        for name, key in FILES.items():
            path = self._folder / series / name
            if path.exists():
                self._later((run, "file " + key), lambda key=key, path=path:  # type: ignore[misc]
                            self._catalogue.file(run, key, path, {"series_uid": series}))

    def _later(self, key: tuple[str, str], job: Callable[[], None]) -> None:
        with self._changed:
            self.replaced += key in self._todo
            self._todo[key] = job  # in its place: an older one of the same key was never written
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._todo or self._closing)
                if not self._todo:
                    return
                key, job = next(iter(self._todo.items()))
            try:
                job()
            except Exception as failure:
                self.failed += 1
                self.last_failure = f"{key[1]} of {key[0]}: {failure}"
                if forget := getattr(self._catalogue, "forget_connection", None):
                    forget()
                with self._changed:
                    if self._closing:
                        return
                    if key in self._todo:
                        self._todo.move_to_end(key)  # what cannot be written holds up nothing else
                    self._changed.wait(self._retry_s)
                continue
            with self._changed:
                self.written += 1
                if self._todo.get(key) is job:
                    del self._todo[key]

    def close(self, wait_s: float = 30.0) -> bool:
        """Writes what is left, and ends. False where it took longer and something was given up."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(wait_s)
        return not self._thread.is_alive() and not self._todo

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def watch(bridge: Bridge, endpoints: Sequence[str], stop: threading.Event, **keys: Any) -> None:
    """Feeds the bridge with the events of the services until `stop` is set."""
    with Events(*endpoints, topics=("ledger", "snapshot", "map", "report."), **keys) as events:
        while not stop.is_set():
            if event := events.next(0.25):
                bridge.take(event)


def main() -> int:
    """The command ptero-tiled."""
    parser = argparse.ArgumentParser(prog="ptero-tiled", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uri", help="of the Tiled server or of a container in it")
    parser.add_argument("--events", nargs="+", required=True, help="endpoints of the services' events")
    parser.add_argument("--folder", type=Path, help="`out` of the services, as this machine and the server see it")
    parser.add_argument("--api-key-file", type=Path, help="read again whenever the server refuses the last key")
    given = parser.parse_args()
    key_file: Path | None = given.api_key_file
    catalogue = TiledCatalogue(given.uri, (lambda: key_file.read_text().strip()) if key_file else lambda: None)
    told = 0
    with Bridge(catalogue, given.folder) as bridge, contextlib.suppress(KeyboardInterrupt):
        stop = threading.Event()
        listener = threading.Thread(target=watch, args=(bridge, given.events, stop), daemon=True)
        listener.start()
        while listener.is_alive():
            listener.join(2.0)
            if bridge.failed > told:
                told = bridge.failed
                print(f"ptero-tiled: {bridge.last_failure} (tried again; {bridge.pending()} wait)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
