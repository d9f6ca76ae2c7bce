"""Faults that a server survives, with figures: ``python -m bench.survival`` prints them.

``tests/system/test_survival.py`` holds the same runs to what is promised. Each
takes a few seconds, on a server of its own. Needs Linux: processes and
their connections are told by ``/proc``.
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
PATIENCE = 60.0  # seconds for anything to come about
FAILURES = (OSError, http.client.HTTPException)
RECORD = "/__admin/records/wisecp/1000100"  # of the default dataset
DELAY = 3000  # ms


def awaited(what: str, look: Callable[[], T]) -> T:
    """What ``look`` finds, as soon as it is true."""
    until = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < until, f"{what} did not come about"
        time.sleep(0.002)
    return found


# The server, and those who ask it ----------------------------------------------------------------------------------


@dataclass
class Served:
    """A server that runs, its standard error in a file."""

    process: subprocess.Popen[str]
    port: int
    errors: Path

    @property
    def told(self) -> str:
        """What it wrote that is not the line of a call."""
        lines = self.errors.read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if not re.search(r" \d{3} [\d.]+ms", line))

    def workers(self) -> set[int]:
        return set(tree(self.process.pid)) - {self.process.pid}

    def worker_of(self, client: socket.socket) -> int | None:
        """Which worker has the other end of a connection."""
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
        """The memory of its processes in MiB, shared pages divided among those who share them."""
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
def served(*flags: str, command: Sequence[str] = ()) -> Iterator[Served]:
    """A server with these flags, or started by a command; whatever is left of it at the end is killed."""
    with (
        tempfile.NamedTemporaryFile(prefix="survival-") as errors,
        subprocess.Popen(
            command or serving(*flags), stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = next(line for line in process.stdout if line.startswith("health: "))
            yield Served(process, int(re.findall(r":(\d+)/", line)[0]), Path(errors.name))
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            Talker.close_all()


class Talker:
    """One client with a connection that is kept alive, in a sandbox, at the latest until the server ends."""

    made: ClassVar[list[Talker]] = []

    def __init__(self, port: int, sandbox: str = "default") -> None:
        self.made.append(self)
        self._connection, self._sandbox = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE), sandbox
        self.reply: http.client.HTTPResponse | None = None

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON of a reply. Raises one of FAILURES, after which there is a new connection."""
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
        status, told = self.ask(method, f"/__admin{path}", body)
        assert status < 300, told
        return told

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
    """A vendor call that works, as the server tells it."""

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
    """What many calls came to: how long those took that were answered (seconds), their statuses, and who failed."""

    taken: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    cut: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def note(self, seconds: float, status: int) -> None:
        with self._lock:
            self.taken.append(seconds)
            self.statuses[status] += 1

    def fail(self, who: str) -> None:
        with self._lock:
            self.cut.append(who)


@contextmanager
def at_work(*works: Callable[[Event], None]) -> Iterator[list[Thread]]:
    """Do all of this at once until the end of the block; each is to look at the event."""
    over, threads = Event(), list[Thread]()
    try:
        for work in works:
            threads.append(Thread(target=work, args=(over,), daemon=True))
            threads[-1].start()
        yield threads
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)


def reading(
    port: int, example: Example, load: Load, *, kept: bool = True, lasts: bool = True
) -> Callable[[Event], None]:
    """A client that calls a vendor: over one connection, or a new one each time; to the end, or until it is refused."""

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
    """What became of changes and calls when one worker of two was killed."""

    acknowledged: int
    lost: int
    of_others: list[str]
    of_the_killed: int
    replaced: float
    """Seconds from the kill to the first reply of the worker in its place."""
    told: str


def one_of_two_is_killed(store: str, seconds: float = 1.0) -> Killed:
    with served("--workers", "2", "--store", store) as server, ExitStack() as stack:
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
        stack.enter_context(at_work(*works))
        awaited("many changes", lambda: all(writer.acknowledged > 20 for writer in writers))
        began = time.perf_counter()
        os.kill(victim, signal.SIGKILL)
        new = awaited("a new worker", lambda: server.workers() - before)
        awaited("its answer", lambda: _answers(server, new))
        replaced = time.perf_counter() - began
        time.sleep(seconds)
        stack.close()
        broke = [owners[writer.talker] == victim for writer in writers for _ in range(writer.broken)]
        others = [cut for cut in load.cut if cut == "other"] + ["a writer's"] * broke.count(False)
        killed = load.cut.count("killed") + broke.count(True)
        lost = sum(writer.lost() for writer in writers)
        acknowledged = sum(writer.acknowledged for writer in writers)
        return Killed(acknowledged, lost, others, killed, replaced, server.told)


