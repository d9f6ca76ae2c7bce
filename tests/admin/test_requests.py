"""The journal by the control API: what was called, counted, found, and what came nearest; reading changes nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mockserver.sandbox.store import NewEntries
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk.clock import format_instant, from_timestamp
from mockserver.sdk.contract import Vendor
from tests.support.acme import BILLS, RICH, Sandboxed, acme
from tests.support.client import WALL


@pytest.fixture
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


@pytest.fixture
def busy(server: Sandboxed) -> Sandboxed:
    """A server that was called: 1 a list, 2 with an unknown parameter, 3 an unknown path, 4 without a key, 5 a bill."""
    server.get(f"{BILLS}?page=2&state=paid")
    server.get(f"{BILLS}?stat=paid&stat=open")
    server.get("/acme/v3/bils", method="POST")
    server.get(key=None)
    server.get("/v3/bills/6")
    return server


def ids(server: Sandboxed, query: str = "", **more: Any) -> list[int]:
    """The ids of the calls that the journal tells, in its order."""
    found = server.control("GET", f"/requests{query}", **more)
    assert found.status == 200, found.body
    return [entry["id"] for entry in found.json["requests"]]


def test_an_entry_tells_the_whole_call_but_the_credential(server: Sandboxed) -> None:
    called = server.get(f"{BILLS}?page=2&page=3&foo=%C3%B6", method="GET", headers={"X-Mock-Sandbox": "x"})
    found = server.control("GET", "/requests", sandbox="x").json
    assert found["meta"] == {"total": 1, "dropped": 0}
    (entry,) = found["requests"]
    assert entry.pop("ms") >= 0
    assert entry.pop("response") == {
        "status": 200,
        "headers": {name: value for name, value in called.headers.items() if name != "Content-Length"},
        "body": called.body.decode(),
        "truncated": False,
    }
    assert entry["request"].pop("headers")["x-acme-key"] == "[redacted]"
    assert entry == {
        "id": called.call,
        "time": format_instant(from_timestamp(WALL)),
        "sandbox": "x",
        "vendor": "acme",
        "operation": "listBills",
        "request": {
            "method": "GET",
            "url": "/acme/v3/bills?page=2&page=3&foo=%C3%B6",
            "path": "/v3/bills",
            "query": {"page": ["2", "3"], "foo": "ö"},
            "body": "",
        },
        "received": {"status": 200, "fault": None},
        "warnings": called.warnings,
        "basis": {
            "basis": "inferred",
            "rule": "listBills.200",
            "because": "warning unknown-parameter (no source)",
            "parts": [
                {"kind": "operation", "name": "listBills", "basis": "documented", "source": "doc:1"},
                {"kind": "authentication", "name": "X-Acme-Key", "basis": "documented", "source": "doc:1"},
                {"kind": "parameter", "name": "page", "basis": "documented", "source": "doc:1"},
                {"kind": "warning", "name": "unknown-parameter", "basis": "inferred", "source": "none"},
                {"kind": "warning", "name": "repeated-parameter", "basis": "inferred", "source": "none"},
            ],
        },
        "fault": None,
        "reached": "answer",
        "strict": False,
    }
    assert server.control("GET", f"/requests/{entry['id']}", sandbox="x").json["request"]["path"] == "/v3/bills"


@pytest.mark.parametrize(
    ("network", "status"), [("reset", None), ("empty", None), ("truncate", 200), ("malformed", 200), ("drip", 200)]
)
def test_a_call_is_found_by_what_its_client_received(server: Sandboxed, network: str, status: int | None) -> None:
    server.control("POST", "/faults", {"network": network, "times": 1})
    server.get(BILLS)
    (entry,) = server.control("GET", "/requests").json["requests"]
    assert (entry["received"], entry["response"]["status"]) == ({"status": status, "fault": network}, 200)
    brief = server.control("GET", "/requests?brief=true").json["requests"][0]
    assert brief["received"] == entry["received"]
    got = int(status == 200)
    assert server.control("POST", "/requests/count", {"status": 200}).json["count"] == got
    assert server.control("POST", "/requests/count", {"status": None}).json["count"] == 1 - got
    assert len(server.control("GET", "/requests?status=200").json["requests"]) == got
    assert len(server.control("POST", "/requests/find", {"status": 200}).json["requests"]) == got
    near = server.control("POST", "/requests/near-misses", {"status": 503}).json["nearMisses"][0]["differences"]
    assert [(each["field"], each["found"]) for each in near] == [("status", status)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("?limit=2", [5, 4]),
        ("?limit=0", []),
        ("?after=3", [5, 4]),
        ("?after=1&limit=1", [5]),
        ("?after=99", []),
        ("?vendor=acme&status=200", [5, 2, 1]),
        ("?status=401", [4]),
        ("?status=418", []),
        ("?unmatched=true", [3]),
        ("?unmatched=false", [5, 4, 2, 1]),
        ("?warned=true", [3, 2]),
        ("?warned=false&status=200", [5, 1]),
        ("/unmatched", [3]),
    ],
)
def test_what_may_be_asked_for(busy: Sandboxed, query: str, found: list[int]) -> None:
    assert ids(busy, query) == found
    meta = busy.control("GET", f"/requests{query}").json["meta"]
    assert meta == {"total": 5} | ({} if query == "/unmatched" else {"dropped": 0})


def test_who_asks_for_what_is_new_has_the_store_asked_for_no_more(
    busy: Sandboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view that lives asks every second, and a journal may have megabytes."""
    asked, newer = [], busy.runtime.store.newer

    def watched(sandbox: str, after: int) -> NewEntries:
        asked.append(after)
        return newer(sandbox, after)

    monkeypatch.setattr(busy.runtime.store, "newer", watched)
    assert ids(busy, "?after=4&limit=500") == [5]
    assert asked == [4]


