"""What the tests of the console share: opening it, calling vendors beside it, and what a view says."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from mockserver.testing.sandbox_client import Sandbox

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

VIEWS = ("calls", "data", "faults", "fidelity", "sandboxes")


def expect(thing: Any) -> Any:
    """Playwright's, which waits; imported late, since the tests are collected without a browser, too."""
    from playwright.sync_api import expect as expected

    return expected(thing)


def opened(page: Page, sandbox: Sandbox, view: str, rest: str = "") -> Page:
    """The console at a view of a sandbox, as a link to it opens it."""
    page.goto(f"{sandbox.client.url}/__admin/#/{sandbox.name}/{view}" + (f"/{rest}" if rest else ""))
    page.locator(f"h1:text-is('{view.title()} of {sandbox.name}')").wait_for(state="attached")
    page.locator("main .loading").wait_for(state="detached")
    return page


def call(sandbox: Sandbox, vendor: str, path: str | None = None, **query: str) -> tuple[int, str]:
    """The example call of a vendor in the sandbox, by urllib, with more in its query; the status and the body."""
    example = sandbox.example(vendor)
    target = urlencode({**example["query"], **query})
    own = f"/__sandbox/{sandbox.name}/{vendor}{path}" if path else example["path"]
    return fetched(f"{sandbox.client.url}{own}" + (f"?{target}" if target else ""), example["headers"])


def fetched(url: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """What a GET gets."""
    request = urllib.request.Request(url, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


LATE = """(part) => {
  const real = window.fetch;
  window.late = [];
  window.fetch = async (url, options) => {
    const reply = await real(url, options);
    const held = options?.method === "GET" && String(url).includes(part);
    if (held) await new Promise((resolve) => window.late.push(resolve));
    return reply;
  };
}"""


def late(page: Page, part: str) -> None:
    """From now on what the page GETs from such addresses comes only as it is let in."""
    page.evaluate(LATE, part)


def come(page: Page, number: int) -> None:
    """Waits until so many have come, and wait to be let in."""
    page.evaluate("async (n) => { while (window.late.length < n) await new Promise(requestAnimationFrame); }", number)


def let_in(page: Page, number: int) -> None:
    """Lets in one of those that come late; the first is number 1."""
    come(page, number)
    page.evaluate("(n) => window.late[n - 1]()", number)


def rows(page: Page) -> Locator:
    """The calls or records in the view."""
    return page.locator("main tr[data-id]")


def dialog(page: Page) -> Locator:
    """What is open over the view."""
    return page.locator("dialog[open]").last
