"""Two servers of two workers each on one Redis: every promise about a sandbox is exact."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest
import requests
import yaml
from redis import Redis
from urllib3 import Retry

from mockserver.sandbox.settings import make_settings
from tests.engine.test_metrics import parsed
from tests.support import stores
from tests.support.servers import ROOT, end, running, serving

T = TypeVar("T")
THREADS, CALLS = 8, 25
KEPT, LIMIT = 150, 10
_NAMES = count()


@pytest.fixture(scope="module", params=stores.NAMES)
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    with stores.reached(request.param) as url:
        yield stores.prefixed(url)


@pytest.fixture(scope="module")
def urls(store: str) -> Iterator[list[str]]:
    """The URLs of the two servers."""
    flags = ["--workers", "2", "--store", store, "--journal-entries", str(KEPT), "--max-sandboxes", "100"]
    with ExitStack() as stack:
        yield [stack.enter_context(running(serving(*flags)))[0] for _ in range(2)]


class Client:
    """Calls the first vendor's example, and control, in one sandbox, on each server in turn."""

    def __init__(self, urls: Sequence[str], sandbox: str | None = None) -> None:
        self.urls, self.sandbox = urls, sandbox or f"box-{next(_NAMES)}"
        self._example = requests.get(f"{urls[0]}/__admin/vendors", timeout=60).json()[0]
        self.vendor = self._example["name"]

    def control(self, method: str, path: str, body: Any = None, at: int = 0) -> requests.Response:
        headers = {"X-Mock-Sandbox": self.sandbox}
        found = requests.request(method, f"{self.urls[at]}/__admin{path}", json=body, headers=headers, timeout=60)
        assert found.status_code < 300, found.text
        return found

    def call(self, at: int = 0, session: Any = requests, **headers: str) -> requests.Response:
        """Make the example call without its filters."""
        example = self._example["example"]
        url = f"{self.urls[at]}/{self.vendor}{example['path']}"
        sent = {**example["headers"], "X-Mock-Sandbox": self.sandbox, **headers}
        found: requests.Response = session.get(url, headers=sent, timeout=60)
        return found

    def calls(self, headers: Callable[[int, int], dict[str, str]] = lambda thread, call: {}) -> list[requests.Response]:
        """Make many calls at once, over connections of all workers."""

        def work(thread: int) -> list[requests.Response]:
            with requests.Session() as session:
                together.wait()
                return [self.call(thread % 2, session, **headers(thread, number)) for number in range(CALLS)]

        together = Barrier(THREADS)
        with ThreadPoolExecutor(THREADS) as pool:
            return [answer for answers in pool.map(work, range(THREADS)) for answer in answers]


def ready(server: subprocess.Popen[str]) -> str:
    """The URL of a server, once it answers."""
    assert server.stdout is not None
    line = next(line for line in iter(server.stdout.readline, "") if line.startswith("health: "))
    return line.split()[1].removesuffix("/__admin/health")


def workers(server: subprocess.Popen[str]) -> set[int]:
    """The process ids of its workers."""
    return set(map(int, Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()))


def test_a_quota_is_exact_over_workers(urls: list[str]) -> None:
    client = Client(urls)
    client.control("PATCH", "/settings", {"quotas": {client.vendor: "60/day"}})
    answers = client.calls()
    assert Counter(answer.status_code for answer in answers) == {200: 60, 429: THREADS * CALLS - 60}
    journal = client.control("GET", "/requests", at=1).json()["requests"]
    assert {entry["response"]["status"] for entry in journal} <= {200, 429}


def test_a_fault_hits_as_often_as_it_says_over_workers(urls: list[str]) -> None:
    client = Client(urls)
    client.control("POST", "/faults", {"status": 503, "after": 10, "times": 40})
    assert Counter(answer.status_code for answer in client.calls()) == {503: 40, 200: THREADS * CALLS - 40}


def test_the_journal_has_the_newest_calls_of_all_workers_in_their_order(urls: list[str]) -> None:
    client = Client(urls)
    answers = client.calls(lambda thread, call: {"X-Request-Id": f"{thread}-{call}"})
    ids = [int(answer.headers["X-Mock-Call"]) for answer in answers]
    assert len(set(ids)) == THREADS * CALLS
    for start in range(0, len(ids), CALLS):  # each client's own calls, one after the other
        assert ids[start : start + CALLS] == sorted(ids[start : start + CALLS])
    for at in range(2):
        kept = client.control("GET", "/requests", at=at).json()["requests"]
        assert [entry["id"] for entry in kept] == sorted(ids, reverse=True)[:KEPT]
        names = {int(answer.headers["X-Mock-Call"]): answer.request.headers["X-Request-Id"] for answer in answers}
        assert all(entry["request"]["headers"]["x-request-id"] == names[entry["id"]] for entry in kept)


