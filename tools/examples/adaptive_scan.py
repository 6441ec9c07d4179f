#!/usr/bin/env python3
"""A scan controller that follows ptero's advice, as a plan in the manner of bluesky: a generator says what is
to be done, a run engine does it. Replace `Beamline` by your stage and detector and keep the plan.

    PYTHONPATH=tools/python tools/examples/adaptive_scan.py

ptero-ingest and ptero-classifier run already, the classifier with a control socket and steering on over the
same bounds and steps as below: doc/steering.md has the lines.
The beamline here is a toy in plain Python: 16 x 16 pixels, a bright disc that dims and leans on two particles.
"""
import argparse
import collections
import math
import random
import struct
import sys
import time

from ptero_client import Control, ControlRefused, Detector, Events

Message = collections.namedtuple("Message", "command arguments")
BOUNDS_M = (-4e-6, -4e-6, 4e-6, 4e-6)  # left, top, right, bottom: what the stage may reach
FINEST_M, LEVELS = 0.25e-6, 2


class Beamline:
    """A stage and a detector. Two discs of material in a beam of 1 um."""

    PARTICLES = ((-1.3e-6, -0.8e-6, 0.7e-6), (1.9e-6, 1.6e-6, 0.5e-6))  # x, y, radius
    SIDE = 16

    def __init__(self, endpoint, seed=1):
        self.detector = Detector(endpoint)
        self.random = random.Random(seed)
        self.position, self.exposures, self.travel_m = (0.0, 0.0), 0, 0.0

    def begin(self, uid):
        self.detector.start(uid, (self.SIDE, self.SIDE), energy_ev=8800, distance_m=1.92, pixel_m=75e-6,
                            centre=[self.SIDE / 2, self.SIDE / 2])

    def move(self, x, y):
        left, top, right, bottom = BOUNDS_M
        if not (left <= x <= right and top <= y <= bottom):
            raise ValueError(f"({x}, {y}) m lies outside the stage's limits")  # whatever an advice says
        self.travel_m += math.dist(self.position, (x, y))
        self.position = (x, y)

    def expose(self):
        x, y = self.position
        dim, lean = 0.0, 0.0
        for px, py, radius in self.PARTICLES:
            away = math.hypot(x - px, y - py)
            covered = min(max((radius + 0.5e-6 - away) / 1e-6, 0.0), 1.0)
            dim += 0.15 * covered
            lean += 0.8 * math.copysign(covered * (1 - covered), x - px)
        middle, pixels = self.SIDE / 2, []
        for row in range(self.SIDE):
            for col in range(self.SIDE):
                inside = math.hypot(row - middle, col - middle - lean) < 4.5
                mean = (400.0 if inside else 1.0) * (1 - dim)
                pixels.append(max(round(self.random.gauss(mean, math.sqrt(mean))), 0))
        self.exposures += 1
        self.detector.frame(struct.pack(f"<{len(pixels)}H", *pixels), position=self.position)

    def end(self):
        self.detector.end()


def adaptive_plan(uid, advisor, patience_s=30.0):
    """Yields messages until ptero says stop. Places that were measured are not measured again: an advice may
    have been made before the last frames were seen."""
    yield Message("begin", (uid,))
    measured, last = set(), 0
    while True:
        advice = advisor(last, patience_s)
        last = advice.id
        if advice.action == "stop":
            break
        left = [place for place in advice.points if place not in measured]
        if not left:
            continue  # made before the last frames were seen; once they are, there is another
        print(f"advice {advice.id}: {len(left)} places at {advice.step_m * 1e6:g} um, "
              f"confidence {advice.confidence:.2f}")
        for place in left:
            yield Message("move", place)
            yield Message("expose", ())
            measured.add(place)
            if (newer := advisor(last, 0)) is not None:
                if newer.action == "stop" or set(newer.points) - measured:
                    break  # the region has changed: go on with what is known now
    yield Message("end", ())


def advisor_of(events, control):
    """Gives the newest advice, another than that of id `last`, that may be followed; proposals are accepted
    first. With no patience it only looks: None when there is nothing new. Ids tell advice apart and have no
    order: a classifier that starts again counts from elsewhere."""
    newest = None

    def next_advice(last, patience_s):
        nonlocal newest
        deadline = time.monotonic() + patience_s
        wait_s = 0.0  # what is there already first
        while True:
            if event := events.next(wait_s):
                newest, wait_s = event.advice(), 0.0
                if newest.standing == "proposed" and newest.id != last:
                    try:
                        control.accept(newest.id)  # a person could be asked here
                    except ControlRefused:
                        pass  # replaced meanwhile: a newer one is on its way
                continue
            if newest and newest.id != last and newest.may_be_followed():
                return newest
            if patience_s == 0:
                return None
            wait_s = deadline - time.monotonic()
            if wait_s <= 0:
                raise TimeoutError(f"no advice in {patience_s} s; is steering on?")

    return next_advice


def run(plan, beamline):
    """The run engine."""
    for message in plan:
        getattr(beamline, message.command)(*message.arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bind", default="tcp://127.0.0.1:5570", help="the detector's endpoint; ingest connects")
    parser.add_argument("--events", default="tcp://127.0.0.1:5576", help="the classifier's events")
    parser.add_argument("--control", default="tcp://127.0.0.1:5574", help="the classifier's control socket")
    parser.add_argument("--uid", default=f"adaptive-{time.time_ns()}")
    arguments = parser.parse_args()
    beamline = Beamline(arguments.bind)
    with Events(arguments.events, topics=["advice"]) as events, Control(arguments.control, by="scan") as control:
        def advisor(last, patience_s, wait=advisor_of(events, control)):
            # Of this series only: the one before may have left its last word.
            while True:
                advice = wait(last, patience_s)
                if advice is None or advice.series_uid == arguments.uid:
                    return advice
                last = advice.id

        run(adaptive_plan(arguments.uid, advisor), beamline)
    beamline.detector.close()
    left, top, right, bottom = BOUNDS_M
    uniform = (round((right - left) / FINEST_M) + 1) * (round((bottom - top) / FINEST_M) + 1)
    print(f"{beamline.exposures} exposures, {beamline.travel_m * 1e6:.0f} um of travel; "
          f"a uniform grid as fine takes {uniform}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
