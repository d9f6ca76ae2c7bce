"""The journal: its bounds, the size of its entries, and writes before the reply."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mockserver.engine import journal
from mockserver.engine.exchange import Exchange
from mockserver.engine.handle import handle
from mockserver.engine.redaction import MAX_BODY_BYTES
from mockserver.sdk import clock
from mockserver.sdk.call_warnings import CallWarning
from mockserver.sdk.contract import Vendor
from mockserver.sdk.http import Reply, Request
from tests.support.acme import BILLS, RICH, Sandboxed


def calls(server: Sandboxed, number: int) -> None:
    """Make calls of all kinds without a server: small and large, answered and refused."""
    for index in range(number):
        key = {"x-acme-key": RICH} if index % 3 else {}
        body = b"b" * (index % 7 * 900)
        query = f"page={index % 4}&unknown={index}" + "&long=" + "q" * (index % 5 * 500)
        path = BILLS if index % 2 else "/acme/nowhere"
        handle(server.runtime, Request("GET", path, query, key, body=body))


def size(value: Any) -> int:
    """The bytes of a JSON value in memory; shared objects count each time."""
    inner: Iterator[Any] = iter(())
    if isinstance(value, Mapping):
        inner = (item for pair in value.items() for item in pair)
    elif isinstance(value, list | tuple):
        inner = iter(value)
    return sys.getsizeof(value) + sum(map(size, inner))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_thousand_calls_stay_within_the_bounds(vendor: Vendor) -> None:
    server = Sandboxed(vendor, journal_entries="500", journal_bytes="3000000")
    calls(server, 100_000)
    kept = server.runtime.store.entries("default")
    assert 50 < len(kept) <= 500
    assert kept[-1][0] == 100_000
    assert [id for id, _ in kept] == list(range(100_001 - len(kept), 100_001))
    assert size([entry for _, entry in kept]) < 2 * 3_000_000


@pytest.mark.parametrize(("bounds", "left"), [({"journal_entries": "7"}, 7), ({"journal_entries": "0"}, 0)])
def test_the_oldest_go_first(vendor: Vendor, bounds: dict[str, Any], left: int) -> None:
    server = Sandboxed(vendor, **bounds)
    calls(server, 20)
    entries = server.control("GET", "/requests").json
    assert [entry["id"] for entry in entries["requests"]] == list(range(20, 20 - left, -1))
    assert entries["meta"] == {"total": left, "dropped": 20 - left}


def test_an_entry_larger_than_the_journal_is_not_kept(vendor: Vendor) -> None:
    server = Sandboxed(vendor, journal_bytes="100")
    assert server.get().status == 200
    assert server.control("GET", "/requests").json["requests"] == []


def test_bodies_are_cut(vendor: Vendor) -> None:
    server = Sandboxed(vendor, records="2000")
    big = server.get(f"{BILLS}?size=50")
    assert len(big.body) < 64 * 1024
    (entry,) = server.control("GET", "/requests").json["requests"]
    assert (entry["response"]["body"], entry["response"]["truncated"]) == (big.body.decode(), False)
    handle(server.runtime, Request("POST", "/acme/x", body=b"b" * 100_000))
    entry = server.control("GET", "/requests").json["requests"][0]
    assert len(entry["request"]["body"]) == 64 * 1024


def test_a_read_after_a_reply_sees_the_call(vendor: Vendor) -> None:
    server = Sandboxed(vendor)

    def call_and_look(worker: int) -> bool:
        id = server.get(f"{BILLS}?worker={worker}").call
        found = server.control("GET", f"/requests/{id}").json["request"]["query"]
        return bool(found["worker"] == str(worker))

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(call_and_look, range(200)))
    assert server.control("GET", "/requests").json["meta"] == {"total": 200, "dropped": 0}


def test_what_is_kept_of_a_call_is_no_more_than_is_counted(vendor: Vendor) -> None:
    runtime = Sandboxed(vendor).runtime
    body, names = b"x" * (10 * MAX_BODY_BYTES), {"x-" + "n" * 5000: ""}
    told = runtime.redactor.redact(Request("GET", "/v3/bills", headers=names), vendor)
    reply = Reply(200, body)
    notice = CallWarning("header." + "n" * 5000, "unknown-header", "n" * 5000)
    request = Request("GET", "/acme/")
    route = runtime.router.match(request)
    now = clock.from_timestamp(0)
    done = Exchange(request, route, None, None, 0.0, 0.0, now, reply=reply, warnings=(notice,))
    entry, size = journal.make_entry(done, told)
    assert size >= MAX_BODY_BYTES + 15_000
    assert entry._parts is not None
    held = entry._parts.reply.body
    assert len(held) == MAX_BODY_BYTES + 1
    assert (entry["response"]["truncated"], len(entry["response"]["body"])) == (True, MAX_BODY_BYTES)
    assert runtime.redactor._cached_read_headers.cache_info().currsize == 0
