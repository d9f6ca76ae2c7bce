"""Metrics of calls: correct across workers and threads, and valid for Prometheus' own parser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import inf, nextafter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mockserver.engine.exchange import Exchange
from mockserver.engine.metrics import BUCKETS_SECONDS, Family, Metrics
from mockserver.sdk.contract import Vendor
from mockserver.sdk.version import __version__
from tests.support.acme import BILLS, Sandboxed, acme
from tests.support.servers import ROOT

Counted = dict[tuple[str, ...], float]


def parsed(text: str) -> dict[str, Counted]:
    """Parse a text as Prometheus does: values by name and label values."""
    found: dict[str, Counted] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            assert tuple(sample.labels.values()) not in found.setdefault(sample.name, {})
            found[sample.name][tuple(sample.labels.values())] = sample.value
    return found


def told(server: Sandboxed) -> dict[str, Counted]:
    return parsed(server.runtime.metrics.render(sandboxes=1))


def one(vendor: Vendor, ms: float = 1.0) -> Exchange:
    """A finished call of this duration."""
    found: list[Exchange] = []
    server = Sandboxed(vendor)
    server.runtime.observers.append(found.append)
    server.get(BILLS)
    return replace(found[0], ms=ms)


@pytest.mark.parametrize("network", ["reset", "empty", "truncate", "malformed", "drip"])
def test_a_reply_that_a_network_fault_spoiled_is_counted_as_that(vendor: Vendor, network: str) -> None:
    server = Sandboxed(vendor)
    server.get(f"/v3/bills/1?trouble={network}")
    server.get("/v3/bills/1")
    assert told(server)["mockserver_calls_total"] == {("acme", "oneBill", network): 1, ("acme", "oneBill", "200"): 1}


def test_calls_by_vendor_operation_and_status(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    for _ in range(3):
        server.get(BILLS)
    server.get("/v3/bills/1")
    server.get(BILLS, key=None)
    server.get("/acme/nowhere")
    server.get("/nowhere")
    server.get(BILLS, X_Mock_Sandbox="no name")
    server.control("GET", "/requests")
    server.get("/__docs/")
    assert told(server)["mockserver_calls_total"] == {
        ("acme", "listBills", "200"): 3,
        ("acme", "listBills", "400"): 1,
        ("acme", "listBills", "401"): 1,
        ("acme", "oneBill", "200"): 1,
        ("acme", "", "404"): 1,
        ("", "", "404"): 1,
    }


def test_vendors_are_counted_apart(vendor: Vendor, tmp_path: Path) -> None:
    server = Sandboxed(vendor, acme(tmp_path, name="bolt"))
    server.get(f"/acme{BILLS}")
    server.get(f"/bolt{BILLS}", key=None, X_Mock_Slip="1")
    found = told(server)
    assert found["mockserver_calls_total"] == {("acme", "listBills", "200"): 1, ("bolt", "listBills", "401"): 1}
    assert found["mockserver_warnings_total"][("acme",)] == 0
    assert found["mockserver_warnings_total"][("bolt",)] > 0


def test_warnings_faults_and_refusals_of_quotas(vendor: Vendor) -> None:
    server = Sandboxed(vendor, quotas="acme=2/day")
    server.get(f"{BILLS}?one=1&two=2")
    server.get(BILLS)
    assert [server.get(BILLS).status for _ in range(3)] == [429] * 3
    server.control("POST", "/faults", {"status": 503, "times": 2})
    assert [server.get(BILLS).status for _ in range(3)] == [503, 503, 429]
    assert server.get(BILLS, Prefer="code=429").status == 429
    assert server.get(BILLS, Prefer="code=NONSENSE").status == 400  # a problem, not a fault
    found = told(server)
    assert found["mockserver_warnings_total"] == {("acme",): 5, ("",): 0}  # of each fault that no document has, too
    assert found["mockserver_faults_total"] == {("acme",): 3, ("",): 0}
    assert found["mockserver_quota_refusals_total"] == {("acme",): 4, ("",): 0}


def test_durations_fall_into_the_buckets_that_they_fit(vendor: Vendor) -> None:
    metrics, bound = Metrics([vendor]), 1000 * BUCKETS_SECONDS[2]
    for ms in (0.0, bound, nextafter(bound, inf), 1000.0, 60_000.0):
        metrics.count(one(vendor, ms))
    found = parsed(metrics.render(sandboxes=1))
    buckets = found["mockserver_call_duration_seconds_bucket"]
    mine = {float(le): count for (name, le), count in buckets.items() if name == "acme"}
    assert list(mine) == [*BUCKETS_SECONDS, inf]
    assert list(mine.values()) == [1, 1, 2, 3, 3, 3, 3, 3, 3, 4, 5]
    assert found["mockserver_call_duration_seconds_count"][("acme",)] == 5
    assert found["mockserver_call_duration_seconds_sum"][("acme",)] == pytest.approx(61 + 2 * bound / 1000)


FORKING = """
import os, sys
from pathlib import Path
from mockserver.engine.metrics import REGIONS, Metrics
from tests.support.acme import acme
from tests.engine.test_metrics import one

