"""What the services say of the series that is running."""
from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from ..aio import AsyncEvents
from ..events import Event


class Series:
    """The newest series that the services speak of; one task listens as long as it is staged."""

    def __init__(self, endpoints: Sequence[str], **keys: Any) -> None:
        self._endpoints, self._keys = list(endpoints), keys
        self._task: asyncio.Task[None] | None = None
        self._before: str | None = None
        self.changed = asyncio.Condition()
        self.uid: str | None = None
        self.counts: dict[str, int] = {}
        self.ended = False
        self.reported = False  # by the reconstructor: its files are written

    def listen(self) -> None:
        """Begins to listen, once."""
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="ptero series")

    async def stop(self) -> None:
        """Ends what listen began."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def forget(self) -> None:
        """What is known belongs to an earlier run."""
        self._before, self.uid = self.uid or self._before, None
        self.counts, self.ended, self.reported = {}, False, False

    async def _listen(self) -> None:
        async with AsyncEvents(*self._endpoints, topics=("ledger", "report."), **self._keys) as events:
            async for event in events:
                self._take(event)
                async with self.changed:
                    self.changed.notify_all()

    def _take(self, event: Event) -> None:
        uid = event.header.get("series_uid")
        if uid is None or uid == self._before:
            return
        if event.topic == "ledger":
            if uid != self.uid:
                self.uid, self.reported = uid, False
            self.counts = {name: int(count) for name, count in event.header["counts"].items()}
            self.ended = bool(event.header.get("ended", False))
        elif event.topic == "report.reconstructor" and uid == self.uid:
            self.reported = True

    def rows(self) -> int:
        """Of the raw file that will not change any more, frames that never came included."""
        never = self.counts.get("expected", 0) + self.counts.get("not_taken", 0)
        return sum(self.counts.values()) - never

    async def wait(self, condition: Callable[[], bool], timeout_s: float, problem: str) -> None:
        """Until the condition holds. Raises TimeoutError with the problem."""

        async def until() -> None:
            async with self.changed:
                await self.changed.wait_for(condition)

        try:
            await asyncio.wait_for(until(), timeout_s)
        except TimeoutError:
            raise TimeoutError(f"{problem} in {timeout_s:g} s") from None
