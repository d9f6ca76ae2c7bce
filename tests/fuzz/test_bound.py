"""The bound: a vendor's call, and any refusal, takes at most 10 ms and 2 µs of the processor a byte received; control
2 µs a byte sent beside. Measured over everything that can be sent, by ``make fuzz``: ``make test`` looks at no clock,
and counts (``tests/engine/test_pieces.py``).

A server in a process of its own is measured, so what clients and other programs do does not count; and of several
repeats the best counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.fuzz.hostile import MANY, VENDORS
from tests.fuzz.measured import Measured, measured
from tests.fuzz.surface import (
    BODIES,
    BODY,
    HEADER_SETS,
    JSON,
    LINE,
    LONG_LINE,
    NOWHERE,
    OPERATIONS,
    QUERIES,
    REFUSALS,
    TYPES,
    addresses,
    control_bodies,
)
from tests.fuzz.targets import request

pytestmark = [
    pytest.mark.skipif(MANY is None, reason="make fuzz measures, make test counts"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the time of another process"),
]
REPEATS = 4
EXEMPT = ("generate", "scenarios")
Examples = Mapping[str, tuple[bytes, Mapping[str, str]]]
HUGE = b"[" + b"1234567890," * 1_400_000 + b"1]"


class Room:
    """A server that is warm, the example calls of its vendors, and what was over the bound."""

    def __init__(self, server: Measured) -> None:
        self.server = server
        listed = server.exchange(request("GET", b"/__admin/vendors")).partition(b"\r\n\r\n")[2]
        self.examples = {
            each["name"]: (each["example"]["path"].encode(), each["example"]["headers"]) for each in json.loads(listed)
        }
        self.fresh()

    def fresh(self) -> None:
        """All sandboxes as at first, data touched, every part of the server imported."""
        self.control("POST", "reset", {"scope": "all"})
        for name, (path, headers) in self.examples.items():
            for sandbox in ("default", "a"):
                self.server.exchange(request("GET", path, {**headers, "X-Mock-Sandbox": sandbox}))
            self.control("GET", f"records/{name}?limit=1")

    def control(self, method: str, path: str, body: Any = None) -> bytes:
        return self.server.exchange(asked(method, path, body))

    def over(self, name: str, make: Callable[[int], bytes], *, control: bool = False) -> list[str]:
        """What to say of a request that is over the bound each time; ``make`` makes another one for each repeat."""
        costs = []
        for repeat in range(REPEATS):
            costs.append(self.server.cost(make(repeat)))
            if costs[-1].over(control=control) <= 1:
                return []
        best = min(costs, key=lambda cost: cost.seconds)
        return [f"{best.over(control=control):.1f} times the bound: {name}: {best}"]


def asked(method: str, path: str, body: Any = None) -> bytes:
    text = None if body is None else json.dumps(body).encode()
    return request(method, f"/__admin/{path}".encode(), {"Content-Type": JSON}, text)


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with measured("--max-sandboxes", "1000") as server:
        yield Room(server)


def everywhere(examples: Examples) -> Iterator[tuple[bytes, Mapping[str, str]]]:
    """Every address of every vendor, and those that are nobody's."""
    for vendor in VENDORS:
        path, headers = examples[vendor.name]
        for address in addresses(vendor, path):
            yield address, headers
        yield path, {**headers, "Host": f"{vendor.name}.localhost"}
    for path in NOWHERE:
        yield path, {}


def is_control(path: bytes) -> bool:
    return path.startswith(b"/__") and not path.startswith(b"/__sandbox")


@pytest.mark.parametrize("kind", QUERIES)
def test_queries(room: Room, kind: str) -> None:
    text, over = QUERIES[kind], []
    for path, headers in [*everywhere(room.examples), (b"/__admin/requests", {}), (b"/__admin/settings", {})]:
        for size in (LINE, LONG_LINE):
            make = lambda n: request("GET", path + b"?" + text(size, n).encode(), headers)
            over += room.over(f"{path!r} of {size}", make, control=is_control(path))
    assert not over, "\n".join(over)


