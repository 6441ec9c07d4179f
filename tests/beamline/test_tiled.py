"""The bridge to Tiled, against a real server."""
from __future__ import annotations

import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import eventually, free_ports
from simulated import Camera

from ptero_client.tiled import Bridge, TiledCatalogue, watch


class Server:
    """`tiled serve`, with one key; started again with another where asked."""

    def __init__(self, folder: Path, readable: Path) -> None:
        self.port, = free_ports(1)
        self.folder, self.readable = folder, readable
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, key: str) -> None:
        self.stop()
        store = self.folder / "tiled"
        store.mkdir(exist_ok=True)
        with open(self.folder / "tiled.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tiled", "serve", "catalog", str(store / "catalog.db"), "--init",
                 "--write", str(store), "--read", str(self.readable), "--api-key", key, "--port", str(self.port)],
                stdout=log, stderr=log)

        def answers() -> bool:
            with urllib.request.urlopen(self.uri + "/healthz", timeout=2) as answer:
                return answer.status == 200

        assert eventually(answers), (self.folder / "tiled.log").read_text()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()


@pytest.fixture
def server(tmp_path):
    one = Server(tmp_path, tmp_path)
    yield one
    one.stop()


class Watching:
    def __init__(self, bridge, ptero):
        self.stop = threading.Event()
        self.thread = threading.Thread(target=watch, args=(bridge, ptero.events, self.stop), daemon=True)
        self.thread.start()

    def end(self):
        self.stop.set()
        self.thread.join()


def scan(ptero, camera: Camera, uid: str, **keys) -> None:
    camera.arm(uid, frames=144, **keys)
    camera.raster(12, 12, 0.25e-6)
    camera.detector.end()


SERVICES = dict(classifier="select_all = true", reconstructor="defocus_m = 355e-6\nepochs = 5\npattern = 16")


def test_a_series_is_in_the_catalogue_under_its_run_and_equals_the_files(start_ptero, server, tmp_path):
    from tiled.client import from_uri

    ptero = start_ptero(**SERVICES)
    server.start("first")
    key = ["first"]
    camera = Camera(ptero.tcp("detector"))
    with Bridge(TiledCatalogue(server.uri, lambda: key[0]), ptero.out, retry_s=0.05) as bridge:
        watching = Watching(bridge, ptero)
        scan(ptero, camera, "series-1", detector='{"run_uid": "run-1"}')
        folder = ptero.out / "series-1"
        assert eventually(lambda: bridge.pending() == 0 and "product" in from_uri(server.uri, api_key="first")["run-1"],
                          300), bridge.last_failure
        # The key is not good any more: what there is to write waits until there is another.
        server.start("second")
        key[0] = "second"
        scan(ptero, camera, "series-2")
        assert eventually(lambda: bridge.pending() == 0 and "product" in from_uri(server.uri, api_key="second")["series-2"],
                          300), bridge.last_failure
        watching.end()
    client = from_uri(server.uri, api_key="second")
    run = client["run-1"]
    assert run.metadata["series_uid"] == "series-1" and run.metadata["ended"]
    assert sum(run.metadata["ledger"].values()) == 144
    assert "iterations" in run.metadata["report_reconstructor"]["reconstruction"]
    with h5py.File(folder / "raw.h5") as raw:
        frames = raw["entry_1/instrument_1/detector_1/data"][()]
    np.testing.assert_array_equal(run["raw/entry_1/instrument_1/detector_1/data"][:], frames)
    with h5py.File(folder / "product.h5") as product:
        image = product["object"][()]
    np.testing.assert_array_equal(run["product/object"][:], image)
    assert run["phase"].metadata["frames_used"] == 144 and run["phase"].metadata["unit"] == "rad"
    region = run["region"].read()
    assert list(region["frame"]) == list(range(144)) and (region["label"] == 2).all()
    camera.detector.close()


