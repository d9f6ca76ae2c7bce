"""The console's calls: live, filtered, opened, with their reasons, and sent again."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from mockserver.testing import Client
from mockserver.testing.sandbox_client import Sandbox
from tests.browser.console import call, dialog, expect, fetched, opened, rows
from tests.support.servers import running, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_call_appears_as_it_comes(page: Page, own: Sandbox) -> None:
    opened(page, own, "calls")
    expect(page.get_by_text("No calls yet")).to_be_visible()
    call(own, "wisecp", paeg="2")
    expect(rows(page)).to_have_count(1)
    (entry,) = own.requests
    for text in (
        "WISECP",
        "/api/Billing/GetInvoices?paeg=2",
        own.name,
        "200",
        "unknown-parameter",
        entry["time"][11:19],
    ):
        expect(rows(page).first).to_contain_text(text)
    call(own, "netgroot")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_contain_text("NetGroot ISPCRM")
    expect(page.locator("#news")).to_have_text("A new call: GET /api/v1/subscriber/getCustomersInvoices, 200")
    expect(page.get_by_text("2 calls", exact=True)).to_be_visible()


def test_calls_are_filtered(page: Page, own: Sandbox) -> None:
    call(own, "wisecp")
    call(own, "wisecp", paeg="2")
    call(own, "netgroot", "/nowhere")
    opened(page, own, "calls")
    box = page.get_by_label("Filter calls")
    for text, count in (("wisecp", 2), ("WISECP paeg", 1), ("404", 1), ("", 3), ("unknown-parameter", 1)):
        box.fill(text)
        expect(rows(page)).to_have_count(count)
    box.fill("")
    page.get_by_label("With warnings").check()
    expect(rows(page)).to_have_count(len([entry for entry in own.requests if entry["warnings"]]))
    box.fill("nothing has this")
    page.get_by_role("button", name="Show all").click()
    expect(rows(page)).to_have_count(3)


def test_a_call_shows_what_its_client_received(page: Page, own: Sandbox) -> None:
    call(own, "netgroot")
    own.fail_next("wisecp", "reset")
    opened(page, own, "calls")
    expect(rows(page)).to_have_count(1)
    with pytest.raises(OSError):
        call(own, "wisecp")
    expect(rows(page).first).to_contain_text("reset 200 intended")
    expect(page.locator("#news")).to_have_text("A new call: GET /api/Billing/GetInvoices, reset (200 intended)")
    box = page.get_by_label("Filter calls")
    for text, count in (("reset", 1), ("wisecp 200", 0), ("", 2)):
        box.fill(text)
        expect(rows(page)).to_have_count(count)
    rows(page).first.get_by_role("link").click()
    expect(dialog(page).get_by_role("heading", name="Intended reply 200")).to_be_visible()
    expect(dialog(page)).to_contain_text("The network fault reset spoiled this reply")


def test_a_hidden_tab_asks_nothing(page: Page, own: Sandbox) -> None:
    page.clock.install()
    opened(page, own, "calls")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response("**/requests?after=*"):
        page.clock.run_for(1100)
    page.evaluate("Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})")
    asked.clear()
    for _ in range(5):
        page.clock.run_for(3000)
    assert asked == []
    call(own, "wisecp")
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(rows(page)).to_have_count(1)


def test_an_opened_call_shows_all_of_it(page: Page, own: Sandbox) -> None:
    call(own, "netgroot", paeg="2")
    opened(page, own, "calls")
    rows(page).first.get_by_role("link").click()
    shown = dialog(page)
    (entry,) = own.requests
    assert page.url.endswith(f"/calls/{entry['id']}")
    expect(shown.get_by_role("heading", name="GET /api/v1/subscriber/getCustomersInvoices")).to_be_visible()
    expect(shown).to_contain_text(f"Call {entry['id']} · sandbox {own.name}")
    expect(shown).to_contain_text(entry["warnings"][0]["message"])
    expect(shown.get_by_label("Body of the reply")).to_contain_text('"amount": 149.70,')  # with all its digits
    shown.get_by_text("Headers of the request").click()
    expect(shown).to_contain_text("Bearer [redacted]")
    expect(shown.locator("blockquote")).to_contain_text("document 000, lines")
    expect(shown).to_contain_text("getCustomersInvoices.200")
    row = next(
        row for row in own.client.fidelity("netgroot")["rows"] if (row["kind"], row["name"]) == ("response", "200")
    )
    expect(shown.locator("blockquote")).to_contain_text(row["basis"])
    page.reload()
    expect(dialog(page)).to_contain_text(f"Call {entry['id']}")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert page.url.endswith("/calls")


def test_an_error_is_explained_by_its_row_of_the_ledger(page: Page, own: Sandbox) -> None:
    own.fail_next("flolive", "CUSTOMER_1002")
    call(own, "flolive")
    opened(page, own, "calls", str(own.requests[0]["id"]))
    shown = dialog(page)
    expect(shown).to_contain_text("flolive.404.customer-1002")
    expect(shown.locator("blockquote")).to_contain_text("CUSTOMER_1002: Customer does not exist")
    expect(shown.locator(".facts")).to_contain_text("fault-1")


def test_a_call_of_nothing_is_told_what_it_came_nearest_to(page: Page, own: Sandbox) -> None:
    call(own, "wisecp", "/api/Billing/GetInvoice")
    opened(page, own, "calls", str(own.requests[0]["id"]))
    near = dialog(page).locator(".near")
    expect(near).to_contain_text("Did you mean /api/Billing/GetInvoices?")
    expect(near.locator(".found")).to_have_text("/api/Billing/GetInvoice")


def test_a_copied_call_works_in_a_shell(page: Page, own: Sandbox) -> None:
    """Its credential is the example's, since the journal keeps none; and that is said."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _, wanted = call(own, "netgroot", note='it\'s $HOME & "more" `id` ö')
    (entry,) = own.requests
    opened(page, own, "calls", str(entry["id"]))
    expect(dialog(page)).to_contain_text("curl and replay send the example credential of NetGroot ISPCRM instead")
    dialog(page).get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    assert "[redacted]" not in command
    ran = subprocess.run(["sh", "-c", f"{command} -s"], capture_output=True, text=True, check=True, timeout=60)
    head, _, body = ran.stdout.partition("\n\n")
    assert head.startswith("HTTP/1.1 200 ")
    assert body == wanted
    again, first = own.requests
    assert again["request"]["query"] == first["request"]["query"]