def test_in_brief_entries_are_without_headers_and_bodies(busy: Sandboxed) -> None:
    whole = busy.control("GET", "/requests").json["requests"]
    for entry in whole:
        for part in ("request", "response"):
            assert {"headers", "body"} <= set(entry[part])
            del entry[part]["headers"], entry[part]["body"]
    for _ in range(2):
        assert busy.control("GET", "/requests?brief=true").json["requests"] == whole
    assert busy.control("GET", "/requests?brief=true&after=3").json["requests"] == whole[:2]
    assert busy.control("GET", "/requests?brief=false").json != busy.control("GET", "/requests?brief=true").json


def test_in_brief_a_call_is_not_another_one_that_had_its_id(vendor: Vendor) -> None:
    """A store that lost all, or a worker that was replaced, gives ids anew."""
    store = MemoryStore()
    server = Sandboxed(vendor, store=store)
    for path in (BILLS, "/v3/bills/6"):
        vars(store).update(vars(MemoryStore()))
        server.wall.seconds += 1
        server.get(path)
        (entry,) = server.control("GET", "/requests?brief=true").json["requests"]
        assert (entry["id"], entry["request"]["path"]) == (1, path)


def test_a_journal_tells_how_many_calls_it_let_go(vendor: Vendor) -> None:
    server = Sandboxed(vendor, journal_entries=2)
    for _ in range(3):
        server.get()
    found = server.control("GET", "/requests?after=2").json
    assert ([entry["id"] for entry in found["requests"]], found["meta"]) == ([3], {"total": 2, "dropped": 1})
    server.control("DELETE", "/requests")
    assert server.control("GET", "/requests").json["meta"] == {"total": 0, "dropped": 0}


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("since=3", "Unexpected parameter 'since', wanted after, limit, brief, vendor, status, unmatched, warned."),
        ("after=x", "after is 'x', wanted a whole number."),
        ("limit=-1", "limit is '-1', wanted a whole number."),
        ("status=4xx", "status is '4xx', wanted a whole number."),
        ("brief=1", "brief is '1', wanted true or false."),
        ("warned=yes", "warned is 'yes', wanted true or false."),
        ("vendor=acmee", "vendor is 'acmee', wanted one of acme."),
    ],
)
def test_what_may_not(busy: Sandboxed, query: str, detail: str) -> None:
    found = busy.control("GET", f"/requests?{query}")
    assert (found.status, found.json["detail"]) == (422, detail)


def test_each_sandbox_has_its_own(busy: Sandboxed) -> None:
    busy.get(headers={"X-Mock-Sandbox": "x"})
    assert ids(busy, sandbox="x") == [6]
    assert ids(busy) == [5, 4, 3, 2, 1]
    assert busy.control("GET", "/requests/5", sandbox="x").status == 404


def test_reading_changes_nothing_and_makes_no_sandbox(busy: Sandboxed) -> None:
    before = busy.control("GET", "/requests").body
    for method, path, body in (
        ("GET", "/requests?unmatched=true", None),
        ("GET", "/requests/unmatched", None),
        ("GET", "/requests/1", None),
        ("POST", "/requests/count", {}),
        ("POST", "/requests/find", {}),
        ("POST", "/requests/near-misses", {"path": "/x"}),
    ):
        assert busy.control(method, path, body).status == 200
        busy.control(method, path, body, sandbox="nobody")
    assert busy.control("GET", "/requests").body == before
    assert "nobody" not in busy.runtime.store.sandboxes()


