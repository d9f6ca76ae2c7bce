"""The API docs in a browser: every spec in one list, and calls of it tried on this very server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mockserver.vendors import find_vendors
from tests.browser.conftest import TOKEN

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

VENDORS = [vendor.name for vendor in find_vendors()]
KEPT = "() => [...Object.values(sessionStorage), ...Object.values(localStorage), document.cookie].join()"
# Swagger UI's own markup, in which axe finds serious: selects without a label, a button that holds others, a box that
# scrolls by mouse alone, pale text. It is not ours to mend; all that is ours is looked at.
SWAGGER = ".swagger-ui"


def opened(page: Page, url: str, name: str) -> None:
    """Shows a spec's operations."""
    page.goto(f"{url}/__docs/?api={name}")
    page.locator(".opblock").first.wait_for()


def tried(page: Page, operation: str) -> str:
    """The status of the reply to a call, tried with what is filled in."""
    block = page.locator(f"[id$='-{operation}']")
    if "is-open" not in str(block.get_attribute("class")):
        block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    return str(block.locator(".live-responses-table tbody .response-col_status").inner_text()).split()[0]


def test_all_specs_are_in_one_list(page: Page, server: str) -> None:
    opened(page, server, VENDORS[0])
    titles = [vendor.title for vendor in find_vendors()]
    assert page.get_by_label("API", exact=True).locator("option").all_inner_texts() == [*titles, "Control API"]


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendors_call_is_tried_with_what_is_filled_in(page: Page, server: str, name: str) -> None:
    (endpoint,) = next(vendor for vendor in find_vendors() if vendor.name == name).operations
    opened(page, server, name)
    assert tried(page, endpoint.id) == "200"
    asked = page.locator(".request-url pre").inner_text()
    assert asked.startswith(f"{server}/{name}/")


def test_calls_of_one_spec_after_the_other_send_no_credential_of_another(page: Page, server: str) -> None:
    """Two vendors and control name a scheme "bearer"."""
    opened(page, server, VENDORS[0])
    sent: list[dict[str, str]] = []
    page.on("request", lambda request: sent.append(request.headers) if "/vendors" in request.url else None)
    for vendor in find_vendors():
        with page.expect_response(f"**/specs/{vendor.name}.yaml"):
            page.get_by_label("API", exact=True).select_option(vendor.name)
        page.locator(f"[id$='-{vendor.operations[0].id}']").wait_for()
        assert tried(page, vendor.operations[0].id) == "200"
    page.get_by_label("API", exact=True).select_option("control")
    page.locator("[id$='-listVendors']").wait_for()
    assert tried(page, "listVendors") == "200"
    assert "authorization" not in sent[-1]


def test_a_write_of_control_is_tried(page: Page, server: str) -> None:
    opened(page, f"{server}/__sandbox/docs-control", "control")
    assert tried(page, "freezeClock") == "200"
    assert page.locator(".request-url pre").inner_text() == f"{server}/__sandbox/docs-control/__admin/clock/freeze"


def test_a_sandboxs_docs_try_calls_in_it(page: Page, server: str) -> None:
    with page.expect_response(f"**/__sandbox/docs-test/{VENDORS[0]}/**") as replied:
        opened(page, f"{server}/__sandbox/docs-test", VENDORS[0])
        assert tried(page, find_vendors()[0].operations[0].id) == "200"
    assert replied.value.headers["x-mock-sandbox"] == "docs-test"


def test_our_part_is_accessible_and_a_picture_is_kept(
    page: Page, server: str, accessible: Callable[..., None], picture: Callable[[str], None]
) -> None:
    opened(page, server, VENDORS[-1])
    accessible(besides=SWAGGER)
    tried(page, find_vendors()[-1].operations[0].id)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("scrollTo(0, 0)")
    picture("docs")
    page.emulate_media(color_scheme="dark")
    accessible(besides=SWAGGER)


def test_it_fits_a_phone(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, server, VENDORS[0])
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_credentials_are_filled_in_once_the_token_is_given(page: Page, guarded: str, allowed: list[str]) -> None:
    allowed += ["401"]  # an unauthorized call, and a wrong token
    opened(page, guarded, VENDORS[0])
    assert tried(page, find_vendors()[0].operations[0].id) == "401"
    assert page.get_by_role("button", name="authorization button unlocked").count()
    form = page.locator("#token")
    form.get_by_label("Control token").fill("a-guess")
    form.get_by_role("button").click()
    form.get_by_text("That is not the token of this server.").wait_for()
    assert "a-guess" not in page.evaluate(KEPT)
    form.get_by_label("Control token").fill(TOKEN)
    form.get_by_role("button").click()
    form.wait_for(state="hidden")
    opened(page, guarded, VENDORS[0])  # the token is asked for once
    assert tried(page, find_vendors()[0].operations[0].id) == "200"
    assert not form.is_visible()
    opened(page, guarded, "control")
    assert tried(page, "listVendors") == "200"


def test_a_token_of_another_day_is_asked_for_again(page: Page, guarded: str, allowed: list[str]) -> None:
    allowed += ["401"]
    opened(page, guarded, VENDORS[0])
    page.evaluate("sessionStorage.setItem('mockserver.admin-token', 'of-yesterday')")
    opened(page, guarded, VENDORS[0])
    page.locator("#token").get_by_text("That is not the token of this server.").wait_for()
    assert "of-yesterday" not in page.evaluate(KEPT)


def test_the_token_is_kept_for_the_tab_alone(page: Page, guarded: str) -> None:
    opened(page, guarded, VENDORS[0])
    page.locator("#token").get_by_label("Control token").fill(TOKEN)
    page.locator("#token").get_by_role("button").click()
    page.locator("#token").wait_for(state="hidden")
    assert TOKEN in page.evaluate("() => Object.values(sessionStorage).join()")
    assert TOKEN not in page.evaluate("() => Object.values(localStorage).join() + document.cookie")
    assert TOKEN not in page.url
    other = page.context.new_page()
    other.goto(f"{guarded}/__docs/")
    other.locator("#token").wait_for()
    assert not re.search(TOKEN, other.evaluate(KEPT))
