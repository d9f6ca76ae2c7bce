"""The pytest plugin: a server for the run, a sandbox for each test, one run of a test per reading of a document.

pytest imports this module at every start, before coverage begins to measure: every import of ours is inside the
function that needs it.
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
    from .process import LazyServerProcess
    from .sandbox_client import Sandbox

SERVER: pytest.StashKey[LazyServerProcess] = pytest.StashKey()
OWNED: pytest.StashKey[OwnedSandbox] = pytest.StashKey()
READINGS = "mockserver_readings"


@dataclass
class OwnedSandbox:
    """The sandbox of a test, and the process that it belongs to.

    ``error`` is what the plugin raised for mistaken calls after the test, up to the call ``checked``. ``reported`` is
    the newest call that a report describes.
    """

    sandbox: Sandbox
    process: int
    checked: int = 0
    error: BaseException | None = None
    reported: int | None = None


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
    _decisive_checks(config)  # a misspelled check ends the run at the start
    config.addinivalue_line(
        "markers",
        "readings(*vendors): run the test with the defaults, and once per other reading of these vendors' documents",
    )


def _decisive_checks(config: pytest.Config) -> frozenset[str]:
    """The checks that fail a test. Raises UsageError for an unknown check."""
    option = config.getoption("mockserver_fail_on")
    text = config.getini("mockserver_fail_on") if option is None else option
    if not text:
        return frozenset()
    from ..engine import verdict  # only runs that name checks need it

    try:
        return verdict.parse_checks(text)
    except ValueError as error:
        source = "mockserver_fail_on" if option is None else "--mockserver-fail-on"
        raise pytest.UsageError(f"{source} is {text!r}, wanted {error}.") from None


# One server for the run ---------------------------------------------------------------------------------------------


def _given_url(config: pytest.Config) -> str | None:
    """The URL of a running server: the user's, or in a worker of pytest-xdist its controller's."""
    url: str | None = config.getoption("mockserver_url") or os.environ.get("MOCKSERVER_URL")
    return url or getattr(config, "workerinput", {}).get("mockserver_url")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give every worker of pytest-xdist the same server, a child of the controller."""
    config: pytest.Config = node.config
    if _given_url(config) is None:
        if SERVER not in config.stash:
            from .process import LazyServerProcess  # only runs that use the plugin

            config.stash[SERVER] = LazyServerProcess().start()
        node.workerinput["mockserver_url"] = config.stash[SERVER].url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if SERVER in config.stash and config.stash[SERVER].error:
        terminalreporter.write_line(f"mockserver could not start: {config.stash[SERVER].error}", red=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVER in config.stash:
        config.stash[SERVER].stop()


@pytest.fixture(scope="session")
def mockserver(pytestconfig: pytest.Config) -> Iterator[Client]:
    """The control API of this run's server, which is a process of its own."""
    token = os.environ.get("MOCKSERVER_CONTROL_TOKEN")
    if url := _given_url(pytestconfig):
        yield _connect(url, token)
        return
    from .client import Client  # only runs that use the plugin
    from .process import NotStarted, ServerProcess

    server = ServerProcess()
    try:
        url = server.start()
    except NotStarted as error:
        raise _failure(f"mockserver could not start: {error}") from None
    try:
        yield Client(url, token)
    finally:
        server.stop()


def _connect(url: str, token: str | None) -> Client:
    """Connect to a running server; the run fails in a sentence without one."""
    from ..sandbox.store_url import without_password  # only where a server is named
    from .client import Client, Refused

    try:
        client = Client(url, token)
        client.sandboxes()
    except Refused as refused:
        hint = f" MOCKSERVER_CONTROL_TOKEN is {'another' if token else 'not set'}." if refused.status == 401 else ""
        raise _failure(f"the mockserver at {without_password(url)} refuses: {refused}{hint}") from None
    except (OSError, ValueError) as error:
        raise _failure(f"the mockserver at {without_password(url)} does not answer: {error}") from None
    return client


def _failure(sentence: str) -> BaseException:
    """The exception of ``pytest.fail`` for a sentence without a traceback."""
    return pytest.fail.Exception(sentence, pytrace=False)


# A sandbox for each test --------------------------------------------------------------------------------------------


@pytest.fixture
def mockserver_readings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """The readings of this run of the test, one variant of ``@pytest.mark.readings``."""
    if not hasattr(request, "param") and request.node.get_closest_marker("readings"):
        pytest.fail("@pytest.mark.readings runs functions, not methods of a unittest.TestCase.", pytrace=False)
    return getattr(request, "param", {})


@pytest.fixture
def sandbox(
    mockserver: Client, mockserver_readings: Mapping[str, str], request: pytest.FixtureRequest
) -> Iterator[Sandbox]:
    """A strict sandbox of this test alone: a call with a warning, or to an unknown path, fails the test."""
    from .client import Refused  # only runs that use the plugin

    name = _sandbox_name(request.config, request.node.nodeid)
    created = mockserver.sandbox(name).create(strict=True, readings=mockserver_readings)
    owned = request.node.stash[OWNED] = OwnedSandbox(created, os.getpid())
    yield created
    if os.getpid() != owned.process:  # a fork of the test does not own its sandbox
        return
    del request.node.stash[OWNED]
    sentence = ""
    try:
        try:
            created.check() if owned.reported is None else created.check(after=owned.reported)
        finally:
            created.delete()
    except AssertionError as error:
        sentence = str(error)
    except (OSError, Refused) as error:
        sentence = f"sandbox {name} cannot be checked: {error}"
    if sentence:
        pytest.fail(sentence, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test whose calls were not as documented, or broke a check that fails tests."""
    result = yield
    owned = item.stash.get(OWNED, None)
    if owned is not None and os.getpid() == owned.process:
        owned.error = _find_error(owned, _decisive_checks(item.config))
        if owned.error is not None:
            raise owned.error
    return result


def _find_error(owned: OwnedSandbox, decisive: Collection[str]) -> BaseException | None:
    """The exception for a test whose calls were mistaken; None where the server cannot be asked now."""
    from .client import Refused  # only runs that use the plugin
    from .report import describe_findings

    sandbox, lines = owned.sandbox, list[str]()
    try:
        owned.checked = _newest_id(sandbox.calls(limit=1))
        try:
            sandbox.check()
        except AssertionError as error:
            lines.append(str(error))
        if decisive:
            verdict = sandbox.verdict()
            checks = [{**check, "advisory": False} for check in verdict["checks"] if check["name"] in decisive]
            if findings := describe_findings({"checks": checks}):
                lines += [f"The verdict on sandbox {sandbox.name} (--mockserver-fail-on):", *findings]
    except (OSError, Refused):  # the end of the fixture reports it
        return None
    return _failure("\n".join(lines)) if lines else None


def _sandbox_name(config: pytest.Config, node: str) -> str:
    """The name of a test's sandbox, the same in every run; on a shared server it is of this run alone."""
    worker: str = getattr(config, "workerinput", {}).get("workerid", "main")
    run = f"{uuid.uuid4().hex[:8]}." if config.getoption("mockserver_url") or "MOCKSERVER_URL" in os.environ else ""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", node.rpartition("::")[2]).strip("-")[:24]
    return f"{run}{worker}.{slug}.{hashlib.sha256(node.encode()).hexdigest()[:8]}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Add the calls of its sandbox to the report of a failed test, unless the failure itself lists them."""
    report = yield
    owned = item.stash.get(OWNED, None)
    if owned is None or os.getpid() != owned.process:
        return report
    if call.excinfo is not None and call.excinfo.value is owned.error:
        owned.reported = owned.checked
    elif report.failed:
        text, owned.reported = _describe_sandbox(owned.sandbox)
        report.sections.append((f"mockserver sandbox {owned.sandbox.name}", text))
    return report


def _describe_sandbox(sandbox: Sandbox) -> tuple[str, int | None]:
    """The calls and findings of a sandbox as text, and its newest call; None where it cannot be asked."""
    from .client import Refused  # only for a test that failed
    from .report import describe_calls, describe_findings, format_count

    try:
        calls = sandbox.requests
        lines = [format_count(len(calls), "call"), *describe_calls(calls, sandbox.paths)]
        return "\n".join([*lines, *describe_findings(sandbox.verdict())]), _newest_id(calls)
    except (OSError, Refused) as error:
        return f"its calls cannot be told: {error}", None


def _newest_id(calls: Sequence[Mapping[str, Any]]) -> int:
    """The id of the newest call, which comes first; 0 without any call."""
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
    from .reading_variants import make_variants  # only for tests that name readings

    variants = make_variants(dict.fromkeys(vendor for marker in markers for vendor in marker.args))
    ids = [",".join(f"{name}={choice}" for name, choice in variant.items()) or "defaults" for variant in variants]
    metafunc.parametrize(READINGS, variants, ids=ids, indirect=True)
