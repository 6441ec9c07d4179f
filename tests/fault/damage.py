#!/usr/bin/env python3
"""One byte changed in a file that ptero keeps, as the commands and the services find it.

Usage: damage.py PTERO   (the services stand beside it)

A scan is sent through ingest, classifier and reconstructor, which are killed in it. In what they left, and in the
results of a whole scan, single bytes are changed at seeded places. Each command ends with its exit code and a sentence;
a damaged journal gives back every frame but those of the entry that was hit, a damaged product is refused, and a ledger
is never another one than the true one with exit code 0. Services that start over a damaged file take the series up and
end it as they would have without the damage, less the frame that was hit.

PTERO_FULL=1: ten times as many. PTERO_TEST_SEED=N repeats a run. A hang is what does not end in PATIENCE_S.
"""
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

PATIENCE_S = 180
SCAN = ["--scan", "12x20", "--scan-step", "0.3e-6", "--pattern", "64", "--sim-seed", "3", "--outer-zone-width", "70e-9"]
UID = "sim-nanosheets-3"
SERVICES = ("ingest", "classifier", "reconstructor")
SMALLEST_PAYLOAD = 512
FRAMES = 240

PTERO = pathlib.Path(sys.argv[1]).resolve()
FULL = 10 if os.environ.get("PTERO_FULL") else 1
# The short form looks at the same bytes every time; PTERO_FULL=1 at others.
SEED = int(os.environ.get("PTERO_TEST_SEED") or (random.SystemRandom().randrange(1 << 31) if os.environ.get("PTERO_FULL") else 1))
RANDOM = random.Random(SEED)


def fail(*what):
    sys.exit("damage: " + " ".join(str(w) for w in what) + f" (PTERO_TEST_SEED={SEED})")


