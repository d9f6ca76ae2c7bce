"""The console's faults: a fault clicked is a fault answered; delays, quotas, readings, scenarios, time."""

from __future__ import annotations

import http.client
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mockserver.testing.sandbox_client import Sandbox
from tests.browser.console import call, come, dialog, expect, late, let_in, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
VENDORS = ("flolive", "jframework", "netgroot", "saaslogic", "wisecp")


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_error_is_a_click_away(page: Page, own: Sandbox, vendor: str) -> None:
    """In the vendor's own words, and once: the call after it is answered."""
    opened(page, own, "faults", vendor)
    errors = own.send("GET", f"/vendors/{vendor}")["errors"]
    assert len(errors) >= 10
    for error in errors:
        own.faults.clear()
        page.locator(f"[data-key='{error['rule']}']").click()
        expect(page.locator("#toasts")).to_contain_text(f"{error['status']} {error['text']}, the next call.")
        page.evaluate("document.getElementById('toasts').replaceChildren()")
        (rule,) = own.faults.list()
        assert (rule["vendor"], rule["error"], rule["times"]) == (vendor, error["rule"], 1)
        status, body = call(own, vendor)
        assert status == error["status"], error
        assert error["text"] in body or not body or vendor == "saaslogic"
        assert own.requests[0]["basis"]["rule"] == error["rule"]
        assert call(own, vendor)[0] == 200


def test_a_fault_for_every_call_with_a_delay_and_its_end(page: Page, own: Sandbox) -> None:
    opened(page, own, "faults", "netgroot")
    page.get_by_label("Which calls are hit").select_option("every call")
    page.get_by_label("Delay of the fault in milliseconds").fill("30")
    page.locator("[data-key='netgroot.503']").click()
    rule = page.locator("[data-rule]")
    expect(rule).to_have_count(1)
    expect(rule).to_contain_text("netgroot.503")
    expect(rule).to_contain_text("every call, 30 ms late")
    assert [call(own, "netgroot")[0] for _ in range(3)] == [503, 503, 503]
    assert call(own, "wisecp")[0] == 200
    page.get_by_role("button", name="Remove fault-1").click()
    expect(page.get_by_text("No faults", exact=True)).to_be_visible()
    assert call(own, "netgroot")[0] == 200


def test_all_faults_are_removed(page: Page, own: Sandbox) -> None:
    own.faults.add(status=503)
    own.faults.add(vendor="wisecp", network="drip")
    opened(page, own, "faults")
    expect(page.locator("[data-rule]")).to_have_count(2)
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_text("No faults", exact=True)).to_be_visible()
    assert own.faults.list() == []


def test_a_network_fault_breaks_the_next_call(page: Page, own: Sandbox) -> None:
    opened(page, own, "faults", "wisecp")
    page.locator("[data-key='empty']").click()
    expect(page.locator("[data-rule]")).to_have_count(1)
    with pytest.raises((http.client.HTTPException, OSError)):
        call(own, "wisecp")
    assert call(own, "wisecp")[0] == 200
    page.locator("[data-key='malformed']").click()
    expect(page.locator("[data-rule]")).to_have_count(2)
    with pytest.raises(ValueError):
        json.loads(call(own, "wisecp")[1])


def test_the_slider_holds_replies_back(page: Page, own: Sandbox) -> None:
    opened(page, own, "faults")
    slider = page.get_by_label("Delay of every reply")
    slider.fill("350")
    expect(page.get_by_text("Every reply takes 350 ms longer.")).to_be_visible()
    assert own.settings()["delay"] == 350
    expect(slider).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Every reply takes 400 ms longer.")).to_be_visible()
    slider.fill("0")
    expect(page.get_by_text("Replies come at once.")).to_be_visible()
    assert own.settings()["delay"] is None


def test_a_quota_is_set_and_refused_when_it_is_none(page: Page, own: Sandbox, allowed: list[str]) -> None:
    allowed.append("422")
    opened(page, own, "faults")
    box = page.get_by_label("Quota of WISECP")
    box.fill("1/hour")
    box.press("Enter")
    expect(page.get_by_text("WISECP: 1/hour for each account.")).to_be_visible()
    assert [call(own, "wisecp")[0] for _ in range(2)] == [200, 429]
    box.fill("many")
    box.press("Enter")
    expect(page.locator(".toast.bad")).to_contain_text("many")
    expect(box).to_have_value("1/hour")
    box.fill("")
    box.press("Enter")
    expect(page.get_by_text("WISECP: as many calls as it likes.")).to_be_visible()
    assert call(own, "wisecp")[0] == 200


