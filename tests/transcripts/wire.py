"""One request as bytes over a socket, and the bytes that come back."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

SECONDS = 30
NOT_COMPARED = ("date", "server", "connection", "keep-alive")


@dataclass(frozen=True)
class Reply:
    """What a client received: no status line when the connection was closed or reset before one."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    reset: bool


def on_the_wire(request: str, port: int, calls: Mapping[str, str]) -> bytes:
    """The bytes of a request that is written down."""
    head, _, body = filled(request, port, calls).partition("\n\n")
    lines = head.split("\n")
    given = {line.partition(":")[0].lower() for line in lines[1:]}
    if "host" not in given:
        lines.insert(1, f"Host: 127.0.0.1:{port}")
    lines = [line for line in lines if line != "Host: {{none}}"]
    sent = body.encode("utf-8", "surrogateescape")
    if sent and not given & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(sent)}")
    if "connection" not in given:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + sent


def filled(text: str, port: int, calls: Mapping[str, str]) -> str:
    """A request with its placeholders filled in."""
    text = re.sub(r"\{\{repeat (\d+) ([\s\S]+?)\}\}", lambda found: found[2] * int(found[1]), text)
    text = re.sub(r"\{\{call (\d+)\}\}", lambda found: calls[found[1]], text)
    for name, value in (("port", str(port)), ("cr", "\r"), ("newline", "\n")):
        text = text.replace(f"{{{{{name}}}}}", value)
    return text


def send(port: int, sent: bytes) -> Reply:
    """Sends a request, and reads until the server closes the connection."""
    received, reset = b"", False
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        with suppress(ConnectionError):  # refused before all of it was sent: the reply is there already
            connection.sendall(sent)
        try:
            while block := connection.recv(65536):
                received += block
        except ConnectionResetError:
            reset = True
    return parse(received, reset)


def parse(received: bytes, reset: bool) -> Reply:
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = [(name, _sorted(name, value.strip())) for name, _, value in (line.partition(":") for line in lines)]
    if ("transfer-encoding", "chunked") in [(name.lower(), value) for name, value in pairs]:
        body = _joined(body)
    kept = tuple((name, value) for name, value in pairs if name.lower() not in NOT_COMPARED)
    complete = ("content-length", str(len(body))) in [(name.lower(), value) for name, value in pairs]
    return Reply(status, kept, body, reset and not complete)  # whoever has the whole reply hardly minds


def _sorted(name: str, value: str) -> str:
    """A value as it came; the methods of Allow are a set, and stand in the order of the alphabet."""
    return ", ".join(sorted(value.split(", "))) if name == "Allow" else value


def _joined(body: bytes) -> bytes:
    """The bytes of a body in chunks; what is no chunk stays as it came."""
    joined, rest = b"", body
    while found := re.match(rb"([0-9A-Fa-f]+)[^\r\n]*\r\n", rest):
        size = int(found[1], 16)
        joined, rest = joined + rest[found.end() : found.end() + size], rest[found.end() + size + 2 :]
        if size == 0:
            return joined
    return joined + rest
