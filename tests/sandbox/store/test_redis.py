"""What is Redis's own: its URL and keys, the trips that calls take, and what becomes of it all while it is away.

What a store must do is in test_contract.py.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.connection import AbstractConnection

from mockserver.sandbox.fault_rules import parse_rule
from mockserver.sandbox.store import DEFAULT, SETTINGS, Expiry
from mockserver.sandbox.store.counting import Counter, Spend
from mockserver.sandbox.store.redis import TIMEOUTS, RedisStore
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import StoreUnavailable
from mockserver.sdk.quota import Quota
from tests.support import stores
from tests.support.acme import ANCHOR, BILLS, POOR, RICH, Sandboxed
from tests.support.stores import Elapsed

QUOTA = Quota(5, 86_400)


@pytest.fixture
def redis() -> Iterator[stores.Server]:
    """A server of the test's own, to be stopped and started."""
    with stores.running(stores.program()) as server:
        yield server


@pytest.fixture
def passed() -> Elapsed:
    return Elapsed()


@pytest.fixture
def store(redis: stores.Server, passed: Elapsed) -> Iterator[RedisStore]:
    found = RedisStore(redis.url, elapsed=passed, aside=lambda look: look())
    yield found
    found.close()


@pytest.fixture
def server(vendor: Vendor, store: RedisStore) -> Sandboxed:
    return Sandboxed(vendor, store=store, clock="frozen")


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], int]:
    """Counts how often something is sent to a server."""
    sent: list[Any] = []
    send: Any = AbstractConnection.send_packed_command

    def counted(self: Any, *command: Any, **how: Any) -> Any:
        sent.append(command)
        return send(self, *command, **how)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)

    def of(act: Callable[[], Any]) -> int:
        sent.clear()
        act()
        return len(sent)

    return of


# Where it is ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://localhost", "localhost:6379"),
        ("redis://user:secret@db.example:7000/3?socket_timeout=2", "db.example:7000"),
        ("rediss://db.example/0", "db.example:6379"),
        ("unix:///run/redis.sock?db=1&prefix=team-a:", "/run/redis.sock"),
    ],
)
def test_where_it_is_is_told_without_a_password(url: str, place: str) -> None:
    assert RedisStore(url).place == place


@pytest.mark.parametrize("url", ["redis://host:port/0", "redis://host/0?colour=red", "redis://host/0?socket_timeout=x"])
def test_a_url_that_cannot_be_used_is_told(url: str) -> None:
    with pytest.raises(ValueError, match="it cannot be read"):
        RedisStore(url)


@pytest.mark.parametrize("url", ["redis://:pa/SECRET@host:1/0", "redis://u:SECRET?x@host/0", "redis://host:SECRET/0"])
def test_of_a_url_that_cannot_be_used_no_password_is_told(url: str) -> None:
    with pytest.raises(ValueError, match="its port is no number, or its password has") as refused:
        RedisStore(url)
    assert "SECRET" not in str(refused.value)


def test_all_that_is_kept_is_behind_the_prefix(redis: stores.Server) -> None:
    with ExitStack() as stack:
        one, other = RedisStore(redis.url), RedisStore(f"{redis.url}?prefix=team-a:")
        for store in (one, other):
            stack.callback(store.close)
            store.open()
        other.write("x", SETTINGS, {}, expected=0, wall=1.0)
        other.write("x", "records/acme", {}, expected=0, wall=1.0)
        other.count("x", "a")
        other.spend("x", "a", QUOTA, 0.0)
        other.append("x", {}, 10)
        assert one.sandboxes() == {}
        with Redis.from_url(redis.url, decode_responses=True) as client:
            keys = {key for key in client.scan_iter() if key.startswith("team-a:")}
            assert keys >= {f"team-a:x:{what}" for what in ("documents", "versions", "windows", "counters", "journal")}
            assert set(client.scan_iter()) - keys == {"mockserver:totals"}
            other.delete("x")
            assert set(client.scan_iter()) == {"mockserver:totals", "team-a:totals"}


@pytest.mark.parametrize("key", ["totals", "journals", "x:journal"])
def test_somebody_who_was_at_our_keys_does_no_lasting_harm(redis: stores.Server, key: str) -> None:
    """Least of all a script that never ends: all who share the server would wait for it."""
    store = RedisStore(redis.url, all_journals_bytes=100)
    store.write("x", SETTINGS, {}, expected=0, wall=1.0)
    store.append("x", {}, 50)
    with Redis.from_url(redis.url) as client:
        if key == "totals":
            client.hset("mockserver:totals", "bytes", 10**9)
        else:
            client.delete(f"mockserver:{key}")
    for _ in range(3):
        store.append("x", {"entry": 1}, 40)
    assert {"entry": 1} in [entry for _, entry in store.entries("x")]
    store.close()