def test_a_document_is_read_another_way(page: Page, own: Sandbox) -> None:
    own.fail_next("flolive", "CUSTOMER_1002", times=3)
    opened(page, own, "faults", "flolive")
    picker = page.get_by_label("Reading failure-status")
    expect(picker).to_have_value("http")
    picker.select_option("always-200")
    expect(page.get_by_text("failure-status is read as always-200.")).to_be_visible()
    assert call(own, "flolive")[0] == 200
    picker.select_option("http")
    expect(page.get_by_text("failure-status is read as http.")).to_be_visible()
    assert call(own, "flolive")[0] == 404
    assert own.readings() == {}


def test_a_scenario_takes_the_place_of_what_was_set(page: Page, own: Sandbox) -> None:
    opened(page, own, "faults", "wisecp")
    page.locator("[data-key='scenario outage']").click()
    expect(page.locator("[data-key='scenario outage']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-rule]")).to_have_count(1)
    assert call(own, "wisecp")[0] == 503
    page.locator("[data-key='scenario healthy']").click()
    expect(page.locator("[data-key='scenario healthy']")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("No faults", exact=True)).to_be_visible()
    assert call(own, "wisecp")[0] == 200


def test_the_clock_is_stopped_moved_set_and_put_back(page: Page, own: Sandbox) -> None:
    opened(page, own, "faults")
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_text("frozen", exact=True)).to_be_visible()
    start = own.clock.now()
    page.get_by_role("button", name="+1 day").click()
    expect(page.get_by_text("A day has passed.")).to_be_visible()
    assert own.clock.now() - start == timedelta(days=1)
    page.get_by_role("button", name="−1 day").click()
    expect(page.get_by_text("It is a day earlier.")).to_be_visible()
    assert own.clock.now() == start
    page.get_by_label("Date and time in UTC").fill("2026-01-31T23:30")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text("2026-01-31 23:30:00")).to_be_visible()
    page.get_by_role("button", name="+1 month").click()
    expect(page.get_by_text("2026-02-28 23:30:00")).to_be_visible()
    assert own.clock.now().isoformat() == "2026-02-28T23:30:00+00:00"
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.get_by_text("ticking", exact=True)).to_be_visible()
    assert own.clock.mode == "ticking"


def test_what_is_being_written_outlives_a_late_reply(page: Page, own: Sandbox) -> None:
    opened(page, own, "faults")
    late(page, "settings")
    page.get_by_role("button", name="+1 day").click()
    page.get_by_label("Which calls are hit").select_option("every call")
    page.get_by_label("Date and time in UTC").fill("2026-01-31T23:30")
    page.get_by_label("Quota of WISECP").press_sequentially("3/mi")
    let_in(page, 1)
    expect(page.get_by_text("A day has passed.")).to_be_visible()
    expect(page.get_by_label("Which calls are hit")).to_have_value("")
    expect(page.get_by_label("Date and time in UTC")).to_have_value("2026-01-31T23:30")
    expect(page.get_by_label("Quota of WISECP")).to_be_focused()
    page.keyboard.type("nute")
    page.keyboard.press("Enter")
    let_in(page, 2)
    expect(page.get_by_text("WISECP: 3/minute for each account.")).to_be_visible()
    page.get_by_role("button", name="Set", exact=True).click()
    let_in(page, 3)
    expect(page.get_by_text("The clock is set.")).to_be_visible()
    assert own.clock.now().isoformat().startswith("2026-01-31T23:30:")
    assert own.settings()["quotas"]["wisecp"] == "3/minute"


def test_of_several_replies_that_of_the_last_click_is_shown(page: Page, own: Sandbox) -> None:
    opened(page, own, "faults")
    late(page, "settings")
    page.get_by_role("button", name="+1 day").click()
    come(page, 1)
    page.get_by_label("Quota of WISECP").fill("3/minute")
    page.get_by_label("Quota of WISECP").press("Enter")
    let_in(page, 2)
    expect(page.get_by_text("WISECP: 3/minute for each account.")).to_be_visible()
    let_in(page, 1)
    expect(page.get_by_text("A day has passed.")).to_be_visible()
    expect(page.get_by_label("Quota of WISECP")).to_have_value("3/minute")


def test_a_sandbox_starts_over(page: Page, own: Sandbox) -> None:
    call(own, "wisecp")
    own.fail_next("wisecp", 503)
    opened(page, own, "faults")
    page.get_by_role("button", name="Reset this sandbox").click()
    dialog(page).get_by_role("button", name="Reset it").click()
    expect(page.get_by_text("No faults", exact=True)).to_be_visible()
    assert (own.faults.list(), own.requests) == ([], [])
