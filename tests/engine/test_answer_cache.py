"""The answer cache: a repeated request gets the same answer until its sources change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mockserver.engine import answer_cache
from mockserver.sdk.call import Call
from mockserver.sdk.contract import Vendor
from mockserver.sdk.http import Reply
from mockserver.sdk.jsontext import decode
from tests.support.acme import BILLS, POOR, RICH, Sandboxed

Answering = Callable[[Call], Reply]


@pytest.fixture
def asked() -> list[str]:
    """The queries that reached the operation itself."""
    return []


@pytest.fixture
def server(vendor: Vendor, asked: list[str]) -> Sandboxed:
    bills, bill = vendor.operations

    def answer(call: Call) -> Reply:
        asked.append(call.request.query)
        if call.params.get("page", 1) != 1:
            call.warn("query.page", "told", "Told each time.")
        return bills.handler(call)

    return Sandboxed(replace(vendor, operations=(replace(bills, handler=answer), bill)))


def ids(server: Sandboxed, target: str = BILLS, **how: Any) -> list[int]:
    return [bill["id"] for bill in decode(server.get(target, **how).body)["bills"]]


def test_the_third_time_nobody_is_asked(server: Sandboxed, asked: list[str]) -> None:
    bodies = {server.get(f"{BILLS}?state=paid").body for _ in range(4)}
    assert len(bodies) == 1
    assert asked == ["state=paid"] * 2
    assert server.get(f"{BILLS}?state=open").body not in bodies


def test_it_still_is_a_call(server: Sandboxed) -> None:
    server.control("PATCH", "/settings", {"quotas": {"acme": "4/minute"}})
    statuses = [server.get(f"{BILLS}?state=paid").status for _ in range(5)]
    assert statuses == [200] * 4 + [429]
    assert server.get(f"{BILLS}?state=paid", key="nobody's").status == 401
    assert len(server.runtime.store.entries("default")) == 6


def test_its_warnings_are_told_each_time(server: Sandboxed) -> None:
    told = [server.get(f"{BILLS}?page=2&paeg=1").headers["X-Mock-Warnings"] for _ in range(4)]
    assert len(set(told)) == 1
    assert "Told each time." in told[0]
    assert "paeg" in told[0]


def test_each_account_gets_its_own(server: Sandboxed) -> None:
    for _ in range(3):
        assert 7 not in ids(server, key=RICH)
        assert ids(server, key=POOR) == [7]


def test_each_choice_of_readings_gets_its_own(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    reading = next(each for each in vendor.readings if each.renders)
    asked = [f"acme.{reading.name}={choice}" for choice in reading.choices]
    first = [server.get(BILLS, X_Mock_Readings=choice).body for choice in asked]
    assert len(set(first)) == len(asked)
    for _ in range(2):
        assert [server.get(BILLS, X_Mock_Readings=choice).body for choice in asked] == first


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/records/acme/1", {"name": "changed"}),
        ("DELETE", "/records/acme/1", None),
        ("POST", "/records/acme", {"id": 77, "state": "paid"}),
        ("PATCH", "/settings", {"dataset": "empty"}),
    ],
)
def test_a_change_is_seen_by_the_next_call(server: Sandboxed, method: str, path: str, body: Any) -> None:
    before = [server.get(BILLS).body for _ in range(4)][-1]
    server.control(method, path, body)
    after = [server.get(BILLS).body for _ in range(4)]
    assert len(set(after)) == 1
    assert after[0] != before
    server.control("POST", "/reset")
    assert [server.get(BILLS).body for _ in range(4)] == [before] * 4


def test_sandboxes_share_no_answers_of_changed_data(server: Sandboxed) -> None:
    for _ in range(3):
        server.get(BILLS)
    server.control("DELETE", "/records/acme/1", sandbox="mine")
    for _ in range(3):
        assert 1 in ids(server)
        assert 1 not in ids(server, X_Mock_Sandbox="mine")


def test_what_is_not_declared_repeatable_is_asked_each_time(vendor: Vendor, asked: list[str]) -> None:
    bills, bill = vendor.operations

    def answer(call: Call) -> Reply:
        asked.append(call.now.isoformat())
        return bills.handler(call)

    server = Sandboxed(replace(vendor, operations=(replace(bills, handler=answer, cacheable=False), bill)))
    for _ in range(4):
        server.get(BILLS)
    assert len(asked) == 4


def test_what_an_answer_weighs_has_the_names_of_its_path() -> None:
    answer = (Reply(200, b"12345"), (), dict[str, None](), False)
    weights = [answer_cache._weigh(("question", "mark", "rich", (("id", name),)), answer) for name in ("", "a" * 9000)]
    assert weights[1] - weights[0] == 9000