def test_what_is_opened_leaves_no_connection(redis: stores.Server) -> None:
    """Processes are forked after it."""
    store = RedisStore(redis.url)
    store.open()
    with Redis.from_url(redis.url) as client:
        assert len(client.client_list()) == 1  # the one that asks


def test_a_server_that_does_not_let_us_write_is_not_opened(redis: stores.Server) -> None:
    with Redis.from_url(redis.url) as client:
        client.replicaof("127.0.0.1", "1")
    with pytest.raises(StoreUnavailable, match="read only replica"):
        RedisStore(redis.url).open()


# Trips ------------------------------------------------------------------------------------------------------------


def test_each_method_takes_one_trip(store: RedisStore, trips: Callable[[Callable[[], Any]], int]) -> None:
    methods: list[Callable[[], Any]] = [
        store.check,
        lambda: store.write("x", SETTINGS, {}, expected=0, wall=1.0),
        lambda: store.read("x", SETTINGS, wall=1.0, expiry=Expiry(1.0, 1.0)),
        store.sandboxes,
        lambda: store.spend("x", "a", QUOTA, 0.0),
        lambda: store.count("x", "a"),
        lambda: store.count_all("x", (Counter("a", first=9),), Spend("a", QUOTA, 0.0), "a"),
        lambda: store.get_count("x", "a"),
        lambda: store.append("x", {}, 1),
        lambda: store.entries("x"),
        lambda: store.newer("x", 1),
        lambda: store.dropped("x"),
        lambda: store.remove("x", frozenset({1})),
        lambda: store.reset_counters("x"),
        lambda: store.delete("x"),
    ]
    for method in methods:
        method()  # the server gets to know its script
    assert [trips(method) for method in methods] == [1] * len(methods)
    assert trips(lambda: store.last_known("x")) == 0


def test_settings_that_did_not_change_are_not_sent_again(store: RedisStore) -> None:
    """A call reads them each time; a sandbox may have megabytes of fault rules."""
    version = store.write("x", SETTINGS, {"a": 1}, expected=0, wall=1.0)
    first, again = store.read("x", SETTINGS, wall=1.0), store.read("x", SETTINGS, wall=2.0)
    assert first is not None
    assert again is not None
    assert again[1] is first[1]
    store.write("x", SETTINGS, {"a": 2}, expected=version, wall=2.0)
    assert (store.read("x", SETTINGS) or (0, {}))[1] == {"a": 2}


@pytest.mark.parametrize("way", ["nothing", "header", "URL", "credential"])
def test_a_call_takes_two_trips(server: Sandboxed, trips: Callable[[Callable[[], Any]], int], way: str) -> None:
    ways: dict[str, Callable[[], Any]] = {
        "nothing": server.get,
        "header": lambda: server.get(X_Mock_Sandbox="x"),
        "URL": lambda: server.get(f"/__sandbox/x{BILLS}"),
        "credential": lambda: server.get(key=f"{RICH}~x"),
    }
    assert ways[way]().status == 200
    assert trips(ways[way]) == 2


def test_a_call_of_changed_data_takes_two_trips(
    server: Sandboxed, vendor: Vendor, trips: Callable[[Callable[[], Any]], int]
) -> None:
    server.control("DELETE", "/records/acme/1")
    assert server.ids() == [2, 3, 4, 5, 6]
    assert trips(server.ids) == 2


COUNTED = ("quota", "fault", "delay", "changes")


@pytest.mark.parametrize("what", [*COUNTED, *map("+".join, combinations(COUNTED, 2)), "+".join(COUNTED)])
def test_where_something_is_counted_a_call_takes_three_trips(
    server: Sandboxed, vendor: Vendor, trips: Callable[[Callable[[], Any]], int], what: str
) -> None:
    changes: dict[str, Any] = {
        "quota": {"quotas": {"acme": QUOTA}},
        "fault": {
            "faults": tuple(
                parse_rule(str(number), {"status": 503, "after": 1, "times": 1, "probability": 0.5}, [vendor])
                for number in range(3)
            )
        },
        "delay": {"delay": {"type": "uniform", "lower": 0, "upper": 1}},
        "changes": {"changes": ({"vendor": "acme", "after": 100, "remove": "all"},)},
    }
    wanted: dict[str, Any] = {}
    for each in what.split("+"):
        wanted |= changes[each]
    server.runtime.sandboxes.change(DEFAULT, server.wall(), lambda box: replace(box, **wanted))
    server.get()
    assert [trips(server.get) for _ in range(4)] == [3] * 4


