"""All pages behind a proxy that puts a path in front of them, of which the server is told nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mockserver.vendors import find_vendors
from tests.browser.test_docs import tried
from tests.support.proxies import free_port, nginx

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

pytestmark = pytest.mark.browser

VENDOR = find_vendors()[-1]


@pytest.fixture(scope="module")
def proxied(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with nginx(tmp_path_factory.mktemp("nginx"), port, f"location /a/mock/ {{ proxy_pass {server}/; }}"):
        yield f"http://127.0.0.1:{port}/a/mock"


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """One of which every part is there."""
    failed: list[str] = []

    def replied(response: Response) -> None:
        if response.status >= 400:
            failed.append(f"{response.status} {response.url}")

    page.on("response", replied)
    yield page
    assert failed == []


@pytest.mark.parametrize("inside", ["", "/__sandbox/proxied"])
def test_the_start_page(page: Page, proxied: str, inside: str) -> None:
    page.goto(f"{proxied}{inside}/")
    page.locator(".secret:not([hidden])").nth(len(find_vendors()) - 1).wait_for()
    card = page.locator(f"#{VENDOR.name}")
    assert f"{proxied}{inside}{VENDOR.operations[0].path}" in card.locator(".addresses li").all_inner_texts()
    assert f"'{proxied}{inside}/" in str(card.locator("pre").text_content())
    card.get_by_role("link", name="Try it in the docs").click()
    page.locator(".opblock").first.wait_for()
    assert page.url.startswith(f"{proxied}{inside}/__docs/")
    page.get_by_role("link", name="Console").click()
    page.get_by_text("Live", exact=True).wait_for()
    assert page.url.startswith(f"{proxied}{inside}/__admin/")


@pytest.mark.parametrize("inside", ["", "/__sandbox/proxied"])
def test_a_call_is_tried_in_the_docs(page: Page, proxied: str, inside: str) -> None:
    page.goto(f"{proxied}{inside}/__docs?api={VENDOR.name}")
    page.locator(".opblock").first.wait_for()
    assert tried(page, VENDOR.operations[0].id) == "200"
    assert page.locator(".request-url pre").inner_text().startswith(f"{proxied}{inside}/{VENDOR.name}/")


def test_the_console(page: Page, proxied: str) -> None:
    page.goto(f"{proxied}/__sandbox/console-proxied/__admin")
    page.get_by_role("button", name=f"Call {VENDOR.title}").click()
    page.get_by_role("link", name=VENDOR.operations[0].path).first.wait_for()
    for view in ("Data", "Fidelity", "Sandboxes"):
        page.get_by_role("link", name=view, exact=True).first.click()
        page.get_by_role("heading", level=1, name=view).wait_for(state="attached")
