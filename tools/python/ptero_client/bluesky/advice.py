"""ptero's advice as an optimizer."""
from __future__ import annotations

import collections
import contextlib
import time
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from ..control import Control, ControlRefused
from ..events import Advice, Events, Place


class PteroAdvice:
    """ptero's advice as an optimizer: `suggest` gives the next places, `ingest` takes what was measured.

    Ids are (advice, number). What an advice said that has expired or was taken back is not suggested, and `valid` says
    whether a suggestion may still be followed. Places that were suggested once do not come again, unless they failed.
    """

    def __init__(self, events: Sequence[str], control: str | None = None, axes: tuple[str, str] = ("x", "y"),
                 unit_m: float = 1.0, patience_s: float = 30.0, series_uid: str | None = None, **keys: Any) -> None:
        """events: of the classifier. control: its control socket: proposals are accepted here; without it only
        advice that a person (or `steering = "automatic"`) accepted is followed. axes: names of the actuators along
        columns and rows. unit_m: of their positions. series_uid: of this series only; default: of any."""
        self._events = Events(*events, topics=("advice",), **keys)
        self._control = Control(control, by="bluesky", **keys) if control else None
        self.axes, self._unit_m, self.patience_s = axes, unit_m, patience_s
        self.series_uid = series_uid
        self._advice: Advice | None = None
        self._given: set[Place] = set()
        self._measured: dict[Hashable, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._places: dict[Hashable, Place] = {}
        self._numbers: collections.Counter[int] = collections.Counter()

    def suggest(self, num_points: int | None = None) -> list[dict[str, Any]]:
        """The next places, at most num_points; all of the advice where no number is given. Empty: nothing is left
        (see should_stop). Waits for advice, patience_s at most: then TimeoutError."""
        deadline = time.monotonic() + self.patience_s
        self._look(0.0)
        while True:
            if self.should_stop()[0]:
                return []
            if left := self._left():
                break
            if time.monotonic() >= deadline:
                raise TimeoutError(f"no advice that may be followed in {self.patience_s:g} s; is steering on?")
            self._look(min(0.25, max(deadline - time.monotonic(), 0.0)))
        assert self._advice is not None
        suggestions = []
        for place in left[:num_points]:
            key = (self._advice.id, self._numbers[self._advice.id])
            self._numbers[self._advice.id] += 1
            self._given.add(place)
            self._places[key] = place
            suggestions.append({"_id": key, **self._on_axes(place)})
        return suggestions

    def ready(self) -> bool:
        """Whether suggest has an answer; does not wait."""
        self._look(0.0)
        return self.should_stop()[0] or bool(self._left())

    def _on_axes(self, place: Place) -> dict[str, Any]:
        return {axis: value / self._unit_m for axis, value in zip(self.axes, place, strict=True)}

    def _left(self) -> list[Place]:
        if self._advice is None or not self._advice.may_be_followed() or self._advice.action != "measure":
            return []
        return [place for place in self._advice.points if place not in self._given]

    def _look(self, wait_s: float) -> None:
        """Takes all events that are there; waits so long for the first."""
        while event := self._events.next(wait_s):
            wait_s = 0.0
            advice = event.advice()
            if self.series_uid is not None and advice.series_uid != self.series_uid:
                continue
            self._advice = advice
            if advice.standing == "proposed" and self._control is not None:
                with contextlib.suppress(ControlRefused):  # replaced meanwhile: a newer one is on its way
                    self._control.accept(advice.id)

    def valid(self, suggestion: Mapping[str, Any]) -> bool:
        """Whether a suggestion may still be followed: its advice was not taken back, replaced by one without this
        place, nor has it expired."""
        self._look(0.0)
        place = self._places.get(suggestion["_id"])
        return (self._advice is not None and place is not None and self._advice.may_be_followed()
                and place in self._advice.points)

    def ingest(self, points: Sequence[Mapping[str, Any]]) -> None:
        """Outcomes of suggestions, by `_id`. ptero learns from the frames; these are kept for get_best_points."""
        for point in points:
            if (key := point.get("_id")) in self._places:
                outcome = {name: value for name, value in point.items() if name not in ("_id", *self.axes)}
                self._measured[key] = (self._on_axes(self._places[key]), outcome)

    def register_failures(self, suggestions: Sequence[Mapping[str, Any]]) -> None:
        """Suggestions that were not measured: they may be suggested again."""
        for suggestion in suggestions:
            if place := self._places.pop(suggestion["_id"], None):
                self._given.discard(place)

    def get_best_points(self) -> list[tuple[Any, Mapping[str, Any], Mapping[str, Any]]]:
        """All that was measured: a map of the sample has no best point."""
        return [(key, where, outcome) for key, (where, outcome) in self._measured.items()]

    def should_stop(self) -> tuple[bool, str | None]:
        """Whether ptero says that nothing is left to measure."""
        advice = self._advice
        if advice is not None and advice.action == "stop" and advice.may_be_followed():
            return True, "ptero: nothing is left to measure"
        return False, None

    def close(self) -> None:
        """Ends the subscription."""
        self._events.close()
        if self._control is not None:
            self._control.close()