# Away -------------------------------------------------------------------------------------------------------------


def test_after_a_failure_nobody_asks_for_a_second(
    redis: stores.Server, store: RedisStore, passed: Elapsed, trips: Callable[[Callable[[], Any]], int]
) -> None:
    def ask() -> None:
        with pytest.raises(StoreUnavailable):
            store.sandboxes()

    store.write("x", SETTINGS, {}, expected=0, wall=1.0)
    redis.signal(signal.SIGSTOP)  # it takes what is sent, and does not answer
    try:
        assert trips(ask) == 1  # nothing is sent twice
        assert [trips(ask) for _ in range(20)] == [0] * 20
        passed.seconds += 1
        assert trips(ask) == 1
        assert trips(ask) == 0
    finally:
        redis.signal(signal.SIGCONT)
    passed.seconds += 1
    assert set(store.sandboxes()) == {"x"}


def test_nobody_waits_for_it_but_who_looks_for_it_aside(
    redis: stores.Server, passed: Elapsed, trips: Callable[[Callable[[], Any]], int]
) -> None:
    looks: list[Callable[[], None]] = []
    store = RedisStore(redis.url, elapsed=passed, aside=looks.append)

    def ask() -> None:
        with pytest.raises(StoreUnavailable):
            store.sandboxes()

    store.check()
    redis.stop()
    ask()
    passed.seconds += 1
    assert [trips(ask) for _ in range(5)] == [0] * 5
    (look,) = looks
    look()  # still away
    redis.start()
    ask()
    passed.seconds += 1
    ask()
    looks[1]()
    assert store.sandboxes() == {}
    store.close()


def test_a_server_that_takes_nothing_more_is_away(
    redis: stores.Server, store: RedisStore, passed: Elapsed, caplog: pytest.LogCaptureFixture
) -> None:
    store.write("x", SETTINGS, {}, expected=0, wall=1.0)
    with Redis.from_url(redis.url) as client:
        client.config_set("maxmemory", "1")
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            store.append("x", {}, 1)
        passed.seconds += 1
        with pytest.raises(StoreUnavailable):
            store.check()
        client.config_set("maxmemory", "0")
    passed.seconds += 1
    store.append("x", {}, 1)
    assert len(caplog.records) == 2


def test_its_going_and_coming_are_told_once(
    redis: stores.Server, store: RedisStore, passed: Elapsed, caplog: pytest.LogCaptureFixture
) -> None:
    store.write("x", SETTINGS, {}, expected=0, wall=1.0)
    for _ in range(2):
        redis.stop()
        caplog.clear()
        for _ in range(3):
            for _ in range(5):
                with pytest.raises(StoreUnavailable):
                    store.append("x", {}, 1)
            passed.seconds += 1
        redis.start()
        store.check()
        store.check()
        gone, back = [(record.levelno, record.getMessage()) for record in caplog.records]
        assert gone[0] == logging.ERROR
        assert f"the store at {store.place} is away" in gone[1]
        assert back == (logging.WARNING, f"the store at {store.place} is back; calls that are in no journal: 15")


def test_versions_and_ids_do_not_come_again_when_it_forgot_everything(
    redis: stores.Server, store: RedisStore, passed: Elapsed
) -> None:
    """What another process remembers by its version would be taken for what is new under it."""
    version = store.write("x", SETTINGS, {"old": True}, expected=0, wall=1.0)
    id = store.append("x", {}, 1)
    store.read("x", SETTINGS)
    redis.stop()
    redis.start()
    assert store.read("x", SETTINGS) is None
    later = store.write("x", SETTINGS, {"new": True}, expected=0, wall=1.0)
    assert later > version
    assert store.read("x", SETTINGS) == (later, {"new": True})
    assert store.append("x", {}, 1) > id
    assert len(str(later)) <= 15  # as many digits as control reads


