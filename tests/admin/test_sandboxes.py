"""Control of sandboxes: one call sets a test up, in any language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockserver.sandbox.store import Store
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk.contract import Example, Vendor
from tests.support.acme import ANCHOR, BILLS, FIXTURE, POOR, RICH, Sandboxed, acme
from tests.support.stores import Elapsed, Make

OFF = 3600


class Interrupted:
    """A store between any two operations of which somebody else looks, with a view of their own of what is in it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.look: Callable[[], object] | None = None

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)

        def interrupted(*arguments: Any, **named: Any) -> Any:
            look, self.look = self.look, None  # who looks is not interrupted
            if look:
                look()
            result = found(*arguments, **named)
            if look:
                look()
            self.look = look
            return result

        return interrupted


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    "settings",
    [
        {"strict": True, "quotas": {"acme": "9/minute"}},
        pytest.param({}, marks=pytest.mark.slow),
        pytest.param({"dataset": "empty"}, marks=pytest.mark.slow),
    ],
)
def test_no_call_sees_a_sandbox_half_made(make: Make, vendor: Vendor, there: bool, settings: dict[str, Any]) -> None:
    store = make()
    interrupted = Interrupted(store)
    server, others = Sandboxed(vendor, store=interrupted), Sandboxed(vendor, store=store)
    server.control("POST", "/faults", {"delay": 1, "match": {"query": {"page": "7"}}}, sandbox="origin")
    server.control("PATCH", "/settings", {"readings": {"acme.amounts": "cents"}}, sandbox="origin")
    server.control("POST", "/records/acme", {"id": 70, "state": "open"}, sandbox="origin")
    server.control("DELETE", "/records/acme/1", sandbox="origin")
    if there:
        server.control("PATCH", "/settings", {"strict": True}, sandbox="copy")
        server.control("DELETE", "/records/acme/2", sandbox="copy")

    def look() -> tuple[Any, ...]:
        answer = others.get(f"{BILLS}?size=50", X_Mock_Sandbox="copy")
        set_in_it = others.control("GET", "/settings", sandbox="copy").json
        faults = others.control("GET", "/faults", sandbox="copy").json["faults"]
        return answer.body, tuple(map(str, (set_in_it, faults)))

    before, seen = look(), list[tuple[Any, ...]]()
    if not there:
        server.control("DELETE", "/sandboxes/copy")
    interrupted.look = lambda: seen.append(look())
    made = server.control("PUT", "/sandboxes/copy", {"from": "origin", **settings})
    interrupted.look = None
    assert made.status == 201
    after = look()
    assert before != after
    assert len(seen) > 2
    assert list(dict.fromkeys(seen)) == [before, after]
    assert server.ids(f"{BILLS}?size=50", X_Mock_Sandbox="copy") == others.ids(
        f"{BILLS}?size=50", X_Mock_Sandbox="copy"
    )


@pytest.mark.parametrize("when", [1, 3, *(pytest.param(when, marks=pytest.mark.slow) for when in (2, 4, 5, 6, 7, 8))])
def test_no_call_mixes_a_sandbox_with_the_one_that_is_put_in_its_place(make: Make, vendor: Vendor, when: int) -> None:
    """Whenever between two of its own looks at the store that happens."""
    store = make()
    interrupted = Interrupted(store)
    calling, control = Sandboxed(vendor, store=interrupted), Sandboxed(vendor, store=store)
    for name, gone, amounts in (("old", 1, "plain"), ("new", 2, "cents"), ("copy", 1, "plain")):
        control.control("PATCH", "/settings", {"readings": {"acme.amounts": amounts}}, sandbox=name)
        control.control("DELETE", f"/records/acme/{gone}", sandbox=name)
    target = f"{BILLS}?size=50"
    old, new = (control.get(target, X_Mock_Sandbox=name).body for name in ("old", "new"))
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks == when:
            control.control("PUT", "/sandboxes/copy", {"from": "new"})

    interrupted.look = look
    found = calling.get(target, X_Mock_Sandbox="copy").body
    interrupted.look = None
    assert found in (old, new)
    assert calling.get(target, X_Mock_Sandbox="copy").body == (new if looks >= when else old)


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def test_one_call_sets_a_test_up(server: Sandboxed) -> None:
    made = server.control("PUT", "/sandboxes/my.test-1", {"quotas": {"acme": "1/minute"}, "strict": True})
    assert (made.status, made.headers["Location"]) == (201, "/__admin/sandboxes/my.test-1")
    example = {
        "method": "GET",
        "path": "/__sandbox/my.test-1/v3/bills",
        "headers": {"X-Acme-Key": f"{RICH}~my.test-1"},
        "query": {"state": "paid"},
    }
    assert made.json == {
        "name": "my.test-1",
        "url": "http://localhost/__sandbox/my.test-1",
        "header": {"X-Mock-Sandbox": "my.test-1"},
        "vendors": {
            "acme": {
                "url": "http://localhost/__sandbox/my.test-1/acme",
                "headers": example["headers"],
                "example": example,
            }
        },
        "settings": {
            "dataset": "default",
            "readings": {},
            "quotas": {"acme": "1/minute"},
            "strict": True,
            "acceptAnyCredential": False,
            "delay": None,
        },
        "clock": {"now": ANCHOR, "mode": "ticking"},
        "scenario": None,
    }
    assert server.control("GET", "/sandboxes/my.test-1").json == made.json


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        (BILLS, {"X-Acme-Key": f"{RICH}~led"}),
        (f"/__sandbox/led/acme{BILLS}", {"X-Acme-Key": RICH}),
        (f"/__sandbox/led{BILLS}", {"X-Acme-Key": f"{RICH}~led"}),
        (BILLS, {"X-Acme-Key": RICH, "X-Mock-Sandbox": "led"}),
    ],
)
def test_each_of_the_ways_it_names_leads_into_it(server: Sandboxed, target: str, headers: dict[str, str]) -> None:
    server.control("PUT", "/sandboxes/led", {})
    answer = server.get(target, key=None, headers=headers)
    assert (answer.status, answer.headers["X-Mock-Sandbox"], answer.codes) == (200, "led", [])


