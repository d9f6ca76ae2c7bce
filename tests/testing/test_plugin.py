"""The pytest plugin, by running pytest on tests as a user writes them; acme is the only vendor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from mockserver.sdk.contract import Vendor
from mockserver.testing import Server, client, plugin, process, report  # noqa: F401  # not by a run that is undone
from tests.support.acme import only
from tests.support.servers import PYTEST, ROOT
from tests.testing.served import of_acme

CALL = """\
import http.client, os, pytest
from urllib.parse import urlsplit

def call(sandbox, target="/v3/bills", vendor="acme"):
    parts = urlsplit(sandbox.url(vendor))
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", parts.path + target, headers=sandbox.credentials(vendor))
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def only_acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started servers have acme alone."""
    monkeypatch.setattr(process, "BOOT", of_acme(tmp_path))


@pytest.fixture
def run(pytester: pytest.Pytester, vendor: Vendor, only_acme: None, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest in this process on one file of tests, as a person does: where CI is set, pytest says a failure whole
    once more in its summary.
    """
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)

    def running(source: str, *flags: str) -> pytest.RunResult:
        pytester.makepyfile(CALL + source)
        with only(vendor):
            return pytester.runpytest_inprocess(*PYTEST, *flags)

    return running


def test_each_test_has_a_sandbox_of_its_own(run: Run) -> None:
    found = run(
        """
@pytest.mark.parametrize("turn", range(3))
def test_alone(sandbox, turn):
    assert sandbox.requests == []
    assert sandbox.settings()["strict"]
    sandbox.quota("acme", "1/minute")
    assert [call(sandbox), call(sandbox)] == [200, 429]
    assert sandbox.name.startswith("main.test-alone")

def test_no_sandbox_is_left(mockserver):
    assert mockserver.sandboxes() == []
"""
    )
    found.assert_outcomes(passed=4)


def test_a_name_is_legal_whatever_the_test_is_called(run: Run) -> None:
    found = run(
        """
@pytest.mark.parametrize("text", ["ä/b c~d", "x" * 500, ""])
def test_ünlike(sandbox, text):
    assert call(sandbox) == 200
    assert len(sandbox.name) <= 64
"""
    )
    found.assert_outcomes(passed=3)


def test_a_warned_call_fails_a_test_that_would_have_passed(run: Run) -> None:
    found = run("def test_it(sandbox):\n    assert call(sandbox, '/v3/bills?stat=paid') == 200\n")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        [
            "1 of 1 calls in sandbox main.test-it.* were not as the vendor documents:",
            "  #* GET /acme/v3/bills?stat=paid -> 200",
            "*query.stat: *Did you mean state?",
        ]
    )
    found.stdout.no_fnmatch_line("During handling of the above exception*")
    assert found.stdout.str().count("Did you mean state?") == 1


def test_a_warned_call_fails_the_test_of_a_test_case(run: Run) -> None:
    found = run(
        """
import unittest

class Case(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def given(self, sandbox):
        self.sandbox = sandbox

    def test_good(self):
        call(self.sandbox)

    def test_warned(self):
        call(self.sandbox, "/v3/bills?stat=paid")

    def test_warned_and_failed(self):
        call(self.sandbox, "/v3/bills?page=1&colour=red")
        self.fail("of its own")

    def test_warned_and_skipped(self):
        call(self.sandbox, "/v3/bills?size=1&weight=7")
        self.skipTest("enough")
"""
    )
    found.assert_outcomes(passed=1, failed=2, skipped=1, errors=1)
    text = found.stdout.str()
    assert [text.count(f" query.{name}: ") for name in ("stat", "colour", "weight")] == [
        1,
        1,
        1,
    ]
    assert "AssertionError: of its own" in text


def test_what_is_wrong_after_the_test_is_told_beside_it_and_once(run: Run) -> None:
    found = run(
        """
@pytest.fixture
def tidied(sandbox):
    yield sandbox
    call(sandbox, "/v3/bills?late=1")

def test_good(tidied):
    call(tidied)

def test_wrong(tidied):
    call(tidied, "/v3/bills?stat=paid")

def test_failed(tidied):
    call(tidied, "/v3/bills?stat=paid")
    assert False
"""
    )
    found.assert_outcomes(passed=1, failed=2, errors=3)
    text = found.stdout.str()
    assert [text.count(f" query.{name}: ") for name in ("stat", "late")] == [2, 3]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["flag", "ini"])
