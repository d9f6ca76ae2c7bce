"""The pytest plugin's server is immune to what tests do to time, threads, sockets and by forks in their own process.

Runs pytest, in a process, on tests as a user writes them; acme is the only vendor.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.servers import PYTEST, ROOT
from tests.testing.served import of_acme
from tests.testing.test_plugin import CALL

pytestmark = pytest.mark.slow  # each starts two processes at least

CONFTEST = """
from mockserver.testing import process
process.BOOT = {boot!r}
"""
MISSPELT = "/v3/bills?stat=paid"
FREEZING = """
from datetime import datetime, timedelta, timezone
from freezegun import freeze_time
import time_machine

def later(library):
    if library == "freezegun":
        return freeze_time("2041-02-03")
    if library == "freezegun, ticking":
        return freeze_time("2041-02-03", tick=True)
    if library == "freezegun, earlier":
        return freeze_time("1999-02-03")
    return time_machine.travel(datetime(2041, 2, 3, tzinfo=timezone.utc), tick="ticking" in library)

LIBRARIES = [
    "freezegun", "freezegun, ticking", "freezegun, earlier", "time-machine", "time-machine, ticking"
]
libraries = pytest.mark.parametrize("library", LIBRARIES)
"""
DISTRIBUTED = pytest.mark.parametrize("flags", [(), ("-n", "2")], ids=["alone", "xdist"])
POSIX = pytest.mark.skipif(os.name == "nt", reason="there are no forks and signals")


@pytest.fixture
def written(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(CONFTEST.format(boot=of_acme(pytester.path / "vendors")))
    return pytester


def run(written: pytest.Pytester, source: str, *flags: str) -> pytest.RunResult:
    written.makepyfile(CALL + source)
    return written.runpytest_subprocess(*PYTEST, *flags)


# Time -----------------------------------------------------------------------------------------------------------------


@DISTRIBUTED
def test_a_misspelt_filter_fails_whenever_time_is_frozen(written: pytest.Pytester, flags: tuple[str, ...]) -> None:
    found = run(
        written,
        f"""{FREEZING}
MISSPELT = {MISSPELT!r}

@libraries
def test_before(sandbox, library):
    with later(library):
        assert sandbox.settings()["strict"]
    assert call(sandbox, MISSPELT) == 200

@libraries
def test_during(sandbox, library):
    with later(library):
        assert call(sandbox, MISSPELT) == 200

@libraries
def test_after(sandbox, library):
    assert call(sandbox, MISSPELT) == 200
    with later(library):
        assert len(sandbox.requests) == 1

@pytest.fixture(params=LIBRARIES)
def frozen(request):
    with later(request.param):
        yield

def test_all_along(frozen, sandbox):
    assert call(sandbox, MISSPELT) == 200
""",
        *flags,
    )
    found.assert_outcomes(failed=20)
    found.stdout.fnmatch_lines(["*query.stat: *Did you mean state?"])


@DISTRIBUTED
def test_clock_idleness_quotas_and_verdict_are_the_same_where_time_is_frozen(
    written: pytest.Pytester, flags: tuple[str, ...]
) -> None:
    found = run(
        written,
        f"""{FREEZING}
@libraries
def test_clock(sandbox, library):
    before = sandbox.clock.now()
    with later(library):
        assert timedelta(0) <= sandbox.clock.now() - before < timedelta(minutes=5)
        sandbox.clock.advance("1h")
    assert timedelta(hours=1) <= sandbox.clock.now() - before < timedelta(hours=1, minutes=5)

@libraries
def test_idleness(sandbox, library):
    call(sandbox)
    with later(library):
        listed = {{row["name"]: row["idleSeconds"] for row in sandbox.client.sandboxes()}}
    assert 0 <= listed[sandbox.name] < 300
    assert len(sandbox.requests) == 1

@libraries
def test_quota_and_verdict(sandbox, library):
    sandbox.quota("acme", "1/day")
    assert call(sandbox) == 200
    with later(library):
        assert [call(sandbox), call(sandbox)] == [429, 429]
    assert call(sandbox) == 429
    assert sandbox.verdict()["verdict"] == "broken"
""",
        *flags,
    )
    found.assert_outcomes(passed=15)


# Sockets, threads, forks ----------------------------------------------------------------------------------------------


def test_all_is_patched_by_gevent(written: pytest.Pytester) -> None:
    """Without pytest-xdist, whose workers never end after this in a conftest."""
    if find_spec("gevent") is None:
        pytest.skip("THIS PROVES NOTHING: gevent is not installed")
    boot = CONFTEST.format(boot=of_acme(written.path / "vendors"))
    written.makeconftest(f"from gevent import monkey\nmonkey.patch_all()\n{boot}")
    found = run(
        written,
        f"""
import gevent

def test_many_at_once(sandbox):
    assert [job.get() for job in [gevent.spawn(call, sandbox) for _ in range(9)]] == [200] * 9
    assert len(sandbox.requests) == 9

def test_misspelt(sandbox):
    assert call(sandbox, {MISSPELT!r}) == 200
""",
    )
    found.assert_outcomes(passed=1, failed=1)


def test_sockets_are_for_loopback_alone(written: pytest.Pytester) -> None:
    found = run(
        written,
        f"""
import socket

@pytest.fixture(autouse=True, scope="session")
def guarded():
    class Guarded(socket.socket):
        def connect(self, address):
            assert address[0] in ("127.0.0.1", "::1"), address
            super().connect(address)
        def accept(self):
            raise RuntimeError("a socket may not accept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", Guarded)
        yield

