"""The client itself: asyncio, notebook, the package."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import BIN, ROOT
from simulated import Camera, pattern

from ptero_client.aio import AsyncControl, AsyncEvents
from ptero_client.notebook import PteroFailed, classify, reconstruct


async def test_events_and_controls_are_awaited(start_ptero):
    ptero = start_ptero()
    camera = Camera(ptero.tcp("detector"))
    async with AsyncEvents(*ptero.events, topics=["ledger", "roi"]) as events, \
            AsyncControl(ptero.tcp("control"), by="test") as control:
        camera.arm("asyncio", frames=100)
        camera.raster(10, 10, 0.5e-6)
        assert "in force" in await control.ask("region", border=2)
        camera.detector.end()
        event = await events.wait_for("roi", lambda e: e.header["labelled"] == 100, timeout_s=120)
        assert event.header["series_uid"] == "asyncio"
        with pytest.raises(TimeoutError, match="no event 'nothing'"):
            await events.wait_for("nothing", timeout_s=0.2)
    camera.detector.close()


def test_arrays_in_and_the_region_out():
    random = np.random.default_rng(3)
    step = np.linspace(-3e-6, 3e-6, 20)
    positions = np.array([(x, y) for y in step for x in step])
    frames = np.array([pattern(x, y, random) for x, y in positions])
    found = classify(frames, positions, segments=4, command=str(BIN / "ptero"))
    inside = np.hypot(positions[:, 0] + 1.3e-6, positions[:, 1] + 0.8e-6) < 0.7e-6
    outside = (np.hypot(positions[:, 0] + 1.3e-6, positions[:, 1] + 0.8e-6) > 1.6e-6) & (
        np.hypot(positions[:, 0] - 1.9e-6, positions[:, 1] - 1.6e-6) > 1.4e-6)
    assert found.selected[inside].all()
    assert found.selected[outside].mean() < 0.05
    np.testing.assert_allclose(found.total, frames.sum(axis=(1, 2)))
    assert found.report["roi"]["segments"] == 4


def test_what_the_command_refuses_is_raised_with_its_sentence():
    frames = np.ones((4, 8, 8), "<u2")
    with pytest.raises(ValueError, match=r"\(4, 2\) is needed"):
        classify(frames, np.zeros((3, 2)))
    with pytest.raises(PteroFailed) as refused:
        classify(frames, np.zeros((4, 2)), roi_mode="nonsense", command=str(BIN / "ptero"))
    assert refused.value.exit_code == 2
    assert "nonsense" in str(refused.value)


def test_a_recorded_scan_of_the_simulator_is_reconstructed_from_arrays(tmp_path: Path):
    """What the simulator recorded, given as arrays, becomes the image that batch makes of its file."""
    subprocess.run([BIN / "ptero", "live", "--source", "sim:nanosheets", "--scan", "10x10", "--roi-only",
                    "--out", tmp_path / "sim"], check=True, capture_output=True)
    with h5py.File(tmp_path / "sim/raw.h5") as raw:
        frames = raw["entry_1/data_1/data"][()]
        positions = raw["entry_1/data_1/translation"][:, :2]
        energy_ev = raw["entry_1/instrument_1/source_1/energy"][()] / 1.602176634e-19
        detector = raw["entry_1/instrument_1/detector_1"]
        distance, pixel = float(detector["distance"][()]), float(detector["x_pixel_size"][()])
    given = dict(no_roi=True, epochs=5, defocus=355e-6)
    image = reconstruct(frames, positions, energy_ev=float(energy_ev), distance=distance, pixel_size=pixel,
                        command=str(BIN / "ptero"), **given)
    assert image.object.ndim == 2 and np.iscomplexobj(image.object) and image.probe.shape[1:] == frames.shape[1:]
    assert image.pixel_m == pytest.approx(1.239841984e-6 / float(energy_ev) * distance / pixel / frames.shape[-1], rel=1e-6)
    assert image.report["reconstruction"]["iterations"] == 5
    subprocess.run([BIN / "ptero", "batch", tmp_path / "sim/raw.h5", "--no-roi", "--epochs", "5", "--defocus", "355e-6",
                    "--out", tmp_path / "again"], check=True, capture_output=True)
    with h5py.File(tmp_path / "again/product.h5") as product:
        np.testing.assert_allclose(np.squeeze(product["object"][()]), image.object, atol=1e-4)


def test_the_package_is_typed_and_its_wheel_has_everything(tmp_path: Path):
    package = ROOT / "tools/python"
    for check in (["ruff", "check", "."], ["mypy"]):
        done = subprocess.run([sys.executable, "-m", *check], cwd=package, capture_output=True, text=True,
                              env={**os.environ, "MYPY_CACHE_DIR": str(tmp_path / "mypy"), "RUFF_CACHE_DIR": str(tmp_path / "ruff")})
        assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run(["cp", "-r", package, tmp_path / "package"], check=True)
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path,
                    tmp_path / "package"], check=True)
    wheel, = tmp_path.glob("ptero_client-*.whl")
    listed = subprocess.run([sys.executable, "-m", "zipfile", "-l", wheel], capture_output=True, text=True).stdout
    for file in package.glob("ptero_client/**/*.py"):
        assert str(file.relative_to(package)) in listed
    assert "ptero_client/py.typed" in listed
