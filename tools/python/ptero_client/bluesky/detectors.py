"""ptero's files as detectors of a run."""
from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import h5py
from bluesky.protocols import StreamAsset
from ophyd_async.core import (
    DetectorAcquireLogic,
    DetectorDataLogic,
    DetectorTriggerLogic,
    SignalR,
    StandardDetector,
    StreamResourceDataProvider,
    StreamResourceInfo,
    soft_signal_r_and_setter,
)

from .series import Series

RAW_DATA = "/entry_1/instrument_1/detector_1/data"
_MIMETYPE = "application/x-hdf5"


def _uri(path: Path) -> str:
    return path.resolve().as_uri().replace("file://", "file://localhost")


class _Exposures(DetectorTriggerLogic):
    """Every kind of trigger is right: it is the detector's, not ptero's."""

    async def prepare_internal(self, num: int, livetime: float, deadtime: float) -> None:
        return None

    async def prepare_edge(self, num: int, livetime: float) -> None:
        return None

    async def prepare_level(self, num: int) -> None:
        return None

    def get_deadtime(self, config_values: Any) -> float:
        return 0.0


class _NewRun(DetectorAcquireLogic):
    """Staging begins to listen; what was heard before is of an earlier run."""

    def __init__(self, series: Series) -> None:
        self._series = series

    async def ensure_ready(self) -> None:
        self._series.listen()
        self._series.forget()

    async def start_acquiring(self) -> None:
        return None

    async def wait_for_idle(self) -> None:
        return None

    async def ensure_stopped(self) -> None:
        await self._series.stop()


class _GrowingFile(StreamResourceDataProvider):
    """Before the first document goes out, what was announced of the frames is held to what the file has."""

    def __init__(self, path: Path, info: StreamResourceInfo, written: SignalR[int], timeout_s: float) -> None:
        super().__init__(_uri(path), [info], _MIMETYPE, written)
        self._path, self._timeout_s, self._checked = path, timeout_s, False

    async def make_stream_docs(self, collections_written: int,
                               collections_per_event: int) -> AsyncIterator[StreamAsset]:
        if collections_written and not self._checked:
            found = await _layout(self._path, self._timeout_s)
            announced = (self.resources[0].shape, self.resources[0].dtype_numpy)
            if found != announced:
                raise ValueError(f"{self._path} has frames of {found}, announced were {announced} (shape and dtype of "
                                 "PteroRaw are those of the detector)")
            self._checked = True
        async for document in super().make_stream_docs(collections_written, collections_per_event):
            yield document


async def _layout(path: Path, timeout_s: float) -> tuple[tuple[int, ...], str]:
    """Shape and dtype of a frame, once there is a file with some."""
    deadline = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(OSError, KeyError), h5py.File(path, "r", swmr=True) as file:
            data = file[RAW_DATA]
            return tuple(data.shape[1:]), data.dtype.str
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} cannot be read in {timeout_s:g} s; is that the folder of ingest?")
        await asyncio.sleep(0.05)


class _RawFile(DetectorDataLogic):
    """`raw.h5` of the series that begins after staging, announced while it grows."""

    def __init__(self, series: Series, folder: Path, kind: tuple[tuple[int, int], str] | None,
                 timeout_s: float) -> None:
        self._series, self._folder, self._kind, self._timeout_s = series, folder, kind, timeout_s
        self.written, self._set_written = soft_signal_r_and_setter(int, 0)
        self._follower: asyncio.Task[None] | None = None

    async def prepare_unbounded(self, datakey_name: str) -> StreamResourceDataProvider:
        await self._series.wait(lambda: self._series.uid is not None, self._timeout_s,
                                "no series began (arm the detector before ptero is prepared; is ingest running?)")
        path = self._folder / str(self._series.uid) / "raw.h5"
        shape, dtype = self._kind or await _layout(path, self._timeout_s)
        self._set_written(0)
        self._follower = asyncio.create_task(self._follow(), name="ptero rows")
        info = StreamResourceInfo(data_key=datakey_name, shape=shape, chunk_shape=(1, *shape), dtype_numpy=dtype,
                                  parameters={"dataset": RAW_DATA, "swmr": True})
        return _GrowingFile(path, info, self.written, self._timeout_s)

    async def _follow(self) -> None:
        told = -1
        while True:
            if (rows := self._series.rows()) != told:
                self._set_written(told := rows)
            async with self._series.changed:
                await self._series.changed.wait()

    async def stop(self) -> None:
        if self._follower is not None:
            self._follower.cancel()
            self._follower = None