def test_headers_that_are_no_secret_identify_the_caller_too(vendor: Vendor) -> None:
    headers = {"x-acme-brand": "b", "Accept": "text/json", "X-Acme-Key": RICH}
    branded = replace(vendor, example=lambda account, data: Example(BILLS, {}, headers))
    told = Sandboxed(branded).control("PUT", "/sandboxes/a", {}).json["vendors"]["acme"]
    assert told["headers"] == {"x-acme-brand": "b", "X-Acme-Key": f"{RICH}~a"}
    assert told["example"]["headers"] == {**headers, "X-Acme-Key": f"{RICH}~a"}


def test_putting_it_again_makes_it_anew(server: Sandboxed) -> None:
    server.control("PUT", "/sandboxes/again", {"quotas": {"acme": "1/minute"}})
    assert [server.get(X_Mock_Sandbox="again").status for _ in range(2)] == [200, 429]
    assert server.control("PUT", "/sandboxes/again", {"quotas": {"acme": "1/minute"}}).status == 201
    assert server.get(X_Mock_Sandbox="again").status == 200
    assert server.control("PUT", "/sandboxes/again").json["settings"]["quotas"] == {}


def test_what_cannot_be_put_changes_nothing(server: Sandboxed) -> None:
    server.control("PUT", "/sandboxes/kept", {"strict": True})
    server.get(X_Mock_Sandbox="kept")
    for body in ({"strict": False, "delay": "x"}, {"from": "nobody"}, {"from": 5}, {"nonsense": 1}, ["strict"], b"{"):
        refused = server.control("PUT", "/sandboxes/kept", body)
        assert refused.status in (400, 404, 422), refused.body
        assert refused.headers["Content-Type"] == "application/problem+json"
    assert server.control("GET", "/sandboxes/kept").json["settings"]["strict"] is True
    assert len(server.runtime.store.entries("kept")) == 1


def test_as_the_server_was_started(vendor: Vendor) -> None:
    server = Sandboxed(vendor, strict="true", quotas="acme=5/minute")
    for body in ({"from": "base"}, {}, None):
        made = server.control("PUT", "/sandboxes/a", body).json
        assert (made["settings"]["strict"], made["settings"]["quotas"]) == (True, {"acme": "5/minute"})


def test_a_copy_of_another_one(server: Sandboxed) -> None:
    server.control("PUT", "/sandboxes/origin", {"strict": True, "quotas": {"acme": "9/day"}})
    server.control("POST", "/clock/advance", {"duration": "2d"}, sandbox="origin")
    first = server.control("POST", "/faults", {"status": 503, "times": 1}, sandbox="origin").json
    server.control("POST", "/records/acme", {"id": 900, "state": "paid"}, sandbox="origin")
    assert server.get(X_Mock_Sandbox="origin").status == 503
    made = server.control("PUT", "/sandboxes/copy", {"from": "origin", "strict": False})
    assert made.status == 201
    assert made.json["settings"]["quotas"] == {"acme": "9/day"}
    assert made.json["settings"]["strict"] is False
    assert made.json["clock"]["now"] == "2026-04-02T12:00:00Z"
    assert server.control("GET", "/faults", sandbox="copy").json["faults"] == [first]
    assert server.get(X_Mock_Sandbox="copy").status == 503  # counted anew
    assert 900 in server.ids(f"{BILLS}?size=50", headers={"X-Mock-Sandbox": "copy"})
    server.control("DELETE", "/records/acme/900", sandbox="copy")
    assert 900 not in server.ids(f"{BILLS}?size=50", headers={"X-Mock-Sandbox": "copy"})
    assert 900 in server.ids(f"{BILLS}?size=50", headers={"X-Mock-Sandbox": "origin"})
    second = server.control("POST", "/faults", {"status": 500}, sandbox="copy").json
    assert second["id"] != first["id"]