def test_calls_are_forgotten(busy: Sandboxed) -> None:
    assert busy.control("DELETE", "/requests/4").status == 204
    for method in ("DELETE", "GET"):
        gone = busy.control(method, "/requests/4")
        assert (gone.status, gone.json["detail"]) == (404, "The journal of the sandbox default has no call 4.")
    assert ids(busy) == [5, 3, 2, 1]
    assert busy.control("DELETE", "/requests").json == {"removed": 4}
    assert ids(busy) == []
    busy.get()
    assert ids(busy) == [6]


def test_a_live_view_misses_nothing_that_is_kept_and_sees_nothing_twice(vendor: Vendor) -> None:
    server = Sandboxed(vendor, journal_entries=3)
    for _ in range(5):
        server.get()
    assert server.control("GET", "/requests?after=1&limit=2").json["meta"] == {"total": 3, "dropped": 2}
    assert ids(server, "?after=1") == [5, 4, 3]
    server.control("DELETE", "/requests/4")
    assert server.control("GET", "/requests?after=3").json["meta"] == {"total": 2, "dropped": 2}
    assert ids(server, "?after=3") == [5]
    server.control("DELETE", "/requests")
    assert ids(server, "?after=5") == []
    server.get()
    server.control("POST", "/reset")
    server.get()
    assert ids(server, "?after=5") == [7]


def test_control_preflights_and_the_start_page_are_no_calls(server: Sandboxed) -> None:
    server.get("/", key=None)
    server.control("GET", "/health")
    server.get(method="OPTIONS", headers={"Origin": "http://x.example", "Access-Control-Request-Method": "GET"})
    assert ids(server) == []


def test_a_call_that_no_vendor_has_is_one(server: Sandboxed) -> None:
    server.get("/nowhere", X_Mock_Sandbox="x")
    (entry,) = server.control("GET", "/requests/unmatched", sandbox="x").json["requests"]
    assert (entry["vendor"], entry["operation"], entry["request"]["path"]) == (None, None, "/nowhere")
    assert ids(server, "?vendor=acme", sandbox="x") == []


@pytest.mark.parametrize(
    ("matcher", "found"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"vendor": "acme", "path": "/v3/bills"}, [4, 2, 1]),
        ({"vendor": "acme", "path": "/v3/bills", "query": {"page": {"equalTo": "2"}}}, [1]),
        ({"query": {"page": "2"}}, [1]),
        ({"query": {"stat": "paid"}}, [2]),
        ({"query": {"stat": {"contains": "pe"}}}, [2]),
        ({"query": {"stat": {"absent": True}}, "status": 200}, [5, 1]),
        ({"operation": "oneBill"}, [5]),
        ({"method": "POST"}, [3]),
        ({"status": 401}, [4]),
        ({"headers": {"X-Acme-Key": {"absent": True}}}, [4]),
        ({"operation": None}, [3]),
        ({"method": "DELETE"}, []),
    ],
)
def test_calls_are_found_and_counted(busy: Sandboxed, matcher: dict[str, Any], found: list[int]) -> None:
    answer = busy.control("POST", "/requests/find", matcher).json
    assert [entry["id"] for entry in answer["requests"]] == found
    assert answer["meta"] == {"total": 5}
    assert busy.control("POST", "/requests/count", matcher).json == {"count": len(found)}


@pytest.mark.parametrize("what", ["count", "find", "near-misses"])
@pytest.mark.parametrize(
    ("matcher", "detail"),
    [
        ({"url": "/x"}, "url is no field of a matcher, wanted one of vendor, operation, method, path, status, query"),
        ({"query": "page=2"}, 'query is "page=2", wanted an object of names'),
        ({"query": {"page": 2}}, "query.page is 2, wanted a text, "),
        ({"path": {"contains": "x"}}, 'path is {"contains": "x"}, wanted a text.'),
        ({"status": "200"}, 'status is "200", wanted a whole number.'),
        ({"vendor": "acmee"}, "vendor is 'acmee', wanted one of acme."),
        ({"operation": "listBill"}, "operation is 'listBill', wanted one of listBills, oneBill, or null."),
        (
            {"credential": RICH},
            "The matcher has a credential, and the journal keeps none; fault rules can match by it.",
        ),
    ],
)
def test_a_matcher_that_cannot_be_understood(busy: Sandboxed, what: str, matcher: Any, detail: str) -> None:
    found = busy.control("POST", f"/requests/{what}", matcher)
    assert found.status == 422
    assert found.json["detail"].startswith(detail)