def test_any_method_and_body_can_be_copied(page: Page, own: Sandbox) -> None:
    example = own.example("wisecp")
    url = own.client.url + example["path"]
    command = ["curl", "-s", "-X", "POST", "-d", "a='b' $c", "-H", f"Apikey: {example['headers']['Apikey']}", url]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    opened(page, own, "calls", str(own.requests[0]["id"]))
    dialog(page).get_by_text("The curl command").click()
    copied = dialog(page).get_by_label("The curl command").inner_text()
    subprocess.run(["sh", "-c", f"{copied} -s"], capture_output=True, check=True, timeout=60)
    again, first = own.requests
    for part in ("method", "url", "body"):
        assert again["request"][part] == first["request"][part]
    assert again["request"]["body"] == "a='b' $c"


def test_a_call_is_replayed_in_its_sandbox(page: Page, own: Sandbox, allowed: list[str]) -> None:
    allowed.append("503")
    _, wanted = call(own, "saaslogic")
    opened(page, own, "calls", str(own.requests[0]["id"]))
    own.fail_next("saaslogic", 503)
    dialog(page).get_by_role("button", name="Replay").click()
    expect(dialog(page).locator(".replayed h3")).to_contain_text("Replayed 503")
    dialog(page).get_by_role("button", name="Replay").click()
    expect(dialog(page).locator(".replayed h3")).to_contain_text("Replayed 200")
    assert [entry["response"]["status"] for entry in own.requests] == [200, 503, 200]
    assert own.requests[0]["response"]["body"] == wanted
    dialog(page).get_by_role("link", name="Open as call").click()
    expect(dialog(page)).to_contain_text(f"Call {own.requests[0]['id']} ")


def test_a_replay_that_breaks_says_so(page: Page, own: Sandbox, allowed: list[str]) -> None:
    allowed.append("net::ERR_")
    call(own, "wisecp")
    own.faults.add(vendor="wisecp", network="reset")
    opened(page, own, "calls", str(own.requests[0]["id"]))
    dialog(page).get_by_role("button", name="Replay").click()
    expect(dialog(page).locator(".replayed")).to_contain_text("The connection broke")


def test_calls_are_forgotten(page: Page, own: Sandbox) -> None:
    call(own, "wisecp")
    opened(page, own, "calls")
    page.get_by_role("button", name="Clear").click()
    dialog(page).get_by_role("button", name="Cancel").click()
    assert len(own.requests) == 1
    page.get_by_role("button", name="Clear").click()
    dialog(page).get_by_role("button", name="Clear").click()
    expect(page.get_by_text("No calls yet")).to_be_visible()
    assert own.requests == []
    call(own, "wisecp")
    expect(rows(page)).to_have_count(1)


def test_an_emptied_journal_is_noticed(page: Page, own: Sandbox) -> None:
    """By somebody else: what is shown is what there is."""
    call(own, "wisecp")
    call(own, "wisecp")
    opened(page, own, "calls")
    expect(rows(page)).to_have_count(2)
    own.forget()
    call(own, "netgroot")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("NetGroot")
    call(own, "wisecp")
    expect(rows(page)).to_have_count(2)
    own.forget(own.requests[0]["id"])
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("NetGroot")
    own.forget()
    expect(page.get_by_text("No calls yet")).to_be_visible()


def test_a_look_asks_for_what_is_new_alone(page: Page) -> None:
    """Also when the journal is full and lets its oldest calls go; only when calls were taken out, for all of it."""
    with running(serving("--journal-entries", "3")) as (url, _):
        own = Client(url).sandbox("full")
        for _ in range(3):
            call(own, "wisecp")
        opened(page, own, "calls")
        expect(rows(page)).to_have_count(3)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        newest = own.requests[0]["id"]
        call(own, "netgroot")
        expect(rows(page).first).to_contain_text("NetGroot")
        expect(rows(page)).to_have_count(3)
        with page.expect_response(f"**/requests?after={newest + 1}&limit=500&brief=true"):
            pass
        assert f"requests?after={newest}&limit=500&brief=true" in asked
        assert "requests?limit=500&brief=true" not in asked
        own.forget(newest)
        expect(rows(page)).to_have_count(2)
        assert asked.count("requests?limit=500&brief=true") == 1
        page.goto("about:blank")  # before its server goes


def test_a_long_reply_is_cut_and_says_so(page: Page, own: Sandbox) -> None:
    own.records("wisecp").generate(60)
    status, body = fetched(f"{own.url('wisecp')}/api/Billing/GetInvoices?limit=50", own.credentials("wisecp"))
    assert (status, len(body) > 64 * 1024) == (200, True)
    opened(page, own, "calls", str(own.requests[0]["id"]))
    expect(dialog(page)).to_contain_text("The journal keeps the beginning of a long body")
