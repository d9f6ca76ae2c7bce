"""The measuring tools: their requests, their counts, and how they report a missed target."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from bench import (
    beside,
    inprocess,
    install,
    instructions,
    job,
    load,
    ours,
    plan,
    reporting,
    sandboxes,
    servers,
    table,
    workers,
)
from bench.load import Failed, Spread, Target
from bench.table import Row
from tests.support.servers import ROOT

QUICK = plan.plan({"QUICK": "1"})
needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


# What is asked


def test_no_query_is_asked_twice_and_all_that_the_document_offers_is_asked() -> None:
    queries = job.different(5000, "test")
    asked = {name for query in queries for name in parse_qs(query)}
    filters = {f"filter[{name}]" for name in ("status", "local", "taxfree", "formalized", "id")}
    assert len(set(queries)) == 5000
    assert asked == {"page", "limit", "sort", "sort_type"} | filters
    assert job.different(50, "test") == queries[:50]
    assert job.different(50, "another") != queries[:50]


def test_every_query_is_answered_as_it_was_asked() -> None:
    for query in (job.SAME, *job.different(200, "test")):
        found = json.loads(inprocess.answer(inprocess.sandbox(), inprocess.environ(query)))
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        assert (found["page"], found["limit"]) == (int(asked["page"]), int(asked["limit"]))
        wanted = asked.get("filter[status]", "all")
        assert wanted == "all" or {invoice["status"] for invoice in found["data"]} <= {wanted}


def test_only_full_pages_are_asked_of_a_view() -> None:
    view, empty = job.VIEWS[:2]
    queries = [parse_qs(query) for query in job.pages(300, "test", {view: 3, empty: 0})]
    assert {query["page"][0] for query in queries} == {"1", "2", "3"}
    assert {query["filter[status]"][0] for query in queries} == {view.status}
    assert len(set(job.pages(180, "test", {view: 3}))) == 180  # three pages, each asked in other words every time


def test_larger_sets_repeat_what_the_recipe_makes_with_ids_of_their_own() -> None:
    rows = [*job.invoices(300)]
    assert len({row["id"] for row in rows}) == len({row["number"] for row in rows}) == 300
    assert len({row["total"] for row in rows}) > 250


# How it is counted


def test_a_target_is_held_against_the_median() -> None:
    found = Spread((0.8, 0.95, 1.2))
    assert (found.median, found.low, found.high) == (0.95, 0.8, 1.2)
    assert Row(3, "", "", "", found, ("≥", 0.9)).met is True
    assert Row(3, "", "", "", found, ("≤", 0.9)).met is False
    assert Row(3, "", "", "", found).met is None


def test_each_round_has_its_ratio_and_the_tasks_take_turns() -> None:
    order: list[str] = []

    def task(name: str) -> Callable[[int], int]:
        def run(number: int) -> int:
            order.append(name)
            return number

        return run

    found = load.in_turns(2, {name: task(name) for name in "abc"})
    assert order == [*"abcabc"]
    assert found == {name: [0, 1] for name in "abc"}
    assert load.ratio([2, 9], [1, 3]).values == (2, 3)


def test_what_is_not_met_or_not_measured_is_told() -> None:
    rows = [
        Row(8, "late", "700/s", "1,000/s", Spread((0.7,)), ("≥", 0.9)),
        Row(3, "good", "990/s", "1,000/s", Spread((0.98, 0.99, 1234.5)), ("≥", 0.9)),
        Row(5, "none", "not measured: why", "", None, ("≥", 1)),
    ]
    assert table.table(rows).splitlines()[2:] == [
        "| 3 | good | 990/s | 1,000/s | **0.99 ×** (0.98 – 1,234) | ≥ 0.9 × | yes |",
        "| 5 | none | not measured: why |  | – | ≥ 1 × | not measured |",
        "| 8 | late | 700/s | 1,000/s | **0.70 ×** (0.70 – 0.70) | ≥ 0.9 × | **no** |",
    ]


def test_a_part_that_fails_is_a_row_and_not_the_end() -> None:
    def measure(asked: plan.Plan) -> list[Row]:
        raise Failed("no answer | at all\nnone")

    (row,) = reporting.measure(reporting.Section({4, 6}, "many", measure), QUICK)
    assert (row.number, row.ours, row.measured) == (4, "not measured: no answer / at all none", None)


def test_that_nobody_is_answered_is_a_target_missed_and_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    said = '{"requests": 0, "seconds": 2.01, "p50": 0, "p99": 0, "refused": 0, "broken": 0, "late": 0}\n'
    ended = subprocess.CompletedProcess([], 0, said, "")
    monkeypatch.setattr(subprocess, "run", lambda *words, **how: ended)

    def starving(*what: object) -> Row:
        Target("http://127.0.0.1:1/").load(2)
        raise AssertionError

    monkeypatch.setattr(workers, "measure_delayed", starving)
    (row,) = workers.delay("sync")(QUICK)
    assert row.what == "p50 of others while 1,000 calls are delayed by 2 s, sync"
    assert row.line().endswith(
        "| no reply to any of 16 connections in 2 s |  | **∞ ×** (∞ – ∞) | ≤ 1.5 × | **no** |",
    )


def test_a_worker_that_is_not_installed_is_a_row_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "find_spec", lambda name: None)
    *_, last = workers.sections(QUICK)
    (row,) = reporting.measure(last, QUICK)
    told = "not measured: gevent is not installed (pip install 'gunicorn[gevent]')"
    assert (row.what, row.ours, row.measured) == ("gevent", told, None)
    assert workers.about() == {}
    monkeypatch.setattr(workers, "find_spec", lambda name: name)
    assert "gevent" not in [section.name for section in workers.sections(QUICK)]


def test_the_page_has_a_place_for_each_table(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    shutil.copy(table.PAGE, page)
    for name in ("bench", "bench-peers", "bench-workers"):
        table.write(name, f"the table of {name}\n", page)
        table.write(name, f"the newer table of {name}\n", page)
    written = page.read_text(encoding="utf-8")
    newer = [f"the newer table of {name}" for name in ("bench", "bench-peers", "bench-workers")]
    assert re.findall(r"the .*table of bench.*", written) == newer
    with pytest.raises(ValueError, match="has no"):
        table.write("another", "", page)


def test_instructions_are_those_that_a_longer_run_takes_more() -> None:
    start, call = 9_000_000, {"same": 1500, "different": 4500, "bare": 3000}

    def counted(case: str, calls: int) -> int:
        said = f"==7== Events    : Ir\n==7== Collected : {start + calls * call[case]}\n==7==\n"
        return instructions.parse_count(said)

    found = {case: instructions.per_call(case, counted) for case in instructions.CASES}
    assert found == call
    assert instructions.table(found).splitlines()[2:4] == [
        "| the same URL | 1,500 | 0.50 × |",
        "| every request different | 4,500 | 1.50 × |",
    ]
    with pytest.raises(ValueError, match="callgrind printed no count: Killed"):
        instructions.parse_count("Killed")


def test_every_case_of_the_instructions_is_answered() -> None:
    for case in instructions.CASES:
        instructions.run(case, 3)


def test_the_environment_says_how_much() -> None:
    assert QUICK.quick
    assert "nothing to rely on" in QUICK.description
    assert plan.plan({}).sizes == (100_000,)
    assert plan.plan({"MILLION": "1"}).sizes == (100_000, 1_000_000)
    assert plan.plan({"QUICK": "0"}) == plan.plan({})


def test_every_target_has_a_part_that_measures_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "install", lambda: None)
    parts = [*ours.sections(QUICK), *beside.sections(QUICK)]
    assert set().union(*(part.numbers for part in parts)) == set(range(1, 9))


LOAD_GENERATOR = "The benchmarks need the load generator wrk: apt-get install wrk (or brew install wrk).\n"


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        *((module, LOAD_GENERATOR) for module in ("bench.ours", "bench.beside", "bench.workers")),
        ("bench.instructions", "Counting instructions needs valgrind: apt-get install valgrind.\n"),
    ],
)
def test_a_missing_tool_is_told_in_a_sentence(module: str, sentence: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == sentence


def test_what_peers_need_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failed, match="needs node and npm and java; on Debian: apt-get install nodejs, npm"):
        install.install()


def test_the_peers_are_those_that_npm_is_told_to_install() -> None:
    listed = json.loads((install.CONFIGURATIONS / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {peer.package for peer in install.PEERS} == set(listed)
    made = ("reply", "records", "database")
    sources = {source for peer in install.PEERS for source in peer.files.values() if source not in made}
    assert sources | {"package.json", "mountebank.js"} == {path.name for path in install.CONFIGURATIONS.iterdir()}


# Servers and load, for real


def test_a_server_that_does_not_come_up_is_told_and_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(servers, "WORK", tmp_path)
    with (
        pytest.raises(Failed, match=r"broken does not answer /x; .*broken\.log says why"),
        servers.running(servers.Command("broken", (sys.executable, "-c", "raise SystemExit('no')"), "/x", {})),
    ):
        pass
    assert (tmp_path / "broken.log").read_text() == "no\n"


@pytest.mark.slow
@pytest.mark.parametrize(("worker", "closes"), [("sync", True), ("gthread with 8 threads", False)])
@pytest.mark.parametrize("server", ["sandbox", "bare route"])
def test_our_servers_are_carried_by_another_worker(
    server: str, worker: str, closes: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(servers, "WORK", tmp_path)
    ready = servers.bare({"/a": b"one"}) if server == "bare route" else servers.ours("sandbox", "/__admin/health", {})
    with servers.running(workers.carry(ready, worker)) as running:
        connection = HTTPConnection("127.0.0.1", running.port, timeout=30)
        connection.request("GET", ready.path)
        response = connection.getresponse()
        response.read()
        connection.close()
    assert response.status == 200
    assert response.will_close is closes  # only gunicorn's sync worker keeps no connection
    assert workers.carry(ready, workers.OURS) is ready


@pytest.mark.slow
@needs_wrk
@pytest.mark.parametrize("plain", [False, True])
def test_a_bare_server_is_started_loaded_weighed_and_stopped(
    plain: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(servers, "WORK", tmp_path)
    queries = tmp_path / "queries.txt"
    queries.write_text("page=1\npage=2\n")
    with servers.running(servers.bare({"/a": b"one", "/b": b"two"}, plain=plain)) as server:
        assert [server.get(path, {}) for path in ("/a", "/b")] == [(200, b"one"), (200, b"two")]
        for target in (Target(f"{server.url}/a"), Target(f"{server.url}/b", {"Key": "x"}, queries)):
            found = target.load(1, 2)
            assert found.rate > 1
            assert 0 < found.p50 <= found.p99
        with pytest.raises(Failed, match=r"some were wrong: .'refused': "):
            Target(f"{server.url}/none").load(1, 1)
        assert server.pss > 5
        pids = servers.tree(server.pid)
        assert len(pids) >= 2
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_the_tools_are_commands() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "-m bench.ours" in makefile
    assert "-m bench.beside" in makefile
    assert "-m bench.workers" in makefile


@pytest.mark.slow
@pytest.mark.parametrize("use", sandboxes.USES)
def test_a_thousand_sandboxes_weigh_less_than_50_mb(use: str) -> None:
    assert 0 < sandboxes.weight(1000, sandboxes.USES[use]) < 50_000_000
