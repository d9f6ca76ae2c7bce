"""A real nginx in front of a server of ours: a process of its own, on loopback, configured in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

MISSING = "nginx is missing: .ci/run installs it"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
CONFIGURATION = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events {{ }}
http {{
  access_log off;
{temporary}
  server {{
    listen 127.0.0.1:{port}{tls};
{directives}
  }}
}}
"""


def lacking() -> NoReturn:
    """In CI a missing nginx fails, elsewhere it skips and says so."""
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(MISSING)


def program() -> str:
    """Where nginx is: Debian keeps it off the path of ordinary users."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or lacking()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def nginx(folder: Path, port: int, directives: str, certificate: tuple[Path, Path] | None = None) -> Iterator[None]:
    """A proxy that listens, with TLS if it has a certificate; ``directives`` are those of its ``server``."""
    temporary = [f"  {name}_temp_path {name};" for name in TEMPORARY]
    if certificate:
        directives += f"\n    ssl_certificate {certificate[0]};\n    ssl_certificate_key {certificate[1]};"
    text = CONFIGURATION.format(
        temporary="\n".join(temporary), port=port, tls=" ssl" if certificate else "", directives=directives
    )
    (folder / "nginx.conf").write_text(text)
    command = [program(), "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 60
            while not _listens(port):
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                assert time.monotonic() < deadline, "nginx does not answer"
                time.sleep(0.005)
            yield
        finally:
            process.terminate()
            process.wait(60)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
