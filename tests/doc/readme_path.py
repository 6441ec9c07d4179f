#!/usr/bin/env python3
"""What README tells a newcomer to type, as printed there, in a folder of its own.

Usage: readme_path.py ROOT BUILD          the dashboard's command, with what is built in BUILD
       readme_path.py ROOT --clone        all of it: git clone, ./tools/demo, the dashboard's command (half an hour)
Ends with 77 where it cannot be tried here, saying why.
"""
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE_S = 300


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def dashboard_command(readme):
    found = re.findall(r"^(build/release/bin/ptero live .*--dashboard)$", readme, re.M)
    assert len(found) == 1, f"README has {len(found)} commands that show the dashboard"
    return found[0].split()


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return ""


def until(what, process, check):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, f"ended with {process.returncode} before: {what}"
        found = check()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {PATIENCE_S} s: {what}")


def try_dashboard(command, folder, port):
    """Its page and its numbers while the scan runs; then Ctrl-C, and what is left."""
    log = folder / "dashboard.log"
    with open(log, "w") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        page = until("the page", process, lambda: get(url + "/"))
        assert 'id="root"' in page, page
        for asset in re.findall(r'(?:src|href)="\.?/?(assets/[^"]+)"', page):
            assert len(get(f"{url}/{asset}")) > 1000, asset
        until("frames", process, lambda: (json.loads(get(url + "/api/state") or "{}").get("ledger") or {}).get("arrived", 0) > 50)
        process.send_signal(signal.SIGINT)
        code = process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()
        said = log.read_text()
    assert code == 0, f"Ctrl-C: {code}\n{said}"
    for name in ("raw.h5", "report.json"):
        assert (folder / "ptero-out" / name).stat().st_size > 0, name
    assert "results" in said, said


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="ptero-readme-") as scratch:
        folder = pathlib.Path(scratch)
        if sys.argv[2] == "--clone":
            folder = folder / "ptero"
            subprocess.run(["git", "clone", "-q", root, folder], check=True)
            subprocess.run(["./tools/demo"], cwd=folder, check=True)
            port, more = 8080, []
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    skip("somebody listens on port 8080")
        else:
            build = pathlib.Path(sys.argv[2]).resolve()
            if not (build / "bin/dashboard/index.html").exists():
                skip("ptero was built without its page")
            (folder / "build").mkdir()
            (folder / "build/release").symlink_to(build)
            # Another port: this machine may have a dashboard already.
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            more = [str(port)]
        try_dashboard(dashboard_command((root / "README.md").read_text()) + more, folder, port)
    print("README's path holds")


main()