@pytest.mark.parametrize("kind", HEADER_SETS)
def test_headers(room: Room, kind: str) -> None:
    headers, over = HEADER_SETS[kind], []
    for path, own in [*everywhere(room.examples), (b"/__admin/site/console/app.js", {}), (b"/__admin/settings", {})]:
        for method, body in (("GET", None), ("OPTIONS", None), ("POST", b"{}")):
            make = lambda n: request(method, path, {**own, **headers(n)}, body)
            over += room.over(f"{method} {path!r}", make, control=is_control(path))
    assert not over, "\n".join(over)


@pytest.mark.parametrize("kind", BODIES)
def test_bodies(room: Room, kind: str) -> None:
    text, over = BODIES[kind], []
    for number, (path, own) in enumerate(everywhere(room.examples)):
        content = TYPES[(number + list(BODIES).index(kind)) % len(TYPES)]
        make = lambda n: request("POST", path, {**own, "Content-Type": content}, text(BODY, n).encode())
        over += room.over(f"{content} to {path!r}", make)
    for name, (_, method, path, own) in REFUSALS.items():
        make = lambda n: request(method, path, {"Content-Type": JSON, **own}, text(BODY, n).encode())
        over += room.over(name, make)
    assert not over, "\n".join(over)


@pytest.mark.parametrize("kind", BODIES)
def test_bodies_that_control_reads(room: Room, kind: str) -> None:
    text, over = BODIES[kind], []
    for method, path in (
        ("PATCH", b"/__admin/settings"),
        ("POST", b"/__admin/faults"),
        ("POST", b"/__admin/requests/find"),
    ):
        make = lambda n: request(method, b"/__admin/" + path, {"Content-Type": JSON}, text(BODY, n).encode())
        over += room.over(f"{method} {path!r}", make, control=True)
    assert not over, "\n".join(over)


@pytest.mark.parametrize(("method", "path", "known"), OPERATIONS, ids=lambda part: str(part) if part else "-")
def test_control(room: Room, method: str, path: str, known: tuple[str, ...]) -> None:
    if any(word in path for word in EXEMPT):
        pytest.skip("exempt")
    over = []
    for vendor in VENDORS if path in ("/records/{vendor}", "/accounts/{vendor}") else VENDORS[:1]:
        room.fresh()
        own = path.replace("{vendor}", vendor.name).replace("{name}", "one").replace("{id}", "1").lstrip("/")
        names = known or (tuple(vendor.resource.schema().by_wire_name) if "records" in path else ())
        bodies = [*control_bodies(names)] if method in ("POST", "PUT", "PATCH") else [("nothing", lambda n: None)]
        for kind, body in bodies:
            if "records" in path:  # the bound is that of the shipped datasets, not of what was added before
                room.control("POST", "reset")
            over += room.over(f"{own} {kind}", lambda n: asked(method, own, body(n)), control=True)
    room.fresh()
    assert not over, "\n".join(over)


CALLS: Mapping[str, Callable[[int], str]] = {
    "small": lambda n: f"page={n}",
    "many names": lambda n: "&".join(f"{'pageegap' * 7}{number}=1" for number in range(150)),
    "one name often": lambda n: f"a={n}&" + "page=1&" * 2000,
    "errors": lambda n: f"__code=429&page={n}",
}
MATCHERS: Mapping[str, Any] = {
    "a status": {"status": 599},
    "a path": {"path": "/ab" * 100, "vendor": "wisecp"},
    "names": {part: {f"{'page' * 14}{number}": "1" for number in range(100)} for part in ("query", "headers")},
    "absent names": {part: {f"b{number}": {"absent": True} for number in range(100)} for part in ("query", "headers")}
    | {"path": "/x"},
    "a part": {"query": {"page": {"contains": "x" * 90}}},
    "a value": {"query": {"page": "12"}, "headers": {"accept": {"contains": "a"}}},
}


