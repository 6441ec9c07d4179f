"""Plans for Bluesky's RunEngine and queue server."""
from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
from bluesky.protocols import Movable, Triggerable
from bluesky.utils import Msg

from .advice import PteroAdvice

Plan = Generator[Msg, Any, Any]


def _until_ready(advice: PteroAdvice) -> Plan:
    """Waits as a plan waits: the RunEngine's loop goes on meanwhile."""
    deadline = time.monotonic() + advice.patience_s
    while not advice.ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no advice that may be followed in {advice.patience_s:g} s; is steering on?")
        yield from bps.sleep(0.02)


def advised_scan(detectors: Sequence[Triggerable], x: Movable[float], y: Movable[float], advice: PteroAdvice, *,
                 most: int = 100_000, md: Mapping[str, Any] | None = None) -> Plan:
    """A scan from coarse to fine that goes where ptero says, until it says stop; at most `most` exposures.

    Every place is looked at once more before it is measured: what was taken back meanwhile is left, and what was not
    measured may be suggested again. Runs in a RunEngine and, by its name, in a queue server."""

    def scan() -> Plan:
        exposures = 0
        while exposures < most:
            yield from _until_ready(advice)
            batch = advice.suggest()
            if not batch:
                return advice.should_stop()[1]
            for number, suggestion in enumerate(batch):
                if not advice.valid(suggestion):
                    advice.register_failures(batch[number:])
                    break
                yield from bps.mv(x, suggestion[advice.axes[0]], y, suggestion[advice.axes[1]])
                yield from bps.trigger_and_read([*detectors, x, y])
                advice.ingest([suggestion])
                exposures += 1
                if exposures >= most:
                    break
        return f"{most} exposures were made"

    with_run = bpp.run_wrapper(  # type: ignore[no-untyped-call]
        scan(), md={"plan_name": "advised_scan", **(md or {})})
    return (yield from bpp.stage_wrapper(with_run, list(detectors)))  # type: ignore[no-untyped-call]
