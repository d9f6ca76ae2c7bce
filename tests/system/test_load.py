"""The tools of ``make load`` and ``make soak`` detect every kind of error."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import job, soak, table, underload
from bench.crowd import KINDS, Box, Struck, Wrong, compare
from bench.model import GOOD, NOWHERE, STRANGER, WISHED, Ask, Model, Setup, list_invoices, marker
from bench.table import Finding
from tests.support.servers import ROOT


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(1)


def run_tool(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


# The second opinion


def test_the_document_and_the_server_agree_on_every_page(model: Model) -> None:
    draw = random.Random("pages")
    for _ in range(150):
        query = job.anything(draw)
        asked = Ask(job.VENDOR, GOOD, job.PATH, query)
        assert list_invoices(model.invoices, query) == model.answer(Setup(), asked), query


def test_most_of_what_is_asked_shows_what_is_a_sandboxs_own(model: Model) -> None:
    for vendor, asks in model.asks.items():
        shows = [ask for ask in asks if b"@@" in model.answer(Setup(), ask)[1]]
        assert len(shows) > len(asks) / 2, vendor
        statuses = {model.answer(Setup(), ask)[0] for ask in asks}
        assert {200, 401, 404, 503} <= statuses, vendor


def test_the_sandboxs_own_texts_stand_in_place_of_the_marks(model: Model) -> None:
    box = Box("b", KINDS[-1], texts={name: [*texts] for name, texts in model.texts.items()})
    box.texts["netgroot"][0] = 'its "own"'
    body = f'[{{"description":"{marker("netgroot", 0)}","notes":"{marker("wisecp", 1)}"}}]'.encode()
    assert box.own(model, body) == b'[{"description":"its \\"own\\"","notes":null}]'


def test_where_two_answers_differ_is_told() -> None:
    with pytest.raises(Wrong, match=r"the call\n  found 200 …b'abXd'\n  wanted 200 …b'abcd'"):
        compare("the call", (200, b"abXd"), (200, b"abcd"))
    with pytest.raises(Wrong, match="found 404"):
        compare("the call", (404, b"abcd"), (200, b"abcd"))
    compare("the call", (200, b"abcd"), (200, b"abcd"))


def test_which_calls_a_fault_and_a_quota_count() -> None:
    fault, quota = Struck("wisecp", 3, True, Setup()), Struck("wisecp", 3, False, Setup())
    assert [fault.meets(Ask("wisecp", kind, "", "")) for kind in (GOOD, STRANGER, NOWHERE, WISHED)] == [True] * 3 + [
        False
    ]
    assert [quota.meets(Ask("wisecp", kind, "", "")) for kind in (GOOD, STRANGER, NOWHERE, WISHED)] == [True] + [
        False
    ] * 3
    assert not fault.meets(Ask("netgroot", GOOD, "", ""))


# The tools


def test_growth_is_what_comes_after_the_warm_part() -> None:
    first, last, grown = soak.measure_growth([50, *[100] * 30, *[104] * 29], 6, 60)
    assert (first, last, round(grown, 3)) == (100, 104, 0.04)
    assert soak.measure_growth([100, 100, 150, 150], 0, 4)[2] == 0.5


def test_what_is_asked_for_is_in_the_command_but_where_the_store_is() -> None:
    words = ["--only", "answers", "--workers", "2", "--store", "redis://:secret@here/0", "--write"]
    plan, parts, writes, name = underload.planned(words)
    assert (parts, writes, name) == (["answers"], True, "load-workers")
    assert plan.flags == ("--workers", "2", "--store", "redis://:secret@here/0")
    assert underload.command(words) == '`make load ARGS="--only answers --workers 2 --store redis://…"`'
    with pytest.raises(SystemExit):
        underload.planned(["--only", "answer"])


def test_what_does_not_hold_is_bold_and_the_page_has_a_place_for_each_table(tmp_path: Path) -> None:
    lines = table.findings([Finding("a", "1", "none", False), Finding("b", "2", "none", True), Finding("c", "3")])
    assert lines.splitlines()[2:] == ["| a | 1 | none | **no** |", "| b | 2 | none | yes |", "| c | 3 |  |  |"]
    page = tmp_path / "load.md"
    shutil.copy(table.LOADS, page)
    for name, command in (("load", "load"), ("load-workers", "load"), ("soak", "soak")):
        table.write(name, f"the table of {name}\n", page, command)
        assert f"the table of {name}\n" in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_under_load_no_answer_is_wrong() -> None:
    ended = run_tool("bench.underload", "--only", "answers", "--seconds", "4", "--sandboxes", "42", "--clients", "6")
    assert ended.returncode == 0, ended.stderr
    assert "| 42 sandboxes × 6 clients, 4 s: wrong answers | 0 of " in ended.stdout
    assert all(f"{kind} 0" not in ended.stdout for kind in KINDS)


@pytest.mark.slow
def test_a_planted_wrong_answer_is_found() -> None:
    plan = ("--seconds", "30", "--sandboxes", "7", "--clients", "4", "--plant")
    ended = run_tool("bench.underload", "--only", "answers", *plan)
    assert ended.returncode == 1
    assert "WRONG  seed 1, client " in ended.stderr
    assert "planted" in ended.stderr
    assert "**no**" in ended.stdout


@pytest.mark.slow
def test_delayed_calls_and_consoles_are_checked_too() -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed")
    plan = ("--calls", "200", "--consoles", "5", "--rounds", "1")
    ended = run_tool("bench.underload", "--only", "delayed,consoles", *plan)
    assert "| 200 calls in flight at once, each delayed by 2 s, 1 times: wrong answers | 0 of 200;" in ended.stdout
    assert ended.stdout.count("none of which missed a call") == 2, ended.stdout


@pytest.mark.slow
def test_a_server_is_soaked_in_everything() -> None:
    ended = run_tool("bench.soak", "--seconds", "8")
    assert "growth of memory after 3 s of 8 s of mixed use" in ended.stdout, ended.stderr
    for use in ("call", "make", "forget", "edit", "fault", "read", "misuse", "looks of consoles"):
        assert f"{use} " in ended.stdout