def test_the_nearest_calls_come_first_and_a_call_that_fits_is_no_miss(busy: Sandboxed) -> None:
    asked = {"vendor": "acme", "path": "/v3/bills", "status": 200, "query": {"page": "2", "state": "paid"}}
    found = busy.control("POST", "/requests/near-misses", asked).json
    assert [near["request"]["id"] for near in found["nearMisses"]] == [2, 5, 4]
    assert found["nearMisses"][0]["differences"] == [
        {"field": "query.page", "expected": "2", "found": None, "hint": None},
        {"field": "query.state", "expected": "paid", "found": None, "hint": "The call has stat, another name."},
    ]
    assert found["meta"] == {"total": 5}


def test_calls_of_another_vendor_are_further_away(tmp_path_factory: pytest.TempPathFactory, vendor: Vendor) -> None:
    server = Sandboxed(vendor, acme(tmp_path_factory.mktemp("bolt"), name="bolt"))
    server.get("/acme/v3/bills?page=1")
    server.get("/bolt/v3/bills?page=2&size=5&order=due")
    asked = {"vendor": "acme", "query": {"page": "2", "size": "5", "order": "due"}}
    found = server.control("POST", "/requests/near-misses", asked).json["nearMisses"]
    assert [(near["request"]["vendor"], len(near["differences"])) for near in found] == [("acme", 3), ("bolt", 1)]


HINTS: list[tuple[str, dict[str, Any], str, Any, str | None]] = [
    (f"{BILLS}?Page=2", {"query": {"page": "2"}}, "query.page", None, "The call has Page, another name."),
    (f"{BILLS}?state=PAID", {"query": {"state": "paid"}}, "query.state", "PAID", "They differ in case alone."),
    (f"{BILLS}?state=paid+", {"query": {"state": "paid"}}, "query.state", "paid ", "They differ in blanks alone."),
    (f"{BILLS}?page=2", {"query": {"page": "02"}}, "query.page", "2", "They differ in zeros in front alone."),
    (
        f"{BILLS}?page=1&page=3",
        {"query": {"page": {"equalTo": "2"}}},
        "query.page",
        "3",
        "It was sent 2 times: 1, 3.",
    ),
    (
        f"{BILLS}?text=anvil",
        {"query": {"text": "anv"}},
        "query.text",
        "anvil",
        'It is a part of what was sent: {"contains": …}.',
    ),
    (f"{BILLS}?page=2", {"query": {"page": {"absent": True}}}, "query.page", "2", None),
    (f"{BILLS}?page=2", {"query": {"page": "7"}}, "query.page", "2", None),
    (f"{BILLS}?page=2", {"query": {"zzz": "7"}}, "query.zzz", None, None),
    (BILLS, {"path": "/v3/bills/"}, "path", "/v3/bills", "They differ in a slash at the end alone."),
    (BILLS, {"path": "/acme/v3/bills"}, "path", "/v3/bills", "Paths are told without the prefix of the vendor."),
    (BILLS, {"path": "/v3/bills?page=2"}, "path", "/v3/bills", "What stands behind ? is asked for by query."),
    (BILLS, {"status": 500}, "status", 200, None),
    (BILLS, {"operation": None}, "operation", "listBills", None),
    ("/acme/x", {"operation": "listBills"}, "operation", None, None),
    (
        BILLS,
        {"headers": {"X-Acme-Key": RICH}},
        "headers.X-Acme-Key",
        "[redacted]",
        'The journal hides credentials; {"absent": false} asks whether there is one.',
    ),
    (BILLS, {"path": "/v3/bill"}, "path", BILLS, f"The call has {BILLS}. Did you mean that?"),
    (BILLS, {"path": f"/acme{BILLS[:-1]}"}, "path", BILLS, f"The call has {BILLS}. Did you mean that?"),
    (BILLS, {"method": "GETS"}, "method", "GET", "The call has GET. Did you mean that?"),
    (BILLS, {"path": "/invoices"}, "path", BILLS, None),
    (BILLS, {"headers": {"X-Acme-Keys": "x"}}, "headers.X-Acme-Keys", None, "The call has x-acme-key, another name."),
]


