"""What hypothesis and atheris drive: each target takes hostile input, and fails when a promise is broken.

The promises: no 5xx that nobody asked for, nothing of ours (a trace, a path) in a reply, nothing logged as an error,
headers that are headers, and an answer within CPU seconds of its own (not of the machine, which others use too).
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any

from gunicorn.config import Config

from mockserver.data import fixtures
from mockserver.data.build import fixture_schema, read_dataset
from mockserver.data.fixture_errors import InvalidFixture
from mockserver.engine.access_log import make_observer
from mockserver.engine.build import build_runtime
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.scenario import find_faults
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.errors import InvalidSetting
from mockserver.server.asgi import AsgiAdapter
from mockserver.server.connection import HTTP_OPTIONS, Connection
from mockserver.server.front import Front
from tests.support.client import WALL

OURS = re.compile(rb"Traceback|mockserver/\w+\.py|site-packages|\.py\", line")
HEAD = re.compile(
    rb"HTTP/1\.[01] (\d{3}) ([\x20-\x7e]+)\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\x09\x20-\x7e\x80-\xff]*\r\n)*)\r\n"
)
ASKED = re.compile(rb"code|__code|transfer-encoding", re.IGNORECASE)  # what can ask for a 5xx
TOLD = (501, 507)  # no Swagger UI; a bound that is reached, which is named
# A call takes a thousandth; what takes this long grows with what is sent faster than it should. Each line takes several
# times as long where coverage traces it.
CPU_SECONDS = 1.0 if sys.gettrace() is None else 5.0
SCENARIO_CPU_SECONDS = 30.0  # a scenario may generate records up to the bound of a sandbox
BOUNDS = {"max_sandboxes": "40", "journal_entries": "50", "journal_bytes": "400000", "all_journals_bytes": "2000000"}


class Broken(AssertionError):
    """A promise that does not hold for this input."""


class _Errors(logging.Handler):
    """Remembers what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


@contextmanager
def watched(sent: object, cpu_seconds: float = CPU_SECONDS) -> Iterator[None]:
    """Fails when what goes on logs an error, or takes too long."""
    log, errors = logging.getLogger("mockserver"), _Errors()
    log.addHandler(errors)
    before = time.process_time()
    try:
        yield
    finally:
        log.removeHandler(errors)
    took = time.process_time() - before
    if errors.texts:
        raise Broken(f"{sent!r} broke: {errors.texts[0]}")
    if took > cpu_seconds:
        raise Broken(f"{str(sent)[:2000]!r} took {took:.1f} s of the processor")


class Lines:
    """The log of calls, where each line must be one."""

    LINE = re.compile(r"[\x20-\x7e]+\n")

    def write(self, text: str) -> None:
        if not self.LINE.fullmatch(text):
            raise Broken(f"a line of the log is {text!r}")


@dataclass
class Transport:
    """A connection to nobody."""

    sent: bytearray = field(default_factory=bytearray)
    closed: bool = False

    def write(self, data: bytes) -> None:
        self.sent += data

    def writelines(self, parts: list[bytes]) -> None:
        self.sent += b"".join(parts)

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return False

    def set_write_buffer_limits(self, **limits: int) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def setsockopt(self, *option: object) -> None:
        pass

    def get_extra_info(self, name: str) -> Any:
        return {"peername": ("127.0.0.1", 40000), "sockname": ("127.0.0.1", 8080), "socket": self}.get(name)


