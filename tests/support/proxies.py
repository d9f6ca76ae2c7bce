"""Real proxies in front of a server of ours: processes of their own, on loopback, configured in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
NGINX = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events {{ }}
http {{ access_log off; {temporary} {server} }}
"""


def program(name: str) -> str:
    """Where a proxy is: Debian keeps some off the path of ordinary users. In CI a missing one fails, elsewhere it skips
    and says so.
    """
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        told = f"{name} is missing: .ci/run installs it"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def nginx(folder: Path, port: int, directives: str, certificate: tuple[Path, Path] | None = None) -> Iterator[None]:
    """One that listens, with TLS if it has a certificate; ``directives`` are the rest of its ``server``."""
    listen = f"listen 127.0.0.1:{port}{' ssl' if certificate else ''};"
    if certificate:
        directives += f" ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};"
    with nginx_of(folder, port, f"server {{ {listen} {directives} }}"):
        yield


@contextmanager
def nginx_of(folder: Path, port: int, server: str) -> Iterator[None]:
    """One whose ``server`` is written out."""
    temporary = "".join(f"{name}_temp_path {name}; " for name in TEMPORARY)
    (folder / "nginx.conf").write_text(NGINX.format(temporary=temporary, server=server))
    command = [program("nginx"), "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"]
    with proxy(command, folder, port):
        yield


@contextmanager
def proxy(command: list[str], folder: Path, port: int) -> Iterator[None]:
    """A process that listens on a port; it has no other home than the folder, and is stopped by its id."""
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder)}
    with (
        (folder / "told").open("w+") as told,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=told, stderr=told) as process,
    ):
        try:
            deadline = time.monotonic() + 60
            while not _listens(port):
                assert process.poll() is None, (folder / "told").read_text()
                assert time.monotonic() < deadline, f"{command[0]} does not answer"
                time.sleep(0.005)
            yield
        finally:
            process.terminate()
            process.wait(60)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
