"""Faults that a server survives, with figures: ``python -m bench.survival`` prints them.

``tests/system/test_survival.py`` holds the same runs to what is promised. Each
takes a few seconds, on a server of its own. Needs Linux: processes and
their connections are read from ``/proc``.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import resource
import selectors
import signal
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event, Lock, Thread
from typing import Any, ClassVar, TypeVar

from bench.servers import tree
from tests.support import stores
from tests.support.servers import serving

T = TypeVar("T")
TIMEOUT_SECONDS = 60.0  # for any event
FAILURES = (OSError, http.client.HTTPException)
RECORD = "/__admin/records/wisecp/1000100"  # of the default dataset
DELAY_MS = 3000


def wait_for(what: str, look: Callable[[], T]) -> T:
    """Poll ``look`` until its result is true; returns the result."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while not (found := look()):
        assert time.monotonic() < until, f"{what} did not come about"
        time.sleep(0.002)
    return found


# The server and its clients ----------------------------------------------------------------------------------


@dataclass
class RunningServer:
    """A running server; its standard error is in a file."""

    process: subprocess.Popen[str]
    port: int
    errors: Path

    @property
    def log(self) -> str:
        """Its standard error without the lines of calls."""
        lines = self.errors.read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if not re.search(r" \d{3} [\d.]+ms", line))

    def workers(self) -> set[int]:
        return set(tree(self.process.pid)) - {self.process.pid}

    def worker_of(self, client: socket.socket) -> int | None:
        """The worker at the other end of a connection."""
        here, there = client.getsockname()[1], self.port
        ends = f":{there:04X} ", f":{here:04X} "
        for line in Path("/proc/net/tcp").read_text().splitlines():
            words = line.split()
            if words[1].endswith(ends[0].strip()) and words[2].endswith(ends[1].strip()):
                return next((pid for pid in self.workers() if f"socket:[{words[9]}]" in _files(pid)), None)
        return None

    def open_files(self) -> int:
        return sum(len(_files(pid)) for pid in self.workers())

    def weight(self) -> float:
        """The memory of its processes in MiB, with their share of shared pages."""
        pids = (self.process.pid, *self.workers())
        rolls = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids)
        return sum(int(re.findall(r"^Pss: +(\d+)", roll, re.M)[0]) for roll in rolls) / 1024


def _files(pid: int) -> list[str]:
    found = []
    with suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                found.append(os.readlink(entry.path))
    return found


@contextmanager
def run_server(*flags: str, command: Sequence[str] = ()) -> Iterator[RunningServer]:
    """Run a server with these flags, or by a command, and kill its processes at the end."""
    with (
        tempfile.NamedTemporaryFile(prefix="survival-") as errors,
        subprocess.Popen(
            command or serving(*flags), stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = next(line for line in process.stdout if line.startswith("health: "))
            yield RunningServer(process, int(re.findall(r":(\d+)/", line)[0]), Path(errors.name))
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            Talker.close_all()


class Talker:
    """A client of one sandbox with a keep-alive connection, closed with the server at the latest."""

    made: ClassVar[list[Talker]] = []

    def __init__(self, port: int, sandbox: str = "default") -> None:
        self.made.append(self)
        self._connection, self._sandbox = (
            http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS),
            sandbox,
        )
        self.reply: http.client.HTTPResponse | None = None

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The status and JSON of a reply. Raises one of FAILURES; the next call opens a new connection."""
        sent = {"X-Mock-Sandbox": self._sandbox, "Content-Type": "application/json", **headers}
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), sent)
            self.reply = self._connection.getresponse()
            text = self.reply.read()
        except FAILURES:
            self._connection.close()
            raise
        return self.reply.status, json.loads(text) if text else None

    def control(self, method: str, path: str, body: Any = None) -> Any:
        status, value = self.ask(method, f"/__admin{path}", body)
        assert status < 300, value
        return value

    @property
    def socket(self) -> socket.socket | None:
        found: socket.socket | None = self._connection.sock
        return found

    def close(self) -> None:
        self._connection.close()

    @classmethod
    def close_all(cls) -> None:
        while cls.made:
            cls.made.pop().close()


@dataclass
class Example:
    """A working vendor call, from the server's list of vendors."""

    path: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, port: int) -> Example:
        found = next(v for v in Talker(port).control("GET", "/vendors") if v["name"] == "jframework")  # long replies
        return cls(f"/{found['name']}{found['example']['path']}", found["example"]["headers"])

    def call(self, talker: Talker, **headers: str) -> int:
        return talker.ask("GET", self.path, None, **self.headers, **headers)[0]


