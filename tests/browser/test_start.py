"""The start page in a browser: who is here, and a call that works as it is copied."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mockserver.testing import Client
from mockserver.vendors import find_vendors
from tests.browser.conftest import TOKEN

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

STATUS = r" -sS -o /dev/null -w '%{http_code} %header{x-mock-sandbox}'"


def opened(page: Page, url: str) -> None:
    page.goto(f"{url}/")
    page.locator(".secret:not([hidden])").nth(len(find_vendors()) - 1).wait_for()


def secrets(url: str, token: str | None = None) -> list[str]:
    """What every demo account's credential is."""
    client = Client(url, token)
    keys = {vendor.name: vendor.credential.key for vendor in find_vendors()}
    accounts = [(key, row) for name, key in keys.items() for row in client.sandbox("default").accounts(name).list()]
    return [str(row[key]) for key, row in accounts if key in row]


def test_all_vendors_are_there_with_addresses_document_and_accounts(page: Page, server: str) -> None:
    opened(page, server)
    for vendor in find_vendors():
        card = page.locator(f"#{vendor.name}")
        assert card.get_by_role("heading", level=3).inner_text() == vendor.title
        assert card.get_by_role("link", name="The vendor's document").get_attribute("href") == vendor.document
        addresses = card.locator(".addresses li").all_inner_texts()
        for endpoint in vendor.operations:
            assert {f"{server}{endpoint.path}", f"{server}/{vendor.name}{endpoint.path}"} <= set(addresses)
        assert f"Host: {vendor.name}.localhost" in addresses
    shown = str(page.locator("#vendors").text_content())
    assert len(secrets(server)) > 20
    assert not [secret for secret in secrets(server) if secret not in shown]


@pytest.mark.parametrize("sandbox", ["", "/__sandbox/start-test"])
def test_each_curl_works_as_it_is_shown(page: Page, server: str, sandbox: str) -> None:
    opened(page, f"{server}{sandbox}")
    for vendor in find_vendors():
        command = str(page.locator(f"#{vendor.name} pre").text_content()) + STATUS
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout == f"200 {'start-test' if sandbox else 'default'}", command


def test_a_curl_is_copied_whole(page: Page, server: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, server)
    for vendor in find_vendors():
        page.get_by_role("button", name=f"Copy the call of {vendor.title}").click()
        page.locator(f"#{vendor.name} .copy").get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == page.locator(f"#{vendor.name} pre").text_content()


def test_its_links_lead_to_pages_of_this_sandbox(page: Page, server: str) -> None:
    opened(page, f"{server}/__sandbox/start-test")
    link = page.get_by_role("link", name="API docs").first
    assert link.evaluate("(link) => link.href") == f"{server}/__sandbox/start-test/__docs/"
    page.locator(f"#{find_vendors()[1].name}").get_by_role("link", name="Try it in the docs").click()
    page.locator(".opblock").wait_for()
    assert page.get_by_label("API", exact=True).input_value() == find_vendors()[1].name


def test_no_credential_is_shown_before_the_token_is_given(page: Page, guarded: str, allowed: list[str]) -> None:
    allowed += ["401"]
    page.goto(f"{guarded}/")
    page.get_by_role("heading", name=find_vendors()[0].title).wait_for()
    page.get_by_label("Control token").wait_for()
    assert not [secret for secret in secrets(guarded, TOKEN) if secret in page.content()]
    page.get_by_label("Control token").fill("wrong")
    page.get_by_role("button", name="Show credentials").click()
    page.get_by_text("That is not the token of this server.").wait_for()
    assert not [secret for secret in secrets(guarded, TOKEN) if secret in page.content()]
    page.get_by_label("Control token").fill(TOKEN)
    page.get_by_role("button", name="Show credentials").click()
    page.locator(".secret:not([hidden])").nth(len(find_vendors()) - 1).wait_for()
    assert not page.get_by_label("Control token").is_visible()
    page.goto(f"{guarded}/__docs/")  # it is asked for once
    page.locator(".opblock").first.wait_for()
    assert not page.get_by_label("Control token").is_visible()


def test_it_is_accessible_and_a_picture_is_kept(
    page: Page, server: str, accessible: Callable[..., None], picture: Callable[[str], None]
) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    opened(page, server)
    picture("start")
    for summary in page.locator("summary").all():
        summary.click()
    accessible()
    page.emulate_media(color_scheme="dark")
    accessible()


def test_it_fits_a_phone(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, server)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