vendor = acme(Path(sys.argv[1]))
metrics, call = Metrics([vendor]), one(vendor)

def work(region, calls):
    child = os.fork()
    if not child:
        metrics.enter(region)
        for _ in range(calls):
            metrics.count(call)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

metrics.count(call)
work(1, 20)
work(REGIONS - 1, 300)
assert metrics.workers == 3
metrics.leave(1)
assert metrics.workers == 2
work(1, 4000)
print(metrics.render(sandboxes=1))
"""


@pytest.mark.skipif(os.name == "nt", reason="nothing is forked there")
@pytest.mark.slow
def test_counts_are_those_of_all_workers_and_outlive_them(tmp_path: Path) -> None:
    """The processes are forked, as workers are. The last one reuses the region of one that ended."""
    command = [sys.executable, "-c", FORKING, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = parsed(done.stdout)
    assert found["mockserver_calls_total"] == {("acme", "listBills", "200"): 4321}
    assert found["mockserver_workers"] == {(): 3}
    assert found["mockserver_call_duration_seconds_sum"][("acme",)] == pytest.approx(4.321)


def test_threads_lose_no_count(vendor: Vendor) -> None:
    metrics, call = Metrics([vendor]), one(vendor)

    def work(calls: Iterable[int]) -> None:
        for _ in calls:
            metrics.count(call)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [range(2000)] * 8))
    assert parsed(metrics.render(sandboxes=1))["mockserver_calls_total"] == {("acme", "listBills", "200"): 16_000}


def test_the_server_itself(vendor: Vendor) -> None:
    metrics = Metrics([vendor])
    found = parsed(metrics.render(sandboxes=7))
    assert found["mockserver_sandboxes"] == {(): 7}
    assert found["mockserver_store_up"] == {(): 1}
    assert found["mockserver_workers"] == {(): 1}
    assert found["mockserver_info"] == {(__version__,): 1}
    away = parsed(metrics.render(sandboxes=None))
    assert "mockserver_sandboxes" not in away
    assert away["mockserver_store_up"] == {(): 0}


def test_nothing_is_counted_where_nobody_can_ask(vendor: Vendor) -> None:
    server = Sandboxed(vendor, control=False)
    server.get(BILLS)
    assert told(server).get("mockserver_calls_total", {}) == {}


def test_whatever_stands_in_a_label_is_read_as_it_was() -> None:
    odd = 'a "quoted"\nbackslash \\ and \\n, ü'
    family = Family("odd", "gauge", "Odd.", [("", {"one": odd, "two": ""}, 0.5)])
    assert parsed(str(family)) == {"mockserver_odd": {(odd, ""): 0.5}}
