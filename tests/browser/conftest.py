"""Pages in a real browser: Debian's Chromium, a server of ours, and nothing else on the network."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from mockserver.testing import Client
from mockserver.testing.sandbox_client import Sandbox
from tests.support.servers import ROOT, running, serving

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request

AXE = ROOT / "build" / "browser" / "node_modules" / "axe-core" / "axe.min.js"  # make browser-tools
SERIOUS = ("serious", "critical")
TOKEN = "only-for-the-team"
PATIENCE = 30_000  # ms for what a page is to show, on a machine that is busy
OURS = ("127.0.0.1", "localhost")


def missing(what: str) -> None:
    """In CI a missing tool fails, elsewhere it skips and says so."""
    told = f"{what} is missing: .ci/run installs it"
    pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        missing("Chromium")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own sandbox does not run as root
    return {**browser_type_launch_args, "executable_path": chromium, "args": [*quiet, *root]}


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a server of this checkout, as a user starts it."""
    with running(serving()) as (url, _):
        yield url


@pytest.fixture(scope="session")
def guarded() -> Iterator[str]:
    """The URL of a server that wants a control token."""
    with running(serving("--control-token", TOKEN)) as (url, _):
        yield url


@pytest.fixture
def own(server: str) -> Sandbox:
    """A sandbox that no other test has."""
    return Client(server).sandbox(f"test-{uuid.uuid4().hex[:12]}")


@pytest.fixture
def allowed() -> list[str]:
    """What a test expects in the browser's console as an error; it adds to it."""
    return []


@pytest.fixture
def page(page: Page, allowed: list[str]) -> Iterator[Page]:
    """A page that talks to this machine alone and has no error in its console: both are checked at the end."""
    strangers: list[str] = []
    errors: list[str] = []

    def asked(request: Request) -> None:
        target = urlsplit(request.url)
        if target.scheme not in ("data", "blob") and target.hostname not in OURS:
            strangers.append(request.url)

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(expected in message.text for expected in allowed):
            errors.append(message.text)

    from playwright.sync_api import expect

    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert strangers == []
    assert errors == []


@pytest.fixture
def accessible(page: Page) -> Callable[..., None]:
    """Fails when axe finds something serious on the page as it is now, outside of what is not ours (a CSS selector)."""
    if not AXE.exists():
        missing("axe-core")
    script = AXE.read_text(encoding="utf-8")

    def check(*, besides: str | None = None) -> None:
        page.evaluate(script)  # not as a script of the page: its own policy forbids strangers
        found = page.evaluate("(besides) => axe.run(besides ? { exclude: [[besides]] } : document)", besides)
        serious = [
            f"{v['id']}: {v['help']}: {[node['html'][:200] for node in v['nodes'][:3]]}"
            for v in found["violations"]
            if v["impact"] in SERIOUS
        ]
        assert serious == []

    return check


@pytest.fixture
def picture(page: Page) -> Callable[[str], None]:
    """Keeps a picture of the page in docs/images, where the README shows it."""

    def take(name: str) -> None:
        folder = Path(os.environ.get("MOCK_TEST_IMAGES", ROOT / "build" / "images"))
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png")

    return take