def test_a_change_is_seen_by_the_next_call_everywhere(urls: list[str]) -> None:
    client = Client(urls)
    records = f"/records/{client.vendor}"
    total = client.control("GET", f"{records}?limit=0").json()["meta"]["total"]
    for step in range(20):
        at = step % 2
        client.control("POST", f"{records}/generate", {"records": 1}, at=at)
        for other in range(2):
            for _ in range(3):  # a connection of its own each: some other worker's
                seen = client.control("GET", f"{records}?limit=0", at=other).json()["meta"]["total"]
                assert seen == total + step + 1
    before = client.call().content
    client.control("PUT", "/scenarios/active", {"name": "empty"}, at=1)
    after = {client.call(at).content for at in (0, 0, 0, 1, 1, 1)}
    assert len(after) == 1
    assert before not in after
    client.control("POST", "/reset", at=0)
    assert {client.call(at).status_code for at in (0, 0, 1, 1)} == {200}


def test_no_change_is_lost_when_all_workers_change_at_once(urls: list[str]) -> None:
    client = Client(urls)

    def add(index: int) -> list[str]:
        rules = [client.control("POST", "/faults", {"delay": 1, "vendor": client.vendor}, at=index % 2)]
        rules += [client.control("POST", "/faults", {"status": 500, "times": 1}, at=index % 2)]
        return [rule.json()["id"] for rule in rules]

    with ThreadPoolExecutor(THREADS) as pool:
        made = [id for ids in pool.map(add, range(THREADS)) for id in ids]
    kept = [rule["id"] for rule in client.control("GET", "/faults", at=1).json()["faults"]]
    assert len(kept) == 2 * THREADS
    assert sorted(kept) == sorted(made)


def test_the_clock_is_one_over_workers(urls: list[str]) -> None:
    client = Client(urls)
    client.control("POST", "/clock/freeze")
    for step in range(6):
        moved = client.control("POST", "/clock/advance", {"duration": "1d"}, at=step % 2).json()["now"]
        seen = {client.control("GET", "/clock", at=at).json()["now"] for at in (0, 0, 1, 1)}
        assert seen == {moved}


@pytest.mark.slow
def test_as_many_sandboxes_are_made_over_workers_as_there_may_be(store: str) -> None:
    flags = ["--workers", "2", "--store", f"{store}limited:", "--max-sandboxes", str(LIMIT)]
    with ExitStack() as stack:
        urls = [stack.enter_context(running(serving(*flags)))[0] for _ in range(2)]
        one = Client(urls, "default")
        together = Barrier(4 * LIMIT)

        def use(index: int) -> int:
            together.wait()
            return one.call(index % 2, **{"X-Mock-Sandbox": f"many-{index}"}).status_code

        with ThreadPoolExecutor(4 * LIMIT) as pool:
            assert Counter(pool.map(use, range(4 * LIMIT))) == {200: LIMIT, 507: 3 * LIMIT}
        assert one.control("GET", "/sandboxes", at=1).json()["meta"]["total"] == LIMIT + 1


def test_calls_are_answered_by_all_workers_and_connections_are_their_own(urls: list[str], store: str) -> None:
    """Processes must not share a connection from before the fork: replies would reach the wrong one."""
    client = Client(urls)
    with Redis.from_url(store.partition("?")[0]) as redis:
        for _ in range(50):  # until chance has given each worker something to do
            assert all(answer.status_code == 200 for answer in client.calls())
            if sum(found["cmd"] == "evalsha" for found in redis.client_list()) >= 4:
                break
        else:
            pytest.fail("some worker answers nothing")


@pytest.mark.slow
def test_strict_failures_are_counted_over_workers(store: str) -> None:
    command = serving("--workers", "3", "--store", store, "--strict")
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as server:
        try:
            client = Client([ready(server)] * 2)
            answers = client.calls(lambda thread, call: {"X-Mock-Slip": "1"})
            assert all(answer.status_code == 200 for answer in answers)
            os.kill(server.pid, signal.SIGTERM)
            out, told = server.communicate(timeout=60)
        finally:
            if server.poll() is None:
                end(server)
    assert server.returncode == 1
    assert told.endswith(f"mockserver: {THREADS * CALLS} calls with warnings; --strict counts that as failure.\n")
    assert "health:" not in out  # ready is told once, not by each worker


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="tells workers by /proc")
def test_a_worker_that_is_killed_takes_nothing_with_it(store: str) -> None:
    """Acknowledged changes stay, the other worker goes on, and a new one replaces it soon."""
    command = serving("--workers", "2", "--store", f"{store}killed:")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as server:
        try:
            client = Client([ready(server)] * 2)
            client.control("PATCH", "/settings", {"strict": True})
            before = workers(server)
            together, acknowledged = Barrier(THREADS + 1), []

            def work(thread: int) -> None:
                together.wait()
                for _ in range(CALLS):
                    with suppress(requests.ConnectionError):  # the call that it had in hand
                        acknowledged.append(int(client.call().headers["X-Mock-Call"]))

            with ThreadPoolExecutor(THREADS) as pool:
                done = [pool.submit(work, thread) for thread in range(THREADS)]
                together.wait()
                os.kill(min(before), signal.SIGKILL)
            assert all(each.exception() is None for each in done)
            assert len(acknowledged) > THREADS * (CALLS - 2)
            kept = {entry["id"] for entry in client.control("GET", "/requests").json()["requests"]}
            assert kept >= set(acknowledged)
            assert client.control("GET", "/settings").json()["strict"] is True
            for _ in range(200):
                if len(workers(server) - before) == 1:
                    break
                client.call()
            assert len(workers(server) - before) == 1
            assert max(before) in workers(server)
        finally:
            end(server)


