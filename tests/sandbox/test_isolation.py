"""Many sandboxes used by many threads at once do not affect each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from threading import Barrier, Lock
from typing import Any

from mockserver.sandbox.fault_rules import parse_rule
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sdk.clock import format_instant, parse_instant
from mockserver.sdk.contract import Vendor
from mockserver.sdk.quota import Quota
from tests.support.acme import ANCHOR, BILLS, POOR, RICH, Sandboxed
from tests.support.client import Answer
from tests.support.stores import Make

SANDBOXES, THREADS, KEPT = 40, 16, 12


def life(server: Sandboxed, number: int) -> Iterator[None]:
    """Everything that a sandbox can differ in, step by step; each step sees what it must, whoever else is at work."""
    name, rooms, vendor = f"box-{number}", server.runtime.sandboxes, server.vendor
    ways: tuple[Callable[..., Answer], ...] = (
        lambda target, key=RICH, **more: server.get(target, key=key, X_Mock_Sandbox=name, **more),
        lambda target, key=RICH, **more: server.get(f"/__sandbox/{name}{target}", key=key, **more),
        lambda target, key=RICH, **more: server.get(target, key=f"{key}~{name}", **more),
    )
    get, calls = ways[number % 3], 0

    def change(**settings: Any) -> None:
        rooms.change(name, server.wall(), lambda box: replace(box, **settings))

    def ids() -> list[int]:
        nonlocal calls
        calls += 1
        answer = get(f"{BILLS}?size=50")
        assert answer.status == 200, answer.body
        assert answer.headers["X-Mock-Sandbox"] == name
        return [bill["id"] for bill in answer.json["bills"]]

    expected = [1, 2, 3, 4, 5, 6]
    assert ids() == expected
    yield
    row = rooms.dataset(rooms.get_or_create(name, server.wall()), vendor).records.record(0)
    for step in range(4):
        added, removed = 1000 + number * 10 + step, expected[(number + step) % len(expected)]
        rows = {added: {**row, "id": added, "amount": Decimal(number) / 100}, removed: None}
        rooms.edit(name, server.wall(), vendor, lambda edits, data, rows=rows: edits.with_records(rows))  # type: ignore[misc]
        expected = [*(id for id in expected if id != removed), added]
        yield
        assert ids() == expected
        yield
    change(readings={"acme.amounts": "cents" if number % 2 else "plain"})
    yield
    calls += 1
    bill = get(f"/v3/bills/{added}").json["bill"]
    assert bill["amount"] == (number if number % 2 else Decimal(number) / 100)
    yield
    change(
        clock=replace(
            rooms.get_or_create(name, server.wall()).clock, start=parse_instant(ANCHOR) + timedelta(days=number)
        )
    )
    yield
    assert server.control("GET", "/clock", sandbox=name).json["now"] == format_instant(
        parse_instant(ANCHOR) + timedelta(days=number)
    )
    yield
    change(faults=(parse_rule("1", {"status": 500 + number, "times": 2}, [vendor]),))
    yield
    for status in (500 + number, 500 + number, 200):
        calls += 1
        assert get(BILLS).status == status
        yield
    change(quotas={"acme": Quota(number % 4 + 1, 86_400)})
    yield
    statuses = []
    for _ in range(5):
        calls += 1
        statuses.append(get(BILLS, key=POOR).status)
        yield
    assert statuses == [200] * (number % 4 + 1) + [429] * (4 - number % 4)
    kept = server.runtime.store.entries(name)
    assert calls > len(kept) == KEPT
    assert {entry["sandbox"] for _, entry in kept} == {name}
    assert [entry["response"]["status"] for _, entry in kept][-5:] == statuses


def test_each_of_many_sandboxes_lives_as_if_it_were_alone(vendor: Vendor, make: Make) -> None:
    server = Sandboxed(vendor, store=make(journal_entries=KEPT), clock="frozen", max_sandboxes=SANDBOXES)
    lives = [(Lock(), life(server, number)) for number in range(SANDBOXES)]

    def work(thread: int) -> int:
        """Take steps in the lives of all sandboxes, in an order of this thread's own, as long as there are any."""
        draw, steps = Random(thread), 0
        alive = list(lives)
        while alive:
            mine = draw.choice(alive)
            busy, steps_of = mine
            with busy:
                if next(steps_of, "over") == "over":
                    alive.remove(mine)
                else:
                    steps += 1
        return steps

    with ThreadPoolExecutor(THREADS) as pool:
        steps = list(pool.map(work, range(THREADS)))
    assert sum(steps) == SANDBOXES * 23  # every sandbox took all its steps
    assert sum(step > 0 for step in steps) > THREADS / 2
    names = [name for name in server.runtime.store.sandboxes() if name.startswith("box-")]
    assert len(names) == SANDBOXES
    fresh = server.runtime.sandboxes.initial("box-0", server.wall())
    assert server.runtime.sandboxes.reset("box-0", server.wall()) == fresh == Sandbox("box-0", "default", fresh.clock)
    assert server.ids(f"{BILLS}?size=50", X_Mock_Sandbox="box-0") == [1, 2, 3, 4, 5, 6]
    assert server.get(X_Mock_Sandbox="box-41").status == 507


def test_of_many_at_once_in_one_sandbox_none_is_lost(vendor: Vendor, make: Make) -> None:
    """Its quota is exact, its rule hits as often as it says, its journal has every call once."""
    calls, allowed, hits = 25, 150, 40
    server = Sandboxed(vendor, store=make(journal_entries=THREADS * calls), clock="frozen")
    quota, rule = Quota(allowed, 86_400), parse_rule("1", {"status": 503, "times": hits}, [vendor])
    server.runtime.sandboxes.change(
        "one", server.wall(), lambda box: replace(box, quotas={"acme": quota}, faults=(rule,))
    )
    together = Barrier(THREADS)

    def work(thread: int) -> list[tuple[str, int]]:
        """The number and status of each call."""
        together.wait()
        numbers = [f"{thread}-{call}" for call in range(calls)]
        return [(n, server.get(headers={"X-Mock-Sandbox": "one", "X-Number": n}).status) for n in numbers]

    with ThreadPoolExecutor(THREADS) as pool:
        answers = dict(answer for answered in pool.map(work, range(THREADS)) for answer in answered)
    assert Counter(answers.values()) == {503: hits, 200: allowed, 429: THREADS * calls - hits - allowed}
    kept = server.runtime.store.entries("one")
    assert len({id for id, _ in kept}) == len(kept) == THREADS * calls
    assert {entry["request"]["headers"]["x-number"]: entry["response"]["status"] for _, entry in kept} == answers
    left = [entry["evidence"]["quota"]["remaining"] for _, entry in kept if entry["response"]["status"] == 200]
    assert sorted(left) == list(range(allowed))
