"""Real services of ptero for the tests of ptero_client against the programs of others."""
from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("PTERO_BIN", ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tools/python"))


def eventually(condition: Callable[[], object], seconds: float = 120.0) -> bool:
    """Waits for what has to happen, however slow the machine is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return True
        except Exception:
            pass
        time.sleep(0.02)
    return False


def free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Ptero:
    """ingest, classifier and reconstructor as processes."""

    SERVICES = ("ingest", "classifier", "reconstructor")

    def __init__(self, folder: Path, classifier: str = "", reconstructor: str = "") -> None:
        names = ("detector", "frame_link", "ingest_events", "selection_link", "classifier_events", "control",
                 "reconstructor_events", "ingest_http", "classifier_http", "reconstructor_http")
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.folder, self.out = folder, folder / "data"
        tcp = self.tcp
        (folder / "services.toml").write_text(f"""
[ingest]
source = "native:{tcp('detector')}"
frame_link = "{tcp('frame_link')}"
events = "{tcp('ingest_events')}"
http_port = {self.ports['ingest_http']}
out = "{self.out}"
label_wait_s = 60
[classifier]
frame_link = "{tcp('frame_link')}"
selection_link = "{tcp('selection_link')}"
events = "{tcp('classifier_events')}"
control = "{tcp('control')}"
http_port = {self.ports['classifier_http']}
out = "{self.out}"
{classifier}
[reconstructor]
selection_link = "{tcp('selection_link')}"
events = "{tcp('reconstructor_events')}"
http_port = {self.ports['reconstructor_http']}
out = "{self.out}"
{reconstructor}
""")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for service in self.SERVICES:
            self.start(service)
        for service in self.SERVICES:
            assert eventually(lambda s=service: self.processes[s].poll() is not None or self.ready(s)) and (
                self.processes[service].poll() is None), (folder / f"{service}.log").read_text()

    def tcp(self, name: str) -> str:
        return f"tcp://127.0.0.1:{self.ports[name]}"

    @property
    def events(self) -> list[str]:
        return [self.tcp(f"{service}_events") for service in self.SERVICES]

    def start(self, service: str) -> None:
        with open(self.folder / f"{service}.log", "ab") as log:
            self.processes[service] = subprocess.Popen(
                [BIN / f"ptero-{service}", "-c", self.folder / "services.toml"], stdout=log, stderr=log)

    def kill(self, service: str) -> None:
        self.processes[service].kill()
        self.processes[service].wait()

    def ready(self, service: str) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[f'{service}_http']}/readyz", timeout=2) as answer:
            return answer.status == 200

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def start_ptero(tmp_path: Path) -> Iterator[Callable[..., Ptero]]:
    started: list[Ptero] = []

    def start(**options: str) -> Ptero:
        started.append(Ptero(tmp_path, **options))
        return started[-1]

    yield start
    for ptero in started:
        ptero.stop()
