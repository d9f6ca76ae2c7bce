"""The console as a whole: where it is, the token, a line that drops, what may not run, and who can use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pytest

from mockserver.testing import Client
from mockserver.testing.sandbox_client import Sandbox
from tests.browser.console import VIEWS, call, dialog, expect, opened, rows
from tests.support.servers import running, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
TOKEN = "only-for-the-team"


@pytest.fixture
def busy(own: Sandbox) -> Sandbox:
    """A sandbox in which something happened."""
    call(own, "wisecp")
    call(own, "wisecp", paeg="2")
    call(own, "netgroot", "/api/v1/subscriber/getCustomersInvoice")
    own.fail_next("jframework", 429)
    return own


def test_the_address_keeps_sandbox_view_and_vendor(page: Page, own: Sandbox) -> None:
    opened(page, own, "data", "saaslogic")
    for _ in range(2):
        expect(page.get_by_label("Sandbox")).to_have_value(own.name)
        expect(page.get_by_role("navigation", name="Views").locator("[aria-current]")).to_have_text("Data")
        expect(page.get_by_role("navigation", name="Vendors").locator("[aria-current]")).to_have_text("SaaSLogic")
        assert page.title() == f"Data · {own.name} · mockserver"
        page.reload()


def test_it_begins_with_the_calls_of_the_default_sandbox(page: Page, server: str) -> None:
    page.goto(f"{server}/__admin")
    assert page.url == f"{server}/__admin/"
    expect(page.locator("h1")).to_have_text("Calls of default")
    expect(page.get_by_label("Sandbox")).to_have_value("default")


def test_below_the_url_of_a_sandbox_it_begins_there(page: Page, own: Sandbox) -> None:
    page.goto(f"{own.client.url}/__sandbox/{own.name}/__admin/")
    expect(page.locator("h1")).to_have_text(f"Calls of {own.name}")
    page.get_by_role("button", name="Call WISECP").click()
    expect(rows(page)).to_have_count(1)
    assert len(own.requests) == 1


def test_what_is_no_name_of_a_sandbox_is_told(page: Page, server: str, allowed: list[str]) -> None:
    allowed.append("400")
    page.goto(f"{server}/__admin/#/no%20name/data")
    expect(page.get_by_role("alert")).to_contain_text("The sandbox is named 'no name', wanted 1 to 64 letters")


def test_the_token_is_asked_for_once_and_kept_in_the_tab(page: Page, allowed: list[str]) -> None:
    allowed.append("401")
    with running(serving("--control-token", TOKEN)) as (url, _):
        page.goto(f"{url}/__admin/")
        form = dialog(page)
        expect(form).to_contain_text("Send the control token")
        page.keyboard.press("Escape")
        form.get_by_role("textbox", name="Token").fill("a wrong one")
        form.get_by_role("textbox", name="Token").press("Enter")
        expect(dialog(page).get_by_role("alert")).to_have_text("That is not the token.")
        dialog(page).get_by_role("textbox", name="Token").fill(TOKEN)
        dialog(page).get_by_role("button", name="Open the console").click()
        expect(page.get_by_text("No calls yet")).to_be_visible()
        page.get_by_role("link", name="Data").click()
        expect(rows(page)).to_have_count(25)
        page.reload()
        expect(rows(page)).to_have_count(25)
        expect(page.locator("dialog")).to_have_count(0)
        assert TOKEN not in page.url
        assert page.evaluate("JSON.stringify({...localStorage}) + document.cookie") == "{}"
        assert TOKEN in page.evaluate("JSON.stringify({...sessionStorage})")
        other = page.context.new_page()
        other.goto(f"{url}/__admin/")
        expect(other.get_by_role("dialog", name="Control token")).to_be_visible()
        other.close()


def test_a_dropped_line_is_told_and_comes_back_by_itself(page: Page, allowed: list[str]) -> None:
    allowed.append("net::ERR_")
    with running(serving()) as (url, _):
        here = Client(url).sandbox("here")
        call(here, "wisecp")
        call(here, "wisecp")
        opened(page, here, "calls")
        expect(rows(page)).to_have_count(2)
        expect(page.locator("#pulse")).to_have_text("Live")
    expect(page.locator("#pulse")).to_contain_text("The server does not answer")
    expect(rows(page)).to_have_count(2)
    port = url.rpartition(":")[2]
    with running(serving("--port", port)):
        expect(page.locator("#pulse")).to_have_text("Live")
        expect(page.get_by_text("No calls yet")).to_be_visible()
        call(here, "netgroot")  # the new server counts from 1 again
        expect(rows(page)).to_have_count(1)
        expect(rows(page).first).to_contain_text("NetGroot")
        page.goto("about:blank")


def test_a_view_that_could_not_be_shown_comes_by_itself(page: Page, own: Sandbox, allowed: list[str]) -> None:
    allowed.append("net::ERR_")
    opened(page, own, "calls")
    page.route("**/__admin/fidelity", lambda route: route.abort())
    page.get_by_role("link", name="Fidelity").click()
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer.")
    page.unroute("**/__admin/fidelity")
    expect(page.get_by_role("heading", name="All vendors")).to_be_visible()


def test_what_a_client_sent_is_text(page: Page, own: Sandbox) -> None:
    evil = '<img src="x" onerror="document.title=\'hacked\'"><script>document.title="hacked"</script>'
    call(own, "wisecp", **{evil: evil})
    call(own, "wisecp", f"/{evil}".replace(" ", "%20").replace('"', "%22"))
    records = own.records("netgroot")
    records.change(records.list()[0]["invoice_id"], description=evil)
    opened(page, own, "calls")
    for row in (0, 1):
        expect(rows(page).nth(row)).to_contain_text("<img src=")
        rows(page).nth(row).get_by_role("link").click()
        expect(dialog(page)).to_contain_text("<img src=")
        expect(page.locator("main img, dialog img, main script, dialog script")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
    opened(page, own, "data", "netgroot")
    expect(rows(page).first).to_contain_text("<img src=")
    expect(page.locator("main img, main script")).to_have_count(0)
    assert page.title() == f"Data · {own.name} · mockserver"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_everybody_can_use_it(
    page: Page,
    busy: Sandbox,
    accessible: Callable[[], None],
    view: str,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 844})
    opened(page, busy, view)
    accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if view in ("calls", "data"):
        rows(page).first.get_by_role("link").click()
        dialog(page).get_by_role("heading").first.wait_for()
        if view == "calls":
            dialog(page).locator("blockquote").wait_for()
        accessible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_walked_by_keyboard(page: Page, busy: Sandbox) -> None:
    opened(page, busy, "calls")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Filter calls")).to_be_focused()
    page.get_by_role("link", name="Data").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(f"Data of {busy.name}")
    expect(page.get_by_role("link", name="Data")).to_be_focused()
    page.get_by_role("link", name="NetGroot ISPCRM").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Records of NetGroot ISPCRM")).to_be_visible()
    expect(page.get_by_role("link", name="NetGroot ISPCRM")).to_be_focused()
    link = rows(page).first.get_by_role("link")
    link.focus()
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_label("JSON")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(link).to_be_focused()
    sort = page.get_by_role("columnheader").nth(1).get_by_role("button")
    sort.focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    expect(page.get_by_role("columnheader").nth(1).get_by_role("button")).to_be_focused()


def test_the_five_views_in_pictures(page: Page, server: str, picture: Callable[[str], None]) -> None:
    shown = Client(server).sandbox("demo").create(quotas={"saaslogic": "60/minute"})
    for vendor in shown.client.names:
        call(shown, vendor)
    call(shown, "netgroot", "/api/v1/subscriber/getCustomersInvoice")
    shown.fail_next("flolive", "CUSTOMER_1006")
    call(shown, "flolive")
    call(shown, "wisecp", paeg="2")
    call(shown, "jframework", pageSize="ten")
    call(shown, "saaslogic")
    call(shown, "wisecp", limit="5", status="paid")
    shown.faults.add(vendor="netgroot", status=503, times=3)
    shown.faults.add(vendor="wisecp", network="drip")
    shown.settings(delay=250)
    shown.clock.freeze()
    for name in ("checkout", "ci-reports", "reminders"):
        shown.client.sandbox(name).create()
    page.set_viewport_size({"width": 1280, "height": 860})
    for view, rest in zip(VIEWS, ("", "wisecp", "flolive", "netgroot", ""), strict=True):
        opened(page, shown, view, rest)
        expect(page.locator("#pulse")).to_have_text("Live")
        picture(f"console-{view}")
    for name in ("demo", "checkout", "ci-reports", "reminders"):
        shown.client.sandbox(name).delete()
