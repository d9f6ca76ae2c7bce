"""Scheduled changes of a scenario: valid and invalid ones, and their effect on a vendor's data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.sandbox.editor import RecordEditor
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.scheduled_changes import InvalidChange, ScheduledChange, apply_change, parse_change
from mockserver.sdk.call import Call
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import Problem
from mockserver.sdk.http import Reply
from tests.support.acme import BILLS, POOR, Sandboxed, list_bills

TWO = f"{BILLS}?size=2&page="
GOOD: list[dict[str, Any]] = [
    {"add": 3},
    {"add": 2_000},
    {"pages": 3},
    {"vendor": "acme", "after": 2, "pages": 20},
    {"vendor": "acme", "add": {"state": "paid"}},
    {"vendor": "acme", "id": 1, "set": {"state": "paid"}},
    {"vendor": "acme", "id": 1, "set": {"state": "paid"}, "after": 4},
    {"vendor": "acme", "remove": [1, "two"]},
    {"remove": "all"},
    {"after": 1, "remove": "all"},
    {"after": 1, "remove": "first"},
    {"after": 1, "remove": "last-page"},
    {"after": 2, "restore": "all"},
]


@pytest.mark.parametrize("body", GOOD, ids=str)
def test_a_change_says_what_it_was_made_of(vendor: Vendor, body: dict[str, Any]) -> None:
    change = parse_change(body, [vendor])
    assert change.document() == body
    assert ScheduledChange(**change.document()) == change


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ([], ""),
        ({}, ""),
        ({"add": 1, "remove": "all"}, ""),
        ({"add": 1, "when": 1}, "when"),
        ({"vendor": "nobody", "add": 1}, "vendor"),
        ({"vendor": ["acme"], "add": 1}, "vendor"),
        ({"after": -1, "add": 1}, "after"),
        ({"after": True, "add": 1}, "after"),
        ({"after": "1", "add": 1}, "after"),
        ({"pages": 0}, "pages"),
        ({"pages": 21}, "pages"),
        ({"pages": True}, "pages"),
        ({"pages": "3"}, "pages"),
        ({"add": 0}, "add"),
        ({"add": 2_001}, "add"),
        ({"add": True}, "add"),
        ({"add": {"state": "paid"}}, "add"),
        ({"vendor": "acme", "set": {"state": "paid"}}, "set"),
        ({"id": 1, "set": {"state": "paid"}}, "set"),
        ({"vendor": "acme", "id": 1, "set": "paid"}, "set"),
        ({"vendor": "acme", "id": 1, "remove": [1]}, "id"),
        ({"remove": [1]}, "remove"),
        ({"vendor": "acme", "remove": []}, "remove"),
        ({"remove": "first"}, "remove"),
        ({"remove": "last-page"}, "remove"),
        ({"after": 1, "remove": "second"}, "remove"),
        ({"remove": None}, "remove"),
        ({"restore": "first"}, "restore"),
    ],
    ids=str,
)
def test_a_wrong_change_is_told(vendor: Vendor, body: Any, where: str) -> None:
    with pytest.raises(InvalidChange, match=r"found .+, wanted .+") as told:
        parse_change(body, [vendor])
    assert told.value.where == where


def test_whom_a_change_meets(vendor: Vendor) -> None:
    without_pages = replace(vendor, operations=vendor.operations[1:])
    without_recipe = replace(vendor, recipe=None)
    assert ScheduledChange(remove="all").meets(without_pages)
    assert ScheduledChange(remove="all").meets(without_recipe)
    assert ScheduledChange(pages=3).meets(vendor)
    assert not ScheduledChange(pages=3).meets(without_pages)
    assert not ScheduledChange(pages=3).meets(without_recipe)
    assert not ScheduledChange(add=3).meets(without_recipe)
    assert not ScheduledChange(vendor="bolt", add=3).meets(vendor)
    assert ScheduledChange(vendor="acme", add=3).meets(without_recipe)  # reported as missing when used


# Carried out ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def expect(server: Sandboxed, *changes: ScheduledChange) -> None:
    """Schedule these changes in the default sandbox."""

    def awaiting(sandbox: Sandbox) -> Sandbox:
        return replace(sandbox, changes=tuple(change.document() for change in changes))

    server.runtime.sandboxes.change("default", server.wall(), awaiting)


def editor(server: Sandboxed) -> RecordEditor:
    return RecordEditor(server.runtime.sandboxes, "default", server.vendor, server.wall())


def now(server: Sandboxed, **change: Any) -> list[int]:
    """The first bills after an immediate change."""
    apply_change(ScheduledChange(**change), editor(server))
    return server.ids(f"{BILLS}?size=50")


def test_at_once(server: Sandboxed) -> None:
    assert now(server, remove=[2, "3"], vendor="acme") == [1, 4, 5, 6]
    assert now(server, add={"id": 9}, vendor="acme") == [1, 4, 5, 6, 9]
    assert now(server, id=9, set={"state": "void"}, vendor="acme") == [1, 4, 5, 6, 9]
    assert server.ids(f"{BILLS}?state=void") == [9]
    assert now(server, remove="all") == []
    assert len(now(server, add=4)) == 4
    assert len(now(server, pages=3)) == 4 + 3 * 5


def test_restored_is_what_was_removed_as_it_was(server: Sandboxed) -> None:
    now(server, id=1, set={"name": "Changed"}, vendor="acme")
    before = server.get(f"{BILLS}?size=50").body
    assert now(server, remove="all") == []
    assert now(server, remove="all") == []  # twice
    assert now(server, restore="all") == [1, 2, 3, 4, 5, 6]
    assert server.get(f"{BILLS}?size=50").body == before


def test_restored_is_what_was_added_and_removed(server: Sandboxed) -> None:
    added = now(server, add=3)
    now(server, remove="all")
    assert sorted(now(server, restore="all")) == sorted(added)


def test_what_the_data_cannot_be_is_told(server: Sandboxed) -> None:
    for change in ({"id": 1, "set": {"state": "lost"}}, {"id": 77, "set": {}}, {"remove": [77]}, {"add": {"id": 1}}):
        with pytest.raises(Problem):
            now(server, vendor="acme", **change)
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]


def test_the_first_record_shown_goes_after_the_call_that_showed_it(server: Sandboxed) -> None:
    expect(server, ScheduledChange(after=2, remove="first"))
    assert server.ids(f"{TWO}1&order=-amount") == [4, 1]
    assert server.ids(f"{TWO}1&order=-amount") == [4, 1]
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 5, 6]
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 5, 6]


def test_the_last_page_goes_whatever_page_was_shown(server: Sandboxed) -> None:
    expect(server, ScheduledChange(after=1, remove="last-page"))
    assert server.ids(f"{BILLS}?size=4&page=1&order=-amount") == [4, 1, 2, 6]
    assert server.ids(f"{BILLS}?size=4&page=2&order=-amount") == []
    assert server.get(f"{BILLS}?size=4").json["total"] == 4


@pytest.mark.parametrize("target", [f"{TWO}3", f"{TWO}9", "/v3/bills/1"])
def test_who_sees_the_last_page_keeps_it(server: Sandboxed, target: str) -> None:
    expect(server, ScheduledChange(after=1, remove="last-page"))
    server.get(target)
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]


def test_the_replys_warnings_are_told_once(vendor: Vendor) -> None:
    def warns(call: Call) -> Reply:
        call.warn("query.size", "small", "That is a small page.")
        return list_bills(call)

    server = Sandboxed(replace(vendor, operations=(replace(vendor.operations[0], handler=warns),)))
    expect(server, ScheduledChange(after=1, remove="last-page"))
    assert server.get(f"{TWO}1").codes == ["small"]
    assert server.get(f"{TWO}3").json["bills"] == []


def test_a_change_that_cannot_be_made_any_more_is_a_warning_and_spoils_no_reply(server: Sandboxed) -> None:
    expect(
        server,
        ScheduledChange(vendor="acme", after=1, remove=[1, 2]),
        ScheduledChange(after=1, remove=[3], vendor="acme"),
    )
    server.control("DELETE", "/records/acme/1")
    answer = server.get(f"{BILLS}?size=50")
    assert (answer.status, answer.codes) == (200, ["change-failed"])
    assert "acme has no record '1' here" in answer.headers["X-Mock-Warnings"]
    assert server.ids(f"{BILLS}?size=50") == [2, 4, 5, 6]


def test_what_shows_nothing_takes_nothing(server: Sandboxed) -> None:
    expect(server, ScheduledChange(after=1, remove="first"))
    assert server.ids(f"{BILLS}?text=nothing") == []
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]


def test_only_answered_calls_of_the_vendor_count(server: Sandboxed) -> None:
    expect(server, ScheduledChange(after=1, remove="all"), ScheduledChange(vendor="bolt", after=2, restore="all"))
    server.get(key=None)
    server.get("/v3/nowhere")
    server.get(f"{BILLS}?since=x")
    server.get(Prefer="code=500")
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]
    assert server.ids(f"{BILLS}?size=50") == []
    assert server.ids(f"{BILLS}?size=50") == []


def test_the_records_shown_are_those_of_the_calls_own_bytes(server: Sandboxed) -> None:
    expect(server, ScheduledChange(after=1, remove="first"))
    assert server.ids(f"{TWO}1", X_Mock_Readings="acme.amounts=cents") == [1, 2]
    assert server.ids(f"{BILLS}?size=50") == [2, 3, 4, 5, 6]
    assert server.ids(key=POOR) == [7]


def test_other_sandboxes_see_nothing_of_it(server: Sandboxed) -> None:
    expect(server, ScheduledChange(after=1, remove="all"))
    server.get()
    assert server.ids(X_Mock_Sandbox="other") == [1, 2, 3, 4, 5]
