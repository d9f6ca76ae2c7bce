"""The pytest plugin: a server for the run, a sandbox for each test, one run of a test per reading of a document.

pytest imports this module at every start, before coverage begins to measure: what it needs is imported where it is
used.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .client import Client
    from .process import StartedWhenCalled
    from .sandbox_client import Sandbox

SERVER: pytest.StashKey[StartedWhenCalled] = pytest.StashKey()
HELD: pytest.StashKey[Held] = pytest.StashKey()
READINGS = "mockserver_readings"


@dataclass
class Held:
    """The sandbox of a test, and the process that it belongs to.

    ``wrong`` is what was raised for calls that were wrong when the test had made its own, up to ``checked``; reports
    tell all calls up to ``told``.
    """

    sandbox: Sandbox
    process: int
    checked: int = 0
    wrong: BaseException | None = None
    told: int | None = None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("mockserver").addoption(
        "--mockserver-url",
        metavar="URL",
        help="test against the mockserver at this URL, not one that is started for the run "
        "(MOCKSERVER_URL; its token is MOCKSERVER_CONTROL_TOKEN)",
    )
    about = "checks of the verdict that fail a test, with commas between them: pages,retry-after,..."
    parser.getgroup("mockserver").addoption(
        "--mockserver-fail-on", metavar="LIST", help=f"{about} (mockserver_fail_on)"
    )
    parser.addini("mockserver_fail_on", about, default="")


def pytest_configure(config: pytest.Config) -> None:
    _decisive(config)  # a slip is told at the start
    config.addinivalue_line(
        "markers",
        "readings(*vendors): run the test with the defaults, and once per other reading of these vendors' documents",
    )


def _decisive(config: pytest.Config) -> frozenset[str]:
    """The checks that fail a test. Raises UsageError for what is no check."""
    option = config.getoption("mockserver_fail_on")
    text = config.getini("mockserver_fail_on") if option is None else option
    if not text:
        return frozenset()
    from ..engine import verdict

    try:
        return verdict.parse_checks(text)
    except ValueError as error:
        source = "mockserver_fail_on" if option is None else "--mockserver-fail-on"
        raise pytest.UsageError(f"{source} is {text!r}, wanted {error}.") from None


# One server for the run ---------------------------------------------------------------------------------------------


def _elsewhere(config: pytest.Config) -> str | None:
    """The URL of a server that is already there: the user's, or for a worker of pytest-xdist its controller's."""
    url: str | None = config.getoption("mockserver_url") or os.environ.get("MOCKSERVER_URL")
    return url or getattr(config, "workerinput", {}).get("mockserver_url")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist makes a worker: all of them share one server, a child of the controller."""
    config: pytest.Config = node.config
    if _elsewhere(config) is None:
        if SERVER not in config.stash:
            from .process import StartedWhenCalled

            config.stash[SERVER] = StartedWhenCalled().start()
        node.workerinput["mockserver_url"] = config.stash[SERVER].url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if SERVER in config.stash and config.stash[SERVER].broken:
        terminalreporter.write_line(f"mockserver could not start: {config.stash[SERVER].broken}", red=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVER in config.stash:
        config.stash[SERVER].stop()


@pytest.fixture(scope="session")
def mockserver(pytestconfig: pytest.Config) -> Iterator[Client]:
    """The control API of the server of this run, which is a process of its own."""
    token = os.environ.get("MOCKSERVER_CONTROL_TOKEN")
    if url := _elsewhere(pytestconfig):
        yield _reached(url, token)
        return
    from .client import Client
    from .process import NotStarted, ServerProcess

    server = ServerProcess()
    try:
        url = server.start()
    except NotStarted as error:
        raise _failed(f"mockserver could not start: {error}") from None
    try:
        yield Client(url, token)
    finally:
        server.stop()


def _reached(url: str, token: str | None) -> Client:
    """The control API of a server that is already there; the run fails in a sentence where there is none."""
    from ..sandbox.store_url import without_password
    from .client import Client, Refused

    try:
        client = Client(url, token)
        client.sandboxes()
    except Refused as refused:
        hint = f" MOCKSERVER_CONTROL_TOKEN is {'another' if token else 'not set'}." if refused.status == 401 else ""
        raise _failed(f"the mockserver at {without_password(url)} refuses: {refused}{hint}") from None
    except (OSError, ValueError) as error:
        raise _failed(f"the mockserver at {without_password(url)} does not answer: {error}") from None
    return client


def _failed(sentence: str) -> BaseException:
    """What ``pytest.fail`` raises, for a sentence that stands alone."""
    return pytest.fail.Exception(sentence, pytrace=False)


# A sandbox for each test --------------------------------------------------------------------------------------------


@pytest.fixture
def mockserver_readings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """The readings of this run of the test, as ``@pytest.mark.readings`` deals them out."""
    if not hasattr(request, "param") and request.node.get_closest_marker("readings"):
        pytest.fail("@pytest.mark.readings runs functions, not methods of a unittest.TestCase.", pytrace=False)
    return getattr(request, "param", {})


@pytest.fixture
def sandbox(
    mockserver: Client, mockserver_readings: Mapping[str, str], request: pytest.FixtureRequest
) -> Iterator[Sandbox]:
    """A strict sandbox of this test alone: a call that is warned of, or meets no endpoint, fails the test."""
    from .client import Refused

    name = _name(request.config, request.node.nodeid)
    own = mockserver.sandbox(name).create(strict=True, readings=mockserver_readings)
    held = request.node.stash[HELD] = Held(own, os.getpid())
    yield own
    if os.getpid() != held.process:  # a fork of the test, whose sandbox it is not
        return
    del request.node.stash[HELD]
    wrong = ""
    try:
        try:
            own.check() if held.told is None else own.check(after=held.told)
        finally:
            own.delete()
    except AssertionError as error:
        wrong = str(error)
    except (OSError, Refused) as error:
        wrong = f"sandbox {name} cannot be checked: {error}"
    if wrong:
        pytest.fail(wrong, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test whose calls were not as documented, or broke a check that fails tests, has not passed."""
    result = yield
    held = item.stash.get(HELD, None)
    if held is not None and os.getpid() == held.process:
        held.wrong = _wrong(held, _decisive(item.config))
        if held.wrong is not None:
            raise held.wrong
    return result


def _wrong(held: Held, decisive: Collection[str]) -> BaseException | None:
    """What to raise for a test whose calls were wrong; None, too, where that cannot be asked now."""
    from .client import Refused
    from .report import findings_told

    sandbox, told = held.sandbox, list[str]()
    try:
        held.checked = _newest(sandbox.calls(limit=1))
        try:
            sandbox.check()
        except AssertionError as error:
            told.append(str(error))
        if decisive:
            verdict = sandbox.verdict()
            checks = [{**check, "advisory": False} for check in verdict["checks"] if check["name"] in decisive]
            if found := findings_told({"checks": checks}):
                told += [f"The verdict on sandbox {sandbox.name} (--mockserver-fail-on):", *found]
    except (OSError, Refused):  # the end of the fixture will say so
        return None
    return _failed("\n".join(told)) if told else None


def _name(config: pytest.Config, node: str) -> str:
    """The sandbox of a test, the same in every run; on a server that others use, too, one of this run alone."""
    worker: str = getattr(config, "workerinput", {}).get("workerid", "main")
    run = f"{uuid.uuid4().hex[:8]}." if config.getoption("mockserver_url") or "MOCKSERVER_URL" in os.environ else ""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", node.rpartition("::")[2]).strip("-")[:24]
    return f"{run}{worker}.{slug}.{hashlib.sha256(node.encode()).hexdigest()[:8]}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A test that failed tells what its sandbox was sent, while the sandbox is still there; one that failed for nothing
    but that has told it.
    """
    report = yield
    held = item.stash.get(HELD, None)
    if held is None or os.getpid() != held.process:
        return report
    if call.excinfo is not None and call.excinfo.value is held.wrong:
        held.told = held.checked
    elif report.failed:
        text, held.told = _told(held.sandbox)
        report.sections.append((f"mockserver sandbox {held.sandbox.name}", text))
    return report


def _told(sandbox: Sandbox) -> tuple[str, int | None]:
    """What the sandbox was sent, and the newest call of it; None where it cannot be asked."""
    from .client import Refused
    from .report import calls_told, findings_told, numbered

    try:
        calls = sandbox.requests
        told = calls_told(calls, sandbox.paths)
        return "\n".join([numbered(len(calls), "call"), *told, *findings_told(sandbox.verdict())]), _newest(calls)
    except (OSError, Refused) as error:
        return f"its calls cannot be told: {error}", None


def _newest(calls: Sequence[Mapping[str, Any]]) -> int:
    """The id of the newest call, which comes first; below that of any where there is none."""
    return int(calls[0]["id"]) if calls else 0


# One run of a test per reading --------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    test = metafunc.definition
    markers = list(test.iter_markers("readings"))
    if READINGS not in metafunc.fixturenames:
        if any(marker.name == "readings" for marker in test.own_markers):  # not those of its class or module
            pytest.fail(f"{test.nodeid} is marked with readings, but uses no sandbox.", pytrace=False)
        return
    if not markers:
        return
    variants = _variants(dict.fromkeys(vendor for marker in markers for vendor in marker.args))
    ids = [",".join(f"{name}={choice}" for name, choice in variant.items()) or "defaults" for variant in variants]
    metafunc.parametrize(READINGS, variants, ids=ids, indirect=True)


def _variants(names: Mapping[str, Any]) -> list[dict[str, str]]:
    """The defaults, then each other choice of each reading by itself."""
    from .. import vendors

    known = {vendor.name: vendor for vendor in vendors.found()}
    if not names:
        pytest.fail(f"@pytest.mark.readings(...) names no vendor; there are {', '.join(known)}.", pytrace=False)
    for name in names:
        if name not in known:
            pytest.fail(f"there is no vendor {name!r} to be read; there are {', '.join(known)}.", pytrace=False)
    return [
        {},
        *(
            {f"{name}.{reading.name}": choice}
            for name in names
            for reading in known[name].readings
            for choice in reading.choices
            if choice != reading.default
        ),
    ]