def _answers(server: Served, workers: set[int]) -> bool:
    """Whether one of these workers answers a new connection; the others may have taken it."""
    talker = Talker(server.port)
    try:
        talker.control("GET", "/version")
        return talker.socket is not None and server.worker_of(talker.socket) in workers
    finally:
        talker.close()


class _Writer:
    """Changes a sandbox of its own as fast as it can: a record, or the clock by a second each time."""

    def __init__(self, server: Served, number: int) -> None:
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
                    told = self.talker.ask("PATCH", RECORD, {"notes": str(self.tried)})
                    assert told[0] == 200, told
                    self.acknowledged = self.tried
            except FAILURES:
                self.broken += 1

    def lost(self) -> int:
        """How many of the changes that were acknowledged are not there."""
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
    """What became of a server in memory when its only worker was killed."""

    replaced: float
    instances: tuple[str, str]
    there_before: int
    there_after: int
    told: str


def the_only_one_is_killed() -> KilledAlone:
    with served() as server:
        talker = Talker(server.port, "mine")
        talker.control("PATCH", "/settings", {"strict": True})
        before = talker.control("GET", "/health")["instance"]
        there = talker.control("GET", "/sandboxes")["meta"]["total"]
        (victim,) = server.workers()
        began = time.perf_counter()
        os.kill(victim, signal.SIGKILL)
        with suppress(*FAILURES):
            talker.control("GET", "/health")
        awaited("an answer", lambda: _answers(server, server.workers() - {victim}))
        replaced = time.perf_counter() - began
        after = talker.control("GET", "/health")["instance"]
        left = talker.control("GET", "/sandboxes")["meta"]["total"]
        return KilledAlone(replaced, (before, after), there, left, server.told)


# The server is stopped ---------------------------------------------------------------------------------------------


@dataclass
class Stopped:
    """What became of calls when the server was told to stop."""

    answered: int
    delayed: int
    cut: list[str]
    idle: float
    """Seconds until the last connection was closed that was only kept alive."""
    seconds: float
    status: int
    told: str


def stopped(*flags: str, group: bool = False) -> Stopped:
    """Under load, with calls that wait and connections that nobody uses; by a signal to the master, or to all."""
    with served(*flags) as server, ExitStack() as stack:
        example, load, waiting = Example.of(server.port), Load(), Load()
        idle = [Talker(server.port) for _ in range(5)]
        for talker in idle:
            talker.control("GET", "/version")
        time.sleep(1.2)  # or they would count as busy

        def wait(over: Event) -> None:
            try:
                waiting.note(0, example.call(Talker(server.port, "waiting"), **{"X-Mock-Delay": str(DELAY)}))
            except FAILURES as failure:
                waiting.fail(f"delayed: {failure!r}")

        kept = [reading(server.port, example, load, lasts=False) for _ in range(6)]
        new = [reading(server.port, example, load, kept=False, lasts=False) for _ in range(6)]
        stack.enter_context(at_work(*kept, *new, *[wait] * 20))
        asked = Talker(server.port, "waiting")
        awaited("calls that wait", lambda: asked.control("GET", "/requests")["meta"]["total"] == 20)
        asked.close()
        awaited("a load", lambda: len(load.taken) > 200)
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
        server.process.wait(PATIENCE)
        took = time.perf_counter() - began
        stack.close()
        cut = load.cut + waiting.cut
        return Stopped(len(load.taken), len(waiting.taken), cut, closed, took, server.process.returncode, server.told)


# The store is away -------------------------------------------------------------------------------------------------


@dataclass
class Restarted:
    """What became of calls and changes while Redis was away, and after."""

    statuses: Counter[int]
    longest: float
    control: Counter[int]
    longest_control: float
    cut: list[str]
    back: float
    """Seconds from when Redis answered again until all workers did as before."""
    kept: bool
    instances: tuple[str, str]
    told: str