def test_checks_of_the_verdict_fail_the_tests_that_break_them(run: Run, pytester: pytest.Pytester, how: str) -> None:
    flags = ["--mockserver-fail-on", "pages,retry-after"] if how == "flag" else []
    if how == "ini":
        pytester.makeini("[pytest]\nmockserver_fail_on = pages, retry-after\n")
    source = """
def test_pages(sandbox):
    assert call(sandbox, "/v3/bills?size=2") == 200

def test_back_off(sandbox):
    sandbox.fail_next("acme", 503)
    assert [call(sandbox, "/v3/bills?size=50") for _ in range(2)] == [503, 200]

def test_quota(sandbox):
    sandbox.quota("acme", "1/minute")
    assert [call(sandbox, "/v3/bills?size=50") for _ in range(3)] == [200, 429, 429]
"""
    found = run(source, *flags)
    found.assert_outcomes(passed=1, failed=2)
    found.stdout.fnmatch_lines(
        [
            "The verdict on sandbox main.test-pages.* (--mockserver-fail-on):",
            "  broken: Followed every page to the end",
            "*page=2 was never asked for.",
            "  broken: Honoured Retry-After",
        ]
    )
    run(source, *flags, "--mockserver-fail-on=").assert_outcomes(passed=3)


def test_a_check_that_there_is_not_is_refused_at_the_start(run: Run) -> None:
    found = run("def test_it(sandbox): ...\n", "--mockserver-fail-on", "paging")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["*--mockserver-fail-on is 'paging', wanted some of pages, retry-after, *"])


def test_it_is_told_once_and_removed_even_when_the_test_failed(run: Run) -> None:
    found = run(
        """
def test_it(sandbox):
    call(sandbox, '/v3/nowhere')
    assert False

def test_no_sandbox_is_left(mockserver):
    assert mockserver.sandboxes() == []
"""
    )
    found.assert_outcomes(passed=1, failed=1)
    assert found.stdout.str().count("acme has no endpoint there.") == 1


def test_a_failure_shows_what_was_called_and_what_came_near(run: Run) -> None:
    found = run(
        """
def test_it(sandbox):
    sandbox.fail_next("acme", 503)
    call(sandbox, "/v3/bills?page=2")
    call(sandbox, "/v3/bills?state=open")
    sandbox.assert_requested("acme", query={"page": 3})
"""
    )
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        [
            '*{"vendor":"acme","query":{"page":"3"}} was requested 0 times *, wanted at least once.',
            "*near: #*",
            "*query.page: wanted '3', found *",
            "*- mockserver sandbox main.test-it.* -*",
            "2 calls",
            "  #* GET /acme/v3/bills?page=2 -> 503 (fault fault-1)",
            '      {"*',
            "  #* GET /acme/v3/bills?state=open -> 200",
        ]
    )
    found.stdout.no_fnmatch_line("*def assert_requested*")


def test_a_failure_shows_what_the_client_received(run: Run) -> None:
    found = run(
        """
def test_it(sandbox):
    sandbox.fail_next("acme", "empty")
    with pytest.raises(http.client.RemoteDisconnected):
        call(sandbox)
    assert (sandbox.count("acme", status=200), sandbox.count("acme", status=None)) == (0, 1)
    call(sandbox)
    sandbox.assert_requested("acme", status=503)
"""
    )
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        [
            "  #* GET /acme/v3/bills -> empty (200 intended) (fault fault-1)",
            "  #* GET /acme/v3/bills -> 200",
        ]
    )
    found.stdout.no_fnmatch_line('*"bills":*')


def test_a_failure_shows_which_part_of_the_verdict_is_broken(run: Run) -> None:
    found = run(
        """
def test_it(sandbox):
    sandbox.quota("acme", "1/minute")
    assert [call(sandbox), call(sandbox), call(sandbox)] == [200, 429, 429]
    assert sandbox.verdict()["verdict"] == "kept"
"""
    )
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["  broken: Honoured Retry-After", "      GET /acme/v3/bills came again after *"])
    found.stdout.no_fnmatch_line("*Sent no credential*")


def test_what_the_server_refuses_is_shown_at_the_line_of_the_test(run: Run) -> None:
    found = run("def test_it(sandbox):\n    sandbox.scenario('flakey')\n")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        [">*sandbox.scenario('flakey')", "E *Refused: *There is no scenario 'flakey'; there are *"]
    )
    found.stdout.no_fnmatch_line("*connection.request*")


def test_a_sandbox_stays_strict_and_keeps_its_reading(run: Run) -> None:
    found = run(
        """
@pytest.mark.readings("acme")
@pytest.mark.parametrize("turn", ["reset", "scenario"])
def test_it(sandbox, turn, mockserver_readings):
    sandbox.reset() if turn == "reset" else sandbox.scenario("past-due")
    assert sandbox.settings()["strict"]
    assert sandbox.readings() == mockserver_readings
"""
    )
    found.assert_outcomes(passed=6)


