#!/usr/bin/env python3
"""The Debian packages on a machine with systemd: installed by apt, the services started as deploy/README.md says, a series
sent through them, one killed, one given a wrong configuration, all stopped, the packages purged.
Usage: one_host.py PTERO.deb [PTERO-DDIP.deb]"""
import os
import pathlib
import pwd
import re
import signal
import subprocess

from machine import CONFIG, DATA, PACKAGES, SCAN, Service, check, eventually, install, run, show, start, stop, wait_for_the_series

PORTS = {"ingest": 9101, "classifier": 9102, "reconstructor": 9103, "dashboard": 8080}
if len(PACKAGES) > 1:
    PORTS["ddip"] = 9105
SERVICES = {name: Service(name, f"127.0.0.1:{port}") for name, port in PORTS.items()}
UNITS = [s.unit for s in SERVICES.values()]


def look_at_what_is_installed():
    check(pwd.getpwnam("ptero").pw_dir == str(DATA), "the user ptero has another home")
    run("systemd-analyze", "verify", "--man=no", *UNITS, "ptero.target")
    for unit in UNITS:
        # One number for what a service could do to the machine, 0 to 100: nothing to everything.
        run("systemd-analyze", "security", "--no-pager", "--threshold=25", unit)
    run("python3", "-c", "import ptero_client")


def ask_for_slices():
    """So that ddip has something to separate."""
    text = CONFIG.read_text().replace("[reconstructor]\n", "[reconstructor]\nslices = 2\nslice_spacing_m = 20e-6\n")
    CONFIG.write_text(text.replace("[ddip] ", "[ddip]\nreport_every = 5\n"))


def look_at_the_page():
    check(DATA.owner() == "ptero" and DATA.stat().st_mode & 0o777 == 0o750, f"{DATA} is not ptero's alone")
    dashboard = SERVICES["dashboard"]
    page = dashboard.get("/")
    assets = re.findall(r'(?:src|href)="\.?(/assets/[^"]+)"', page or "")
    check(len(assets) >= 2, f"the dashboard serves no page:\n{page}")
    for asset in assets:
        check(len(dashboard.get(asset) or "") > 1000, f"the dashboard does not serve {asset}")


def kill_one():
    service = SERVICES["classifier"]
    os.kill(int(show(service.unit, "MainPID")), signal.SIGKILL)
    eventually("a killed service is back", lambda: show(service.unit, "NRestarts") == "1" and service.get("/readyz"))


def misconfigure_one():
    """Ends with one sentence and is not started again."""
    unit, right = "ptero@reconstructor.service", CONFIG.read_text()
    CONFIG.write_text(right.replace("[reconstructor]\n", "[reconstructor]\nepoch = 3\n"))
    subprocess.run(["systemctl", "restart", unit], stderr=subprocess.DEVNULL)
    eventually("a wrong configuration ends a service", lambda: show(unit, "ActiveState") == "failed")
    check(show(unit, "ExecMainStatus") == "2", "a wrong configuration does not end with 2")
    said = run("journalctl", "--no-pager", "-o", "cat", "-u", unit)
    check("unknown key 'epoch'; did you mean 'epochs'?" in said, "the journal does not say what is wrong")
    CONFIG.write_text(right)
    run("systemctl", "reset-failed", unit)
    run("systemctl", "start", unit)


def remove(product):
    run("systemctl", "start", "ptero.target")  # removed while it runs
    run("apt-get", "purge", "-y", "ptero*")
    left = [CONFIG] if CONFIG.exists() else []
    for folder in ("/usr/bin", "/usr/share", "/usr/lib/systemd/system", "/etc/systemd/system"):
        left += pathlib.Path(folder).rglob("ptero*") if "systemd" in folder else pathlib.Path(folder).glob("ptero*")
    check(not left, f"left behind: {', '.join(map(str, left))}")
    check(subprocess.run(["pgrep", "-u", "ptero"], stdout=subprocess.DEVNULL).returncode == 1, "a service still runs")
    check(product.exists(), "the data are gone")


install()
look_at_what_is_installed()
if "ddip" in SERVICES:
    ask_for_slices()
start(SERVICES.values())
look_at_the_page()
run("ptero", "simulate", "nanosheets", "--bind", "tcp://127.0.0.1:5570", *SCAN)
series = wait_for_the_series(SERVICES["dashboard"])
if "ddip" in SERVICES:
    eventually("ddip separates the product", lambda: (SERVICES["ddip"].metric("ptero_ddip_epoch") or 0) > 0, 120)
kill_one()
misconfigure_one()
stop(SERVICES.values())
remove(series / "product.h5")
print(f"one_host: {', '.join(UNITS)} run a series; killed, misconfigured, stopped and purged in order")