def the_store_is_restarted(*, keeps: bool, seconds: float = 1.5) -> Restarted:
    """With its data, or without; calls go on all the time."""
    options = ["--appendonly", "yes"] if keeps else []
    with stores.running(stores.program()) as redis:
        redis.stop()
        redis.start(*options)
        with served("--workers", "2", "--store", redis.url) as server, ExitStack() as stack:
            example, load, asked = Example.of(server.port), Load(), Load()
            talker = Talker(server.port)
            talker.control("PATCH", "/records/wisecp/1000100", {"notes": "changed"})
            for _ in range(40):  # until each worker has seen the sandbox, and has done all that is done once
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

            readers = [reading(server.port, example, load) for _ in range(4)]
            stack.enter_context(at_work(*readers, control))
            awaited("a load", lambda: len(load.taken) > 200)
            redis.stop()
            time.sleep(seconds)
            redis.start(*options)
            began = time.perf_counter()
            awaited("all as before", lambda: all(_is_ready(server.port) for _ in range(12)))
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
                server.told,
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
    """What became of the others, and of the server, when a thousand clients hung, and a thousand left."""

    clients: int
    before: float
    during: float
    """p50 of the others, in seconds."""
    longest: float
    refused: Counter[str]
    """What the hanging ones got in the end, and how many."""
    closed: float
    """Seconds until the last of them was closed."""
    open_files: list[int]
    memory: list[float]
    """Both before, and after each round; in MiB."""
    told: str


def pestered(clients: int = 1000, rounds: int = 1) -> Pestered:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < clients + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, clients + 200), hard))
    with served() as server:
        example = Example.of(server.port)
        _leave(server.port, example, clients // 4)  # what is made once is made
        quiet = Load()
        with at_work(reading(server.port, example, quiet)):
            awaited("a load", lambda: len(quiet.taken) > 1000)
        open_files, memory, busy = [server.open_files()], [server.weight()], Load()
        for _ in range(rounds):
            with at_work(reading(server.port, example, busy)):
                began = time.perf_counter()
                hanging = _hang(server.port, example, clients)
                _leave(server.port, example, clients)
                refused = _given_up(hanging)
                closed = time.perf_counter() - began
            awaited("files to be closed", lambda: server.open_files() <= open_files[0])
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
            server.told,
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


def _given_up(hanging: Mapping[socket.socket, str]) -> Counter[str]:
    """What each got in the end, with a byte a second from those who drip."""
    found, left = Counter[str](), dict(hanging)
    poller = selectors.DefaultSelector()
    for client, kind in hanging.items():
        deaf = kind == "takes nothing of its replies"
        poller.register(client, selectors.EVENT_WRITE if deaf else selectors.EVENT_READ, kind)
    heard, until, dripped = dict[socket.socket, bytes](), time.monotonic() + 2 * PATIENCE, time.monotonic()
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
    """Raises the error of a connection that was reset."""
    if error := client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(error, "reset")
    raise BlockingIOError


def _leave(port: int, example: Example, clients: int) -> None:
    """Clients that leave: before the reply, while it is delayed, in the middle of it, of their body."""
    half = b"POST /__admin/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{"
    ways = [_vendor_call(example), _vendor_call(example, **{"X-Mock-Delay": "300"}), _vendor_call(example) * 30, half]
    for number in range(clients):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
            client.sendall(ways[number % 4])
            if number % 4 == 2:
                client.recv(100)
            if number % 2:  # at once, and not in peace
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


# All of it -----------------------------------------------------------------------------------------------------------


def main() -> None:
    """Print every figure."""
    with stores.reached(stores.NAMES[0]) as url:
        one = one_of_two_is_killed(stores.prefixed(url))
        both = [stopped("--workers", "2", "--store", stores.prefixed(url), group=group) for group in (False, True)]
    print(f"one worker of two killed: {one.acknowledged} changes acknowledged, {one.lost} lost;")
    print(f"  calls of other workers that failed: {len(one.of_others)}; of the killed one: {one.of_the_killed};")
    print(f"  the new worker answered after {one.replaced * 1000:.0f} ms")
    alone = the_only_one_is_killed()
    print(f"the only worker killed: answered again after {alone.replaced * 1000:.0f} ms; {alone.instances=}")
    for name, stop in zip(("SIGTERM", "2 workers", "2 workers, to all, twice"), (stopped(), *both), strict=True):
        print(f"{name}: {stop.answered} calls and {stop.delayed} delayed ones answered, cut: {stop.cut or 0};")
        print(f"  idle ones closed in {stop.idle * 1000:.0f} ms, over in {stop.seconds:.1f} s, status {stop.status}")
    for keeps in (True, False):
        away = the_store_is_restarted(keeps=keeps)
        print(f"Redis restarted, {'with' if keeps else 'without'} its data: calls {dict(away.statuses)};")
        print(f"  longest {away.longest * 1000:.0f} ms; control {dict(away.control)},", end=" ")
        print(f"longest {away.longest_control * 1000:.0f} ms; cut: {len(away.cut)}; back after {away.back:.2f} s")
    found = pestered(rounds=3)
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
