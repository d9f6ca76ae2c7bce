"""Control of a sandbox's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.engine.wsgi import REPLY
from mockserver.sdk.contract import Vendor
from mockserver.sdk.jsontext import to_floats
from tests.support.acme import BILL_ROWS, BILLS, FIXTURE, Sandboxed

PLAIN = {
    "dataset": "default",
    "readings": {},
    "quotas": {},
    "strict": False,
    "acceptAnyCredential": False,
    "delay": None,
}


@pytest.fixture(scope="module")
def server(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Sandboxed:
    """Its dataset ``later`` has another anchor, ``broken`` two faults."""
    folder = tmp_path_factory.mktemp("own")
    write(folder, "later", "2028-01-01T00:00:00Z", BILL_ROWS.splitlines(keepends=True)[0])
    write(folder, "broken", "2028-01-01T00:00:00Z", BILL_ROWS.replace("void", "lost").replace("open", "shut"))
    return Sandboxed(vendor, fixtures=str(folder))


def write(folder: Path, name: str, anchor: str, rows: str) -> None:
    (folder / "acme").mkdir(exist_ok=True)
    text = FIXTURE.format(vendor="acme", dataset=name).replace("2026-03-31T12:00:00Z", anchor)
    (folder / "acme" / f"{name}.yaml").write_text(f"{text}records:\n{rows}", encoding="utf-8")


def patch(server: Sandboxed, sandbox: str, body: Any) -> Any:
    answer = server.control("PATCH", "/settings", body, sandbox=sandbox)
    assert answer.status == 200, answer.body
    return answer.json


def test_as_the_server_was_started(vendor: Vendor) -> None:
    assert Sandboxed(vendor).control("GET", "/settings").json == PLAIN
    flags: dict[str, Any] = {"dataset": "hand", "readings": "acme.amounts=cents", "quotas": "acme=60/minute"}
    told = Sandboxed(vendor, **flags, strict="true", accept_any_credential="true").control("GET", "/settings").json
    assert told == {
        "dataset": "hand",
        "readings": {"acme.amounts": "cents"},
        "quotas": {"acme": "60/minute"},
        "strict": True,
        "acceptAnyCredential": True,
        "delay": None,
    }


def test_what_is_given_changes_and_nothing_else(server: Sandboxed) -> None:
    assert patch(server, "one", {"strict": True}) == {**PLAIN, "strict": True}
    assert patch(server, "one", {"delay": 20, "dataset": "empty"}) == {
        **PLAIN,
        "strict": True,
        "delay": 20,
        "dataset": "empty",
    }
    assert patch(server, "one", {}) == server.control("GET", "/settings", sandbox="one").json
    assert server.control("GET", "/settings", sandbox="other").json == PLAIN


def test_readings_and_quotas_are_merged_and_null_takes_one_out(server: Sandboxed) -> None:
    patch(server, "merge", {"readings": {"acme.amounts": "cents"}, "quotas": {"acme": "3/minute"}})
    told = patch(server, "merge", {"readings": {"acme.bad-input": "ignore"}, "quotas": {}})
    assert told["readings"] == {"acme.amounts": "cents", "acme.bad-input": "ignore"}
    assert told["quotas"] == {"acme": "3/minute"}
    told = patch(server, "merge", {"readings": {"acme.amounts": None}, "quotas": {"acme": None}})
    assert (told["readings"], told["quotas"]) == ({"acme.bad-input": "ignore"}, {})


def test_calls_follow(server: Sandboxed) -> None:
    own = {"X-Mock-Sandbox": "follow"}
    changes = {"readings": {"acme.amounts": "cents"}, "quotas": {"acme": "2/minute"}, "acceptAnyCredential": True}
    patch(server, "follow", changes)
    assert server.get(headers=own).json["bills"][0]["amount"] == 1050
    assert server.get(headers=own, key="whatever").status == 200
    assert server.get(headers=own).status == 429
    patch(server, "follow", {"quotas": {"acme": None}, "dataset": "empty", "acceptAnyCredential": False})
    assert server.ids(headers=own) == []
    assert server.get(headers=own, key="whatever").status == 401
    assert server.ids() != []


@pytest.mark.parametrize(
    ("delay", "low", "high"),
    [
        (0, 0, 0),
        (1.5, 0.0015, 0.0015),
        (60000, 60, 60),
        ({"type": "uniform", "lower": 10, "upper": 20.5}, 0.01, 0.0205),
        ({"type": "lognormal", "median": 90, "sigma": 0.1}, 0.03, 0.3),
    ],
)
def test_a_standing_delay(server: Sandboxed, delay: Any, low: float, high: float) -> None:
    assert to_floats(patch(server, "delay", {"delay": delay})["delay"]) == delay
    with server.app.test_request_context(BILLS, headers={"X-Mock-Sandbox": "delay"}) as context:
        server.app.dispatch_request()
        assert low <= context.request.environ[REPLY].delay <= high


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"dataset": "nope"}, 422, "acme has no dataset 'nope'; there are broken, default, empty, hand, later."),
        ({"dataset": "../acme/hand"}, 422, 'dataset is "../acme/hand", wanted the name of a dataset.'),
        ({"dataset": ".hand"}, 422, 'dataset is ".hand", wanted the name of a dataset.'),
        ({"dataset": None}, 422, "dataset is null, wanted the name of a dataset."),
        ({"dataset": ["hand"]}, 422, 'dataset is ["hand"], wanted the name of a dataset.'),
        ({"dataset": "x" * 70}, 422, "wanted the name of a dataset."),
        ({"dataset": "broken"}, 422, 'found "shut", wanted one of open, paid, void and 2 more.'),
        ({"readings": {"acme.amount": "x"}}, 400, "There is no reading acme.amount. Did you mean acme.amounts?"),
        ({"readings": {"acme.amounts": "x"}}, 400, "acme.amounts cannot be x; its choices are plain, cents."),
        ({"readings": {"acme.amounts": 1}}, 422, "wanted an object with one of its choices or null for each"),
        ({"readings": "acme.amounts=cents"}, 422, "wanted an object with one of its choices or null for each"),
        ({"quotas": {"bolt": "1/day"}}, 422, "quotas names 'bolt', wanted one of acme."),
        ({"quotas": {"bolt": None}}, 422, "quotas names 'bolt', wanted one of acme."),
        ({"quotas": {"acme": "0/day"}}, 422, "quotas: '0/day' is not a quota"),
        ({"quotas": {"acme": 3}}, 422, "wanted an object with a quota or null for each vendor."),
        ({"quotas": None}, 422, "quotas is null, wanted an object with a quota or null for each vendor."),
        ({"strict": "true"}, 422, 'strict is "true", wanted true or false.'),
        ({"strict": None}, 422, "strict is null, wanted true or false."),
        ({"acceptAnyCredential": 1}, 422, "acceptAnyCredential is 1, wanted true or false."),
        ({"delay": -1}, 422, "delay is -1, wanted milliseconds from 0 to 60000"),
        ({"delay": 60000.5}, 422, "delay is 60000.5, wanted milliseconds from 0 to 60000"),
        ({"delay": "5"}, 422, 'delay is "5", wanted milliseconds, '),
        ({"delay": True}, 422, "delay is true, wanted milliseconds, "),
        ({"delay": {"type": "uniform", "lower": 5}}, 422, "wanted milliseconds, "),
        ({"delay": {"type": "uniform", "lower": 5, "upper": 4}}, 422, "wanted milliseconds, "),
        ({"delay": {"type": "uniform", "lower": 0, "upper": 60001}}, 422, "from 0 to 60000"),
        ({"delay": {"type": "lognormal", "median": 0, "sigma": 1}}, 422, "wanted milliseconds, "),
        ({"delay": {"type": "lognormal", "median": 10**400, "sigma": 1}}, 422, "wanted milliseconds, "),
        ({"delay": {"type": "normal", "median": 1, "sigma": 1}}, 422, "wanted milliseconds, "),
        ({"clock": "real"}, 422, "The body has 'clock', wanted only dataset, readings, "),
    ],
)
def test_everything_is_checked_before_anything_changes(
    server: Sandboxed, body: dict[str, Any], status: int, detail: str
) -> None:
    sent = {"strict": True, "acceptAnyCredential": True, "quotas": {"acme": "1/day"}, **body}
    answer = server.control("PATCH", "/settings", sent, sandbox="checked")
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert detail in answer.json["detail"]
    assert server.control("GET", "/settings", sandbox="checked").json == PLAIN


def test_another_dataset_comes_without_the_changes_to_the_old_one(server: Sandboxed) -> None:
    own = {"X-Mock-Sandbox": "edits"}
    assert server.control("DELETE", "/records/acme/1", sandbox="edits").status == 204
    assert 1 not in server.ids(headers=own)
    patch(server, "edits", {"dataset": "default"})  # it is that one already
    assert 1 not in server.ids(headers=own)
    patch(server, "edits", {"dataset": "hand"})
    assert 1 in server.ids(headers=own)
    assert server.control("DELETE", "/records/acme/2", sandbox="edits").status == 204
    assert {1, 2} & set(server.ids(headers=own)) == {1}
    patch(server, "edits", {"dataset": "default"})
    assert {1, 2} <= set(server.ids(headers=own))


@pytest.mark.parametrize("frozen", [False, True])
def test_it_moves_a_clock_that_follows_anchors(server: Sandboxed, frozen: bool) -> None:
    name = f"anchor-{frozen}"
    server.control("POST", "/clock/advance", {"duration": "3d"}, sandbox=name)
    if frozen:
        server.control("POST", "/clock/freeze", sandbox=name)
    patch(server, name, {"dataset": "later"})
    told = server.control("GET", "/clock", sandbox=name).json
    assert told == {"now": "2028-01-01T00:00:00Z", "mode": "frozen" if frozen else "ticking"}
    server.control("POST", "/clock/advance", {"duration": "1d"}, sandbox=name)
    assert server.control("POST", "/clock/reset", sandbox=name).json["now"] == "2028-01-01T00:00:00Z"


@pytest.mark.parametrize("clock", ["real", "2030-01-01"])
def test_it_leaves_any_other_clock_alone(vendor: Vendor, tmp_path: Path, clock: str) -> None:
    write(tmp_path, "later", "2028-01-01T00:00:00Z", BILL_ROWS)
    server = Sandboxed(vendor, clock=clock, fixtures=str(tmp_path))
    before = server.control("GET", "/clock").json
    patch(server, "default", {"dataset": "later"})
    assert server.control("GET", "/clock").json == before
