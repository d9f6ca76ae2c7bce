"""A minimal HTTP/1.1 client over a socket, with keep-alive, in an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import NamedTuple

from bench.load import PATIENCE, Failed
from mockserver.sdk.jsontext import decode, encode

IDLE = 10  # seconds after which a connection is not used again: the server closes it after 15
JSON = {"Content-Type": "application/json"}


class Answer(NamedTuple):
    """One reply; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """One client's connection, opened on first use and again after the server closed it."""

    def __init__(self, port: int, limit: int = 2**20) -> None:
        self._port, self._limit = port, limit
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = time.monotonic()

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect, unless the connection is reliable."""
        if time.monotonic() - self._used > IDLE:
            self.close()
        self._used = time.monotonic()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=self._limit)
        return self._streams

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """One reply. Raises Failed on a timeout or a broken connection."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        sent = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._ask(method, sent)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise Failed(f"{method} {target[:200]} got no whole reply: {error!r}") from None

    async def _ask(self, method: str, sent: bytes) -> Answer:
        reader, writer = await self.open()
        writer.write(sent)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status_line, *rest = head[:-4].split("\r\n")
        headers = {}
        for line in rest:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        length = int(headers.get("content-length", 0))
        body = await reader.readexactly(length) if length and method != "HEAD" else b""
        self._used = time.monotonic()
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(status_line.split(" ", 2)[1]), headers, body)

    async def control(self, method: str, path: str, sandbox: str, body: object = None) -> object:
        """A reply of the control API about a sandbox, None without a body. Raises Failed for a refusal."""
        text = b"" if body is None else encode(body)
        answer = await self.ask(method, f"/__admin{path}", {"X-Mock-Sandbox": sandbox, **(JSON if text else {})}, text)
        if answer.status >= 400:
            raise Failed(f"{method} {path} in {sandbox} was refused: {answer.status} {answer.body[:300]!r}")
        return decode(answer.body) if answer.body else None

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
