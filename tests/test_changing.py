"""Changes of a scenario carried out, for the invented vendor of which the core knows nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.changes import Change
from mockserver.changing import carry_out
from mockserver.editing import Editor
from mockserver.errors import Misuse
from mockserver.sandbox import Sandbox
from mockserver.vendor import Call, Reply, Vendor
from tests.acme import BILLS, POOR, Sandboxed, list_bills

TWO = f"{BILLS}?size=2&page="


@pytest.fixture
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def expect(server: Sandboxed, *changes: Change) -> None:
    """Let these changes come in the default sandbox."""

    def awaiting(sandbox: Sandbox) -> Sandbox:
        return replace(sandbox, changes=changes)

    server.world.sandboxes.change("default", server.wall(), awaiting)


def editor(server: Sandboxed) -> Editor:
    return Editor(server.world.sandboxes, "default", server.vendor, server.wall())


def now(server: Sandboxed, **change: Any) -> list[int]:
    """The first bills after a change that comes at once."""
    carry_out(Change(**change), editor(server))
    return server.ids(f"{BILLS}?size=50")


def test_at_once(server: Sandboxed) -> None:
    assert now(server, remove=[2, "3"], vendor="acme") == [1, 4, 5, 6]
    assert now(server, add={"id": 9}, vendor="acme") == [1, 4, 5, 6, 9]
    assert now(server, id=9, set={"state": "void"}, vendor="acme") == [1, 4, 5, 6, 9]
    assert server.ids(f"{BILLS}?state=void") == [9]
    assert now(server, remove="all") == []
    assert len(now(server, add=4)) == 4


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
        with pytest.raises(Misuse):
            now(server, vendor="acme", **change)
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]


def test_the_first_record_shown_goes_after_the_call_that_showed_it(server: Sandboxed) -> None:
    expect(server, Change(after=2, remove="first"))
    assert server.ids(f"{TWO}1&order=-amount") == [4, 1]
    assert server.ids(f"{TWO}1&order=-amount") == [4, 1]
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 5, 6]
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 5, 6]


def test_the_last_page_goes_whatever_page_was_shown(server: Sandboxed) -> None:
    expect(server, Change(after=1, remove="last-page"))
    assert server.ids(f"{BILLS}?size=4&page=1&order=-amount") == [4, 1, 2, 6]
    assert server.ids(f"{BILLS}?size=4&page=2&order=-amount") == []
    assert server.get(f"{BILLS}?size=4").json["total"] == 4


@pytest.mark.parametrize("target", [f"{TWO}3", f"{TWO}9", "/v3/bills/1"])
def test_who_sees_the_last_page_keeps_it(server: Sandboxed, target: str) -> None:
    expect(server, Change(after=1, remove="last-page"))
    server.get(target)
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]


def test_the_replys_warnings_are_told_once(vendor: Vendor) -> None:
    def warns(call: Call) -> Reply:
        call.warn("query.size", "small", "That is a small page.")
        return list_bills(call)

    server = Sandboxed(replace(vendor, endpoints=(replace(vendor.endpoints[0], answer=warns),)))
    expect(server, Change(after=1, remove="last-page"))
    assert server.get(f"{TWO}1").codes == ["small"]
    assert server.get(f"{TWO}3").json["bills"] == []


def test_what_shows_nothing_takes_nothing(server: Sandboxed) -> None:
    expect(server, Change(after=1, remove="first"))
    assert server.ids(f"{BILLS}?text=nothing") == []
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]


def test_only_answered_calls_of_the_vendor_count(server: Sandboxed) -> None:
    expect(server, Change(after=1, remove="all"), Change(vendor="bolt", after=2, restore="all"))
    server.get(key=None)
    server.get("/v3/nowhere")
    server.get(f"{BILLS}?since=x")
    server.get(Prefer="code=500")
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]
    assert server.ids(f"{BILLS}?size=50") == []
    assert server.ids(f"{BILLS}?size=50") == []


def test_the_records_shown_are_those_of_the_calls_own_bytes(server: Sandboxed) -> None:
    expect(server, Change(after=1, remove="first"))
    assert server.ids(f"{TWO}1", X_Mock_Readings="acme.amounts=cents") == [1, 2]
    assert server.ids(f"{BILLS}?size=50") == [2, 3, 4, 5, 6]
    assert server.ids(key=POOR) == [7]


def test_other_sandboxes_see_nothing_of_it(server: Sandboxed) -> None:
    expect(server, Change(after=1, remove="all"))
    server.get()
    assert server.ids(X_Mock_Sandbox="other") == [1, 2, 3, 4, 5]
