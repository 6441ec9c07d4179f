"""Runs of a real RunEngine: ptero's files are the run's, and a scan follows ptero's advice."""
from __future__ import annotations

import asyncio
import itertools
import threading
import time
from pathlib import Path
from urllib.parse import urlparse

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import h5py
import numpy as np
import pytest
from bluesky import RunEngine
from event_model import DocumentNames, schema_validators
from ophyd_async.core import AsyncStatus, DetectorTrigger, StandardReadable, TriggerInfo, soft_signal_rw
from simulated import BOUNDS_M, FINEST_M, PARTICLES, STEERING, Camera

from ptero_client.bluesky import PteroAdvice, PteroProduct, PteroRaw, advised_scan


class Documents:
    """What a RunEngine emits, each held to the schema of event-model as it comes."""

    def __init__(self):
        self.all = []

    def __call__(self, name, document):
        schema_validators[DocumentNames[name]].validate(document)
        self.all.append((name, document))

    def of(self, name):
        return [document for kind, document in self.all if kind == name]


@pytest.fixture
def engine():
    run_engine = RunEngine({}, context_managers=[])
    documents = Documents()
    run_engine.subscribe(documents)
    yield run_engine, documents
    run_engine.loop.call_soon_threadsafe(run_engine.loop.stop)


class Stage(StandardReadable):
    """A motor that arrives at once; positions in um."""

    def __init__(self, name: str) -> None:
        with self.add_children_as_readables():
            self.position = soft_signal_rw(float, units="um")
        super().__init__(name=name)

    @AsyncStatus.wrap
    async def set(self, value: float) -> None:
        await self.position.set(value)


class TriggeredCamera(StandardReadable):
    """A step-scan detector that sends a frame of where the stages are."""

    def __init__(self, camera: Camera, uid: str, x: Stage, y: Stage) -> None:
        self._camera, self._uid, self._x, self._y = camera, uid, x, y
        with self.add_children_as_readables():
            self.exposures = soft_signal_rw(int)
        super().__init__(name="camera")

    @AsyncStatus.wrap
    async def stage(self) -> None:
        self._camera.arm(self._uid)

    @AsyncStatus.wrap
    async def trigger(self) -> None:
        x, y = await asyncio.gather(self._x.position.get_value(), self._y.position.get_value())
        self._camera.expose(x * 1e-6, y * 1e-6)
        await self.exposures.set(len(self._camera.places))

    @AsyncStatus.wrap
    async def unstage(self) -> None:
        self._camera.detector.end()


def path_of(resource: dict) -> Path:
    return Path(urlparse(resource["uri"]).path)


def test_a_fly_scan_has_the_raw_file_and_the_image_as_its_own(start_ptero, engine):
    run_engine, documents = engine
    ptero = start_ptero(classifier="select_all = true", reconstructor="defocus_m = 355e-6\nepochs = 5\npattern = 16")
    camera = Camera(ptero.tcp("detector"))
    raw = PteroRaw(ptero.events, ptero.out, (16, 16), "<u2", timeout_s=120)
    image = PteroProduct(raw, ptero.out, timeout_s=300)
    rows, cols = 12, 12

    def fly():
        @bpp.stage_decorator([raw, image])
        @bpp.run_decorator()
        def run():
            camera.arm("fly-scan", frames=rows * cols)
            yield from bps.prepare(raw, TriggerInfo(trigger=DetectorTrigger.EXTERNAL_EDGE, number_of_events=rows * cols,
                                                    exposure_timeout=120), wait=True)
            yield from bps.declare_stream(raw, name="frames", collect=True)
            yield from bps.kickoff(raw, wait=True)
            sending = threading.Thread(target=lambda: (camera.raster(rows, cols, 0.25e-6), camera.detector.end()))
            sending.start()
            yield from bps.collect_while_completing([raw], [raw], flush_period=0.1, stream_name="frames")
            sending.join()
            yield from bps.trigger_and_read([image], name="image")

        yield from run()

    run_engine(fly())
    assert raw.series_uid == "fly-scan"
    resources = {resource["data_key"]: resource for resource in documents.of("stream_resource")}
    frames = [datum for datum in documents.of("stream_datum") if datum["stream_resource"] == resources["ptero"]["uid"]]
    assert frames[0]["indices"]["start"] == 0 and frames[-1]["indices"]["stop"] == rows * cols
    for before, after in itertools.pairwise(frames):
        assert before["indices"]["stop"] == after["indices"]["start"]
    key = next(d for d in documents.of("descriptor") if "ptero" in d["data_keys"])["data_keys"]["ptero"]
    with h5py.File(path_of(resources["ptero"])) as file:
        data = file[resources["ptero"]["parameters"]["dataset"]]
        assert list(data.shape) == [rows * cols, *key["shape"][1:]] and data.dtype.str == key["dtype_numpy"]
        assert file["entry_1/ptero_1/frame_arrived"][:].all()
        places = file["entry_1/data_1/translation"][:, :2]
    np.testing.assert_allclose(places, camera.places)
    with h5py.File(path_of(resources["ptero_image"])) as file:
        shape = file[resources["ptero_image"]["parameters"]["dataset"]].shape
    described = next(d for d in documents.of("descriptor") if "ptero_image" in d["data_keys"])
    assert described["name"] == "image" and described["data_keys"]["ptero_image"]["shape"] == [1, *shape]


