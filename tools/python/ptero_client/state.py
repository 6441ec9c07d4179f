"""What a service says over HTTP: /metrics, /healthz, /readyz, and the REST of the dashboard."""
from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import Any, Literal

_LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


class State:
    """One HTTP port of ptero."""

    def __init__(self, url: str, token: str | None = None, timeout_s: float = 5.0) -> None:
        """url: such as "http://127.0.0.1:9102". token: where the service asks for one."""
        self._url, self._timeout_s = url.rstrip("/"), timeout_s
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def _get(self, path: str) -> str:
        request = urllib.request.Request(self._url + path, headers=self._headers)
        with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:
            text: str = answer.read().decode()
            return text

    def metrics(self) -> dict[str, dict[frozenset[tuple[str, str]], float]]:
        """{name: {labels: value}}; labels as a frozenset of (name, value) pairs."""
        out: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
        for line in self._get("/metrics").splitlines():
            if found := _LINE.match(line):
                name, labels, value = found.groups()
                out.setdefault(name, {})[frozenset(_LABEL.findall(labels or ""))] = float(value)
        return out

    def metric(self, name: str, **labels: str) -> float:
        """The value of the one series of that name which has these labels. Raises KeyError for none or many."""
        found = [value for key, value in self.metrics().get(name, {}).items() if labels.items() <= dict(key).items()]
        if len(found) != 1:
            raise KeyError(f"{len(found)} series are called {name} with {labels}")
        return found[0]

    def ledger(self) -> dict[str, int]:
        """{state: frames} of the newest series, from ingest (or ptero live)."""
        return {dict(key)["state"]: int(value) for key, value in self.metrics()["ptero_ledger_frames"].items()}

    def ready(self) -> Literal[True] | list[str]:
        """True, or what is not ready, as a list."""
        try:
            self._get("/readyz")
            return True
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            missing: list[str] = json.loads(error.read())["not_ready"]
            return missing

    def rest(self, path: str) -> Any:
        """A JSON answer of the dashboard, such as rest("/api/v1/state")."""
        return json.loads(self._get(path))