def count_answered(client: Client) -> float:
    """The number of calls answered with 200, as any worker reports it."""
    told = parsed(requests.get(f"{client.urls[0]}/__admin/metrics", timeout=60).text)["mockserver_calls_total"]
    return sum(count for (vendor, _, status), count in told.items() if (vendor, status) == (client.vendor, "200"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="tells workers by /proc")
def test_metrics_are_those_of_all_workers_whoever_tells_them_and_outlive_them(store: str) -> None:
    """While one worker is stopped, the other answers; then one is killed and replaced."""
    command = serving("--workers", "2", "--store", f"{store}metrics:")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as server:
        try:
            client, calls = Client([ready(server)] * 2), 0

            def hold(worker: int) -> None:
                nonlocal calls
                os.kill(worker, signal.SIGSTOP)
                assert [client.call().status_code for _ in range(CALLS)] == [200] * CALLS
                calls += CALLS
                assert count_answered(client) == calls
                os.kill(worker, signal.SIGCONT)

            first, second = sorted(workers(server))
            hold(first)
            hold(second)
            os.kill(first, signal.SIGKILL)
            for _ in range(1000):
                with suppress(requests.ConnectionError):  # it was meant for the one that is no more
                    assert count_answered(client) == calls
                if len(others := workers(server) - {first, second}) == 1:
                    break
            assert len(others) == 1
            hold(second)
            told = parsed(requests.get(f"{client.urls[0]}/__admin/metrics", timeout=60).text)
            assert told["mockserver_workers"] == {(): 2}
        finally:
            end(server)


@pytest.mark.slow
def test_an_outage_is_told_once_a_worker_and_survived() -> None:
    """What a user sees during an outage of Redis, and after it."""
    with stores.running(stores.program()) as redis:
        command = serving("--workers", "2", "--store", redis.url)
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as server:
            try:
                url = ready(server)
                client = Client([url] * 2, "default")
                client.calls()
                redis.stop()
                during = client.calls()
                away = [requests.get(f"{url}/__admin/ready", timeout=60) for _ in range(10)]
                alive = requests.get(f"{url}/__admin/health", timeout=60)
                redis.start()
                retry = Retry(60, status_forcelist=[503], backoff_factor=0.1, backoff_max=0.2)
                with requests.Session() as session:
                    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
                    back = session.get(f"{url}/__admin/ready", timeout=60)
                    after = client.call(session=session)
                os.kill(server.pid, signal.SIGTERM)
                _, told = server.communicate(timeout=60)
            finally:
                if server.poll() is None:
                    end(server)
    assert all("store-away" in answer.headers["X-Mock-Warnings"] for answer in during)
    assert 200 in {answer.status_code for answer in during} <= {200, 503}  # a worker may not have seen the sandbox
    assert {answer.status_code for answer in away} == {503}
    assert (alive.status_code, back.status_code, after.status_code) == (200, 200, 200)
    assert 1 <= len(re.findall("is away", told)) <= 2
    assert "Traceback" not in told


# Replicas of the compose file -----------------------------------------------------------------------------------------

SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


@pytest.mark.slow
def test_replicas_share_a_store_that_is_healthy_before_they_start() -> None:
    """They differ from the one server only in being reached through the proxy."""
    for name in ("replica", "proxy", "redis"):
        assert SERVICES[name]["profiles"] == ["scale"]
        assert "test" in SERVICES[name]["healthcheck"]
    replica, one = SERVICES["replica"], SERVICES["mockserver"]
    for name in ("image", "read_only", "tmpfs", "cap_drop", "security_opt", "healthcheck", "stop_grace_period"):
        assert replica[name] == one[name], name
    environment = {name: re.sub(r"\$\{\w+:-(\w*)}", r"\1", text) for name, text in replica["environment"].items()}
    assert make_settings({}, environment).store == "redis://redis:6379/0"
    assert "ports" not in replica
    assert replica["depends_on"]["redis"] == {"condition": "service_healthy"}
    assert SERVICES["redis"]["command"][-2:] == ["--maxmemory-policy", "noeviction"]


def test_replicas_without_a_token_are_refused_in_a_sentence() -> None:
    """Each replica would generate another token, and no client knows which replica answers."""
    _, flag, script = SERVICES["replica"]["command"]
    command = ["sh", flag, script.replace("$$", "$")]
    told = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.defpath})
    assert told.returncode == 2
    assert "MOCK_CONTROL_TOKEN" in told.stderr
