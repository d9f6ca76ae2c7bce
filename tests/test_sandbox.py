"""Sandboxes: made on first use from the server's settings, kept in the store."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from mockserver.clock import at, parse_instant
from mockserver.errors import Misuse
from mockserver.library import Library
from mockserver.sandbox import Sandbox, Sandboxes, check_quotas, check_readings, readings_for
from mockserver.settings import WrongSetting, make
from mockserver.store.memory import MemoryStore
from mockserver.toolkit.quota import Quota
from mockserver.vendor import Vendor
from tests.acme import ANCHOR

WALL = 1_790_000_000.25


def sandboxes(vendor: Vendor, store: MemoryStore | None = None, **settings: str) -> Sandboxes:
    return Sandboxes(make(settings, {}), Library([vendor]), [vendor], store or MemoryStore())


@pytest.mark.parametrize(
    ("clock", "start", "an_hour_later"),
    [
        ("anchor", parse_instant(ANCHOR), timedelta(hours=1)),
        ("frozen", parse_instant(ANCHOR), timedelta(0)),
        ("real", at(WALL), timedelta(hours=1)),
        ("2030-01-01", datetime(2030, 1, 1, tzinfo=UTC), timedelta(hours=1)),
    ],
)
def test_where_its_clock_starts_and_whether_it_ticks(
    vendor: Vendor, clock: str, start: datetime, an_hour_later: timedelta
) -> None:
    found = sandboxes(vendor, clock=clock).enter("a", WALL)
    assert found.clock.now(WALL) == start
    assert found.clock.now(WALL + 3600) == start + an_hour_later


def test_real_data_is_that_of_the_day_on_which_the_sandbox_was_made(vendor: Vendor) -> None:
    rooms = sandboxes(vendor, clock="real")
    made = rooms.enter("a", WALL)
    assert made.day == date(2026, 9, 21)
    assert rooms.dataset(made, vendor).anchor == datetime(2026, 9, 21, tzinfo=UTC)
    later = rooms.enter("a", WALL + 10 * 86_400)
    assert rooms.dataset(later, vendor) is rooms.dataset(made, vendor)
    assert rooms.enter("b", WALL + 86_400).day == date(2026, 9, 22)


def test_it_starts_as_the_server_was_told(vendor: Vendor) -> None:
    found = sandboxes(
        vendor,
        dataset="hand",
        readings="acme.amounts=cents",
        quotas="acme=5/minute",
        strict="true",
        accept_any_credential="true",
    ).enter("a", WALL)
    assert (found.name, found.dataset, found.day) == ("a", "hand", None)
    assert found.readings == {"acme.amounts": "cents"}
    assert found.quotas == {"acme": Quota(5, 60)}
    assert found.strict
    assert found.any_credential


@pytest.mark.parametrize("clock", ["anchor", "real", "frozen"])
def test_it_survives_the_store_as_json(vendor: Vendor, clock: str) -> None:
    made = sandboxes(vendor, clock=clock, quotas="acme=5/minute", readings="acme.amounts=cents").enter("a", WALL)
    assert Sandbox.of("a", json.loads(json.dumps(made.document()))) == made


def test_it_is_made_once_and_follows_the_store(vendor: Vendor) -> None:
    store = MemoryStore()
    rooms, elsewhere = sandboxes(vendor, store), sandboxes(vendor, store, strict="true")
    made = rooms.enter("a", WALL)
    assert rooms.enter("a", WALL + 5) is made
    assert elsewhere.enter("a", WALL + 9) == made  # another worker finds what is there
    store.write("a", {**made.document(), "strict": True}, expected=1)
    assert rooms.enter("a", WALL).strict


@pytest.mark.parametrize(
    ("asked", "detail", "choice"),
    [
        ({"acme.amount": "x"}, "There is no reading acme.amount. Did you mean acme.amounts?", "acme.bad-input"),
        ({"zzzzzz": "x"}, "There is no reading zzzzzz.", "acme.amounts"),
        ({"acme.amounts": "x"}, "acme.amounts cannot be x; its choices are plain, cents.", "acme.amounts=cents"),
    ],
)
def test_a_reading_that_there_is_not(vendor: Vendor, asked: dict[str, str], detail: str, choice: str) -> None:
    with pytest.raises(Misuse) as refused:
        check_readings(asked, [vendor])
    assert refused.value.detail == detail
    assert choice in refused.value.choices
    check_readings({"acme.amounts": "cents"}, [vendor])


def test_a_quota_for_nobody(vendor: Vendor) -> None:
    check_quotas(["acme"], [vendor])
    with pytest.raises(WrongSetting, match=r"^--quotas \(or MOCKSERVER_QUOTAS\) names bolt, wanted one of acme\.$"):
        check_quotas(["acme", "bolt"], [vendor])


def test_later_readings_win(vendor: Vendor) -> None:
    assert readings_for(vendor) == {"amounts": "plain", "bad-input": "refuse"}
    layers = (
        {"acme.amounts": "cents", "bolt.bad-input": "ignore"},
        {"acme.amounts": "plain", "acme.bad-input": "ignore"},
    )
    assert readings_for(vendor, *layers) == {"amounts": "plain", "bad-input": "ignore"}
    assert readings_for(vendor, *reversed(layers)) == {"amounts": "cents", "bad-input": "ignore"}