@dataclass
class Load:
    """The results of many calls: times of the answered ones (seconds), statuses, and failed clients."""

    taken: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    cut: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def note(self, seconds: float, status: int) -> None:
        with self._lock:
            self.taken.append(seconds)
            self.statuses[status] += 1

    def fail(self, client: str) -> None:
        with self._lock:
            self.cut.append(client)


@contextmanager
def run_beside(*works: Callable[[Event], None]) -> Iterator[list[Thread]]:
    """Run these in threads until the end of the block, which sets their event."""
    over, threads = Event(), list[Thread]()
    try:
        for work in works:
            threads.append(Thread(target=work, args=(over,), daemon=True))
            threads[-1].start()
        yield threads
    finally:
        over.set()
        for thread in threads:
            thread.join(TIMEOUT_SECONDS)


def read_until_over(
    port: int, example: Example, load: Load, *, kept: bool = True, lasts: bool = True
) -> Callable[[Event], None]:
    """Call a vendor over one connection or a new one each time, until the end or the first refusal."""

    def work(over: Event) -> None:
        talker = Talker(port)
        while not over.is_set():
            if not kept:
                talker.close()
            fresh = talker.socket is None
            began = time.perf_counter()
            try:
                load.note(0, example.call(talker))
                load.taken[-1] = time.perf_counter() - began
            except ConnectionRefusedError:
                if not lasts:
                    return
            except FAILURES as failure:
                load.fail(f"{'new' if fresh else 'kept'}: {failure!r}")

    return work


# A worker is killed ------------------------------------------------------------------------------------------------


@dataclass
class Killed:
    """The fate of changes and calls after one of two workers was killed."""

    acknowledged: int
    lost: int
    of_others: list[str]
    of_the_killed: int
    replaced: float
    """Seconds from the kill to the first reply of the new worker."""
    log: str


def kill_one_of_two(store: str, seconds: float = 1.0) -> Killed:
    with run_server("--workers", "2", "--store", store) as server, ExitStack() as stack:
        writers = [_Writer(server, number) for number in range(6)]
        example, readers = Example.of(server.port), [Talker(server.port) for _ in range(4)]
        load, owners = Load(), dict[Talker, int | None]()

        def read(talker: Talker) -> Callable[[Event], None]:
            def work(over: Event) -> None:
                while not over.is_set():
                    owner = owners.get(talker) if talker.socket else None
                    try:
                        load.note(0, example.call(talker))
                    except FAILURES:
                        load.fail("killed" if owner == victim else "other")

            return work

        before = server.workers()
        victim = min(before)
        for talker in (*readers, *(writer.talker for writer in writers)):
            talker.control("GET", "/version")
            assert talker.socket is not None
            owners[talker] = server.worker_of(talker.socket)
        works = [*(writer.work for writer in writers), *(read(talker) for talker in readers)]
        stack.enter_context(run_beside(*works))
        wait_for("many changes", lambda: all(writer.acknowledged > 20 for writer in writers))
        began = time.perf_counter()
        os.kill(victim, signal.SIGKILL)
        new = wait_for("a new worker", lambda: server.workers() - before)
        wait_for("its answer", lambda: _answers(server, new))
        replaced = time.perf_counter() - began
        time.sleep(seconds)
        stack.close()
        broke = [owners[writer.talker] == victim for writer in writers for _ in range(writer.broken)]
        others = [cut for cut in load.cut if cut == "other"] + ["a writer's"] * broke.count(False)
        killed = load.cut.count("killed") + broke.count(True)
        lost = sum(writer.lost() for writer in writers)
        acknowledged = sum(writer.acknowledged for writer in writers)
        return Killed(acknowledged, lost, others, killed, replaced, server.log)


