"""PVAccess both ways, against p4p's own client and server."""
from __future__ import annotations

import threading

import h5py
import numpy as np
import pytest
from conftest import eventually
from p4p.client.thread import Context, RemoteError
from p4p.nt import NTNDArray
from p4p.server import Server
from p4p.server.thread import SharedPV
from simulated import STEERING, Camera, pattern

from ptero_client import State
from ptero_client.epics import PICTURES, SCALARS, Gateway
from ptero_client.pva_source import PvaSource, UnusableArray, frame_of

LOOPBACK = {"EPICS_PVAS_INTF_ADDR_LIST": "127.0.0.1", "EPICS_PVAS_SERVER_PORT": "0", "EPICS_PVAS_BROADCAST_PORT": "0",
            "EPICS_PVA_AUTO_ADDR_LIST": "NO", "EPICS_PVA_ADDR_LIST": "127.0.0.1"}


def test_every_pv_is_read_and_the_pictures_are_those_of_the_files(start_ptero):
    ptero = start_ptero(classifier="select_all = true",
                        reconstructor="defocus_m = 355e-6\nepochs = 5\npattern = 16")
    camera = Camera(ptero.tcp("detector"))
    with Gateway("P:", ptero.events, conf=LOOPBACK) as gateway, Context("pva", conf=gateway.conf(), useenv=False) as client:
        camera.arm("epics", frames=144)
        camera.raster(12, 12, 0.25e-6)
        camera.detector.end()
        assert eventually(lambda: client.get("P:STATE") == "ended" and client.get("P:LEDGER:SELECTED") == 144, 300)
        assert eventually(lambda: client.get("P:IMAGE:FRAMES") == 144 and client.get("P:IMAGE:ITERATION") >= 5, 300)
        assert client.get("P:SERIES") == "epics"
        for name, (_, unit, _) in SCALARS.items():
            value = client.get("P:" + name)
            if unit and hasattr(value, "raw") and "display" in value.raw.keys():
                assert value.raw.display.units == unit
        assert client.get("P:IMAGE:FRAMES") == 144 and 0 < client.get("P:IMAGE:ERROR") < 1
        assert client.get("P:LEDGER:MISSING") == 0 and list(client.get("P:ALARMS")) == []
        first = float(client.get("P:IMAGE:AGE"))
        assert eventually(lambda: float(client.get("P:IMAGE:AGE")) > first)
        for name in PICTURES:
            assert eventually(lambda n=name: client.get("P:" + n).shape > (1, 1)), name
        phase = client.get("P:PHASE")
        assert phase.attrib["unit"] == "rad" and phase.attrib["series_uid"] == "epics"
        with h5py.File(ptero.out / "epics/product.h5") as product:
            assert phase.shape == np.squeeze(product["object"]).shape
    camera.detector.close()


def test_advice_is_accepted_and_refused_by_a_put(start_ptero):
    ptero = start_ptero(classifier=STEERING)
    camera = Camera(ptero.tcp("detector"))
    with Gateway("P:", ptero.events, ptero.tcp("control"), LOOPBACK) as gateway, \
            Context("pva", conf=gateway.conf(), useenv=False) as client:
        camera.arm("advised")
        assert eventually(lambda: client.get("P:ADVICE:STANDING") == "proposed")
        assert len(client.get("P:ADVICE:X")) == len(client.get("P:ADVICE:Y")) > 0
        client.put("P:ADVICE:ACCEPT", int(client.get("P:ADVICE:ID")))
        assert eventually(lambda: client.get("P:ADVICE:STANDING") == "accepted")
        with pytest.raises(RemoteError, match="unknown"):
            client.put("P:ADVICE:REJECT", 1)
        assert "unknown" in client.get("P:ADVICE:ANSWER")
    camera.detector.end()
    camera.detector.close()


def posted(values, unique_id, **attributes):
    array = np.ascontiguousarray(values).view(NTNDArray.ntndarray)
    array.attrib = attributes
    value = NTNDArray().wrap(array)
    value["uniqueId"] = unique_id
    return value


def sealed(path):
    with h5py.File(path, "r") as raw:
        return bool(raw["entry_1/ptero_1/sealed"][()])


