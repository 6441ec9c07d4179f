#!/usr/bin/env python3
"""configs/two_hosts.toml as it is installed, keys and tokens included, with both hosts' addresses on this machine: a
detector that speaks SIMPLON version 2, a PandABox, and Prometheus with the job that is shipped.
Usage: two_hosts.py PTERO.deb [PTERO-DDIP.deb]"""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.request

from machine import CONFIG, PACKAGES, SCAN, Service, check, eventually, install, run, start, stop, wait_for_the_series

TOKEN = "/etc/ptero/keys/http.token"
HOSTS = {"ingest": "10.0.0.1:9101", "classifier": "10.0.0.1:9102", "reconstructor": "10.0.0.2:9103",
         "dashboard": "10.0.0.2:8080", "ddip": "10.0.0.2:9105"}
if len(PACKAGES) < 2:
    del HOSTS["ddip"]
SERVICES = {name: Service(name, address, TOKEN) for name, address in HOSTS.items()}


def configure():
    for address in ("10.0.0.1", "10.0.0.2", "10.0.0.8", "10.0.0.9"):
        run("ip", "address", "add", f"{address}/32", "dev", "lo")
    run("ptero", "keygen", "/etc/ptero/keys")
    run("chown", "-R", "ptero:", "/etc/ptero/keys")
    shutil.copy("/usr/share/ptero/configs/two_hosts.toml", CONFIG)


def ask_who_may():
    dashboard = SERVICES["dashboard"]
    for service in SERVICES.values():
        check(service.ask("/metrics", with_token=False)[0] == 401, f"{service.name} answers without a token")
    status, body = dashboard.ask("/api/control/region", {"border": 1})
    check(status == 200 and json.loads(body)["ok"], f"the region cannot be changed from the other host: {body}")


def scrape():
    """The shipped job with the changes that deploy/README.md names."""
    job = pathlib.Path("/usr/share/ptero/prometheus/prometheus.yml").read_text()
    for name, address in HOSTS.items():
        port = address.split(":")[1]
        check(f"127.0.0.1:{port}" in job, f"prometheus.yml does not scrape {name}")
        job = job.replace(f"127.0.0.1:{port}", address)
    job = re.sub(r"\n *- 127\.0\.0\.1:.*", "", job).replace("# authorization", "authorization")
    job = job.replace("/etc/ptero/http.token", TOKEN)
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "prometheus.yml").write_text(re.sub("_interval: 5s", "_interval: 1s", job))
        shutil.copy("/usr/share/ptero/prometheus/ptero_alerts.yml", folder)
        prometheus = subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml", "--log.level=error",
                                       f"--storage.tsdb.path={folder}/tsdb", "--web.listen-address=127.0.0.1:9090"])

        def up():
            try:
                with urllib.request.urlopen("http://127.0.0.1:9090/api/v1/targets", timeout=5) as answer:
                    targets = json.load(answer)["data"]["activeTargets"]
            except OSError:
                return False
            return len(targets) == len(HOSTS) and all(t["health"] == "up" for t in targets)

        eventually("all targets are up", up)
        prometheus.terminate()
        prometheus.wait()


install()
configure()
start(SERVICES.values())
ask_who_may()
run("ptero", "simulate", "nanosheets", "--protocol", "simplon2", "--bind", "tcp://10.0.0.9:31001", "--insecure",
    "--bind-positions", "panda-tcp:10.0.0.8:8889", *SCAN)
wait_for_the_series(SERVICES["dashboard"])
if shutil.which("prometheus"):
    scrape()
stop(SERVICES.values())
print(f"two_hosts: {', '.join(f'{s.name} on {s.address}' for s in SERVICES.values())} run a series with keys and tokens")