def _answers(server: RunningServer, workers: set[int]) -> bool:
    """Whether one of these workers answers a new connection; another may accept it."""
    talker = Talker(server.port)
    try:
        talker.control("GET", "/version")
        return talker.socket is not None and server.worker_of(talker.socket) in workers
    finally:
        talker.close()


class _Writer:
    """Changes its own sandbox as fast as it can: a record, or the clock by a second each time."""

    def __init__(self, server: RunningServer, number: int) -> None:
        self._moves = number % 2 == 0
        self.talker, self.acknowledged, self.tried, self.broken = Talker(server.port, f"writer-{number}"), 0, 0, 0
        self._start = self.talker.control("POST", "/clock/freeze")["now"]

    def work(self, over: Event) -> None:
        while not over.is_set():
            self.tried += 1
            try:
                if self._moves:
                    self.talker.control("POST", "/clock/advance", {"duration": "1s"})
                    self.acknowledged += 1
                else:
                    reply = self.talker.ask("PATCH", RECORD, {"notes": str(self.tried)})
                    assert reply[0] == 200, reply
                    self.acknowledged = self.tried
            except FAILURES:
                self.broken += 1

    def lost(self) -> int:
        """The number of acknowledged changes that are lost."""
        if self._moves:
            moved = _seconds(self.talker.control("GET", "/clock")["now"]) - _seconds(self._start)
            assert moved <= self.acknowledged + self.broken
            return max(0, self.acknowledged - moved)
        kept = int(self.talker.ask("GET", RECORD)[1]["notes"])
        return max(0, self.acknowledged - kept)


def _seconds(text: str) -> int:
    from mockserver.sdk.clock import parse_instant

    return int(parse_instant(text).timestamp())


@dataclass
class KilledAlone:
    """The fate of a server with the memory store after its only worker was killed."""

    replaced: float
    instances: tuple[str, str]
    there_before: int
    there_after: int
    log: str


def kill_the_only_one() -> KilledAlone:
    with run_server() as server:
        talker = Talker(server.port, "mine")
        talker.control("PATCH", "/settings", {"strict": True})
        before = talker.control("GET", "/health")["instance"]
        there = talker.control("GET", "/sandboxes")["meta"]["total"]
        (victim,) = server.workers()
        began = time.perf_counter()
        os.kill(victim, signal.SIGKILL)
        with suppress(*FAILURES):
            talker.control("GET", "/health")
        wait_for("an answer", lambda: _answers(server, server.workers() - {victim}))
        replaced = time.perf_counter() - began
        after = talker.control("GET", "/health")["instance"]
        left = talker.control("GET", "/sandboxes")["meta"]["total"]
        return KilledAlone(replaced, (before, after), there, left, server.log)


# The server is stopped ---------------------------------------------------------------------------------------------


@dataclass
class Stopped:
    """The fate of calls when the server stops."""

    answered: int
    delayed: int
    cut: list[str]
    idle: float
    """Seconds until the last idle connection was closed."""
    seconds: float
    status: int
    log: str


