"""A server in a process of its own, of which the processor time and the memory that a request takes are read."""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.fuzz.targets import request
from tests.support.servers import running, serving

BASE_SECONDS = 0.010
SECONDS_PER_BYTE = 0.000_002
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_FENCE = request("GET", b"/__admin/health")


@dataclass(frozen=True)
class Cost:
    """What one request took: seconds of the processor, bytes each way, and the status of its reply."""

    seconds: float
    received: int
    sent: int
    status: int

    def over(self, *, control: bool) -> float:
        """How many times the bound it took."""
        counted = self.received + (self.sent if control else 0)
        return self.seconds / (BASE_SECONDS + SECONDS_PER_BYTE * counted)


class Measured:
    """A running server of one worker, called on one connection at a time."""

    def __init__(self, url: str, worker: int) -> None:
        host, port = str(urlsplit(url).hostname), urlsplit(url).port
        self._address, self._worker = (host, int(port or 0)), worker
        self._clock = (~worker << 3) | 2  # Linux: the processor time of that process, all its threads
        self._connection: socket.socket | None = None

    def processor(self) -> float:
        """Seconds of the processor that the worker took so far."""
        return time.clock_gettime(self._clock)

    def memory(self) -> int:
        """Bytes that the worker holds in memory."""
        pages = Path(f"/proc/{self._worker}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * 4096

    def cost(self, sent: bytes) -> Cost:
        """What a request takes, with all that the server still does behind its reply."""
        before = self.processor()
        reply = self.exchange(sent)
        self.exchange(_FENCE)
        return Cost(self.processor() - before, len(sent), len(reply), int(reply[9:12] or 0))

    def exchange(self, sent: bytes) -> bytes:
        """The reply to a request; it may come before all is sent."""
        connection = self._connected()
        left, received = memoryview(sent), bytearray()
        head = sent.startswith(b"HEAD ")
        while not _is_whole(received, head=head):
            readable, writable, _ = select.select([connection], [connection] if left else [], [], 600)
            if writable:
                left = self._send(connection, left)
            if readable:
                piece = _received(connection)
                if not piece:
                    self.close()
                    break
                received += piece
        if left or b"\r\nConnection: close\r\n" in received:
            self.close()
        return bytes(received)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, connection: socket.socket, left: memoryview) -> memoryview:
        try:
            return left[connection.send(left) :]
        except (BrokenPipeError, ConnectionResetError):  # it has heard enough
            return left[len(left) :]

    def _connected(self) -> socket.socket:
        if self._connection is None:
            self._connection = socket.create_connection(self._address, 600)
            self._connection.setblocking(False)
        return self._connection


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1 << 20)
    except ConnectionResetError:
        return b""


def _is_whole(received: bytearray, *, head: bool) -> bool:
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(received, 0, end + 2)
    return head or len(received) >= end + 4 + (int(length[1]) if length else 0)


@contextmanager
def measured(*flags: str, environment: Mapping[str, str] | None = None) -> Iterator[Measured]:
    """A server with the shipped datasets, stopped afterwards."""
    log = {"PYTHONUNBUFFERED": "1", **(environment or {})}
    with running(serving(*flags), environment=log) as (url, _):
        (worker,) = (child for child in _children() if _is_worker(child))
        server = Measured(url, worker)
        try:
            yield server
        finally:
            server.close()


def _children() -> list[int]:
    """Those of our own processes and theirs."""
    found, waiting = list[int](), ["self"]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
            own = (task / "children").read_text(encoding="ascii").split()
            found += map(int, own)
            waiting += own
    return found


def _is_worker(process: int) -> bool:
    """Whether a process is the one that answers: a child of the server that has none itself."""
    return not any((task / "children").read_text() for task in Path(f"/proc/{process}/task").iterdir())
