#!/usr/bin/env python3
"""The dashboard behind nginx and Apache with the files of deploy/proxy, below a path and another name.

Usage: proxy.py PTERO nginx|apache   Ends with 77 where that server is not installed, saying so.
"""
import base64
import http.client
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 120
TOKEN = "a-token-for-the-proxy-tests"
NAME = "beamline.example.org"
MODULES = "/usr/lib/apache2/modules"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def nginx(folder, port, snippet):
    conf = folder / "nginx.conf"
    # Debian's builds write these by default where only root may.
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    conf.write_text(f"daemon off; pid {folder}/pid; error_log stderr; events {{}}\n"
                    f"http {{ access_log off; {paths} server {{ listen 127.0.0.1:{port};\n{snippet}\n}} }}\n")
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(conf)]


def apache(folder, port, snippet):
    conf = folder / "apache.conf"
    names = ["mpm_event", "authz_core", "alias", "proxy", "proxy_http", "proxy_wstunnel"]
    load = "".join(f"LoadModule {n}_module {MODULES}/mod_{n}.so\n" for n in names)
    conf.write_text(f"{load}ServerRoot {folder}\nServerName localhost\nPidFile {folder}/pid\nListen 127.0.0.1:{port}\n"
                    f"ErrorLog {folder}/error.log\n<VirtualHost *:{port}>\n{snippet}\n</VirtualHost>\n")
    return ["apache2", "-D", "FOREGROUND", "-f", str(conf)]


def ask(port, path, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {"Host": NAME, **headers})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode("utf-8", "replace")


def until(what, check):
    end = time.monotonic() + PATIENCE_S
    last = None
    while time.monotonic() < end:
        try:
            last = check()
            if last:
                return last
        except OSError as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"not within {PATIENCE_S} s: {what} ({last})")


def upgraded(port, path, **headers):
    """The status of a WebSocket's handshake, and what it sends first."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as s:
        lines = {"Host": NAME, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), **headers}
        s.sendall((f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n").encode())
        data = b""
        while len(data) < 400:
            more = s.recv(4096)
            if not more:
                break
            data += more
            # A refusal is short, and the connection may stay.
            if b"\r\n\r\n" in data and b" 101 " not in data[:20]:
                break
    return int(data.split()[1]), data


def check(port):
    assert ask(port, "/ptero")[1]["Location"].endswith("/ptero/")
    status, headers, page = ask(port, "/ptero/", Accept="text/html")
    assert status == 401 and "<form" in page and "A token is needed" in page, (status, page)
    status, _, page = ask(port, "/ptero/?token=wrong-wrong-wrong-wrong", Accept="text/html")
    assert status == 401 and "The token is wrong" in page, (status, page)
    # The right one is kept as a cookie, and the way goes on below the same path.
    status, headers, _ = ask(port, f"/ptero/?token={TOKEN}")
    location = headers["Location"]
    assert status == 303 and (location == "./" or location.endswith("/ptero/")), headers
    cookie = headers["Set-Cookie"].split(";")[0]
    assert "Path=" not in headers["Set-Cookie"], headers
    status, _, page = ask(port, "/ptero/", Cookie=cookie)
    assert status == 200 and 'id="root"' in page, (status, page)
    assets = re.findall(r'(?:src|href)="([^"]*assets/[^"]+)"', page)
    assert len(assets) >= 2 and all(a.startswith("./") for a in assets), page
    for asset in assets:
        assert ask(port, "/ptero/" + asset[2:], Cookie=cookie)[0] == 200, asset
    status, _, state = ask(port, "/ptero/api/state", Cookie=cookie)
    assert status == 200 and '"series_uid"' in state, (status, state)
    status, _, said = ask(port, "/ptero/api/control/frames", "POST", "{}", Cookie=cookie, Origin=f"https://{NAME}")
    assert status == 400 and "looks like" in said, (status, said)
    status, data = upgraded(port, "/ptero/ws", Cookie=cookie, Origin=f"https://{NAME}")
    assert status == 101 and b"series_uid" in data, data
    status, data = upgraded(port, "/ptero/ws", Cookie=cookie, Origin="https://another.example.org")
    assert status == 403, data
    assert ask(port, "/ptero/api/control/frames", "POST", "{}", Cookie=cookie, Origin="https://another.example.org")[0] == 403


def main():
    ptero, kind = sys.argv[1:]
    server = {"nginx": nginx, "apache": apache}[kind]
    program = {"nginx": "nginx", "apache": "apache2"}[kind]
    if not shutil.which(program):
        print(f"skipped: {program} is not installed")
        sys.exit(77)
    if not (pathlib.Path(ptero).parent / "dashboard/index.html").exists():
        print("skipped: ptero was built without its page")
        sys.exit(77)
    snippet = (pathlib.Path(__file__).parents[2] / "deploy/proxy" / f"{kind}.conf").read_text()
    with tempfile.TemporaryDirectory(prefix="ptero-proxy-") as scratch:
        folder = pathlib.Path(scratch)
        os.chmod(folder, 0o755)
        (folder / "token").write_text(TOKEN)
        os.chmod(folder / "token", 0o600)
        inner, outer = free_port(), free_port()
        assert snippet.count("127.0.0.1:8080") >= 1
        processes = []
        with open(folder / "log", "w") as log:
            try:
                for command in ([ptero, "live", "--source", "sim:nanosheets", "--rate", "2", "--scan", "24x30", "--pattern", "64", "--outer-zone-width", "70e-9",
                                 "--out", str(folder / "out"), "--dashboard", str(inner),
                                 "--set", f"live.http_token_file={folder}/token"],
                                server(folder, outer, snippet.replace("127.0.0.1:8080", f"127.0.0.1:{inner}"))):
                    processes.append(subprocess.Popen(command, stdout=log, stderr=log))
                until("ptero", lambda: ask(inner, "/healthz", Host="localhost")[0] == 200)
                until(kind, lambda: ask(outer, "/ptero/")[0] == 401)
                check(outer)
            except BaseException:
                print((folder / "log").read_text())
                raise
            finally:
                for process in processes:
                    process.kill()
                    process.wait()
    print(f"the page works behind {kind}")


main()
