"""Opens the listening socket, and writes the port file."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path

from ..sdk.errors import InvalidSetting


def listen(host: str, port: int, flag: str = "--port") -> socket.socket:
    """A listening TCP socket. Raises InvalidSetting, which names the flag."""
    name = host.encode() if host.isascii() else host  # a str would load Python's IDNA tables
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise InvalidSetting(f"--host is {host!r}, wanted an address of this machine.") from None
    listener = socket.socket(family, kind, protocol)
    if os.name != "nt":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        why = {
            errno.EADDRINUSE: f"port {port} on {host} is taken; choose another with {flag} (0: a free one).",
            errno.EACCES: f"port {port} needs more rights than this user has; choose one above 1023 with {flag}.",
        }.get(error.errno or 0, f"cannot listen on {host} port {port}: {error.strerror}.")
        raise InvalidSetting(why) from None
    return listener


def format_url(listener: socket.socket, tls: bool) -> str:
    """The server's URL, as a person opens it."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{'https' if tls else 'http'}://{host}:{port}"


def prepare_port_file(port_file: Path) -> None:
    """Remove an earlier server's port file, and check that ours can be written. Raises InvalidSetting."""
    try:
        if port_file.exists() and not port_file.is_file():
            raise InvalidSetting(f"--port-file is {port_file}, wanted {_WRITABLE}.")
        port_file.unlink(missing_ok=True)
        _write_temporary(port_file, 0).unlink()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidSetting(f"--port-file is {port_file}, wanted {_WRITABLE} ({why}).") from None


def write_port_file(port_file: Path, port: int) -> None:
    """Write the port atomically. Raises InvalidSetting."""
    try:
        _write_temporary(port_file, port).replace(port_file)
    except OSError as error:
        with suppress(OSError):
            _temporary_path(port_file).unlink(missing_ok=True)
        raise InvalidSetting(f"--port-file {port_file} cannot be written: {error.strerror}.") from None


_WRITABLE = "a file in a folder that exists and can be written"


def _temporary_path(port_file: Path) -> Path:
    return port_file.with_name(f".mockserver.{os.getpid()}")


def _write_temporary(port_file: Path, port: int) -> Path:
    """A new file with the port in the same folder; it is removed if it cannot be written."""
    beside = _temporary_path(port_file)
    beside.unlink(missing_ok=True)
    try:
        with beside.open("x") as file:
            file.write(f"{port}\n")
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    return beside