def test_a_call_goes_on_in_a_sandbox_as_it_was_last_seen(
    redis: stores.Server, server: Sandboxed, passed: Elapsed
) -> None:
    server.control("PATCH", "/settings", {"readings": {"acme.amounts": "cents"}})
    server.control("DELETE", "/records/acme/1")
    before = server.get()
    assert before.status == 200
    redis.stop()
    answer = server.get()
    assert (answer.status, answer.body) == (200, before.body)
    (warning,) = answer.warnings
    assert warning["code"] == "store-away"
    assert "as it was last seen" in warning["message"]
    assert "X-Mock-Call" not in answer.headers
    assert server.get(key=f"{RICH}~{DEFAULT}").body == before.body
    assert server.get(key="nobody").status == 401
    assert server.get(Prefer="code=429").status == 429
    redis.start()
    passed.seconds += 1
    again = server.get()
    assert (again.status, again.warnings) == (200, [])  # as the server forgot it all, it is a new sandbox
    assert again.body != before.body
    assert len(server.control("GET", "/requests").json["requests"]) == 1


@pytest.mark.parametrize("what", ["unknown", "credential", "quota", "fault", "changes", "data"])
def test_a_call_that_cannot_go_on_honestly_is_refused_in_the_vendors_words(
    redis: stores.Server, server: Sandboxed, vendor: Vendor, what: str
) -> None:
    rooms = server.runtime.sandboxes
    changes: dict[str, Any] = {
        "quota": {"quotas": {"acme": QUOTA}},
        "fault": {"faults": (parse_rule("1", {"status": 500, "times": 2}, [vendor]),)},
        "changes": {"changes": ({"vendor": "acme", "after": 1, "remove": "all"},)},
    }
    rooms.change(DEFAULT, server.wall(), lambda box: replace(box, **changes.get(what, {})))
    if what == "data":
        row = rooms.dataset(rooms.get_or_create(DEFAULT, server.wall()), vendor).records.record(0)
        rooms.edit(DEFAULT, server.wall(), vendor, lambda edits, data: edits.with_records({9: {**row, "id": 9}}))
        rooms.get_or_create(DEFAULT, server.wall())  # its settings were read by a call, its data by none
    redis.stop()
    asked: dict[str, Any] = {"unknown": {"X_Mock_Sandbox": "x"}, "credential": {"key": f"{RICH}~x"}}.get(what, {})
    for _ in range(2):
        answer = server.get(**asked)
        assert (answer.status, answer.json) == (503, {"error": "Closed."})
        assert answer.basis == "inferred; rule=acme.503"
        assert [warning["code"] for warning in answer.warnings] == ["store-away"]
    assert server.get(Prefer="code=404", **asked).status == (503 if asked or what == "data" else 404)


def test_an_outage_is_not_the_fault_of_a_strict_client(redis: stores.Server, server: Sandboxed, vendor: Vendor) -> None:
    done: list[bool] = []
    server.runtime.observers.append(lambda call: done.append(call.failed))
    server.get(X_Mock_Strict="true")
    redis.stop()
    server.get(X_Mock_Strict="true")
    server.get(X_Mock_Strict="true", X_Mock_Sandbox="x")
    server.get(f"{BILLS}?sise=3", X_Mock_Strict="true")
    assert done == [False, False, False, True]


def test_a_path_that_nobody_has_is_told_all_the_same(redis: stores.Server, server: Sandboxed) -> None:
    redis.stop()
    answer = server.get("/v3/bils")
    assert (answer.status, answer.json["type"]) == (404, "urn:mockserver:unknown-path")
    assert server.get("/acme/v3/bils").status == 503


def test_control_answers_503_and_recovers(redis: stores.Server, server: Sandboxed, passed: Elapsed) -> None:
    asked: list[tuple[str, str, Any]] = [
        ("GET", "/ready", None),
        ("GET", "/settings", None),
        ("PATCH", "/settings", {"strict": True}),
        ("POST", "/clock/advance", {"duration": "1d"}),
        ("POST", "/faults", {"status": 503}),
        ("GET", "/requests", None),
        ("DELETE", "/requests", None),
        ("GET", "/sandboxes", None),
        ("PUT", "/sandboxes/x", None),
        ("POST", "/reset", {"scope": "all"}),
        ("GET", "/records/acme", None),
        ("GET", "/verdict", None),
        ("GET", "/vendors", None),
    ]
    assert all(server.control(*each).status < 300 for each in asked)
    redis.stop()
    for each in asked:
        answer = server.control(*each)
        assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json"), each
        assert answer.json["type"] == "urn:mockserver:store-away"
        assert answer.headers["Retry-After"] == "1"
    assert server.control("GET", "/health").json["status"] == "healthy"
    assert server.control("GET", "/version").status == 200
    redis.start()
    passed.seconds += 1
    assert all(server.control(*each).status < 300 for each in asked)