@pytest.mark.parametrize("what", ["count", "find", "near-misses"])
@pytest.mark.parametrize(
    ("matcher", "meant"),
    [({"vendor": "acmee"}, "acme"), ({"operation": "listBill"}, "listBills"), ({"vendor": "q"}, "")],
)
def test_a_slip_in_the_name_of_a_vendor_or_operation(
    server: Sandboxed, what: str, matcher: dict[str, str], meant: str
) -> None:
    answer = server.control("POST", f"/requests/{what}", matcher)
    assert answer.status == 422
    assert answer.json["detail"].partition(" Did you mean ")[2] == (f"{meant}?" if meant else "")


@pytest.mark.parametrize(("target", "matcher", "field", "found", "hint"), HINTS)
def test_what_to_make_of_a_difference(
    server: Sandboxed, target: str, matcher: dict[str, Any], field: str, found: Any, hint: str | None
) -> None:
    server.get(target)
    (near,) = server.control("POST", "/requests/near-misses", matcher).json["nearMisses"]
    (difference,) = near["differences"]
    assert (difference["field"], difference["found"], difference["hint"]) == (field, found, hint)


def test_of_a_live_credential_only_the_fact_is_kept(server: Sandboxed) -> None:
    live = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    assert server.get(f"{BILLS}?page=7777", key=live, headers={"X-Mock-Sandbox": "x"}).status == 400
    text = server.control("GET", "/requests", sandbox="x").body.decode()
    assert not re.search("live_|7777|v3", text)
    (entry,) = server.control("GET", "/requests", sandbox="x").json["requests"]
    assert (entry["vendor"], entry["time"], entry["fault"]) == (
        "acme",
        format_instant(from_timestamp(WALL)),
        "live-credential",
    )
    assert ids(server, "/unmatched", sandbox="x") == []
    assert server.control("POST", "/requests/near-misses", {"path": "/"}, sandbox="x").json["nearMisses"] == []
    assert server.control("POST", "/requests/count", {"vendor": "acme"}, sandbox="x").json == {"count": 1}


def test_what_a_call_without_an_endpoint_came_nearest_to(busy: Sandboxed) -> None:
    near = busy.control("GET", "/requests/3/near-misses").json["nearMisses"]
    assert [(each["vendor"], each["operation"]) for each in near] == [("acme", "listBills"), ("acme", "oneBill")]
    assert near[0]["differences"] == [
        {"field": "method", "expected": "GET", "found": "POST", "hint": None},
        {
            "field": "path",
            "expected": "/v3/bills",
            "found": "/v3/bils",
            "hint": "Did you mean /v3/bills?",
        },
    ]


def test_what_a_path_of_nobody_came_nearest_to(vendor: Vendor, tmp_path: Path) -> None:
    server = Sandboxed(vendor, acme(tmp_path, name="bolt"))
    server.get("/bolt/v3/bills/")
    server.get("/blt/v3/bills")
    ids = [entry["id"] for entry in server.control("GET", "/requests/unmatched").json["requests"]]
    (other, own) = (server.control("GET", f"/requests/{id}/near-misses").json["nearMisses"] for id in ids)
    assert {each["vendor"] for each in own} == {"bolt"}
    assert own[0]["differences"][0]["hint"] == "Did you mean /v3/bills?"
    assert other[0]["differences"][0]["expected"] == "/bolt/v3/bills"


def test_a_call_with_an_endpoint_missed_none(busy: Sandboxed) -> None:
    assert busy.control("GET", "/requests/1/near-misses").json == {"nearMisses": [], "meta": {"total": 0}}
    assert busy.control("GET", "/requests/99/near-misses").status == 404


def test_what_a_matcher_wants_of_a_credential_is_not_repeated(busy: Sandboxed) -> None:
    wanted = {"headers": {"X-Acme-Key": "of-a-client", "X-Client-Secret": {"contains": "of-a-client"}, "Accept": "b"}}
    found = busy.control("POST", "/requests/near-misses", {"path": "/no", **wanted}).json
    expected = {d["field"]: d["expected"] for d in found["nearMisses"][0]["differences"]}
    assert expected == {
        "path": "/no",
        "headers.X-Acme-Key": "[redacted]",
        "headers.X-Client-Secret": {"contains": "[redacted]"},
        "headers.Accept": "b",
    }


def test_of_what_differs_some_is_explained(busy: Sandboxed) -> None:
    """To look for what was meant takes time, and nobody reads all."""
    asked = {"query": {f"pag{letter}": "2" for letter in "abcdfghijk"}}
    (first, *_) = busy.control("POST", "/requests/near-misses", asked).json["nearMisses"]
    hints = [difference["hint"] for difference in first["differences"]]
    assert len(hints) == 10
    assert hints[5:] == [None] * 5
