"""Calls of vendors, hostile in every part, through gunicorn's parser and all that is behind it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.fuzz import targets
from tests.fuzz.hostile import VENDORS, calls, queries, tried
from tests.fuzz.targets import request


@given(calls())
@tried()
def test_no_call_breaks_anything(sent: bytes) -> None:
    targets.call(sent)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: str(vendor.name))
@given(data=some.data())
@tried()
def test_no_query_breaks_anything_for_who_may_call(vendor: Any, data: Any) -> None:
    """Behind authentication, where filters and pages are."""
    path, headers = targets.examples()[vendor.name]
    query = data.draw(queries(vendor.operations[0]))
    reply = targets.call(request("GET", path + b"?" + query, headers))
    assert reply is not None
    assert b"__code" in query or reply.status != 401


@given(some.binary(max_size=300))
@tried()
def test_no_bytes_break_a_connection(sent: bytes) -> None:
    targets.wire(sent)


@given(calls(), some.lists(some.tuples(some.integers(0, 400), some.binary(max_size=3)), max_size=4))
@tried()
def test_no_damaged_request_breaks_a_connection(sent: bytes, damage: list[tuple[int, bytes]]) -> None:
    for place, piece in damage:
        sent = sent[:place] + piece + sent[place + 1 :]
    targets.wire(sent)


@given(some.lists(calls(), min_size=5, max_size=5))
@tried()
def test_nothing_grows_beyond_its_bound(sent: list[bytes]) -> None:
    for each in sent:
        targets.call(each)
    targets.bounded(targets.server().runtime)


def test_a_request_is_what_it_seems() -> None:
    """The harness itself: a call that works, and one that is refused."""
    for path, headers in targets.examples().values():
        reply = targets.call(request("GET", path, headers))
        assert reply is not None
        assert reply.status in (200, 400, 422), reply
    refused = targets.call(request("GET", b"/wisecp/api/Billing/GetInvoices"))
    assert refused is not None
    assert refused.status == 401
