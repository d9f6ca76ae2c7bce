"""Control of a sandbox's clock."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.sdk.contract import Vendor
from tests.support.acme import ANCHOR, GONE, Sandboxed

DAY = 86_400


@pytest.fixture
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def test_it_ticks_with_real_time_from_the_anchor_on(server: Sandboxed) -> None:
    assert server.control("GET", "/clock").json == {"now": ANCHOR, "mode": "ticking"}
    server.wall.seconds += 90.5
    assert server.control("GET", "/clock").json == {"now": "2026-03-31T12:01:30.500000Z", "mode": "ticking"}


def test_frozen_it_stands(server: Sandboxed) -> None:
    server.control("GET", "/clock")
    server.wall.seconds += 60
    answer = server.control("POST", "/clock/freeze")
    assert (answer.status, answer.json) == (200, {"now": "2026-03-31T12:01:00Z", "mode": "frozen"})
    server.wall.seconds += DAY
    assert server.control("GET", "/clock").json == answer.json
    assert server.control("POST", "/clock/freeze", {}).json == answer.json


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    ("duration", "now"),
    [
        ("800d", "2028-06-08T12:00:00Z"),
        ("-1d", "2026-03-30T12:00:00Z"),
        ("36h", "2026-04-02T00:00:00Z"),
        ("5m", "2026-03-31T12:05:00Z"),
        ("90s", "2026-03-31T12:01:30Z"),
        ("-250ms", "2026-03-31T11:59:59.750000Z"),
        ("0s", ANCHOR),
    ],
)
def test_it_advances_in_both_modes(server: Sandboxed, frozen: bool, duration: str, now: str) -> None:
    if frozen:
        server.control("POST", "/clock/freeze")
    answer = server.control("POST", "/clock/advance", {"duration": duration})
    assert (answer.status, answer.json) == (200, {"now": now, "mode": "frozen" if frozen else "ticking"})
    server.wall.seconds += DAY
    assert (server.control("GET", "/clock").json["now"] == now) is frozen


def test_advances_add_up(server: Sandboxed) -> None:
    for _ in range(3):
        server.control("POST", "/clock/advance", {"duration": "1h"})
        server.wall.seconds += 10
    assert server.control("GET", "/clock").json["now"] == "2026-03-31T15:00:30Z"


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    ("to", "now"),
    [
        ("2025-03-01T00:00:00Z", "2025-03-01T00:00:00Z"),
        ("2025-03-01", "2025-03-01T00:00:00Z"),
        ("2025-03-01T02:30:00+02:00", "2025-03-01T00:30:00Z"),
        ("8999-12-31T23:59:59Z", "8999-12-31T23:59:59Z"),
        ("1900-01-01", "1900-01-01T00:00:00Z"),
    ],
)
def test_it_is_set_and_ticks_or_stands_as_before(server: Sandboxed, frozen: bool, to: str, now: str) -> None:
    server.control("GET", "/clock")
    server.wall.seconds += DAY
    if frozen:
        server.control("POST", "/clock/freeze")
    answer = server.control("POST", "/clock/set", {"to": to})
    assert (answer.status, answer.json) == (200, {"now": now, "mode": "frozen" if frozen else "ticking"})
    server.wall.seconds += 1
    assert (server.control("GET", "/clock").json["now"] == now) is frozen


@pytest.mark.parametrize(
    ("clock", "now", "mode"),
    [
        ("anchor", ANCHOR, "ticking"),
        ("frozen", ANCHOR, "frozen"),
        ("2030-01-01", "2030-01-01T00:00:00Z", "ticking"),
        ("real", "2026-09-22T14:13:20Z", "ticking"),
    ],
)
def test_reset_it_is_as_on_first_use(vendor: Vendor, clock: str, now: str, mode: str) -> None:
    server = Sandboxed(vendor, clock=clock)
    server.control("POST", "/clock/freeze")
    server.control("POST", "/clock/advance", {"duration": "-9d"})
    server.wall.seconds += DAY
    assert server.control("POST", "/clock/reset").json == {"now": now, "mode": mode}


@pytest.mark.parametrize(
    ("what", "body", "found"),
    [
        ("advance", {}, "no 'duration'"),
        ("advance", {"duration": "5"}, "'5' is not a duration"),
        ("advance", {"duration": "1.5h"}, "'1.5h' is not a duration"),
        ("advance", {"duration": "5 s"}, "'5 s' is not a duration"),
        ("advance", {"duration": "+5s"}, "'+5s' is not a duration"),
        ("advance", {"duration": "٣s"}, "'٣s' is not a duration"),
        ("advance", {"duration": 5}, "duration is 5, wanted a text like 36h."),
        ("advance", {"duration": "1s", "to": "x"}, "'to'"),
        ("advance", {"duration": "999999999999999d"}, "is not a duration"),
        ("advance", {"duration": "9999999d"}, "before 1900 or after 8999"),
        ("advance", {"duration": "3000000d"}, "before 1900 or after 8999"),
        ("advance", {"duration": "-100000d"}, "before 1900 or after 8999"),
        ("set", {}, "no 'to'"),
        ("set", {"to": "noon"}, "'noon' is not an ISO 8601 time"),
        ("set", {"to": "2025-13-01"}, "month must be in 1..12"),
        ("set", {"to": None}, "to is null, wanted a text like 2026-03-01T00:00:00Z."),
        ("set", {"to": "9999-12-31"}, "before 1900 or after 8999"),
        ("set", {"to": "0001-01-01"}, "before 1900 or after 8999"),
        ("freeze", {"to": "2025-01-01"}, "has 'to', wanted none"),
        ("reset", {"x": 1}, "has 'x', wanted none"),
    ],
)
def test_what_it_cannot_do(server: Sandboxed, what: str, body: Any, found: str) -> None:
    answer = server.control("POST", f"/clock/{what}", body)
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert found in answer.json["detail"]
    assert server.control("GET", "/clock").json == {"now": ANCHOR, "mode": "ticking"}


def test_one_sandboxs_time_is_its_own(server: Sandboxed) -> None:
    server.control("POST", "/clock/advance", {"duration": "1d"}, sandbox="a")
    assert server.control("GET", "/clock", sandbox="a").json["now"] == "2026-04-01T12:00:00Z"
    assert server.control("GET", "/clock", sandbox="b").json["now"] == ANCHOR


def test_calls_live_in_that_time(server: Sandboxed) -> None:
    """An account that expired is good again, a quota that was spent refills after what Retry-After says."""
    assert server.get(key=GONE).status == 401
    server.control("POST", "/clock/advance", {"duration": "-1h"})
    assert server.get(key=GONE).status == 200
    server.control("PATCH", "/settings", {"quotas": {"acme": "1/minute"}})
    assert [server.get().status for _ in range(2)] == [200, 429]
    server.control("POST", "/clock/advance", {"duration": f"{server.get().headers['Retry-After']}s"})
    assert server.get().status == 200