def test_a_sandbox_that_cannot_be_checked_says_so(run: Run) -> None:
    found = run(
        """
def test_it(sandbox, request):
    def unplugged():
        raise OSError("unplugged")
    sandbox.check = unplugged

def test_no_sandbox_is_left(mockserver):
    assert mockserver.sandboxes() == []
"""
    )
    found.assert_outcomes(passed=2, errors=1)
    found.stdout.fnmatch_lines(["sandbox main.test-it.* cannot be checked: unplugged"])


def test_a_sandbox_that_cannot_be_asked_any_more_says_so(run: Run) -> None:
    found = run(
        """
def test_it(sandbox, monkeypatch):
    monkeypatch.setattr(type(sandbox), "calls", lambda self: (_ for _ in ()).throw(OSError("unplugged")))
    assert False
"""
    )
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["its calls cannot be told: unplugged"])


def test_readings_deviate_one_at_a_time(run: Run) -> None:
    found = run(
        """
seen = []

@pytest.mark.readings("acme")
def test_it(sandbox):
    seen.append(sandbox.readings())

def test_seen():
    assert seen == [{}, {"acme.amounts": "cents"}, {"acme.bad-input": "ignore"}]
""",
        "-v",
    )
    found.assert_outcomes(passed=4)
    found.stdout.fnmatch_lines(["*test_it[[]defaults] *", "*test_it[[]acme.amounts=cents] *"])


def test_readings_of_nobody_and_readings_without_a_sandbox_are_refused(run: Run) -> None:
    found = run("@pytest.mark.readings('bolt')\ndef test_it(sandbox): ...\n")
    found.stdout.fnmatch_lines(["*there is no vendor 'bolt' to be read; there are acme."])
    found.stdout.no_fnmatch_line("*plugin.py*")
    found = run("@pytest.mark.readings('acme')\ndef test_it(): ...\n")
    found.stdout.fnmatch_lines(["*test_it is marked with readings, but uses no sandbox."])
    found = run("@pytest.mark.readings\ndef test_it(sandbox): ...\n")
    found.stdout.fnmatch_lines(["*names no vendor; there are acme."])


def test_a_class_is_marked_with_readings_for_those_that_use_a_sandbox(run: Run) -> None:
    found = run(
        """
@pytest.mark.readings("acme")
class TestIt:
    def test_one(self, sandbox): ...
    def test_other(self): ...
"""
    )
    found.assert_outcomes(passed=4)


def test_readings_of_a_test_case_are_refused_not_forgotten(run: Run) -> None:
    found = run(
        """
import unittest

class Case(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def given(self, sandbox):
        self.sandbox = sandbox

    def test_plain(self):
        assert call(self.sandbox) == 200

    @pytest.mark.readings("acme")
    def test_marked(self): ...
"""
    )
    found.assert_outcomes(passed=1, errors=1)
    found.stdout.fnmatch_lines(["@pytest.mark.readings runs functions, not methods of a unittest.TestCase."])


@pytest.mark.parametrize("told", ["flag", "variable"])
def test_an_existing_server(run: Run, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    with only(vendor), Server(control_token="open-sesame") as server:
        monkeypatch.setenv("MOCKSERVER_CONTROL_TOKEN", "open-sesame")
        if told == "variable":
            monkeypatch.setenv("MOCKSERVER_URL", server.url)
        source = f"""
def test_it(mockserver, sandbox):
    assert mockserver.url == {server.url!r}
    assert call(sandbox) == 200
    assert sandbox.name.split(".")[1] == "main"
"""
        run(source, *(("--mockserver-url", server.url) if told == "flag" else ())).assert_outcomes(passed=1)
        assert server.client.sandboxes() == []


def test_a_server_that_is_not_there(run: Run) -> None:
    found = run("def test_it(sandbox): ...\n", "--mockserver-url", "http://127.0.0.1:9")
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["the mockserver at http://127.0.0.1:9 does not answer: *"])


@pytest.mark.parametrize(("token", "hint"), [(None, "not set"), ("guess", "another")])
def test_an_existing_server_wants_its_token(
    run: Run, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, token: str | None, hint: str
) -> None:
    if token:
        monkeypatch.setenv("MOCKSERVER_CONTROL_TOKEN", token)
    with only(vendor), Server(control_token="open-sesame") as server:
        found = run("def test_it(sandbox): ...\n", "--mockserver-url", server.url)
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines([f"the mockserver at {server.url} refuses: * MOCKSERVER_CONTROL_TOKEN is {hint}."])
    found.stdout.no_fnmatch_line("*client.py*")


