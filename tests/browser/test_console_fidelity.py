"""The console's fidelity: what the API's ledger says, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.testing.sandbox_client import Sandbox
from tests.browser.console import expect, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_totals_and_lines_are_the_apis(page: Page, own: Sandbox) -> None:
    ledger = own.client.fidelity()
    for vendor in ledger["vendors"]:
        opened(page, own, "fidelity", vendor["vendor"])
        for place, counts in ((0, ledger["counts"]), (1, vendor["counts"])):
            bar = page.locator(".totals").nth(place)
            for basis, count in counts.items():
                expect(bar.locator(f"[data-basis={basis}] b")).to_have_text(str(count))
            said = ", ".join(f"{count} {basis}" for basis, count in counts.items())
            expect(bar.get_by_role("img")).to_have_attribute(
                "aria-label", f"{bar_name(place, vendor)}: {said} of {sum(counts.values())}"
            )
        lines = page.locator(".ledger tbody tr")
        expect(lines).to_have_count(len(vendor["rows"]))
        for row, line in zip(vendor["rows"], lines.all_inner_texts(), strict=True):
            assert row["name"] in line
            assert row["basis"] in line
            assert not row["confidence"] or f"confidence {row['confidence']}" in line


def bar_name(place: int, vendor: dict[str, str]) -> str:
    return vendor["title"] if place else "All vendors"


def test_places_are_told_in_words(page: Page, own: Sandbox) -> None:
    opened(page, own, "fidelity", "wisecp")
    expect(page.locator(".ledger tbody tr", has_text="Apikey").first).to_contain_text("document 004, line 28")
    expect(page.locator(".ledger")).to_contain_text("document 004, lines 103, 181")


def test_lines_are_filtered(page: Page, own: Sandbox) -> None:
    rows = own.client.fidelity("jframework")["rows"]
    inferred = [row for row in rows if row["basis"] == "inferred"]
    opened(page, own, "fidelity", "jframework")
    lines = page.locator(".ledger tbody tr")
    page.get_by_label("Basis").select_option("inferred")
    expect(lines).to_have_count(len(inferred))
    expect(page.get_by_text(f"{len(inferred)} of {len(rows)} lines")).to_be_visible()
    page.get_by_label("Filter the ledger").fill("no line has this")
    expect(page.get_by_text("No line fits the filter")).to_be_visible()


def test_open_readings_stand_beside_it(page: Page, own: Sandbox) -> None:
    own.readings({"wisecp.amounts": "short"})
    opened(page, own, "fidelity", "wisecp")
    beside = page.locator("section.card", has_text="Open readings")
    names = [reading["name"] for reading in own.send("GET", "/vendors/wisecp")["readings"]]
    assert beside.locator(".line > code").all_inner_texts() == names
    expect(beside.locator(".line", has_text="amounts").locator(".badge.good")).to_have_text("short")
    beside.get_by_role("link", name="Read it another way").click()
    expect(page.get_by_label("Reading amounts")).to_have_value("short")