def test_it(sandbox):
    assert call(sandbox, {MISSPELT!r}) == 200
""",
    )
    found.assert_outcomes(failed=1)


@POSIX
def test_a_fork_that_goes_on_to_the_end_of_the_run_takes_nothing_away(written: pytest.Pytester) -> None:
    found = run(
        written,
        f"""
import sys

def test_it(sandbox):
    pid = os.fork()
    if not pid:  # what it says is for nobody
        for number in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        sys.exit("in the fork alone")
    os.waitpid(pid, 0)
    assert sandbox.settings()["strict"]
    assert call(sandbox, {MISSPELT!r}) == 200
""",
    )
    found.assert_outcomes(failed=1)


# Its end --------------------------------------------------------------------------------------------------------------

WAITING = """
def test_it(sandbox):
    with open("url", "w") as file:
        print(sandbox.client.url, file=file)
    os.replace("url", "told")
    {then}
    while True:
        call(sandbox)
"""


def is_gone(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def wait_for(look: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not look():
        assert time.monotonic() < until
        time.sleep(0.01)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("forks", [False, True])
def test_it_ends_with_the_tests_however_they_end(written: pytest.Pytester, number: signal.Signals, forks: bool) -> None:
    """Even when a fork of the tests outlives them and keeps their open files."""
    then = "os.fork() or __import__('signal').pause()" if forks else ""
    written.makepyfile(CALL + WAITING.format(then=then))
    command = [sys.executable, "-m", "pytest", *PYTEST, "-q", "-s"]
    told = written.path / "told"
    tests = subprocess.Popen(command, cwd=written.path, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(lambda: told.exists())
        url = told.read_text().strip()
        assert not is_gone(url)
        tests.send_signal(number)
        tests.wait(60)
        wait_for(lambda: is_gone(url))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(tests.pid, signal.SIGKILL)
        tests.wait(60)


@POSIX
def test_ctrl_c_ends_the_tests_before_their_server(written: pytest.Pytester) -> None:
    """A terminal sends it to both."""
    written.makepyfile(CALL + WAITING.format(then=""))
    output = written.path / "output"
    with output.open("w") as file:
        command = [sys.executable, "-m", "pytest", *PYTEST]
        tests = subprocess.Popen(command, cwd=written.path, stdout=file, stderr=file, start_new_session=True)
    try:
        wait_for(lambda: (written.path / "told").exists())
        os.killpg(tests.pid, signal.SIGINT)
        assert tests.wait(60) == pytest.ExitCode.INTERRUPTED
    finally:
        tests.kill()
        tests.wait(60)
    assert "KeyboardInterrupt" in output.read_text()
    assert "refused" not in output.read_text()


# Its log, and why it did not start ------------------------------------------------------------------------------------


@DISTRIBUTED
def test_a_fixture_that_is_broken_is_told(
    written: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    broken = written.path / "data" / "acme" / "default.yaml"
    broken.parent.mkdir(parents=True)
    broken.write_text("vendor: acme\nrecords: {}\n")
    monkeypatch.setenv("MOCKSERVER_FIXTURES", str(broken.parent.parent))
    found = run(written, "def test_it(sandbox): ...\n", *flags)
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines([f"mockserver could not start: {broken}*"])
    found.stdout.no_fnmatch_line("*During handling of the above exception*")


def test_a_crash_in_a_call_is_in_the_output_of_the_test_that_called(written: pytest.Pytester) -> None:
    found = run(
        written,
        """
def test_one(sandbox):
    assert call(sandbox) == 200

def test_other(sandbox):
    assert call(sandbox, "/v3/bills/1?trouble=crash") == 200
""",
    )
    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines(
        ["*_ test_other _*", "*Captured stderr call*", "*GET /*/bills/1* broke", "*a bug of acme"]
    )


def test_a_process_that_ends_by_itself_is_told(written: pytest.Pytester) -> None:
    written.makeconftest(CONFTEST.format(boot="raise SystemExit('no room')"))
    found = run(written, "def test_it(sandbox): ...\n")
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["mockserver could not start: its process ended with 1, and has said why.", "no room"])


def test_a_program_that_cannot_be_run_is_told(written: pytest.Pytester) -> None:
    found = run(
        written,
        """
import sys

@pytest.fixture(scope="session", autouse=True)
def nowhere():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        yield

def test_it(sandbox): ...
""",
    )
    found.stdout.fnmatch_lines(
        ["mockserver could not start: /nowhere/python cannot be run: No such file or directory."]
    )


def test_modules_of_the_tests_do_not_stand_in_for_those_of_python(written: pytest.Pytester, tmp_path: Path) -> None:
    for name in ("http", "logging", "socketserver", "flask"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not this one')\n")
    found = run(
        written,
        f"""
import sys

@pytest.fixture(scope="session", autouse=True)
def first():
    sys.path.insert(0, {str(tmp_path)!r})
    yield
    del sys.path[0]

def test_it(sandbox):
    assert call(sandbox) == 200
""",
    )
    found.assert_outcomes(passed=1)


@DISTRIBUTED
def test_where_no_test_uses_it_no_server_is_started(written: pytest.Pytester, flags: tuple[str, ...]) -> None:
    written.makeconftest(CONFTEST.format(boot="open('started', 'w')"))
    run(written, "def test_it(): ...\n", *flags).assert_outcomes(passed=1)
    assert not (written.path / "started").exists()