def test_ten_thousand_frames_of_an_area_detector_are_recorded_with_their_positions(start_ptero):
    """A soft IOC posts NTNDArrays; what PVAccess itself overruns is absent by its id, and the ledger sums."""
    ptero = start_ptero(classifier="select_all = true", reconstructor="epochs = 1\npattern = 16")
    frames, first = 10_000, 4711
    random = np.random.default_rng(5)
    patterns = [pattern(x, 0.0, random) for x in np.linspace(-4e-6, 4e-6, 50)]
    pv = SharedPV(initial=posted(patterns[0], 0))
    with Server(providers=[{"AD:IMAGE": pv}], conf=LOOPBACK, useenv=False) as server, \
            Context("pva", conf=server.conf(), useenv=False, nt=False) as client:
        source = PvaSource("AD:IMAGE", ptero.tcp("detector"), "X", "Y", 1e-6, frames, idle_s=600, context=client,
                           queue_size=20_000, start={"energy_ev": 8800.0}, skip_first=True)
        forwarding = threading.Thread(target=source.run, args=(1,))
        forwarding.start()
        assert eventually(lambda: source.received > 0)
        for number in range(frames):
            pv.post(posted(patterns[number % 50], first + number, X=number % 50 * 0.1, Y=number // 50 * 0.1))
        forwarding.join(600)
        assert not forwarding.is_alive() and source.unusable == 0
        source.close()

    ledger = State(f"http://127.0.0.1:{ptero.ports['ingest_http']}").ledger
    assert eventually(lambda: sum(ledger().values()) == frames and ledger().get("selected", 0) == source.sent, 300), ledger()
    assert ledger()["selected"] + ledger()["missing"] == frames
    folder, = [one for one in ptero.out.iterdir() if one.is_dir()]
    assert eventually(lambda: sealed(folder / "raw.h5"), 300)
    with h5py.File(folder / "raw.h5") as raw:
        arrived = raw["entry_1/ptero_1/frame_arrived"][:].astype(bool)
        places = raw["entry_1/data_1/translation"][:, :2]
        data = raw["entry_1/data_1/data"]
        assert arrived.sum() == source.sent
        ids = np.flatnonzero(arrived)
        np.testing.assert_allclose(places[ids, 0], ids % 50 * 0.1e-6, atol=1e-15)
        np.testing.assert_allclose(places[ids, 1], ids // 50 * 0.1e-6, atol=1e-12)
        for number in ids[:: max(len(ids) // 50, 1)]:
            np.testing.assert_array_equal(data[number], patterns[number % 50])


def test_an_array_that_is_no_pattern_says_why():
    with pytest.raises(UnusableArray, match="3 dimensions"):
        frame_of(posted(np.zeros((4, 4, 3), "u1"), 1))
    with pytest.raises(UnusableArray, match="int64"):
        frame_of(posted(np.zeros((4, 4), "i8"), 1))
    jpeg = posted(np.zeros((4, 4), "u1"), 1)
    jpeg["codec.name"] = "jpeg"
    with pytest.raises(UnusableArray, match="jpeg"):
        frame_of(jpeg)


def test_compressed_frames_are_passed_on_as_hdf5_reads_them(tmp_path):
    """areaDetector's bare bslz4 and lz4 payloads in the framing of proto/stream.md decode to the same pixels."""
    lz4 = pytest.importorskip("lz4.block")
    values = np.arange(64 * 64, dtype="<u2").reshape(64, 64) % 300
    bare = lz4.compress(values.tobytes(), store_size=False)
    value = posted(np.frombuffer(bare, "u1").reshape(1, -1), 3)
    value["codec.name"], value["codec.parameters"] = "lz4", 6
    value["uncompressedSize"] = values.nbytes
    value["dimension"] = [{"size": 64}, {"size": 64}]
    frame = frame_of(value)
    assert (frame.shape, frame.dtype, frame.codec) == ((64, 64), "<u2", "lz4")
    size = int.from_bytes(frame.payload[:8], "big")
    block = int.from_bytes(frame.payload[8:12], "big")
    packed = int.from_bytes(frame.payload[12:16], "big")
    assert (size, block, packed) == (values.nbytes, values.nbytes, len(bare))
    assert lz4.decompress(frame.payload[16:], uncompressed_size=size) == values.tobytes()