def test_an_answer_that_was_on_its_way_when_the_store_went_away_does_not_bring_it_back(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = store._run

    def overtaken(*asked: Any) -> Any:
        found = run(*asked)
        assert store._breaker.failed()  # some other thread found out meanwhile
        return found

    monkeypatch.setattr(store, "_run", overtaken)
    store.check()
    with pytest.raises(StoreUnavailable):
        store.check()
    assert "is back" not in caplog.text


def test_a_server_that_lost_its_data_has_another_name(redis: stores.Server, store: RedisStore, passed: Elapsed) -> None:
    other = RedisStore(redis.url, elapsed=passed, aside=lambda look: look())
    name = store.instance()
    assert name == store.instance()
    redis.stop()
    assert store.instance() == name  # as it was
    assert other.instance() is None  # it never knew
    redis.start()
    passed.seconds += 1
    assert store.instance() == other.instance() != name
    other.close()


def test_control_waits_less_than_a_second_and_once_when_the_store_hangs(
    redis: stores.Server, server: Sandboxed, trips: Callable[[Callable[[], Any]], int]
) -> None:
    assert TIMEOUTS["socket_timeout"] < 1
    server.control("GET", "/settings")
    redis.signal(signal.SIGSTOP)
    try:
        assert server.control("GET", "/settings").status == 503
        assert trips(lambda: server.control("GET", "/ready")) == 0
        assert server.control("GET", "/ready").status == 503
    finally:
        redis.signal(signal.SIGCONT)


# As JSON ----------------------------------------------------------------------------------------------------------


def test_amounts_that_a_scenario_will_set_keep_their_digits(vendor: Vendor, store: RedisStore, tmp_path: Path) -> None:
    (tmp_path / "later.yaml").write_text(
        "description: One is paid later.\n"
        "changes: [{vendor: acme, after: 1, id: 1, set: {amount: 20.50, name: Ölpumpe, state: paid}}]\n",
        encoding="utf-8",
    )
    server = Sandboxed(vendor, store=store, scenarios=str(tmp_path))
    assert server.control("PUT", "/scenarios/active", {"name": "later"}).status == 200
    assert '"amount":10.50' in server.get(f"{BILLS}?size=1").body.decode()
    assert '"name":"Ölpumpe","state":"paid","due":"2026-01-31","amount":20.50' in server.get().body.decode()


def test_a_fault_that_hit_its_times_in_one_process_is_over_in_another(
    redis: stores.Server, vendor: Vendor, store: RedisStore
) -> None:
    other = RedisStore(redis.url)
    one, two = Sandboxed(vendor, store=store), Sandboxed(vendor, store=other)
    one.control("POST", "/faults", {"status": 503, "times": 2})
    one.control("PATCH", "/settings", {"quotas": {"acme": "2/day"}})
    statuses = [server.get(key=POOR).status for server in (one, two, two, one, two, one)]
    assert statuses == [503, 503, 200, 200, 429, 429]
    one.control("POST", "/clock/freeze")
    one.control("POST", "/clock/advance", {"duration": "1d"})
    assert two.get(key=POOR).status == 200
    assert two.control("GET", "/clock").json["now"][:10] > ANCHOR[:10]
    other.close()


@pytest.mark.parametrize("again", ["x", "y"])
def test_a_journal_that_somebody_else_took_away_stops_nobody(redis: stores.Server, again: str) -> None:
    store = RedisStore(redis.url, journal_bytes=700, all_journals_bytes=1000)
    try:
        for name in ("x", "y"):
            store.write(name, SETTINGS, {}, expected=0, wall=1.0)
        for _ in range(2):
            store.append("x", {"entry": "gone"}, 300)
        with Redis.from_url(redis.url) as client:
            assert client.delete("mockserver:x:journal") == 1
        for number in range(4):
            store.append(again, {"entry": number}, 300)
        assert [entry["entry"] for _, entry in store.entries(again)][-1] == 3
        assert store.entries("x") == [] or again == "x"
    finally:
        store.close()