def test_a_sandbox_named_base_is_the_one_that_is_copied(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    server.control("PUT", "/sandboxes/base", {"strict": True})
    assert server.control("PUT", "/sandboxes/a", {"from": "base"}).json["settings"]["strict"] is True


def test_listed_with_how_long_nobody_used_them(vendor: Vendor) -> None:
    passed = Elapsed()
    server = Sandboxed(vendor, store=MemoryStore(elapsed=passed), sandbox_idle=str(OFF))
    server.get(X_Mock_Sandbox="b")
    passed.seconds += 60
    server.get(X_Mock_Sandbox="a")
    rows = server.control("GET", "/sandboxes").json
    assert rows["meta"] == {"total": 2}
    assert [(row["name"], row["idleSeconds"]) for row in rows["sandboxes"]] == [("a", 0), ("b", 60)]
    assert rows["sandboxes"][0]["url"] == "http://localhost/__sandbox/a"
    passed.seconds += OFF - 30  # looking at the list was no use of them
    assert [row["name"] for row in server.control("GET", "/sandboxes").json["sandboxes"]] == ["a"]


def test_one_that_is_not_there(server: Sandboxed) -> None:
    answer = server.control("GET", "/sandboxes/nobody")
    assert (answer.status, answer.json["type"]) == (404, "urn:mockserver:not-found")
    assert server.control("GET", "/sandboxes/nobody").status == 404  # looking does not make it


@pytest.mark.parametrize("name", ["a%20b", "a~b", "%C3%B6", "x" * 65])
def test_a_name_that_cannot_be(server: Sandboxed, name: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = server.control(method, f"/sandboxes/{name}")
        assert (answer.status, answer.json["type"]) == (400, "urn:mockserver:bad-sandbox-name")
    header = server.control("GET", "/settings", sandbox="a~b")
    assert (header.status, header.json["type"]) == (400, "urn:mockserver:bad-sandbox-name")


def test_the_caller_is_known_by_header_or_by_url(server: Sandboxed) -> None:
    server.control("PATCH", "/settings", {"strict": True}, sandbox="by-header")
    client = server.app.test_client()
    assert client.get("/__sandbox/by-header/__admin/settings").json["strict"] is True  # type: ignore[index]
    both = client.get("/__sandbox/other/__admin/settings", headers={"X-Mock-Sandbox": "by-header"})
    assert both.json["strict"] is True  # type: ignore[index]
    assert server.control("GET", "/settings").json["strict"] is False


def test_forgotten(server: Sandboxed) -> None:
    server.control("PUT", "/sandboxes/gone", {"strict": True})
    for _ in range(2):  # whoever tidies up need not know whether there is anything
        answer = server.control("DELETE", "/sandboxes/gone")
        assert (answer.status, answer.body, answer.headers.get("Content-Type")) == (204, b"", None)
    assert server.control("GET", "/sandboxes/gone").status == 404
    assert server.control("GET", "/settings", sandbox="gone").json["strict"] is False


def test_too_many_name_the_setting_and_evict_nobody(vendor: Vendor) -> None:
    server = Sandboxed(vendor, max_sandboxes="2")
    for name in ("a", "b"):
        assert server.control("PUT", f"/sandboxes/{name}").status == 201
    for refused in (server.control("PUT", "/sandboxes/c"), server.get(X_Mock_Sandbox="c")):
        assert (refused.status, refused.json["type"]) == (507, "urn:mockserver:too-many-sandboxes")
        assert "--max-sandboxes" in refused.json["detail"]
    assert server.control("PUT", "/sandboxes/a").status == 201  # its own place is free
    assert server.get(X_Mock_Sandbox="b").status == 200


def spoil(server: Sandboxed, sandbox: str) -> None:
    """Change everything that there is to change in a sandbox."""
    settings = {"dataset": "hand", "readings": {"acme.amounts": "cents"}, "quotas": {"acme": "1/day"}, "delay": 5}
    server.control("PATCH", "/settings", {**settings, "strict": True, "acceptAnyCredential": True}, sandbox=sandbox)
    server.control("POST", "/clock/advance", {"duration": "9d"}, sandbox=sandbox)
    server.control("POST", "/clock/freeze", sandbox=sandbox)
    server.control("POST", "/faults", {"status": 503, "after": 1}, sandbox=sandbox)
    server.control("DELETE", "/records/acme/1", sandbox=sandbox)
    assert [server.get(X_Mock_Sandbox=sandbox).status for _ in range(2)] == [200, 503]


def everything(server: Sandboxed, sandbox: str) -> dict[str, Any]:
    parts = ("/settings", "/clock", "/faults", "/records/acme", "/accounts/acme")
    return {part: server.control("GET", part, sandbox=sandbox).json for part in parts}


def test_reset_puts_it_back_as_on_first_use(server: Sandboxed) -> None:
    untouched = everything(server, "untouched")
    spoil(server, "reset")
    spoil(server, "beside")
    assert everything(server, "reset") != untouched
    answer = server.control("POST", "/reset", sandbox="reset")
    assert (answer.status, answer.json) == (200, {"reset": ["reset"]})
    assert server.control("GET", "/sandboxes/reset").status == 200
    assert server.runtime.store.entries("reset") == []
    assert everything(server, "reset") == untouched
    assert [server.get(X_Mock_Sandbox="reset").status for _ in range(2)] == [200, 200]
    assert server.control("GET", "/settings", sandbox="beside").json["dataset"] == "hand"


def test_what_was_counted_is_forgotten_too(server: Sandboxed) -> None:
    for _ in range(2):
        server.control("PATCH", "/settings", {"quotas": {"acme": "1/day"}}, sandbox="counts")
        rule = server.control("POST", "/faults", {"status": 503, "after": 1}, sandbox="counts").json
        assert rule["id"] == "fault-1"
        statuses = [server.get(X_Mock_Sandbox="counts", key=key).status for key in (RICH, RICH, POOR)]
        assert statuses == [200, 503, 503]
        server.control("POST", "/reset", {"scope": "sandbox"}, sandbox="counts")


def test_reset_of_all(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    for name in ("a", "b"):
        spoil(server, name)
    assert server.control("POST", "/reset", {"scope": "all"}).json == {"reset": ["a", "b"]}
    for name in ("a", "b"):
        assert server.control("GET", "/settings", sandbox=name).json["dataset"] == "default"


@pytest.mark.parametrize("body", [{"scope": "server"}, {"scope": None}, {"scop": "all"}, [1]])
def test_a_reset_of_what_there_is_not(server: Sandboxed, body: Any) -> None:
    spoil(server, "safe")
    assert server.control("POST", "/reset", body, sandbox="safe").status == 422
    assert server.control("GET", "/settings", sandbox="safe").json["dataset"] == "hand"
    server.control("POST", "/reset", sandbox="safe")


def test_real_data_is_of_the_day_of_the_reset(vendor: Vendor) -> None:
    server = Sandboxed(vendor, clock="real")
    before = server.control("GET", "/clock", sandbox="a").json["now"]
    server.wall.seconds += 3 * 86_400
    server.control("POST", "/reset", sandbox="a")
    assert server.control("GET", "/clock", sandbox="a").json["now"][:10] > before[:10]
    assert str(server.runtime.sandboxes.get_or_create("a", server.wall()).day) == "2026-09-24"


def test_its_own_datasets_credentials_are_told(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    text = FIXTURE.format(vendor="acme", dataset="own").replace(RICH, "my-own-secret-000000001") + "records: []\n"
    (tmp_path / "acme" / "own.yaml").write_text(text, encoding="utf-8")
    server = Sandboxed(vendor, fixtures=str(tmp_path))
    told = server.control("PUT", "/sandboxes/a", {"dataset": "own"}).json["vendors"]["acme"]
    assert told["headers"] == {"X-Acme-Key": "my-own-secret-000000001~a"}
    answer = server.get(key=None, headers=told["headers"])
    assert (answer.status, answer.headers["X-Mock-Sandbox"]) == (200, "a")


@pytest.mark.parametrize("host", ["mock.company.example:9000", "bolt.localhost", "api.acme.example:9000", "[::1]:9000"])
def test_the_urls_it_names_work_through_whatever_host_it_was_asked(tmp_path: Path, vendor: Vendor, host: str) -> None:
    """Also through the host of a vendor, where a path is that vendor's unless a URL says otherwise."""
    server = Sandboxed(vendor, acme(tmp_path, name="bolt"), control_token="t")
    sent = {"Host": host, "X-Mock-Control-Token": "t"}
    made = server.control("PUT", "/sandboxes/led", {}, headers=sent).json
    for name, told in made["vendors"].items():
        assert told["url"] == f"http://{host}/__sandbox/led/{name}"
        target = told["url"].removeprefix(f"http://{host}") + BILLS
        answer = server.get(target, key=None, headers={"Host": host, **told["headers"]})
        assert (answer.status, answer.headers["X-Mock-Sandbox"], answer.codes) == (200, "led", [])
    assert {
        entry["vendor"] for entry in server.control("GET", "/requests", sandbox="led", headers=sent).json["requests"]
    } == {"acme", "bolt"}