def stop_under_load(*flags: str, group: bool = False) -> Stopped:
    """Stop a server under load, with delayed calls and idle connections, by a signal to the master or to all."""
    with run_server(*flags) as server, ExitStack() as stack:
        example, load, waiting = Example.of(server.port), Load(), Load()
        idle = [Talker(server.port) for _ in range(5)]
        for talker in idle:
            talker.control("GET", "/version")
        time.sleep(1.2)  # otherwise they count as busy

        def wait(over: Event) -> None:
            try:
                waiting.note(0, example.call(Talker(server.port, "waiting"), **{"X-Mock-Delay": str(DELAY_MS)}))
            except FAILURES as failure:
                waiting.fail(f"delayed: {failure!r}")

        kept = [read_until_over(server.port, example, load, lasts=False) for _ in range(6)]
        new = [read_until_over(server.port, example, load, kept=False, lasts=False) for _ in range(6)]
        stack.enter_context(run_beside(*kept, *new, *[wait] * 20))
        asked = Talker(server.port, "waiting")
        wait_for("calls that wait", lambda: asked.control("GET", "/requests")["meta"]["total"] == 20)
        asked.close()
        wait_for("a load", lambda: len(load.taken) > 200)
        began = time.perf_counter()
        if group:
            os.killpg(server.process.pid, signal.SIGTERM)
        else:
            server.process.terminate()
        for talker in idle:
            assert talker.socket is not None
            assert talker.socket.recv(1) == b""
        closed = time.perf_counter() - began
        if group:
            with suppress(ProcessLookupError):
                os.killpg(server.process.pid, signal.SIGTERM)
        server.process.wait(TIMEOUT_SECONDS)
        took = time.perf_counter() - began
        stack.close()
        cut = load.cut + waiting.cut
        return Stopped(len(load.taken), len(waiting.taken), cut, closed, took, server.process.returncode, server.log)


# The store is away -------------------------------------------------------------------------------------------------


@dataclass
class Restarted:
    """The fate of calls and changes during and after an outage of Redis."""

    statuses: Counter[int]
    longest: float
    control: Counter[int]
    longest_control: float
    cut: list[str]
    back: float
    """Seconds from the return of Redis to normal answers of all workers."""
    kept: bool
    instances: tuple[str, str]
    log: str


def restart_store(*, keeps: bool, seconds: float = 1.5) -> Restarted:
    """Restart Redis with or without its data, under load."""
    options = ["--appendonly", "yes"] if keeps else []
    with stores.running(stores.program()) as redis:
        redis.stop()
        redis.start(*options)
        with run_server("--workers", "2", "--store", redis.url) as server, ExitStack() as stack:
            example, load, asked = Example.of(server.port), Load(), Load()
            talker = Talker(server.port)
            talker.control("PATCH", "/records/wisecp/1000100", {"notes": "changed"})
            for _ in range(40):  # until each worker knows the sandbox and has done its one-time work
                example.call(fresh := Talker(server.port))
                fresh.close()
                fresh.control("GET", "/settings")
                fresh.close()
            before = talker.control("GET", "/health")["instance"]

            def control(over: Event) -> None:
                while not over.is_set():
                    one = Talker(server.port)
                    began = time.perf_counter()
                    try:
                        status = one.ask("GET", "/__admin/settings")[0]
                        asked.note(time.perf_counter() - began, status)
                    except FAILURES as failure:
                        asked.fail(f"control: {failure!r}")
                    one.close()

            readers = [read_until_over(server.port, example, load) for _ in range(4)]
            stack.enter_context(run_beside(*readers, control))
            wait_for("a load", lambda: len(load.taken) > 200)
            redis.stop()
            time.sleep(seconds)
            redis.start(*options)
            began = time.perf_counter()
            wait_for("all as before", lambda: all(_is_ready(server.port) for _ in range(12)))
            back = time.perf_counter() - began
            stack.close()
            kept = talker.ask("GET", RECORD)[1]["notes"] == "changed"
            after = talker.control("GET", "/health")["instance"]
            return Restarted(
                load.statuses,
                max(load.taken),
                asked.statuses,
                max(asked.taken),
                load.cut + asked.cut,
                back,
                kept,
                (before, after),
                server.log,
            )