def run(*arguments):
    """Exit code and all output. A signal, an unknown code or silence in place of a sentence is a failure."""
    try:
        ran = subprocess.run([PTERO, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        fail(arguments, "hangs")
    text = ran.stdout.decode("utf-8", "replace")
    if ran.returncode not in (0, 1, 2):
        fail(arguments, "ended with", ran.returncode, text[-2000:])
    if ran.returncode != 0 and not text.strip():
        fail(arguments, "ended with", ran.returncode, "without a word")
    return ran.returncode, text


def answer(text):
    """The JSON document in an output, before what was said about it."""
    at = text.find("{")
    return json.JSONDecoder().raw_decode(text[at:])[0] if at >= 0 else None


def damaged(whole, count):
    """(place, bytes) of one byte changed: every second time a single bit, every third in the first kilobyte."""
    for i in range(count):
        at = RANDOM.randrange(min(1024, len(whole)) if i % 3 == 0 else len(whole))
        bad = bytearray(whole)
        bad[at] ^= 1 << RANDOM.randrange(8) if i % 2 else RANDOM.randrange(1, 256)
        yield at, bytes(bad)


def entries_of(journal):
    """[(begin, end, longest part)] of a whole journal, as proto/journal.md says."""
    at = 20 + struct.unpack_from("<I", journal, 12)[0]
    found = []
    while at < len(journal):
        parts, body = struct.unpack_from("<I", journal, at + 4)[0], struct.unpack_from("<Q", journal, at + 16)[0]
        lengths = struct.unpack_from(f"<{parts}Q", journal, at + 32)
        begin, longest = at + 32 + 8 * parts, b""
        for length in lengths:
            longest = max(longest, journal[begin:begin + length], key=len)
            begin += length
        found.append((at, at + 32 + body, longest))
        at += 32 + body
    return found


class Pipeline:
    """The three services as processes over one folder."""
    started = []

    def __init__(self, folder, data):
        self.folder, self.data, self.running, self.life = folder, data, {}, 0
        self.ports = free_ports(9)
        tcp = [f'"tcp://127.0.0.1:{port}"' for port in self.ports]
        # Epochs without end: the reconstructor is in the midst of it when it is killed.
        (folder / "services.toml").write_text(f"""
[ingest]
source = "native:tcp://127.0.0.1:{self.ports[0]}"
frame_link = {tcp[1]}
events = {tcp[2]}
http_port = {self.ports[6]}
out = "{data}"
label_wait_s = 3000
[classifier]
frame_link = {tcp[1]}
selection_link = {tcp[3]}
events = {tcp[4]}
http_port = {self.ports[7]}
out = "{data}"
[reconstructor]
selection_link = {tcp[3]}
events = {tcp[5]}
http_port = {self.ports[8]}
out = "{data}"
epochs = 20
checkpoint_every_s = 0.05
defocus_m = 355e-6
""")

    def log(self, service):
        return self.folder / f"{service}-{self.life}.log"

    def start(self, *services):
        self.life += 1
        for service in services:
            with self.log(service).open("wb") as log:
                self.running[service] = subprocess.Popen(
                    [PTERO.parent / f"ptero-{service}", "-c", self.folder / "services.toml"], stdout=log, stderr=log)
            self.started.append(self.running[service])

    def metric(self, service, name):
        try:
            port = self.ports[6 + SERVICES.index(service)]
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
        except OSError:
            return 0
        return sum(float(line.split()[-1]) for line in page.splitlines() if line.split("{")[0].split(" ")[0] == name)

    def until(self, what, done):
        end = time.monotonic() + PATIENCE_S
        while not done():
            for service, process in self.running.items():
                if process.poll() is not None:
                    fail(service, "ended with", process.returncode, "before:", what, self.said())
            if time.monotonic() > end:
                fail("never:", what, self.said())
            time.sleep(0.02)

    def kill(self, *services):
        for service in services:
            self.running[service].kill()
            self.running.pop(service).wait()

    def stop(self):
        # Before that a signal simply ends it.
        for service in self.running:
            self.until(f"{service} started", lambda: f"{service} started" in self.log(service).read_text(errors="replace"))
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for service, process in self.running.items():
            try:
                code = process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                fail(service, "does not end", self.said())
            if code != 0:
                fail(service, "ended with", code, self.said())
        self.running.clear()

    def said(self):
        return "\n".join(f"--- {s}\n{self.log(s).read_text(errors='replace')[-3000:]}" for s in SERVICES
                         if self.log(s).exists())


def free_ports(count):
    """All different, and below those that the system gives to outgoing connections."""
    held = []
    while len(held) < count:
        one = socket.socket()
        try:
            one.bind(("127.0.0.1", random.SystemRandom().randrange(10000, 32000)))
            held.append(one)
        except OSError:
            one.close()
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def left_by_a_kill(folder):
    """A series with its end in the journal; features of a part of it; a checkpoint."""
    pipeline = Pipeline(folder, folder / "data")
    series = pipeline.data / UID
    pipeline.start(*SERVICES)
    with (folder / "detector.log").open("wb") as log:
        detector = subprocess.Popen([PTERO, "simulate", "nanosheets", *SCAN, "--rate", "60", "--bind",
                                     f"tcp://127.0.0.1:{pipeline.ports[0]}"], stdout=log, stderr=log)
    try:
        pipeline.until("a checkpoint", lambda: (series / "reconstruction.checkpoint").exists())
        pipeline.kill("reconstructor", "classifier")
        pipeline.until("the last frame", lambda: detector.poll() is not None and
                       pipeline.metric("ingest", "ptero_ingest_frames_total") >= FRAMES)
        pipeline.until("the end", lambda: "the series has ended" in pipeline.said() or
                       "not end" not in run("ledger", series / "series.journal")[1])
    finally:
        detector.kill()
        detector.wait()
        for process in pipeline.running.values():
            process.kill()
            process.wait()
    pipeline.running.clear()
    return pipeline


def journals_give_back_the_rest(folder, whole):
    path, raw = folder / "series.journal", folder / "rebuilt.h5"
    entries = entries_of(whole)
    path.write_bytes(whole)
    code, _ = run("rebuild", path, "--out", raw, "--overwrite")
    made = raw.read_bytes()
    if code != 0 or any(len(p) >= SMALLEST_PAYLOAD and p not in made for _, _, p in entries):
        fail("an undamaged journal does not give its frames", code)
    for at, bad in damaged(whole, 20 * FULL):
        path.write_bytes(bad)
        raw.unlink(missing_ok=True)
        code, text = run("rebuild", path, "--out", raw, "--overwrite", "--json")
        said = answer(text)
        if code != 1 or not (said["damage"] or said["unfinished_bytes"]):
            fail("byte", at, "of a journal: rebuild does not tell", code, text[-1000:])
        code, text = run("ledger", path)
        if code != 1:
            fail("byte", at, "of a journal: ledger does not tell", code, text[-1000:])
        run("inspect", path)
        made = raw.read_bytes()
        for begin, end, payload in entries:
            if len(payload) >= SMALLEST_PAYLOAD and (payload in made) == (begin <= at < end):
                fail("byte", at, "of a journal: entry at", begin, "is", "there" if payload in made else "lost")


def results_are_refused_or_as_they_were(folder, results):
    tally = collections.Counter()
    reference = results / "product.h5"
    product, raw = folder / "product.h5", folder / "raw.h5"
    compared, described = run("compare", product_of(results, product), reference), run("inspect", product)
    for at, bad in damaged(reference.read_bytes(), 20 * FULL):
        product.write_bytes(bad)
        for got, whole in ((run("compare", product, reference), compared), (run("inspect", product), described)):
            if got[0] != 2 and got != whole:
                fail("byte", at, "of a product is read as something else", got[0], got[1][-1000:])
            tally["product, " + ("refused" if got[0] == 2 else "as it was")] += 1
    shutil.copy(results / "raw.h5", raw)
    proved = answer(run("ledger", "--json", raw)[1])
    for i, (at, bad) in enumerate(damaged((results / "raw.h5").read_bytes(), 40 * FULL)):
        raw.write_bytes(bad)
        code, text = run("ledger", "--json", raw)
        if code == 0 and answer(text) != proved:
            fail("byte", at, "of a raw file: another ledger holds", text)
        tally["raw file, " + ("ledger as it was" if code == 0 else "told by ledger")] += 1
        run("inspect", raw)
        if i % 5 == 0:
            run("batch", raw, "--roi-only", "--out", folder / "batch")
    return tally


def product_of(results, path):
    shutil.copy(results / "product.h5", path)
    return path


def put(pipeline, left, name, bad):
    shutil.rmtree(pipeline.data, ignore_errors=True)
    shutil.copytree(left, pipeline.data)
    if name:
        (pipeline.data / name).write_bytes(bad)


def ingest_takes_up_the_rest(pipeline, left):
    """A journal is damaged: told, and every frame but one is still accounted for as having come."""
    tally = collections.Counter()
    series = pipeline.data / UID
    for at, bad in damaged((left / UID / "series.journal").read_bytes(), 6 * FULL):
        put(pipeline, left, f"{UID}/series.journal", bad)
        pipeline.start("ingest")
        pipeline.until("ingest waits for the next series", lambda: "waits for series" in pipeline.said())
        pipeline.stop()
        if not any(word in pipeline.said() for word in ("damaged", "cut off", "is lost")):
            fail("byte", at, "of a journal is not told", pipeline.said())
        kept = series / ("raw.h5" if not (series / "series.journal").exists() else "series.journal")
        code, text = run("ledger", "--json", kept)
        states = answer(text)["ledger"]
        if sum(states.values()) != FRAMES or states["missing"] + states["corrupt"] + states["not_taken"] > 1:
            fail("byte", at, "of a journal costs more than its frame:", kept, code, text, pipeline.said())
        tally["series.journal at ingest"] += 1
    return tally


def resume(pipeline, left, name, bad):
    """What the services make of the folder, one of its files changed: states, RoI table, and what they said."""
    put(pipeline, left, name, bad)
    series = pipeline.data / UID
    pipeline.start(*SERVICES)
    raw, aside = series / "raw.h5", list(pipeline.data.glob("**/*.put-aside"))

    def settled():
        nonlocal aside
        aside = list(pipeline.data.glob("**/*.put-aside"))
        return aside or (raw.exists() and not (series / "series.journal").exists())

    pipeline.until(f"{name or 'nothing'} damaged: the file is sealed", settled)
    if not aside and not list(series.glob("damaged*.journal")):
        pipeline.until("the table of the region", lambda: (series / "roi.csv").exists())
    pipeline.stop()
    if aside:
        if "put aside" not in pipeline.said():
            fail(name, "a journal is put aside without a word")
        return None
    code, text = run("ledger", "--json", raw)
    if code != 0:
        fail(name, "damaged: the file left does not hold", text, pipeline.said())
    return answer(text)["ledger"], pipeline.said()


def services_take_up_the_rest(pipeline, left):
    tally = collections.Counter()
    whole, _ = resume(pipeline, left, None, b"")
    # Behind a lost entry the frames are classified all the same.
    for at, bad in damaged((left / UID / "series.journal").read_bytes(), 3 * FULL):
        states, said = resume(pipeline, left, f"{UID}/series.journal", bad) or fail("byte", at, "puts the series aside")
        used = states["selected"] + states["background"]
        # Without its start no consumer can be told of the series.
        if sum(states.values()) != FRAMES or (used < FRAMES - 1 and "start of an unfinished series is lost" not in said):
            fail("byte", at, "of a journal costs labels:", states, said)
        tally["series.journal"] += 1
    for name in (f"{UID}/roi.journal", f"{UID}/reconstruction.checkpoint", f"{UID}/raw.h5"):
        for at, bad in damaged((left / name).read_bytes(), 3 * FULL):
            outcome = resume(pipeline, left, name, bad)
            if outcome is None or outcome[0] != whole:
                fail("byte", at, "of", name, "changes the series:", outcome, "not", whole)
            kind = pathlib.Path(name).name
            tally[kind] += 1
    # The mark of a series that is being taken up is a line of text and a number.
    mark = f"{left.parent / 'data' / UID / 'series.journal'}\n1\n".encode()
    for at, bad in damaged(mark, 2 * FULL):
        outcome = resume(pipeline, left, "resume.trial", bad)
        if outcome is not None and outcome[0] != whole:
            fail("byte", at, "of resume.trial changes the series:", outcome)
        tally["resume.trial"] += 1
    return tally


def main():
    name = tempfile.mkdtemp(prefix="ptero-damage-")
    try:
        look_at_everything(pathlib.Path(name))
    finally:
        for process in Pipeline.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(name, ignore_errors=True)


def look_at_everything(folder):
    results = folder / "results"
    code, text = run("live", "--source", "sim:nanosheets", *SCAN, "--defocus", "355e-6", "--epochs", "3", "--out",
                     results)
    if code != 0:
        fail("no results to damage", text)
    pipeline = left_by_a_kill(folder)
    left = folder / "left"
    shutil.copytree(pipeline.data, left)
    journals_give_back_the_rest(folder, (left / UID / "series.journal").read_bytes())
    tally = results_are_refused_or_as_they_were(folder, results)
    tally += ingest_takes_up_the_rest(pipeline, left)
    tally += services_take_up_the_rest(pipeline, left)
    print(f"seed {SEED}:", ", ".join(f"{key}: {n}" for key, n in sorted(tally.items())))


main()