class PteroRaw(StandardDetector):
    """The frames of a run as ptero recorded them. Prepare it after the detector is armed: what begins then is its
    series. A collection is a frame; a frame that was lost counts, and is a row of zeros (`frame_arrived`)."""

    def __init__(self, events: Sequence[str], folder: str | Path, shape: tuple[int, int] | None = None,
                 dtype: str | None = None, name: str = "ptero", timeout_s: float = 30.0, **keys: Any) -> None:
        """events: of ingest. folder: its `out`, as this machine sees it. shape, dtype: of a frame, (rows, cols) and
        such as "<u2"; without them prepare waits for the first frames. keys: of CURVE, as Events takes them."""
        if (shape is None) != (dtype is None):
            raise ValueError("shape without dtype, or the other way round (both describe a frame); give both or none")
        kind = None if shape is None or dtype is None else (shape, dtype)
        self._series = Series(events, **keys)
        raw_file = _RawFile(self._series, Path(folder), kind, timeout_s)
        self.add_detector_logics(_Exposures(), _NewRun(self._series), raw_file)
        super().__init__(name=name)

    @property
    def series_uid(self) -> str | None:
        """Of the series that this run's frames belong to; None before it began."""
        return self._series.uid


class _ProductFile(DetectorDataLogic):
    """`product.h5`, once the reconstructor has reported."""

    def __init__(self, series: Series, folder: Path, timeout_s: float) -> None:
        self._series, self._folder, self._timeout_s = series, folder, timeout_s
        self.written, self.set_written = soft_signal_r_and_setter(int, 0)

    async def prepare_unbounded(self, datakey_name: str) -> StreamResourceDataProvider:
        await self._series.wait(lambda: self._series.reported, self._timeout_s,
                                "the reconstructor did not report the end of the series")
        path = self._folder / str(self._series.uid) / "product.h5"
        with h5py.File(path, "r") as file:
            shape, dtype = tuple(file["object"].shape), file["object"].dtype.str
        self.set_written(0)
        info = StreamResourceInfo(data_key=datakey_name, shape=shape, chunk_shape=shape, dtype_numpy=dtype,
                                  parameters={"dataset": "/object"})
        return StreamResourceDataProvider(_uri(path), [info], _MIMETYPE, self.written)

    async def stop(self) -> None:
        return None


class _ProductIsThere(DetectorAcquireLogic):
    """Preparing has waited for it."""

    def __init__(self, data: _ProductFile) -> None:
        self._data = data

    async def ensure_stopped(self) -> None:
        return None

    async def start_acquiring(self) -> None:
        self._data.set_written(1)

    async def wait_for_idle(self) -> None:
        return None


class PteroProduct(StandardDetector):
    """The image of a run, as one event of a stream of its own: `bps.trigger_and_read([product], name="image")` waits
    for the reconstructor and gives `product.h5` to the run. Its series is that of a PteroRaw."""

    def __init__(self, raw: PteroRaw, folder: str | Path, name: str = "ptero_image", timeout_s: float = 300.0) -> None:
        """folder: `out` of the reconstructor, as this machine sees it."""
        data = _ProductFile(raw._series, Path(folder), timeout_s)
        self.add_detector_logics(data, _ProductIsThere(data))
        super().__init__(name=name)