def _is_ready(port: int) -> bool:
    talker = Talker(port)
    try:
        return talker.ask("GET", "/__admin/ready")[0] == 200
    finally:
        talker.close()


# Clients that hang, drip or leave ----------------------------------------------------------------------------------

HEAD = b"GET /__admin/version HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HANGING: Mapping[str, bytes] = {
    "sends nothing": b"",
    "half a request line": b"GET /__admin/ver",
    "headers that do not end": HEAD + b"X-Note: a",
    "a body that does not come": b"POST /__admin/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{",
    "a second request that stops": HEAD + b"\r\n" + HEAD,
    "a byte a second": HEAD + b"X-Note: ",
    "takes nothing of its replies": b"",  # filled in for a vendor
}


@dataclass
class Pestered:
    """The effect of a thousand hanging clients, and of a thousand that leave, on others and the server."""

    clients: int
    before: float
    during: float
    """p50 of the others, in seconds."""
    longest: float
    refused: Counter[str]
    """The final replies of the hanging clients, with their numbers."""
    closed: float
    """Seconds until the last of them was closed."""
    open_files: list[int]
    memory: list[float]
    """Before, and after each round, in MiB."""
    log: str


def pester(clients: int = 1000, rounds: int = 1) -> Pestered:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < clients + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, clients + 200), hard))
    with run_server() as server:
        example = Example.of(server.port)
        _leave(server.port, example, clients // 4)  # does the one-time work
        quiet = Load()
        with run_beside(read_until_over(server.port, example, quiet)):
            wait_for("a load", lambda: len(quiet.taken) > 1000)
        open_files, memory, busy = [server.open_files()], [server.weight()], Load()
        for _ in range(rounds):
            with run_beside(read_until_over(server.port, example, busy)):
                began = time.perf_counter()
                hanging = _hang(server.port, example, clients)
                _leave(server.port, example, clients)
                refused = _count_given_up(hanging)
                closed = time.perf_counter() - began
            wait_for("files to be closed", lambda: server.open_files() <= open_files[0])
            open_files.append(server.open_files())
            memory.append(server.weight())
        assert not busy.cut, busy.cut
        return Pestered(
            clients,
            median(quiet.taken),
            median(busy.taken),
            max(busy.taken),
            refused,
            closed,
            open_files,
            memory,
            server.log,
        )


def _vendor_call(example: Example, **more: str) -> bytes:
    lines = [f"GET {example.path} HTTP/1.1", "Host: 127.0.0.1"]
    return "\r\n".join([*lines, *(f"{n}: {v}" for n, v in {**example.headers, **more}.items()), "", ""]).encode()


def _hang(port: int, example: Example, clients: int) -> dict[socket.socket, str]:
    """Connections that hang, in equal parts in each way; but one of twenty takes nothing of its replies, as those fill
    the system's buffers with some megabytes each.
    """
    made, (*kinds, deaf) = dict[socket.socket, str](), HANGING
    for number in range(clients):
        kind = deaf if number % 20 == 0 else kinds[number % len(kinds)]
        client = socket.socket()
        if kind == deaf:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(HANGING[kind])
        client.setblocking(False)
        made[client] = kind
    for client, kind in made.items():
        if kind == deaf:
            client.send(_vendor_call(example) * 100)
    return made


def _count_given_up(hanging: Mapping[socket.socket, str]) -> Counter[str]:
    """Count the final replies; the dripping clients send a byte a second."""
    found, left = Counter[str](), dict(hanging)
    poller = selectors.DefaultSelector()
    for client, kind in hanging.items():
        deaf = kind == "takes nothing of its replies"
        poller.register(client, selectors.EVENT_WRITE if deaf else selectors.EVENT_READ, kind)
    heard, until, dripped = dict[socket.socket, bytes](), time.monotonic() + 2 * TIMEOUT_SECONDS, time.monotonic()
    while left:
        assert time.monotonic() < until, f"still open: {Counter(left.values())}"
        if time.monotonic() >= dripped + 1:
            dripped = time.monotonic()
            for client, kind in left.items():
                if kind == "a byte a second":
                    with suppress(OSError):
                        client.send(b"a")
        for key, _ in poller.select(0.1):
            at, kind = key.fileobj, key.data
            assert isinstance(at, socket.socket)
            try:
                piece = at.recv(65536) if kind != "takes nothing of its replies" else _reset(at)
            except BlockingIOError:
                continue
            except OSError:
                piece = b""
                heard[at] = b"reset"
            if piece:
                heard[at] = heard.get(at, b"") + piece
                continue
            last = heard.get(at, b"nothing").rpartition(b"HTTP/1.1 ")[2][:20].split(b"\r")[0].decode()
            found[f"{kind}: {last}"] += 1
            poller.unregister(at)
            at.close()
            del left[at]
    return found


def _reset(client: socket.socket) -> bytes:
    """Raises the error of a reset connection."""
    if error := client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(error, "reset")
    raise BlockingIOError


def _leave(port: int, example: Example, clients: int) -> None:
    """Let clients leave: before the reply, during its delay, in its middle, or in the middle of their body."""
    half = b"POST /__admin/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{"
    ways = [_vendor_call(example), _vendor_call(example, **{"X-Mock-Delay": "300"}), _vendor_call(example) * 30, half]
    for number in range(clients):
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as client:
            client.sendall(ways[number % 4])
            if number % 4 == 2:
                client.recv(100)
            if number % 2:  # with a reset
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


# All of it -----------------------------------------------------------------------------------------------------------


def main() -> None:
    """Run everything and print the figures."""
    with stores.reached(stores.NAMES[0]) as url:
        one = kill_one_of_two(stores.prefixed(url))
        both = [
            stop_under_load("--workers", "2", "--store", stores.prefixed(url), group=group) for group in (False, True)
        ]
    print(f"one worker of two killed: {one.acknowledged} changes acknowledged, {one.lost} lost;")
    print(f"  calls of other workers that failed: {len(one.of_others)}; of the killed one: {one.of_the_killed};")
    print(f"  the new worker answered after {one.replaced * 1000:.0f} ms")
    alone = kill_the_only_one()
    print(f"the only worker killed: answered again after {alone.replaced * 1000:.0f} ms; {alone.instances=}")
    for name, stop in zip(
        ("SIGTERM", "2 workers", "2 workers, to all, twice"), (stop_under_load(), *both), strict=True
    ):
        print(f"{name}: {stop.answered} calls and {stop.delayed} delayed ones answered, cut: {stop.cut or 0};")
        print(f"  idle ones closed in {stop.idle * 1000:.0f} ms, over in {stop.seconds:.1f} s, status {stop.status}")
    for keeps in (True, False):
        away = restart_store(keeps=keeps)
        print(f"Redis restarted, {'with' if keeps else 'without'} its data: calls {dict(away.statuses)};")
        print(f"  longest {away.longest * 1000:.0f} ms; control {dict(away.control)},", end=" ")
        print(f"longest {away.longest_control * 1000:.0f} ms; cut: {len(away.cut)}; back after {away.back:.2f} s")
    found = pester(rounds=3)
    print(f"{found.clients} clients hang and as many leave: others' p50 {found.before * 1000:.2f} ms before,", end=" ")
    print(f"{found.during * 1000:.2f} ms meanwhile, longest {found.longest * 1000:.0f} ms;")
    print(
        f"  all closed after {found.closed:.1f} s; before and after each round open files {found.open_files},", end=" "
    )
    print("memory", ", ".join(f"{mib:.1f}" for mib in found.memory), "MiB")
    for what, count in sorted(found.refused.items()):
        print(f"  {what}: {count}")


if __name__ == "__main__":
    main()