@dataclass(frozen=True)
class Reply:
    """A reply as it left the server; ``body`` is all that came behind its head."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """gunicorn's parser, our protocol and all that is behind it, in this process, on no socket."""

    def __init__(self, **settings: Any) -> None:
        self.runtime: Runtime = build_runtime(make_settings({**BOUNDS, **settings}, {}), wall=lambda: WALL)
        self.runtime.observers += [make_observer("text", Lines()), make_observer("json", Lines())]
        self._app = AsgiAdapter(Front(self.runtime), _no_sleep)
        self._config = Config()
        for name, value in HTTP_OPTIONS.items():
            self._config.set(name, value)
        self._loop = asyncio.new_event_loop()
        self._errors: list[str] = []

    def raw(self, sent: bytes, *, pieces: int = 1) -> bytes:
        """All that the server says to these bytes, which come in so many pieces."""
        with watched(sent):
            said: bytes = _run(self._loop, self._talk(sent, pieces))
        if self._errors:
            raise Broken(f"{sent!r} broke the connection: {self._errors.pop()}")
        if OURS.search(said):
            raise Broken(f"{sent!r} is told what is ours: {said!r}")
        return said

    def exchange(self, sent: bytes) -> Reply | None:
        """The first reply to a request; nothing if the server waits for more of it."""
        said = self.raw(sent)
        if not said:
            return None
        said = said.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = HEAD.match(said)
        if head is None:
            raise Broken(f"{sent!r} gets a head that is none: {said[:500]!r}")
        status = int(head[1])
        if status >= 500 and status not in TOLD and not ASKED.search(sent):
            raise Broken(f"{sent!r} gets {said[:500]!r}")
        lines = [line.split(": ", 1) for line in head[3].decode("latin-1").split("\r\n") if line]
        headers = {name.lower(): value for name, value in lines}
        if "x-mock-warnings" in headers:
            json.loads(headers["x-mock-warnings"])
        return Reply(status, headers, said[head.end() :])

    async def _talk(self, sent: bytes, pieces: int) -> bytes:
        worker = SimpleNamespace(
            cfg=self._config,
            log=_Log(self._errors),
            asgi=self._app,
            loop=asyncio.get_running_loop(),
            nr_conns=0,
            nr=0,
            max_requests=10**9,
            alive=True,
            connections=set(),
        )
        protocol, transport = Connection(worker), Transport()
        protocol.connection_made(transport)  # type: ignore[arg-type]  # it is one as far as this goes
        size = max(1, -(-len(sent) // pieces))
        for start in range(0, len(sent), size):
            if transport.closed:
                break
            protocol.data_received(sent[start : start + size])
            await asyncio.sleep(0)
        while not (protocol._task.done() or protocol._awaiting_request or _waits(protocol)):
            await asyncio.sleep(0)
        said = bytes(transport.sent)
        protocol.connection_lost(None)
        if protocol._awaiting_request:
            protocol._task.cancel()
        await asyncio.wait([protocol._task])
        return said


class _Log:
    """gunicorn's log, as far as it is written to."""

    access_log_enabled = False

    def __init__(self, errors: list[str]) -> None:
        self._errors = errors

    def exception(self, message: str, *values: object) -> None:
        self._errors.append(message % values if values else message)

    error = exception

    def warning(self, message: str, *values: object) -> None:
        pass

    debug = info = warning


def _waits(protocol: Any) -> bool:
    """Whether the server waits for more of a body."""
    receiver = protocol._body_receiver
    return receiver is not None and receiver._waiter is not None


def _run(loop: asyncio.AbstractEventLoop, work: Any) -> Any:
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(None)  # a browser test leaves one behind
    try:
        return loop.run_until_complete(work)
    finally:
        asyncio._set_running_loop(before)


async def _no_sleep(seconds: float) -> None:
    pass


@lru_cache(maxsize=1)
def server() -> Server:
    """One whose sandboxes nobody controls."""
    return Server()


@lru_cache(maxsize=1)
def controlled() -> Server:
    """One whose sandboxes are changed by what is tried."""
    return Server()


def request(
    method: str, target: bytes, headers: Mapping[str, bytes | str] | None = None, body: bytes | None = None
) -> bytes:
    """A request as it travels; of what is given nothing is escaped."""
    lines = [f"{method} ".encode("latin-1", "replace") + target + b" HTTP/1.1"]
    sent: dict[str, bytes | str] = {"Host": "127.0.0.1:8080", **(headers or {})}
    if body is not None:
        sent["Content-Length"] = str(len(body))
    for name, value in sent.items():
        lines.append(
            name.encode() + b": " + (value if isinstance(value, bytes) else value.encode("latin-1", "replace"))
        )
    return b"\r\n".join([*lines, b"", body or b""])


# Targets ------------------------------------------------------------------------------------------------------------


def wire(sent: bytes) -> None:
    """Bytes on a connection: each reply is one, and the first is no 5xx."""
    server().exchange(sent)
    server().raw(sent, pieces=3)


def call(sent: bytes) -> Reply | None:
    """A request to a vendor's path: its words, or problem+json."""
    reply = server().exchange(sent)
    if reply is not None and reply.body and reply.status >= 400:
        kind = reply.headers.get("content-type", "")
        if "json" not in kind and reply.status != 404:
            raise Broken(f"{sent!r} gets {reply}")
    return reply


def control(
    method: str, path: str, body: bytes | None, headers: Mapping[str, bytes | str] | None = None
) -> Reply | None:
    """A request of the control API, and whether the vendors can still be called afterwards."""
    told = {"Content-Type": "application/json", **(headers or {})}
    one = controlled()
    reply = one.exchange(request(method, path.encode("latin-1", "replace"), told, body))
    if reply is not None and reply.status >= 400 and method != "HEAD":
        if reply.headers.get("content-type") != "application/problem+json":
            raise Broken(f"{method} {path} {body!r} gets {reply}")
        if not {"type", "title", "status", "detail"} <= set(reply.json):
            raise Broken(f"{method} {path} {body!r} gets {reply}")
    if reply is not None and method not in ("GET", "HEAD") and reply.status < 400:
        name = (headers or {}).get("X-Mock-Sandbox", "default")
        for path_of_vendor, sent in examples().values():
            one.raw(request("GET", path_of_vendor, {**sent, "X-Mock-Sandbox": name}))
        for read in ("settings", "faults", "clock", "requests?limit=1", "export"):
            one.raw(request("GET", f"/__admin/{read}".encode(), {"X-Mock-Sandbox": name}))
    bounded(one.runtime)
    return reply


def bounded(runtime: Runtime) -> None:
    """Nothing that is remembered is over its bound."""
    names = runtime.store.sandboxes()
    if len(names) > runtime.settings.max_sandboxes + 1:
        raise Broken(f"{len(names)} sandboxes")
    for name in names:
        if len(runtime.store.entries(name)) > runtime.settings.journal_entries:
            raise Broken(f"{len(runtime.store.entries(name))} entries in the journal of {name}")


@lru_cache(maxsize=1)
def examples() -> dict[str, tuple[bytes, Mapping[str, str]]]:
    """Of each vendor the path and the headers of a call that works."""
    listed = controlled().exchange(request("GET", b"/__admin/vendors"))
    assert listed is not None
    return {each["name"]: (each["example"]["path"].encode(), each["example"]["headers"]) for each in listed.json}


@lru_cache(maxsize=1)
def folder() -> Path:
    return Path(mkdtemp(prefix="mockserver-fuzz-"))


def fixture(vendor: str, text: str, suffix: str = ".yaml") -> bool:
    """A fixture file: it is refused fault by fault, or all of it can be served. Whether it can."""
    told = next(each for each in server().runtime.vendors if each.name == vendor)
    path = folder() / f"own{suffix}"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    with watched(text):
        try:
            content = fixtures.read(path, fixture_schema(told))
        except InvalidFixture as broken:
            lines = str(broken).split("\n")
            if len(lines) != len(broken.faults) or not all(line.isprintable() for line in lines):
                raise Broken(f"{text!r} is told as {lines}") from None
            return False
        records = read_dataset(told, path).records
        for index in range(len(records)):
            json.loads(records.text(index))
        for readings in ({}, {each.name: each.choices[-1] for each in told.readings if each.renders}):
            for rendered in records.fragments({**told.default_rendering_readings, **readings}):
                json.loads(rendered)
        return content.dataset == "own"


def scenario(text: str) -> bool:
    """A scenario's file: whether it can be used."""
    path = folder() / "own.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    with watched(text, SCENARIO_CPU_SECONDS):
        faults = find_faults(path, server().runtime.sandboxes, WALL)
        if not all(str(fault).isprintable() for fault in faults):
            raise Broken(f"{text!r} is told as {faults}")
        return not faults


def setting(name: str, value: str, *, variable: bool) -> bool:
    """A setting by flag or variable: whether it can be had. What cannot is one sentence."""
    with watched((name, value)):
        try:
            if variable:
                make_settings({}, {f"MOCKSERVER_{name.upper()}": value})
            else:
                make_settings({name: value}, {})
        except InvalidSetting as wrong:
            if not str(wrong).strip().endswith("."):
                raise Broken(f"{name} {value!r} is told as {wrong}") from None
            return False
        return True