def test_a_series_that_never_begins_fails_the_run_with_a_sentence(start_ptero, engine):
    run_engine, _ = engine
    ptero = start_ptero()
    raw = PteroRaw(ptero.events, ptero.out, timeout_s=1)

    def fly():
        yield from bps.stage(raw)
        yield from bps.prepare(raw, TriggerInfo(), wait=True)

    with pytest.raises(Exception) as failed:
        run_engine(fly())
    assert "no series began" in str(failed.value.__cause__ or failed.value)


def test_an_advised_scan_ends_by_itself_and_finds_both_particles(start_ptero, engine):
    run_engine, documents = engine
    ptero = start_ptero(classifier=STEERING)
    camera = Camera(ptero.tcp("detector"))
    x, y = Stage("x"), Stage("y")
    eye = TriggeredCamera(camera, "advised", x, y)
    advice = PteroAdvice([ptero.tcp("classifier_events")], ptero.tcp("control"), unit_m=1e-6, patience_s=120,
                         series_uid="advised")
    run_engine(advised_scan([eye], x, y, advice))
    advice.close()
    assert documents.of("stop")[0]["exit_status"] == "success"
    left, top, right, bottom = BOUNDS_M
    uniform = (round((right - left) / FINEST_M) + 1) * (round((bottom - top) / FINEST_M) + 1)
    assert len(camera.places) == len(set(camera.places)) == len(documents.of("event")) < uniform / 2
    for px, py, radius in PARTICLES:
        assert sum((px - u) ** 2 + (py - v) ** 2 < radius**2 for u, v in camera.places) > 8


def test_the_optimizer_is_what_blop_and_bluesky_adaptive_ask_for():
    import blop.protocols
    import bluesky_adaptive.protocols

    advice = PteroAdvice(["tcp://127.0.0.1:9"], patience_s=0.05)
    for protocols in (blop.protocols, bluesky_adaptive.protocols):
        assert isinstance(advice, protocols.Optimizer)
        assert isinstance(advice, protocols.SupportsStoppingCriteria)
        assert isinstance(advice, protocols.TrialFaultAware)
    assert advice.should_stop() == (False, None)
    with pytest.raises(TimeoutError, match="is steering on"):
        advice.suggest()
    advice.close()


def test_suggestions_have_ids_expire_and_come_back_after_a_failure():
    import msgpack
    import zmq

    publisher = zmq.Context.instance().socket(zmq.XPUB)
    port = publisher.bind_to_random_port("tcp://127.0.0.1")
    advice = PteroAdvice([f"tcp://127.0.0.1:{port}"], unit_m=1e-6, patience_s=120)
    assert publisher.poll(60000)

    def say(**keys):
        points = np.array([[0, 0], [1e-6, 0], [0, 2e-6]]).ravel().astype("<f8").tobytes()
        header = {"v": 1, "type": "advice", "series_uid": "s", "standing": "accepted", "id": 7, "revision": 1,
                  "action": "measure", "issued": time.time_ns(), "expires": time.time_ns() + 3600 * 10**9,
                  "bounds": {"left": -1, "top": -1, "right": 1, "bottom": 1}, "points": points, **keys}
        publisher.send_multipart([b"advice", msgpack.packb(header)])

    say()
    first = advice.suggest(2)
    assert [point["_id"] for point in first] == [(7, 0), (7, 1)]
    assert [(point["x"], point["y"]) for point in first] == [(0, 0), (pytest.approx(1), 0)]
    assert all(map(advice.valid, first))
    last, = advice.suggest()
    advice.register_failures(first[1:])
    again, = advice.suggest()
    assert again["x"] == pytest.approx(1) and again["_id"] == (7, 3)
    advice.ingest([{**last, "counts": 5.0}])
    assert advice.get_best_points() == [((7, 2), {"x": 0, "y": pytest.approx(2)}, {"counts": 5.0})]
    say(standing="none")
    deadline = time.monotonic() + 60
    while advice.valid(again) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not advice.valid(again)
    say(id=9, action="stop", points=b"")
    while not advice.should_stop()[0] and time.monotonic() < deadline:
        advice.ready()
    assert advice.suggest() == [] and "nothing is left" in advice.should_stop()[1]
    advice.close()
    publisher.close()