def test_an_existing_server_is_a_url(run: Run) -> None:
    found = run("def test_it(sandbox): ...\n", "--mockserver-url", "127.0.0.1:9")
    found.stdout.fnmatch_lines(["the mockserver at 127.0.0.1:9 does not answer: '127.0.0.1:9' is no URL like *"])
    found.stdout.no_fnmatch_line("*plugin.py*")


def test_a_setting_that_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_DATASET", "nowhere")
    found = run("def test_it(sandbox): ...\n")
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["mockserver could not start: acme has no dataset 'nowhere'*"])
    found.stdout.no_fnmatch_line("*plugin.py*")


XDIST = """
@pytest.mark.parametrize("turn", range(16))
def test_shared(sandbox, turn):
    worker, vendor = os.environ["PYTEST_XDIST_WORKER"], sandbox.client.names[0]
    sandbox.fail_next(vendor, 503)
    path = sandbox.example(vendor)["path"].removeprefix(f"/__sandbox/{sandbox.name}")
    assert [call(sandbox, path, vendor), len(sandbox.requests)] == [503, 1]
    assert sandbox.name.startswith(worker + ".")
    with open("urls", "a") as urls:
        print(sandbox.client.url, file=urls)
"""


def run_distributed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *flags: str) -> pytest.RunResult:
    """Run pytest in processes, with all installed vendors."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(CALL + XDIST)
    return pytester.runpytest_subprocess(*PYTEST, *flags)


class Node:
    """A worker as pytest-xdist shows it to its controller."""

    def __init__(self, config: pytest.Config) -> None:
        self.config, self.workerinput = config, dict[str, str]()


def test_a_controller_gives_all_workers_one_server(pytester: pytest.Pytester, only_acme: None) -> None:
    config = pytester.parseconfig(*PYTEST)
    nodes = [Node(config), Node(config)]
    for node in nodes:
        plugin.pytest_configure_node(node)
    (url,) = {node.workerinput["mockserver_url"] for node in nodes}
    assert client.Client(url).names == ["acme"]
    plugin.pytest_unconfigure(config)
    with pytest.raises(ConnectionError):
        client.Client(url).ready()


def test_a_controller_tells_why_its_server_could_not_start(
    pytester: pytest.Pytester, only_acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_DATASET", "nowhere")
    node, told = Node(pytester.parseconfig(*PYTEST)), list[str]()
    reporter = SimpleNamespace(write_line=lambda line, red: told.append(line))
    plugin.pytest_configure_node(node)
    plugin.pytest_terminal_summary(cast(pytest.TerminalReporter, reporter), node.config)
    assert told == []
    with pytest.raises(ConnectionError):
        client.Client(node.workerinput["mockserver_url"]).ready()
    plugin.pytest_unconfigure(node.config)
    plugin.pytest_terminal_summary(cast(pytest.TerminalReporter, reporter), node.config)
    assert told == ["mockserver could not start: acme has no dataset 'nowhere'; there are default, empty, hand."]


def test_a_server_of_the_users_is_no_business_of_the_controller(pytester: pytest.Pytester) -> None:
    node = Node(pytester.parseconfig(*PYTEST, "--mockserver-url", "http://127.0.0.1:9"))
    plugin.pytest_configure_node(node)
    assert node.workerinput == {}
    plugin.pytest_unconfigure(node.config)


@pytest.mark.slow
def test_eight_workers_share_one_server(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    run_distributed(pytester, monkeypatch, "-n", "8").assert_outcomes(passed=16)
    urls = (pytester.path / "urls").read_text().split()
    assert (len(urls), len(set(urls))) == (16, 1)


@pytest.mark.slow
def test_a_server_that_cannot_start_is_told_by_the_controller(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_DATASET", "nowhere")
    found = run_distributed(pytester, monkeypatch, "-n", "1", "-k", "shared[0]")
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["mockserver could not start: * has no dataset 'nowhere'*"])


def test_the_entry_point() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config["options.entry_points"]["pytest11"].split() == ["mockserver", "=", plugin.__name__]


def test_pytest_loads_nothing_heavy_for_it() -> None:
    program = "import sys, pytest; before = set(sys.modules); import mockserver.testing.plugin; "
    command = [sys.executable, "-c", program + "print(*set(sys.modules) - before)"]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in loaded if name.startswith("mockserver")}
    assert ours == {
        "mockserver",
        "mockserver.sdk",
        "mockserver.sdk.version",
        "mockserver.testing",
        "mockserver.testing.plugin",
    }
    assert not {"flask", "werkzeug", "marshmallow", "yaml", "ssl", "http.client"} & set(loaded)
    assert os.environ.get("MOCKSERVER_URL") is None
