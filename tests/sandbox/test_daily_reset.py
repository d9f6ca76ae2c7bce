"""``--reset-at``: once a day, by the first call after that time, every sandbox is as on first use."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk.clock import format_instant, from_timestamp
from mockserver.sdk.contract import Vendor
from mockserver.sdk.dataset import Dataset
from tests.support.acme import BILLS, Sandboxed
from tests.support.client import WALL, Answer
from tests.support.stores import Elapsed

assert format_instant(from_timestamp(WALL)) == "2026-09-21T14:13:20Z"
SOON = "14:14"
TO_SOON, DAY = 40, 86_400


def spoil(server: Sandboxed, sandbox: str = "default") -> None:
    """Use and change everything in a sandbox."""
    server.control("PATCH", "/settings", {"quotas": {"acme": "1/day"}, "strict": True}, sandbox=sandbox)
    server.control("POST", "/clock/advance", {"duration": "9d"}, sandbox=sandbox)
    server.control("POST", "/clock/freeze", sandbox=sandbox)
    server.control("POST", "/faults", {"status": 503, "after": 1}, sandbox=sandbox)
    assert server.control("DELETE", "/records/acme/1", sandbox=sandbox).status == 204
    assert [server.get(X_Mock_Sandbox=sandbox).status for _ in range(2)] == [200, 503]


def everything(server: Sandboxed, sandbox: str = "default") -> dict[str, Any]:
    parts = ("/requests", "/settings", "/clock", "/faults", "/records/acme", "/verdict")
    return {part: server.control("GET", part, sandbox=sandbox).json for part in parts}


def fresh(vendor: Vendor, seconds: int, sandbox: str = "default", clock: str = "anchor") -> dict[str, Any]:
    """The content of a sandbox of a server started this many seconds later."""
    server = Sandboxed(vendor, clock=clock)
    server.wall.seconds += seconds
    return everything(server, sandbox)


@pytest.mark.parametrize("sandbox", ["default", "own"])
def test_the_first_look_after_the_time_finds_all_as_on_first_use(vendor: Vendor, sandbox: str) -> None:
    server = Sandboxed(vendor, reset_at=SOON)
    spoil(server, sandbox)
    spoilt = everything(server, sandbox)
    server.wall.seconds = WALL + TO_SOON - 0.001
    assert everything(server, sandbox) == spoilt
    server.wall.seconds = WALL + TO_SOON
    assert everything(server, sandbox) == fresh(vendor, TO_SOON, sandbox)


@pytest.mark.parametrize(
    "call",
    [
        lambda server: server.get(),
        lambda server: server.get(headers={"X-Mock-Sandbox": "other"}),
        lambda server: server.get("/acme/nothing/here"),
        lambda server: server.get("/nobody/has/this"),
        lambda server: server.control("GET", "/requests"),
        lambda server: server.control("GET", "/sandboxes"),
        lambda server: server.control("POST", "/clock/freeze"),
    ],
    ids=["a call", "of another sandbox", "a path unknown", "one of nobody", "the journal", "the list", "control"],
)
def test_any_call_will_do(vendor: Vendor, call: Any) -> None:
    server = Sandboxed(vendor, reset_at=SOON)
    spoil(server)
    spoil(server, "own")
    server.wall.seconds += TO_SOON
    answer: Answer = call(server)
    assert answer.status != 503
    assert "own" not in [row["name"] for row in server.control("GET", "/sandboxes").json["sandboxes"]]
    for sandbox in ("default", "own"):
        assert server.control("GET", "/settings", sandbox=sandbox).json["strict"] is False
        assert server.ids(f"{BILLS}?size=50", headers={"X-Mock-Sandbox": sandbox})[0] == 1


def test_it_is_done_once_a_day_and_what_comes_after_it_stays(vendor: Vendor) -> None:
    server = Sandboxed(vendor, sandbox_idle=str(10 * DAY), reset_at=SOON)
    for day in range(3):
        server.wall.seconds = WALL + TO_SOON + day * DAY
        assert server.control("GET", "/requests", sandbox="own").json["requests"] == []
        for seconds in (0, 1, 3600, DAY - 1):
            server.wall.seconds = WALL + TO_SOON + day * DAY + seconds
            assert server.get(X_Mock_Sandbox="own").status == 200
        assert server.control("GET", "/requests", sandbox="own").json["meta"]["total"] == 4


def test_days_without_a_call_are_one_reset(vendor: Vendor) -> None:
    server = Sandboxed(vendor, reset_at=SOON)
    spoil(server)
    server.wall.seconds += 5 * DAY
    assert everything(server) == fresh(vendor, 5 * DAY)


def test_a_server_that_starts_after_the_time_waits_for_the_next(vendor: Vendor) -> None:
    server = Sandboxed(vendor, reset_at="14:13")
    spoil(server)
    server.wall.seconds += DAY - 21
    assert server.control("GET", "/settings").json["strict"] is True
    server.wall.seconds += 1
    assert server.control("GET", "/settings").json["strict"] is False


@pytest.mark.parametrize("mode", ["frozen", "2030-01-01T14:13:30Z", "anchor"])
def test_the_time_of_the_server_decides_and_not_that_of_a_sandbox(vendor: Vendor, mode: str) -> None:
    server = Sandboxed(vendor, clock=mode, reset_at=SOON)
    spoil(server)
    server.control("POST", "/clock/advance", {"duration": "3d"})
    assert server.control("GET", "/settings").json["strict"] is True
    server.wall.seconds += TO_SOON
    assert everything(server) == fresh(vendor, TO_SOON, clock=mode)


def test_with_a_real_clock_the_data_is_that_of_the_day(vendor: Vendor) -> None:
    server = Sandboxed(vendor, clock="real", reset_at="03:00")
    before = server.get(f"{BILLS}?size=50").body
    for day, time in ((21, DAY - 51_200 - 1), (21, DAY - 51_200 + 3 * 3600 - 1), (22, DAY - 51_200 + 3 * 3600)):
        server.wall.seconds = WALL + time
        assert (server.get(f"{BILLS}?size=50").body == before) == (day == 21)
        assert server.world.sandboxes.get_or_create("default", server.wall()).day.day == day  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.parametrize("reset_at", ["03:00", None])
def test_a_server_that_runs_for_months_keeps_the_data_of_days_that_are_in_use(
    vendor: Vendor, reset_at: str | None
) -> None:
    passed = Elapsed()
    server = Sandboxed(vendor, store=MemoryStore(elapsed=passed), clock="real", reset_at=reset_at)
    library, made = server.world.sandboxes.catalog, list[weakref.ref[Dataset]]()
    first = server.get(f"{BILLS}?size=50").body
    for day in range(1, 100):
        passed.seconds = day * DAY
        server.wall.seconds = WALL + passed.seconds
        added = server.control("POST", "/records/acme", {"id": 900}, sandbox=f"of-day-{day}")
        assert added.status == 201
        made += map(
            weakref.ref, (library.dataset(vendor, "default", from_timestamp(server.wall()).date()), seen(server, day))
        )
    gc.collect()
    assert [ref() is not None for ref in made] == [False] * 196 + [True] * 2
    assert (server.get(f"{BILLS}?size=50").body == first) == (reset_at is None)  # the data of a sandbox that lives


def seen(server: Sandboxed, day: int) -> Dataset:
    """The content of a sandbox after a change."""
    rooms = server.world.sandboxes
    return rooms.dataset(rooms.get_or_create(f"of-day-{day}", server.wall()), server.vendor)


def test_without_the_setting_nothing_is_reset(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    server.control("PATCH", "/settings", {"strict": True})
    server.wall.seconds += 400 * DAY
    assert server.control("GET", "/settings").json["strict"] is True


def test_of_many_first_calls_at_once_each_is_kept(vendor: Vendor) -> None:
    """A second reset would delete the first calls from the journal."""
    server = Sandboxed(vendor, reset_at=SOON)
    spoil(server)
    server.wall.seconds += TO_SOON
    together = Barrier(8)

    def call(index: int) -> int:
        together.wait()
        return server.get().status

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(call, range(8))) == [200] * 8
    assert server.control("GET", "/requests").json["meta"]["total"] == 8


def test_a_call_that_came_before_the_time_and_is_slow_undoes_nothing(vendor: Vendor) -> None:
    server = Sandboxed(vendor, reset_at=SOON)
    server.wall.seconds += TO_SOON
    assert server.get().status == 200
    server.world.sandboxes.get_or_create("default", WALL + TO_SOON - 0.01)
    server.world.sandboxes.change("default", WALL + TO_SOON - 0.01, lambda sandbox: sandbox)
    assert server.get().status == 200
    assert server.control("GET", "/requests").json["meta"]["total"] == 2