class Stuck:
    """A catalogue that answers nothing until it is let go."""

    def __init__(self):
        self.go, self.asked, self.calls = threading.Event(), threading.Event(), []

    def _call(self, kind, run, key):
        self.asked.set()
        assert self.go.wait(300)
        self.calls.append((kind, run, key))

    def begin(self, run, metadata):
        self._call("begin", run, metadata.get("ended"))

    def picture(self, run, key, values, metadata):
        self._call("picture", run, key)

    def table(self, run, key, columns):
        self._call("table", run, key)

    def file(self, run, key, path, metadata):
        self._call("file", run, key)


def test_a_catalogue_that_does_not_answer_holds_up_no_scan(start_ptero):
    """The catalogue hangs from the first call on; two scans run to their ends meanwhile, and then all is written."""
    ptero = start_ptero(**SERVICES)
    stuck = Stuck()
    camera = Camera(ptero.tcp("detector"))
    with Bridge(stuck, ptero.out) as bridge:
        watching = Watching(bridge, ptero)
        for uid in ("one", "two"):
            scan(ptero, camera, uid)
            assert eventually(lambda u=uid: (ptero.out / u / "product.h5").exists(), 300)
            assert eventually(lambda u=uid: (u, "file product") in bridge._todo, 300)
        assert stuck.asked.is_set() and stuck.calls == [] and bridge.replaced > 0
        assert bridge.pending() <= 2 * 7  # of each series: metadata, three pictures, region, two files
        stuck.go.set()
        assert eventually(lambda: bridge.pending() == 0)
        watching.end()
    for uid in ("one", "two"):
        assert ("begin", uid, True) in stuck.calls
        assert {key for kind, run, key in stuck.calls if run == uid and kind != "begin"} == {
            "phase", "coverage", "amplitude", "region", "raw", "product"}
    camera.detector.close()


def test_a_series_gets_its_run_although_the_raw_file_comes_after_its_first_events(tmp_path):
    from ptero_client import Event

    catalogue = Stuck()
    catalogue.go.set()
    ledger = Event("ledger", {"v": 1, "series_uid": "s", "counts": {"received": 3}})
    with Bridge(catalogue, tmp_path) as bridge:
        bridge.take(ledger)  # no raw file yet
        (tmp_path / "s").mkdir()
        (tmp_path / "s/raw.h5").write_bytes(b"not all of it is there yet")
        bridge.take(ledger)
        assert bridge.pending() == 0 and catalogue.calls == []
        with h5py.File(tmp_path / "s/raw.h5", "w") as raw:
            raw["entry_1/ptero_1/detector_header"] = '{"run_uid": "run-7"}'
        header = {"v": 1, "series_uid": "s", "shape": [2, 2], "iteration": 1, "frames_used": 4, "last_frame": 3}
        bridge.take(Event("snapshot", header, (b"\0" * 16,)))
        assert eventually(lambda: bridge.pending() == 0)
        # One that ends without a raw file goes by its own name.
        bridge.take(Event("report.ingest", {"v": 1, "series_uid": "t", "json": "{}"}))
        assert eventually(lambda: bridge.pending() == 0)
    assert {(kind, run) for kind, run, _ in catalogue.calls} == {("begin", "run-7"), ("picture", "run-7"), ("begin", "t")}


def test_what_the_catalogue_refuses_is_tried_again_and_holds_up_nothing_else():
    class Refuses(Stuck):
        def picture(self, run, key, values, metadata):
            if len(self.calls) < 3:
                raise OSError("the catalogue has no room")
            super().picture(run, key, values, metadata)

    from ptero_client import Event

    catalogue = Refuses()
    catalogue.go.set()
    bridge = Bridge(catalogue, retry_s=0.01)
    header = {"v": 1, "series_uid": "s", "shape": [2, 2], "iteration": 1, "frames_used": 4, "last_frame": 3}
    bridge.take(Event("snapshot", header, (b"\0" * 16,)))
    assert eventually(lambda: bridge.failed > 1)
    assert "no room" in bridge.last_failure
    for _ in range(3):
        bridge.take(Event("ledger", {"v": 1, "series_uid": "s", "counts": {}}))
        assert eventually(lambda: not any(key == "metadata" for _, key in bridge._todo))
    assert eventually(lambda: bridge.pending() == 0)
    assert ("picture", "s", "phase") in catalogue.calls
    assert bridge.close()
