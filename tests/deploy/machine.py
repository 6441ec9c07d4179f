"""What the checks of the installed packages have in common. They change the machine: tools/check_package runs them in a copy."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

PACKAGES = [os.path.abspath(name) for name in sys.argv[1:]]
CONFIG = pathlib.Path("/etc/ptero/ptero.toml")
DATA = pathlib.Path("/var/lib/ptero")
SCAN = ["--rate", "0", "--scan", "14x16", "--scan-step", "300e-9", "--pattern", "64", "--photons", "1e5",
        "--outer-zone-width", "80e-9"]
FRAMES = 14 * 16


def check(holds, otherwise):
    if not holds:
        subprocess.run(["journalctl", "--no-pager", "-o", "cat", "-n", "60"])
        sys.exit(f"{os.path.basename(sys.argv[0])}: {otherwise}")


def run(*words):
    ran = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(ran.returncode == 0, f"{' '.join(words)} ended with {ran.returncode}\n{ran.stdout}")
    return ran.stdout


def eventually(what, holds, seconds=60):
    end = time.monotonic() + seconds
    while not (found := holds()):
        check(time.monotonic() < end, f"not within {seconds} s: {what}")
        time.sleep(0.1)
    return found


def install():
    run("apt-get", "install", "-y", "--no-install-recommends", *PACKAGES)


def show(unit, key):
    return run("systemctl", "show", "-P", key, unit).strip()


class Service:
    """One of ptero, as it answers over HTTP."""

    def __init__(self, name, address, token_file=None):
        self.name, self.unit, self.address, self.token_file = name, f"ptero@{name}.service", address, token_file

    def ask(self, path, body=None, with_token=True):
        """Status and body; 0 when nobody answers."""
        request = urllib.request.Request(f"http://{self.address}{path}", data=body and json.dumps(body).encode())
        if with_token and self.token_file:
            request.add_header("Authorization", "Bearer " + pathlib.Path(self.token_file).read_text().strip())
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def get(self, path):
        status, body = self.ask(path)
        return body if status == 200 else None

    def metric(self, name):
        found = re.search("^" + re.escape(name) + "(?:{[^}]*})? (.*)$", self.get("/metrics") or "", re.M)
        return float(found.group(1)) if found else None


def start(services):
    """As deploy/README.md says."""
    run("systemctl", "enable", "ptero.target", *(s.unit for s in services))
    run("systemctl", "start", "ptero.target")
    for service in services:
        eventually(f"{service.name} is ready", lambda: service.get("/readyz"))


def stop(services):
    run("systemctl", "stop", "ptero.target")
    for s in services:
        eventually(f"{s.name} stops", lambda: show(s.unit, "ActiveState") == "inactive")
        check(show(s.unit, "Result") == "success", f"{s.name} did not end in order: {show(s.unit, 'Result')}")


def wait_for_the_series(dashboard):
    """The folder of its files: all there, the ledger complete and proved."""
    folder = eventually("a product", lambda: next(DATA.glob("*/product.h5"), None), 120).parent
    eventually("raw.h5 sealed", lambda: (folder / "raw.h5").exists() and not (folder / "series.journal").exists())
    run("ptero", "ledger", str(folder / "raw.h5"))
    ledger = json.loads(dashboard.get("/api/state"))["ledger"]
    counts = ledger["counts"]
    check(ledger["total"] == FRAMES == counts["selected"] + counts["background"], f"the ledger is {counts}")
    return folder