@pytest.mark.parametrize("kind", CALLS)
def test_a_full_journal(room: Room, kind: str) -> None:
    """What is told of it, once its entries are written out: by the first who reads them."""
    room.fresh()
    sent = list(room.examples.values())
    for number in range(1000):
        path, headers = sent[number % len(sent)]
        room.server.exchange(request("GET", path + b"?" + CALLS[kind](number).encode(), headers))
    room.control("GET", "requests")
    over = []
    for path in (
        "requests",
        "requests?limit=1",
        "requests?status=500",
        "requests/unmatched",
        "verdict",
        "verdict?format=junit",
    ):
        over += room.over(path, lambda n: asked("GET", path), control=True)
    for name, matcher in MATCHERS.items():
        for question in ("count", "find", "near-misses"):
            over += room.over(
                f"{question} {name}", lambda n: asked("POST", f"requests/{question}", matcher), control=True
            )
    assert not over, "\n".join(over)


RULES: Mapping[str, Callable[[int], Any]] = {
    "absent names": lambda n: {"query": {f"b{n}x{number}": {"absent": True} for number in range(100)}, "path": "/x"},
    "a name often": lambda n: {"query": {"page": {"contains": f"x{n}"}}},
    "a long part": lambda n: {"headers": {"x-a": {"contains": "a " * 1000 + str(n)}}},
    "a vendor": lambda n: {"path": f"/x{n}"},
}


@pytest.mark.parametrize("kind", RULES)
def test_as_many_fault_rules_as_there_may_be(room: Room, kind: str) -> None:
    room.fresh()
    for number in range(100):
        room.control("POST", "faults", {"status": 503, "match": RULES[kind](number)})
    over = []
    for path, headers in room.examples.values():
        for query in ("page=1", "page=1&" * 2000, "&".join(f"a{number}=1" for number in range(1500))):
            for more in ({}, {"X-A": "a " * 4000}):
                make = lambda n: request("GET", path + f"?x={n}&{query}".encode(), {**headers, **more})
                over += room.over(f"{path!r} {query[:20]}", make)
    over += room.over("rules", lambda n: asked("GET", "faults"), control=True)
    room.fresh()
    assert not over, "\n".join(over)


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_huge_body_is_refused_for_little_and_the_memory_is_back(room: Room, kind: str) -> None:
    """Whole, in pieces, and in pieces of a byte: the connection goes on."""
    status, method, path, headers = REFUSALS[kind]
    room.fresh()
    sent = {"Content-Type": JSON, **headers}
    whole = request(method, path, sent, HUGE)
    room.server.exchange(whole)
    before, over = room.server.memory(), []
    over += room.over("whole", lambda n: whole)
    for size, pieces in ((60_000, 200), (1, 60_000)):
        over += room.over(f"in pieces of {size}", lambda n: in_pieces(method, path, sent, size, pieces))
    assert room.server.cost(whole).status == status
    assert room.server.memory() < before + 12_000_000  # of 15 MB
    assert not over, "\n".join(over)


def in_pieces(method: str, path: bytes, headers: Mapping[str, str], size: int, pieces: int) -> bytes:
    piece = b"%x\r\n%s\r\n" % (size, b"1" * size)
    return request(method, path, {**headers, "Transfer-Encoding": "chunked"}) + piece * pieces + b"0\r\n\r\n"


def test_names_that_nobody_sends_twice_do_not_fill_the_memory(room: Room) -> None:
    room.fresh()
    calls = list(room.examples.values())

    def call(n: int) -> None:
        path, headers = calls[n % len(calls)]
        names = {f"X-{n}-{number}-{'a' * 7000}": "1" for number in range(50)}
        room.server.exchange(request("GET", path + b"?" + f"{'b' * 5000}{n}=1".encode(), {**headers, **names}))
        room.control("GET", "requests?limit=1")

    for number in range(100):
        call(number)
    before = room.server.memory()
    for number in range(100, 400):
        call(number)
    assert room.server.memory() < before + 16_000_000  # of 100 MB of names; the journal is full already
    room.fresh()
