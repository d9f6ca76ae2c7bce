"""Scenarios: bundled ones for every vendor, the user's, and invalid ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.data.fixture_errors import InvalidFixture
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.scenario import OURS, Scenarios, find_faults
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import InvalidSetting, Problem
from mockserver.sdk.fields import Timestamp
from mockserver.sdk.querystring import encode
from tests.support.acme import BILLS, Sandboxed
from tests.support.client import WALL, CarryingClient

SHIPPED = (
    "empty", "expired-credentials", "flaky", "healthy", "outage", "paging-hazards", "past-due", "rate-limited", "slow",
)  # fmt: skip
ALL = pytest.mark.parametrize("name", [vendor.name for vendor in shelf.find_vendors()])


class Stage:
    """A server that runs each scenario in its own sandbox."""

    def __init__(self, runtime: Runtime, app: Any) -> None:
        self.runtime, self.app = runtime, app
        self.scenarios = Scenarios(runtime.sandboxes)

    def play(self, scenario: str, sandbox: str) -> Any:
        return self.scenarios.apply(self.scenarios.get(scenario, WALL), sandbox, WALL)

    def calls(self, vendor: str, sandbox: str, pages: int = 1) -> list[dict[str, Any]]:
        """The journal entries of so many example calls, one page after the other where there are pages."""
        served = next(each for each in self.runtime.vendors if each.name == vendor)
        data = self.runtime.sandboxes.catalog.dataset(served, "default")
        example, paging = served.example(data.accounts.first, data), served.operations[0].paging
        for number in range(pages):
            query = {**example.query, **({paging.parameter: str(paging.first + number)} if paging else {})}
            target = f"/{vendor}{example.path}?{encode(query)}"
            self.app.test_client().get(target, headers={**example.headers, "X-Mock-Sandbox": sandbox})
        return [dict(entry) for _, entry in self.runtime.store.entries(sandbox)[-pages:]]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    app = create_app(make_settings({}, {}), wall=lambda: WALL)
    app.test_client_class = CarryingClient
    return Stage(app.extensions["mockserver"], app)


@pytest.fixture(scope="module")
def hazards(stage: Stage) -> str:
    """A sandbox with paging-hazards, where each vendor counts its own calls."""
    stage.play("paging-hazards", "hazards")
    return "hazards"


# Ours, for every vendor ----------------------------------------------------------------------------------------------


def test_ours_are_all_there_and_name_no_vendor(stage: Stage) -> None:
    assert tuple(stage.scenarios.names()) == SHIPPED
    for name in SHIPPED:
        text = (OURS / f"{name}.yaml").read_text(encoding="utf-8")
        assert not [vendor.name for vendor in shelf.find_vendors() if vendor.name in text.lower()]
        assert find_faults(OURS / f"{name}.yaml", stage.runtime.sandboxes, WALL) == []


@ALL
def test_healthy(stage: Stage, name: str) -> None:
    stage.play("healthy", f"{name}.healthy")
    (entry,) = stage.calls(name, f"{name}.healthy")
    (plain,) = stage.calls(name, f"{name}.plain")
    assert entry["response"]["body"] == plain["response"]["body"]
    assert (entry["response"]["status"], entry["fault"], entry["evidence"]["delay"]) == (200, None, 0)


@ALL
def test_empty(stage: Stage, name: str) -> None:
    sandbox = stage.play("empty", f"{name}.empty")
    (entry,) = stage.calls(name, f"{name}.empty")
    (vendor,) = [each for each in stage.runtime.vendors if each.name == name]
    assert entry["response"]["status"] == 200  # so the credentials are still good
    assert len(stage.runtime.sandboxes.dataset(sandbox, vendor).records) == 0
    plain = stage.runtime.sandboxes.catalog.dataset(vendor, "default")
    assert all(str(id) not in entry["response"]["body"] for id in plain.records.ids)


@ALL
def test_past_due(stage: Stage, name: str) -> None:
    sandbox = stage.play("past-due", f"{name}.due")
    (vendor,) = [each for each in stage.runtime.vendors if each.name == name]
    records = stage.runtime.sandboxes.dataset(sandbox, vendor).records
    rows = [records.record(index) for index in range(len(records))]
    due = {key for key, field in vendor.resource.schema().by_wire_name.items() if isinstance(field, Timestamp)}
    due = {key for key in due if "due" in key.lower()}
    dates = [row[key][:10] for row in rows for key in due if row.get(key)]
    assert dates
    assert max(dates) < sandbox.clock.now(WALL).date().isoformat()
    assert stage.calls(name, f"{name}.due")[0]["response"]["status"] == 200


@ALL
def test_rate_limited(stage: Stage, name: str) -> None:
    stage.play("rate-limited", f"{name}.rate")
    entries = [stage.calls(name, f"{name}.rate")[0] for _ in range(5)]
    assert [entry["reached"] for entry in entries] == ["answer"] * 3 + ["quota"] * 2
    assert "Retry-After" in entries[-1]["response"]["headers"]


@ALL
def test_flaky(stage: Stage, name: str) -> None:
    def run(sandbox: str) -> list[tuple[int, int]]:
        stage.play("flaky", sandbox)
        found = [stage.calls(name, sandbox)[0] for _ in range(100)]
        return [(entry["response"]["status"], entry["evidence"]["delay"]) for entry in found]

    first = run(f"{name}.flaky")
    failures = [status for status, _ in first if status == 503]
    assert {status for status, _ in first} == {200, 503}
    assert 2 <= len(failures) <= 22  # one in ten, within four sigmas
    assert len({delay for _, delay in first}) > 50
    assert run(f"{name}.flaky") == first  # and again from the start


@ALL
def test_outage(stage: Stage, name: str) -> None:
    stage.play("outage", f"{name}.outage")
    for entry in stage.calls(name, f"{name}.outage", pages=3):
        assert (entry["response"]["status"], entry["fault"]) == (503, "outage-1")


@ALL
def test_expired_credentials(stage: Stage, name: str) -> None:
    stage.play("expired-credentials", f"{name}.expired")
    (entry,) = stage.calls(name, f"{name}.expired")
    assert (entry["response"]["status"], entry["reached"]) == (401, "authentication")
    assert entry["basis"]["rule"].startswith(f"{name}.401")


@ALL
def test_slow(stage: Stage, name: str) -> None:
    stage.play("slow", f"{name}.slow")
    delays = [entry["evidence"]["delay"] for entry in stage.calls(name, f"{name}.slow", pages=5)]
    assert all(2000 <= delay <= 5000 for delay in delays)
    assert len(set(delays)) == 5


@pytest.mark.parametrize("name", [v.name for v in shelf.find_vendors() if any(e.paging for e in v.operations)])
def test_paging_hazards_of_every_vendor_with_pages(stage: Stage, hazards: str, name: str) -> None:
    pages = [entry["evidence"]["page"] for entry in stage.calls(name, hazards, pages=4)]
    total, size = pages[0]["total"], pages[0]["stop"]
    last = (total - 1) % size + 1
    assert total > 3 * size
    assert [page["total"] for page in pages] == [total, total - 1, total, total - last]
    assert (total - last) % size == 0


@pytest.mark.parametrize("name", [v.name for v in shelf.find_vendors() if not any(e.paging for e in v.operations)])
def test_paging_hazards_without_pages_are_a_record_that_comes_and_goes(stage: Stage, hazards: str, name: str) -> None:
    first, second, third, fourth = (len(entry["response"]["body"]) for entry in stage.calls(name, hazards, pages=4))
    assert first == third == fourth > second


# For an invented vendor ----------------------------------------------------------------------------------------------


def ids(server: Sandboxed, page: int) -> list[int]:
    return server.ids(f"{BILLS}?page={page}")


def test_a_walk_through_paging_hazards(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    assert server.control("PUT", "/scenarios/active", {"name": "paging-hazards"}).status == 200
    runtime = server.runtime.sandboxes
    there = sorted(runtime.dataset(runtime.get_or_create("default", WALL), vendor).records.ids)
    there.remove(7)  # of another account
    assert len(there) == 21
    assert ids(server, 1) == there[:5]
    assert ids(server, 2) == there[6:11]  # there[5] is on no page
    assert ids(server, 3) == there[10:15]  # there[10] comes again
    assert ids(server, 4) == there[15:20]  # the last page is exactly full
    assert server.get(f"{BILLS}?page=4").json["last"] is True
    assert ids(server, 5) == []  # which the first reply promised


@pytest.mark.parametrize("name", SHIPPED)
def test_every_scenario_can_be_put_in_place_for_an_unknown_vendor(vendor: Vendor, name: str) -> None:
    server = Sandboxed(vendor)
    assert server.control("PUT", "/scenarios/active", {"name": name}).status == 200
    wanted = {"expired-credentials": 401, "outage": 503}.get(name, 200)
    answer = server.get()
    assert answer.status == wanted
    assert (answer.status != 200 or answer.json["total"] > 0) == (name != "empty")


# Putting one in place ------------------------------------------------------------------------------------------------


def files(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def rooms_of(server: Sandboxed) -> tuple[Scenarios, Sandboxes]:
    return Scenarios(server.runtime.sandboxes), server.runtime.sandboxes


FULL = """\
description: Everything at once.
dataset: hand
readings: {acme.amounts: cents}
quotas: {acme: 2/minute}
strict: true
acceptAnyCredential: true
delay: 7
clock: {to: '2027-01-01T00:00:00Z', frozen: true}
faults:
- {vendor: acme, operation: oneBill, status: 503, times: 1}
changes:
- {vendor: acme, id: 1, set: {state: void}}
- {vendor: acme, remove: [2]}
- {vendor: acme, add: {id: 50, state: void}}
- {after: 1, remove: all}
"""


def test_a_scenario_of_the_user_in_all_its_parts(vendor: Vendor, tmp_path: Path) -> None:
    server = Sandboxed(vendor, scenarios=files(tmp_path, full=FULL))
    scenarios, rooms = rooms_of(server)
    sandbox = scenarios.apply(scenarios.get("full", WALL), "mine", WALL)
    assert (sandbox.scenario, sandbox.dataset, sandbox.strict, sandbox.any_credential) == ("full", "hand", True, True)
    assert (sandbox.clock.frozen, sandbox.clock.now(WALL + 99)) == (True, datetime(2027, 1, 1, tzinfo=UTC))
    assert [rule.id for rule in sandbox.faults] == ["full-1"]
    answer = server.get(f"{BILLS}?state=void&size=9", key="anything", X_Mock_Sandbox="mine")
    assert [(bill["id"], bill["amount"] % 1) for bill in answer.json["bills"]] == [(1, 0), (3, 0), (50, 0)]
    assert server.get("/v3/bills/1", X_Mock_Sandbox="mine").status == 503
    assert server.get(X_Mock_Sandbox="mine").json["total"] == 0
    assert server.get(X_Mock_Sandbox="mine").status == 429
    assert rooms.store.entries("mine")[0][1]["evidence"]["delay"] == 7
    assert server.ids() == [1, 2, 3, 4, 5]


def test_a_scenario_begins_afresh_but_for_the_journal(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    server.control("PATCH", "/settings", {"quotas": {"acme": "1/minute"}, "strict": True, "delay": 5})
    server.control("POST", "/faults", {"status": 500, "after": 9})
    server.control("DELETE", "/records/acme/1")
    server.control("POST", "/clock/advance", {"duration": "800d"})
    assert [server.get().status, server.get().status] == [200, 429]
    scenarios, rooms = rooms_of(server)
    for name in ("rate-limited", "healthy"):
        sandbox = scenarios.apply(scenarios.get(name, WALL), "default", WALL)
        fresh = rooms.initial("default", WALL)
        for part in ("dataset", "clock", "readings", "strict", "any_credential", "delay", "faults", "seed"):
            assert getattr(sandbox, part) == getattr(fresh, part)
        assert server.ids() == [1, 2, 3, 4, 5]
    assert sandbox.quotas == {}
    assert len(rooms.store.entries("default")) == 4


def test_what_was_counted_before_does_not_count(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    scenarios, _ = rooms_of(server)
    for _ in range(2):
        scenarios.apply(scenarios.get("rate-limited", WALL), "default", WALL)
        assert [server.get().status for _ in range(4)] == [200, 200, 200, 429]


def test_a_scenario_that_is_too_large_changes_nothing(vendor: Vendor) -> None:
    server = Sandboxed(vendor, max_sandbox_bytes=1000)
    scenarios, rooms = rooms_of(server)
    before = rooms.get_or_create("default", WALL)
    with pytest.raises(Problem, match="--max-sandbox-bytes"):
        scenarios.apply(scenarios.get("paging-hazards", WALL), "default", WALL)
    assert rooms.get_or_create("default", WALL) == before


def test_a_full_server_still_takes_a_scenario_for_a_sandbox_that_it_has(vendor: Vendor) -> None:
    server = Sandboxed(vendor, max_sandboxes=1)
    server.get()
    scenarios, _ = rooms_of(server)
    assert scenarios.apply(scenarios.get("outage", WALL), "default", WALL).scenario == "outage"
    scenarios.apply(scenarios.get("outage", WALL), "one", WALL)
    with pytest.raises(Problem, match="--max-sandboxes"):
        scenarios.apply(scenarios.get("outage", WALL), "another", WALL)


def test_the_users_come_before_ours_and_are_read_anew(vendor: Vendor, tmp_path: Path) -> None:
    files(tmp_path, slow="description: Mine.\ndelay: 1\n", extra="description: More.\n")
    scenarios, _ = rooms_of(Sandboxed(vendor, scenarios=tmp_path))
    assert scenarios.names() == sorted((*SHIPPED, "extra"))
    assert (scenarios.get("slow", WALL).description, scenarios.get("slow", WALL).ours) == ("Mine.", False)
    assert scenarios.get("flaky", WALL).ours
    files(tmp_path, slow="description: Mine again.\n")
    assert scenarios.get("slow", WALL).description == "Mine again."


@pytest.mark.parametrize("mode", ["anchor", "real", "frozen", "2030-01-01T00:00:00Z"])
def test_the_clock_of_a_scenario_starts_from_the_servers(vendor: Vendor, mode: str) -> None:
    server = Sandboxed(vendor, clock=mode)
    scenarios, rooms = rooms_of(server)
    sandbox = scenarios.apply(scenarios.get("past-due", WALL), "default", WALL)
    moved = sandbox.clock.now(WALL) - rooms.initial("default", WALL).clock.now(WALL)
    assert (moved.days, sandbox.clock.frozen) == (90, mode == "frozen")


# Broken ones ---------------------------------------------------------------------------------------------------------

BROKEN: dict[str, list[str]] = {
    "description: [": ["2: found broken YAML"],
    "- 1\n": ["1: found [1], wanted a map with description, dataset, "],
    "dataset: empty\n": ["1: description: found nothing, wanted what it is, in a sentence"],
    "description: 1\n": ["1: description: found 1, wanted what it is"],
    "description: x\nfoo: 1\n": ["2: foo: found the unknown key foo, wanted one of description, "],
    "description: x\ndataset: nowhere\n": ["2: dataset: found acme has no dataset 'nowhere', wanted default, "],
    "description: x\nquotas: fast\n": ["2: quotas: found 'fast' is not a quota, wanted <n>/second"],
    "description: x\nquotas: {bolt: 3/minute}\n": ["2: quotas: found quotas names 'bolt', wanted one of acme"],
    "description: x\nreadings: {acme.amounts: big}\n": [
        "2: readings: found acme.amounts cannot be big, wanted one of acme.amounts=plain"
    ],
    "description: x\nstrict: 'yes'\n": ['2: strict: found "yes", wanted true or false'],
    "description: x\ndelay: -1\n": ["2: delay: found -1, wanted milliseconds"],
    "description: x\nexpireCredentials: 1\n": ["2: expireCredentials: found 1, wanted true or false"],
    "description: x\nclock: soon\n": ['2: clock: found "soon", wanted a map'],
    "description: x\nclock: {advance: 1d, to: '2027-01-01'}\n": ["2: clock: found {"],
    "description: x\nclock:\n  advance: 3 weeks\n": ['3: clock.advance: found "3 weeks", wanted a duration like 90d'],
    "description: x\nclock:\n  to: 3\n": ["3: clock.to: found 3, wanted a time like"],
    "description: x\nclock:\n  frozen: 3\n": ["3: clock.frozen: found 3, wanted true or false"],
    "description: x\nclock:\n  mode: real\n": ["3: clock.mode: found the unknown key mode, wanted a map"],
    "description: x\nfaults: {status: 503}\n": ['2: faults: found {"status": 503}, wanted a list of faults'],
    "description: x\nfaults:\n- status: 503\n- status: 200\n": [
        "4: faults[1]: found status is 200, wanted a whole number from 400 to 599"
    ],
    "description: x\nchanges:\n- add: 1\n- remove: first\n": ['4: changes[1].remove: found "first", wanted all, or'],
    "description: x\nchanges:\n- {vendor: acme, id: 1, set: {state: lost}}\n": [
        '3: changes[0].state: found "lost", wanted one of open, paid, void'
    ],
    "description: x\nchanges:\n- {vendor: acme, id: 77, set: {state: paid}}\n": [
        "3: changes[0]: found acme has no rec"
    ],
    "description: x\nchanges:\n- {vendor: acme, id: 1, set: {state: lost}}\n- {vendor: acme, remove: [77]}\n": [
        '3: changes[0].state: found "lost", wanted one of open, paid, void',
        "4: changes[1]: found acme has no record '77' here, wanted the id of a record that is there then",
    ],
    "description: x\nchanges:\n- {after: 2, vendor: acme, id: 1, set: {state: lost}}\n- {after: 1, remove: all}\n": [
        "3: changes[0]: found acme has no rec"
    ],
    "description: x\nchanges:\n- {after: 2, vendor: acme, id: 1, set: {state: lost}}\n- {after: 3, remove: all}\n": [
        '3: changes[0].state: found "lost", wanted one of open, paid, void'
    ],
    "dataset: nowhere\nstrict: 1\n\nchanges:\n- 1\n": [
        "1: dataset: found acme",
        "1: description: found nothing",
        "2: strict: found 1, wanted true or false",
        "5: changes[0]: found 1, wanted a map",
    ],
}


@pytest.mark.parametrize("text", BROKEN, ids=repr)
def test_a_broken_scenario_is_told_with_line_path_found_and_wanted(vendor: Vendor, tmp_path: Path, text: str) -> None:
    file = files(tmp_path, own=text) / "own.yaml"
    told = sorted(str(fault) for fault in find_faults(file, Sandboxed(vendor).runtime.sandboxes, WALL))
    assert len(told) == len(BROKEN[text])
    for line, wanted in zip(told, sorted(BROKEN[text]), strict=True):
        assert line.startswith(f"{file}:{wanted}"), line


def test_a_broken_scenario_of_the_user_stops_the_start(vendor: Vendor, tmp_path: Path) -> None:
    files(tmp_path, one="description: x\nstrict: 1\n", two="description: x\ndelay: x\n", good="description: x\n")
    with pytest.raises(InvalidFixture) as told:
        Sandboxed(vendor, scenarios=tmp_path)
    assert [(fault.file.name, fault.line) for fault in told.value.faults] == [("one.yaml", 2), ("two.yaml", 2)]


def test_a_scenario_of_the_user_is_not_passed_over_for_its_ending(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("description: x\n")
    with pytest.raises(InvalidFixture, match=r"mine\.yml:1: found the ending \.yml, wanted the ending \.yaml"):
        Sandboxed(vendor, scenarios=tmp_path)


def test_what_is_tried_for_later_is_not_there_yet(vendor: Vendor, tmp_path: Path) -> None:
    later = "- {after: 1, add: 2}\n- {after: 2, vendor: acme, id: 1, set: {state: void}}\n- {after: 1, restore: all}\n"
    files(tmp_path, later=f"description: x\nchanges:\n{later}- {{remove: all}}\n")
    server = Sandboxed(vendor, scenarios=tmp_path)
    assert server.control("PUT", "/scenarios/active", {"name": "later"}).status == 200
    assert server.ids() == []
    assert len(server.ids(f"{BILLS}?size=50")) == 8
    assert server.ids(f"{BILLS}?state=void&size=50")[0] == 1


@pytest.mark.parametrize("name", [".hidden", "two words", "x" * 65])
def test_a_file_whose_name_is_none_is_told(vendor: Vendor, tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text("description: x\n")
    (fault,) = find_faults(file, Sandboxed(vendor).runtime.sandboxes, WALL)
    assert (fault.found, fault.line) == (f"the file name {name}.yaml", 1)


def test_a_file_that_cannot_be_read_is_told(vendor: Vendor, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_bytes(b"\xff")
    (fault,) = find_faults(file, Sandboxed(vendor).runtime.sandboxes, WALL)
    assert fault.wanted == "UTF-8 text"


@pytest.mark.parametrize(
    ("make", "found"),
    [(os.mkfifo, "a pipe"), (lambda path: path.symlink_to("/dev/zero"), "a device"), (os.mkdir, "a folder")],
)
def test_what_is_no_file_is_not_read(vendor: Vendor, tmp_path: Path, make: Callable[[Path], None], found: str) -> None:
    make(tmp_path / "own.yaml")
    with pytest.raises(InvalidFixture, match=rf"own\.yaml:1: found {found}, wanted a regular file$"):
        Sandboxed(vendor, scenarios=tmp_path)


def test_a_folder_that_cannot_be_read_is_told(vendor: Vendor, tmp_path: Path) -> None:
    scenarios, _ = rooms_of(Sandboxed(vendor, scenarios=tmp_path))
    tmp_path.rmdir()
    with pytest.raises(InvalidSetting, match=rf"^--scenarios {tmp_path} cannot be read: No such file or directory\.$"):
        scenarios.check(WALL)


def test_changes_are_bounded(vendor: Vendor, tmp_path: Path) -> None:
    many = "".join(f"- {{vendor: acme, add: {{id: {100 + number}, state: void}}}}\n" for number in range(101))
    file = files(tmp_path, own=f"description: x\nchanges:\n{many}") / "own.yaml"
    _, rooms = rooms_of(Sandboxed(vendor))
    (told,) = find_faults(file, rooms, WALL)
    assert str(told) == f"{file}:2: changes: found 101 changes, wanted at most 100"
    files(tmp_path, own=f"description: x\nchanges:\n{many[: many.rindex('-')]}")
    assert find_faults(file, rooms, WALL) == []
