"""The verdict on real HTTP clients in their default configuration: their retries pass when they wait as requested."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx_retries
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from mockserver.sdk.contract import Vendor
from mockserver.testing import Client, Sandbox, Server
from tests.support.acme import BILLS, only
from tests.support.servers import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MODULES = ROOT / "build" / "browser" / "node_modules"  # make browser-tools
PROGRAM = Path(__file__).with_name("stock_clients.mjs")
LIST = f"{BILLS}?size=50"
RETRIED = (429, 503)

Calling = Callable[[Sandbox, int], list[int]]
"""Makes this many calls in turn; returns the final status of each, after all retries."""


def with_requests(sandbox: Sandbox, calls: int, **how: Any) -> list[int]:
    with requests.Session() as session:
        retry = Retry(3, status_forcelist=RETRIED, raise_on_status=False, **how)
        session.mount("http://", HTTPAdapter(max_retries=retry))
        session.headers.update(sandbox.credentials("acme"))
        return [session.get(sandbox.url("acme") + LIST, timeout=60).status_code for _ in range(calls)]


def with_httpx(sandbox: Sandbox, calls: int) -> list[int]:
    transport = httpx_retries.RetryTransport(retry=httpx_retries.Retry(3, status_forcelist=RETRIED))
    with httpx.Client(transport=transport, headers=sandbox.credentials("acme"), timeout=60) as client:
        return [client.get(sandbox.url("acme") + LIST).status_code for _ in range(calls)]


def with_node(client: str, *, oldest: int = 18) -> Calling:
    """A Node client in a process. Requires at least the Node version ``oldest``."""

    def calling(sandbox: Sandbox, calls: int) -> list[int]:
        _needs(oldest)
        headers = json.dumps(sandbox.credentials("acme"))
        command = ["node", PROGRAM.name, client, sandbox.url("acme") + LIST, headers, str(calls)]
        folder = MODULES.parent  # modules are looked for beside the program
        shutil.copy(PROGRAM, folder)
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return [int(line) for line in done.stdout.split()]

    return calling


def _needs(oldest: int) -> None:
    lacking = pytest.fail if os.environ.get("CI") else pytest.skip
    if not shutil.which("node"):
        lacking("THIS PROVES NOTHING: there is no node")
    if not all((MODULES / name).exists() for name in ("axios-retry", "got")):
        lacking("THIS PROVES NOTHING: make browser-tools installs the clients of Node with npm")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < oldest:
        pytest.skip(f"THIS PROVES NOTHING: node is {version.strip()}, wanted {oldest} or newer")


CLIENTS: dict[str, Calling] = {
    "requests": with_requests,
    "httpx": with_httpx,
    "axios-retry": with_node("axios-retry"),
    "got": with_node("got", oldest=20),
}
HASTY: dict[str, Calling] = {
    "requests": lambda sandbox, calls: with_requests(sandbox, calls, respect_retry_after_header=False),
    "axios-retry": with_node("axios-retry at once"),
}
each_client = pytest.mark.parametrize("calling", CLIENTS.values(), ids=CLIENTS)


@pytest.fixture(scope="module")
def client(vendor: Vendor) -> Iterator[Client]:
    with only(vendor), Server() as server:
        yield server.client


@pytest.fixture
def sandbox(client: Client) -> Iterator[Sandbox]:
    made = client.sandbox("stock").create(strict=True)
    yield made
    made.delete()


def checks(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in sandbox.verdict()["checks"]}


@each_client
@pytest.mark.parametrize("outcome", [503, "reset", "empty"])
def test_a_retry_that_nobody_asked_to_wait_breaks_nothing(
    sandbox: Sandbox, calling: Calling, outcome: int | str
) -> None:
    sandbox.fail_next("acme", outcome)
    assert calling(sandbox, 1) == [200]
    status = None if isinstance(outcome, str) else outcome
    assert [call["received"]["status"] for call in sandbox.requests] == [200, status]
    assert (sandbox.verdict()["verdict"], checks(sandbox)["back-off"]["verdict"]) == ("kept", "kept")


@each_client
def test_who_waits_as_retry_after_asks_keeps_all_of_it(sandbox: Sandbox, calling: Calling) -> None:
    sandbox.quota("acme", "1/second")
    assert calling(sandbox, 4) == [200] * 4
    assert sandbox.count("acme", status=429) > 0
    found = checks(sandbox)
    assert sandbox.verdict()["verdict"] == "kept", found
    assert (found["retry-after"]["verdict"], found["quota"]["verdict"]) == ("kept", "kept")


@pytest.mark.parametrize("calling", HASTY.values(), ids=HASTY)
def test_who_does_not_wait_breaks_it(sandbox: Sandbox, calling: Calling) -> None:
    sandbox.quota("acme", "1/minute")
    assert calling(sandbox, 2) == [200, 429]
    found = checks(sandbox)
    assert (found["retry-after"]["verdict"], found["quota"]["verdict"]) == ("broken", "broken")
