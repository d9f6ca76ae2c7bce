"""Sandboxes: created on first use from the server's settings, and kept in the store."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any
from weakref import ReferenceType, ref

import pytest

from mockserver.data.catalog import DatasetCatalog
from mockserver.data.table import RecordTable
from mockserver.sandbox.edits import Edits
from mockserver.sandbox.fault_rules import parse_rule
from mockserver.sandbox.readings import check_quotas, check_readings, readings_for
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.selection import select
from mockserver.sandbox.settings import make_settings
from mockserver.sandbox.store import DEFAULT, Document
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk.clock import from_timestamp, parse_instant
from mockserver.sdk.contract import Vendor
from mockserver.sdk.credentials import Credential
from mockserver.sdk.dataset import Records
from mockserver.sdk.errors import InvalidSetting, Problem
from mockserver.sdk.http import Request
from mockserver.sdk.quota import Quota
from tests.support.acme import ANCHOR, BILLS, Sandboxed
from tests.support.stores import Elapsed, Make, let_pass

WALL = 1_790_000_000.25


def sandboxes(vendor: Vendor, store: MemoryStore | None = None, **settings: str) -> Sandboxes:
    return Sandboxes(make_settings(settings, {}), DatasetCatalog([vendor]), [vendor], store or MemoryStore())


@pytest.mark.parametrize(
    ("clock", "start", "an_hour_later"),
    [
        ("anchor", parse_instant(ANCHOR), timedelta(hours=1)),
        ("frozen", parse_instant(ANCHOR), timedelta(0)),
        ("real", from_timestamp(WALL), timedelta(hours=1)),
        ("2030-01-01", datetime(2030, 1, 1, tzinfo=UTC), timedelta(hours=1)),
    ],
)
def test_where_its_clock_starts_and_whether_it_ticks(
    vendor: Vendor, clock: str, start: datetime, an_hour_later: timedelta
) -> None:
    found = sandboxes(vendor, clock=clock).get_or_create("a", WALL)
    assert found.clock.now(WALL) == start
    assert found.clock.now(WALL + 3600) == start + an_hour_later


def test_real_data_is_that_of_the_day_on_which_the_sandbox_was_made(vendor: Vendor) -> None:
    rooms = sandboxes(vendor, clock="real")
    made = rooms.get_or_create("a", WALL)
    assert made.day == date(2026, 9, 21)
    assert rooms.dataset(made, vendor).anchor == datetime(2026, 9, 21, tzinfo=UTC)
    later = rooms.get_or_create("a", WALL + 10 * 86_400)
    assert rooms.dataset(later, vendor) is rooms.dataset(made, vendor)
    assert rooms.get_or_create("b", WALL + 86_400).day == date(2026, 9, 22)


def test_it_starts_as_the_server_was_told(vendor: Vendor) -> None:
    found = sandboxes(
        vendor,
        dataset="hand",
        readings="acme.amounts=cents",
        quotas="acme=5/minute",
        strict="true",
        accept_any_credential="true",
    ).get_or_create("a", WALL)
    assert (found.name, found.dataset, found.day) == ("a", "hand", None)
    assert found.readings == {"acme.amounts": "cents"}
    assert found.quotas == {"acme": Quota(5, 60)}
    assert found.strict
    assert found.any_credential


@pytest.mark.parametrize("clock", ["anchor", "real", "frozen"])
def test_it_survives_the_store_as_json(vendor: Vendor, clock: str) -> None:
    made = sandboxes(vendor, clock=clock, quotas="acme=5/minute", readings="acme.amounts=cents").get_or_create(
        "a", WALL
    )
    rules = {"vendor": "acme", "match": {"query": {"page": {"equalTo": "2"}}}, "delay": 20, "probability": 0.25}
    made = replace(
        made, faults=(parse_rule("1", rules, [vendor]),), delay={"type": "uniform", "lower": 1, "upper": 2.5}
    )
    assert Sandbox.of("a", json.loads(json.dumps(made.document()))) == made


def test_it_is_made_once_and_follows_the_store(vendor: Vendor) -> None:
    store = MemoryStore()
    rooms, elsewhere = sandboxes(vendor, store), sandboxes(vendor, store, strict="true")
    made = rooms.get_or_create("a", WALL)
    assert rooms.get_or_create("a", WALL + 5) is made
    assert elsewhere.get_or_create("a", WALL + 9) == made  # another worker finds the same sandbox
    assert elsewhere.change("a", WALL, lambda sandbox: replace(sandbox, strict=True)).strict
    assert rooms.get_or_create("a", WALL).strict


@pytest.mark.parametrize(
    ("asked", "detail", "choice"),
    [
        ({"acme.amount": "x"}, "There is no reading acme.amount. Did you mean acme.amounts?", "acme.bad-input"),
        ({"zzzzzz": "x"}, "There is no reading zzzzzz.", "acme.amounts"),
        ({"acme.amounts": "x"}, "acme.amounts cannot be x; its choices are plain, cents.", "acme.amounts=cents"),
    ],
)
def test_a_reading_that_there_is_not(vendor: Vendor, asked: dict[str, str], detail: str, choice: str) -> None:
    with pytest.raises(Problem) as refused:
        check_readings(asked, [vendor])
    assert refused.value.detail == detail
    assert choice in refused.value.choices
    check_readings({"acme.amounts": "cents"}, [vendor])


def test_a_quota_for_nobody(vendor: Vendor) -> None:
    check_quotas(["acme"], [vendor])
    with pytest.raises(InvalidSetting, match=r"^--quotas \(or MOCKSERVER_QUOTAS\) names bolt, wanted one of acme\.$"):
        check_quotas(["acme", "bolt"], [vendor])


def test_later_readings_win(vendor: Vendor) -> None:
    assert readings_for(vendor) == {"amounts": "plain", "bad-input": "refuse"}
    layers = (
        {"acme.amounts": "cents", "bolt.bad-input": "ignore"},
        {"acme.amounts": "plain", "acme.bad-input": "ignore"},
    )
    assert readings_for(vendor, *layers) == {"amounts": "plain", "bad-input": "ignore"}
    assert readings_for(vendor, *reversed(layers)) == {"amounts": "cents", "bad-input": "ignore"}


# Selection ------------------------------------------------------------------------------------------------------------

KEY, BEARER = Credential("X-Key"), Credential("Authorization", scheme="Bearer")


def chosen(
    vendor: Vendor,
    headers: dict[str, str],
    url: str | None = None,
    credential: Credential = KEY,
    known: Callable[[str, str], bool] = lambda head, name: head in ("good-key", "go~od~key"),
) -> tuple[str, dict[str, str], list[tuple[str, str]]]:
    """The sandbox, the headers for the vendor, and the warnings with their locations."""
    choice = select(Request("GET", "/", "", headers, sandbox=url), replace(vendor, credential=credential), known)
    return choice.name, dict(choice.request.headers), [(notice.location, notice.message) for notice in choice.warnings]


@pytest.mark.parametrize(
    ("headers", "url", "name"),
    [
        ({}, None, DEFAULT),
        ({"x-mock-sandbox": "a.B-c_9"}, None, "a.B-c_9"),
        ({}, "in-url", "in-url"),
        ({"x-mock-sandbox": "a" * 64}, "a" * 64, "a" * 64),
        ({"x-key": "good-key"}, None, DEFAULT),
        ({"x-key": "good-key~box"}, None, "box"),
    ],
)
def test_a_call_finds_its_sandbox(vendor: Vendor, headers: dict[str, str], url: str | None, name: str) -> None:
    assert chosen(vendor, headers, url)[::2] == (name, [])


@pytest.mark.parametrize(
    ("sent", "name", "seen"),
    [
        ("good-key~box", "box", "good-key"),
        (" good-key~box\t", "box", " good-key"),
        ("good-key~x~box", DEFAULT, "good-key~x~box"),  # split at the last tilde: good-key~x is nobody's
        ("go~od~key~box", "box", "go~od~key"),
        ("go~od~key", DEFAULT, "go~od~key"),
        ("good-key~", DEFAULT, "good-key~"),
        ("good-key~" + "a" * 65, DEFAULT, "good-key~" + "a" * 65),
        ("good-key~no name", DEFAULT, "good-key~no name"),
        ("~box", DEFAULT, "~box"),
        ("bad-key~box", DEFAULT, "bad-key~box"),
    ],
)
def test_a_known_credential_carries_the_sandboxs_name(vendor: Vendor, sent: str, name: str, seen: str) -> None:
    assert chosen(vendor, {"x-key": sent}) == (name, {"x-key": seen}, [])


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer   ", "BEARER "])
def test_behind_a_scheme_word_too_and_nothing_else_of_the_header_changes(vendor: Vendor, scheme: str) -> None:
    sent = {"authorization": f"{scheme}good-key~box", "x": "y~z"}
    assert chosen(vendor, sent, credential=BEARER) == ("box", {"authorization": f"{scheme}good-key", "x": "y~z"}, [])
    assert chosen(vendor, {"authorization": "good-key~box"}, credential=BEARER)[0] == DEFAULT


def test_the_first_that_names_one_wins_the_suffix_always_goes_and_a_disagreement_is_told(vendor: Vendor) -> None:
    everything = {"x-mock-sandbox": "a", "x-key": "good-key~c"}
    assert chosen(vendor, everything, "b") == (
        "a",
        {"x-mock-sandbox": "a", "x-key": "good-key"},
        [
            ("path", "The URL names the sandbox b, the header X-Mock-Sandbox a: a it is."),
            ("header.X-Key", "The credential names the sandbox c, the header X-Mock-Sandbox a: a it is."),
        ],
    )
    assert chosen(vendor, {"x-key": "good-key~c"}, "b") == (
        "b",
        {"x-key": "good-key"},
        [("header.X-Key", "The credential names the sandbox c, the URL b: b it is.")],
    )
    assert chosen(vendor, {"x-mock-sandbox": "a", "x-key": "good-key~a"}, "a")[::2] == ("a", [])


def test_a_credential_is_known_where_the_call_takes_place(vendor: Vendor) -> None:
    asked: list[tuple[str, str]] = []

    def known(head: str, name: str) -> bool:
        asked.append((head, name))
        return False

    chosen(vendor, {"x-key": "k~c"}, known=known)
    chosen(vendor, {"x-key": "k~c"}, "b", known=known)
    chosen(vendor, {"x-key": "k~c", "x-mock-sandbox": "a"}, "b", known=known)
    assert asked == [("k", "c"), ("k", "b"), ("k", "a")]


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "ö", "a" * 65, "a~b", "a\n", "%61"])
@pytest.mark.parametrize("where", ["header X-Mock-Sandbox", "URL"])
def test_a_name_that_cannot_be(vendor: Vendor, where: str, name: str) -> None:
    headers, url = ({"x-mock-sandbox": name}, None) if where != "URL" else ({"x-mock-sandbox": "fine"}, name)
    with pytest.raises(Problem) as refused:
        chosen(vendor, headers, url)
    wanted = "1 to 64 letters, digits, '.', '_' or '-'."
    assert refused.value.detail == f"The {where} names the sandbox {name[:80]!r}, wanted {wanted}"


# Bounds ---------------------------------------------------------------------------------------------------------------


def test_a_reached_bound_names_its_setting_and_nobody_in_use_goes(vendor: Vendor) -> None:
    passed = Elapsed()
    rooms = sandboxes(vendor, MemoryStore(elapsed=passed), max_sandboxes="2", sandbox_idle="100")
    rooms.get_or_create("a", WALL)
    passed.seconds = 50
    rooms.get_or_create("b", WALL)
    passed.seconds = 100
    with pytest.raises(Problem) as refused:
        rooms.get_or_create("c", WALL)
    assert (refused.value.status, refused.value.code) == (507, "too-many-sandboxes")
    assert refused.value.detail == "There are 2 sandboxes, as many as --max-sandboxes allows; c was not made."
    assert rooms.get_or_create("a", WALL)
    assert rooms.names(WALL) == {"a": 0, "b": 50}
    passed.seconds = 151
    rooms.get_or_create("c", WALL)  # b was idle for 101 seconds
    assert rooms.names(WALL) == {"a": 51, "c": 0}
    passed.seconds = 152
    with pytest.raises(Problem):
        rooms.get_or_create("b", WALL)


def test_there_is_always_room_for_the_default_one(vendor: Vendor) -> None:
    for first in (["a", DEFAULT, "b"], [DEFAULT, "a", "b"]):
        rooms = sandboxes(vendor, max_sandboxes="2")
        for name in first:
            rooms.get_or_create(name, WALL)
        with pytest.raises(Problem):
            rooms.get_or_create("c", WALL)
    rooms = sandboxes(vendor, max_sandboxes="2")
    rooms.get_or_create("a", WALL)
    rooms.get_or_create("b", WALL)
    assert rooms.get_or_create(DEFAULT, WALL).name == DEFAULT
    assert rooms.reset(DEFAULT, WALL).name == DEFAULT


def test_many_at_once_make_no_more_than_there_may_be(vendor: Vendor) -> None:
    rooms, together = sandboxes(vendor, max_sandboxes="20"), Barrier(16)

    def enter(thread: int) -> int:
        together.wait()
        made = 0
        for number in range(10):
            try:
                rooms.get_or_create(f"{(thread * 10 + number) % 40}", WALL)
                made += 1
            except Problem:
                pass
        return made

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(enter, range(16))) == 80  # each of 40 is wanted four times, and there is room for 20
    assert len(rooms.names(WALL)) == 20


def test_an_idle_one_is_as_new_when_it_is_used_again(vendor: Vendor) -> None:
    passed = Elapsed()
    rooms = sandboxes(vendor, MemoryStore(elapsed=passed), sandbox_idle="100", clock="frozen")
    for name in ("a", DEFAULT):
        rooms.change(name, WALL, lambda sandbox: replace(sandbox, strict=True))
    for seconds in (100, 200):  # each use counts
        passed.seconds = seconds
        assert rooms.get_or_create("a", WALL).strict
    passed.seconds = 301
    assert not rooms.get_or_create("a", WALL).strict
    passed.seconds = 10**6
    assert rooms.get_or_create(DEFAULT, WALL).strict  # the default sandbox stays
    assert rooms.names(WALL) == {DEFAULT: 0}


@pytest.mark.parametrize("years", [3, -3, 60])
def test_a_jump_of_the_wall_clock_forgets_none_in_use(vendor: Vendor, make: Make, years: int) -> None:
    store = make()
    server = Sandboxed(vendor, store=store, sandbox_idle=100)
    server.control("PATCH", "/settings", {"strict": True, "quotas": {"acme": "9/day"}}, sandbox="a")
    let_pass(store, 60)
    server.wall.seconds += years * 365 * 86_400
    assert [(row["name"], row["idleSeconds"]) for row in listed(server)] == [("a", 60)]
    assert server.get(f"{BILLS}?stat=paid", X_Mock_Sandbox="a").status == 200
    assert server.control("GET", "/settings", sandbox="a").json["strict"]
    assert [call["strict"] for call in server.control("GET", "/requests", sandbox="a").json["requests"]] == [True]
    let_pass(store, 101)
    assert listed(server) == []


@pytest.mark.parametrize("hours", [7, -7, 9000])
def test_two_replicas_whose_clocks_differ_forget_none_in_use(vendor: Vendor, make: Make, hours: int) -> None:
    store = make()
    one, other = (Sandboxed(vendor, store=store, sandbox_idle=100) for _ in range(2))
    other.wall.seconds += hours * 3600
    one.control("PATCH", "/settings", {"strict": True}, sandbox="a")
    for server in (other, one, other, one):
        let_pass(store, 60)
        assert [row["idleSeconds"] for row in listed(server)] == [60]
        assert server.control("GET", "/settings", sandbox="a").json["strict"]
    let_pass(store, 101)
    assert not other.control("GET", "/settings", sandbox="a").json["strict"]


def listed(server: Sandboxed) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = server.control("GET", "/sandboxes").json["sandboxes"]
    return rows


def test_looking_makes_none(vendor: Vendor) -> None:
    rooms = sandboxes(vendor, max_sandboxes="1")
    assert rooms.get("a", WALL) is None
    assert rooms.names(WALL) == {}
    made = rooms.get_or_create("a", WALL)
    assert rooms.get("a", WALL) is made
    assert rooms.get("b", WALL) is None


def test_changes_that_grow_too_large_are_refused_whole(vendor: Vendor) -> None:
    rooms = sandboxes(vendor, max_sandbox_bytes="300")

    def noted(length: int) -> Sandbox:
        row = {**bill(rooms, vendor, 0), "note": "x" * length}
        return rooms.edit("a", WALL, vendor, lambda edits, data: edits.with_records({1: row}))

    noted(150)
    with pytest.raises(Problem) as refused:
        noted(300)
    assert (refused.value.status, refused.value.code) == (507, "sandbox-too-large")
    assert "--max-sandbox-bytes" in refused.value.detail
    assert bill(rooms, vendor, 0, "a")["note"] == "x" * 150


# Data -----------------------------------------------------------------------------------------------------------------


def bill(rooms: Sandboxes, vendor: Vendor, index: int, name: str = "base") -> dict[str, Any]:
    return rooms.dataset(rooms.get_or_create(name, WALL), vendor).records.record(index)


def test_an_untouched_sandbox_shares_everything_and_a_touched_one_what_it_did_not_touch(vendor: Vendor) -> None:
    rooms = sandboxes(vendor)
    base = rooms.catalog.dataset(vendor, "default")
    assert rooms.dataset(rooms.get_or_create("a", WALL), vendor) is base
    order = (("id", True),)
    view = base.records.rows((), order)
    touched = rooms.edit("b", WALL, vendor, lambda edits, data: edits.with_records({1: None}))
    own = rooms.dataset(touched, vendor)
    assert rooms.dataset(rooms.get_or_create("b", WALL), vendor) is own
    assert own.accounts is base.accounts
    assert [id for id in own.records.ids if id in base.records.ids] == base.records.ids[1:]
    assert all(
        mine is theirs
        for mine, theirs in zip(own.records.columns["name"], base.records.columns["name"][1:], strict=True)
    )
    assert rooms.dataset(rooms.get_or_create("a", WALL), vendor).records.rows((), order) is view
    only_accounts = rooms.edit("c", WALL, vendor, lambda edits, data: edits.with_accounts([{"account": "z"}]))
    assert rooms.dataset(only_accounts, vendor).records is base.records


@pytest.mark.parametrize("end", ["another edit", "delete", "reset", "idleness", "idleness of all"])
def test_of_data_that_is_out_of_use_nothing_is_kept(vendor: Vendor, end: str) -> None:
    """Else memory would grow with every edit."""
    passed = Elapsed()
    rooms = sandboxes(vendor, MemoryStore(elapsed=passed), sandbox_idle="100")

    def edited(id: int) -> ReferenceType[Records]:
        rooms.edit("a", WALL, vendor, lambda edits, data: edits.with_records({id: None}))
        records = rooms.dataset(rooms.get_or_create("a", WALL), vendor).records
        records.rows((), (("id", True),))
        return ref(records)

    shared = rooms.catalog.dataset(vendor, "default").records
    assert isinstance(shared, RecordTable)
    views = shared._views
    rooms.catalog.dataset(vendor, "default").records.rows((), (("id", True),))
    before = len(views)
    old = edited(1)
    assert old() is not None
    own = len(views) - before
    assert own > 0
    ends: dict[str, Callable[[], Any]] = {
        "another edit": lambda: edited(2),
        "delete": lambda: rooms.delete("a"),
        "reset": lambda: rooms.reset("a", WALL),
        "idleness": lambda: rooms.get_or_create("a", WALL),
        "idleness of all": lambda: rooms.names(WALL),
    }
    passed.seconds = 101 if end.startswith("idleness") else 0
    ends[end]()
    assert old() is None
    assert len(views) - before == (own if end == "another edit" else 0)
    assert len(rooms._known) == (0 if end in ("delete", "idleness of all") else 1)


def test_edits_go_through_the_store_as_json_and_keep_every_digit(vendor: Vendor) -> None:
    store = MemoryStore()
    rooms, elsewhere = sandboxes(vendor, store), sandboxes(vendor, store)
    row = {**bill(rooms, vendor, 0), "amount": Decimal("0.10"), "name": 'Ölpumpe \u2028 "x"'}
    rooms.edit("a", WALL, vendor, lambda edits, data: edits.with_records({1: row, 99: {**row, "id": 99}, 2: None}))
    version, document = store.read("a", "records/acme") or (0, {})
    assert version
    assert json.loads(json.dumps(document)) == document
    for reader in (rooms, elsewhere):
        data = reader.dataset(reader.get_or_create("a", WALL), vendor)
        assert data.records.ids == [1, 3, 4, 5, 6, 7, 99]
        assert data.records.record(0) == row
        assert str(data.records.record(6)["amount"]) == "0.10"
    elsewhere.edit("a", WALL, vendor, lambda edits, data: edits.with_records({1: None}))
    assert bill(rooms, vendor, 0, "a")["id"] == 3
    assert rooms.dataset(rooms.get_or_create("b", WALL), vendor) is rooms.catalog.dataset(vendor, "default")


def test_changes_made_at_the_same_time_are_all_there(vendor: Vendor) -> None:
    rooms, together = sandboxes(vendor), Barrier(8)
    row = bill(rooms, vendor, 0)

    def work(thread: int) -> None:
        together.wait()
        for number in range(10):
            id = 1000 + thread * 10 + number
            rooms.edit("a", WALL, vendor, lambda edits, data, id=id: edits.with_records({id: {**row, "id": id}}))  # type: ignore[misc]
            seen = rooms.dataset(rooms.get_or_create("a", WALL), vendor).records
            assert id in seen.ids  # the editor sees its edit, despite others
            reading = {f"acme.{id}": "on"}
            rooms.change("a", WALL, lambda s, new=reading: replace(s, readings={**s.readings, **new}))  # type: ignore[misc]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    sandbox = rooms.get_or_create("a", WALL)
    assert set(sandbox.readings) == {f"acme.{id}" for id in range(1000, 1080)}
    assert sorted(rooms.dataset(sandbox, vendor).records.ids[7:]) == list(range(1000, 1080))


def test_an_edit_that_meets_a_deletion_starts_anew(vendor: Vendor) -> None:
    rooms = sandboxes(vendor)
    row, asked = bill(rooms, vendor, 0), 0
    rooms.edit("a", WALL, vendor, lambda edits, data: edits.with_records({98: {**row, "id": 98}}))

    def change(edits: Any, data: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 1:
            rooms.delete("a")
        return edits.with_records({99: {**row, "id": 99}})

    rooms.edit("a", WALL, vendor, change)
    assert asked == 2
    assert rooms.dataset(rooms.get_or_create("a", WALL), vendor).records.ids == [1, 2, 3, 4, 5, 6, 7, 99]


def test_an_edit_that_meets_another_sandbox_in_the_place_of_its_own_changes_that(vendor: Vendor) -> None:
    put: list[Sandbox] = []

    class Watched(MemoryStore):
        def read(self, sandbox: str, part: str, **how: Any) -> Any:
            if part == "records/acme" and not put:
                put.append(rooms.get_or_create("a", WALL))
                rooms.put(replace(put[0], strict=True), {"acme": copied}, WALL)
            return super().read(sandbox, part, **how)

    rooms = sandboxes(vendor, Watched())
    row = bill(rooms, vendor, 0)
    copied = Edits().with_records({98: {**row, "id": 98}})
    rooms.edit("a", WALL, vendor, lambda edits, data: edits.with_records({99: {**row, "id": 99}}))
    found = rooms.get_or_create("a", WALL)
    assert found.strict
    assert rooms.dataset(found, vendor).records.ids == [1, 2, 3, 4, 5, 6, 7, 98, 99]


def test_nobody_takes_the_place_of_a_sandbox_while_it_is_reset(vendor: Vendor) -> None:
    """On a full server the sandbox could not be created again."""

    class Watched(MemoryStore):
        def write(self, sandbox: str, part: str, document: Document, **how: Any) -> int:
            if how.get("anew"):
                with pytest.raises(Problem) as refused:
                    rooms.get_or_create("b", WALL)
                assert refused.value.code == "too-many-sandboxes"
            return super().write(sandbox, part, document, **how)

    rooms = sandboxes(vendor, Watched(), max_sandboxes="1")
    rooms.change("a", WALL, lambda sandbox: replace(sandbox, strict=True))
    assert rooms.reset("a", WALL) == rooms.initial("a", WALL)
    assert list(rooms.names(WALL)) == ["a"]


def test_a_reset_meets_a_change(vendor: Vendor) -> None:
    """A reset discards every change made before it ends."""
    changed: list[Sandbox] = []

    class Watched(MemoryStore):
        def write(self, sandbox: str, part: str, document: Document, **how: Any) -> int:
            if how.get("anew") and not changed:
                changed.append(rooms.change("a", WALL, lambda sandbox: replace(sandbox, strict=True)))
            return super().write(sandbox, part, document, **how)

    rooms = sandboxes(vendor, Watched())
    assert rooms.reset("a", WALL) == rooms.initial("a", WALL)
    assert changed[0].strict
