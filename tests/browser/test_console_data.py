"""The console's data: found, sorted, paged, edited, added, removed, generated, and added up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.sdk.jsontext import decode
from mockserver.testing.sandbox_client import Sandbox
from tests.browser.console import call, come, dialog, expect, late, let_in, opened, rows

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def invoice(own: Sandbox, id: int) -> Any:
    """An invoice as NetGroot's next call shows it; None when it does not."""
    _, body = call(own, "netgroot")
    return next((row for row in decode(body.encode())["data"] if row["invoice_id"] == id), None)


def first(own: Sandbox) -> int:
    """The id of an invoice of the example account."""
    _, body = call(own, "netgroot")
    found: int = json.loads(body)["data"][0]["invoice_id"]
    return found


def open_one(page: Page, text: str) -> None:
    """The one record that has this text, opened."""
    page.get_by_label("Filter records").fill(text)
    expect(rows(page)).to_have_count(1)
    rows(page).first.get_by_role("link").click()


def test_records_are_paged_sorted_and_filtered(page: Page, own: Sandbox) -> None:
    records = own.records("netgroot").list()
    opened(page, own, "data", "netgroot")
    expect(rows(page)).to_have_count(25)
    expect(page.get_by_text(f"{len(records)} records", exact=True)).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text(f"26 to 50 of {len(records)}")
    expect(rows(page).first).to_contain_text(str(records[25]["invoice_id"]))
    by_amount = sorted(records, key=lambda record: -record["amount"])
    page.get_by_role("button", name="amount").click()
    page.get_by_role("button", name="amount").click()
    expect(page.get_by_role("columnheader", name="amount")).to_have_attribute("aria-sort", "descending")
    expect(rows(page).first).to_contain_text(str(by_amount[0]["amount"]))
    page.get_by_label("Filter records").fill("iptv")
    fits = [record for record in by_amount if "iptv" in str(record).lower()]
    expect(page.get_by_text(f"{len(fits)} of {len(records)} records")).to_be_visible()
    expect(rows(page).first).to_contain_text(str(fits[0]["invoice_id"]))
    page.get_by_label("Filter records").fill("no record has this")
    page.get_by_role("button", name="Show all").click()
    expect(rows(page)).to_have_count(25)


def test_of_several_filters_the_last_is_shown_whenever_replies_come(page: Page, own: Sandbox) -> None:
    opened(page, own, "data", "netgroot")
    late(page, "contains")
    page.get_by_label("Filter records").fill("iptv")
    come(page, 1)
    page.get_by_label("Filter records").fill("no record has this")
    let_in(page, 2)
    expect(page.get_by_text("No record has that in it")).to_be_visible()
    let_in(page, 1)
    page.evaluate("fetch('version').then((reply) => reply.text())")  # and the page has seen what was let in
    expect(page.get_by_text("No record has that in it")).to_be_visible()


def test_a_dataset_without_records_says_so(page: Page, own: Sandbox) -> None:
    own.settings(dataset="empty")
    opened(page, own, "data", "wisecp")
    expect(page.get_by_text("No records", exact=True)).to_be_visible()


def test_an_edit_is_seen_by_the_next_call(page: Page, own: Sandbox) -> None:
    id = first(own)
    opened(page, own, "data", "netgroot")
    open_one(page, str(id))
    text = dialog(page).get_by_label("JSON")
    edited = json.loads(text.input_value()) | {"status": "Pending", "description": "Edited “here”"}
    spelled = json.dumps(edited).replace(f'"amount": {edited["amount"]}', '"amount": 50.00')
    assert "50.00" in spelled
    text.fill(spelled)
    dialog(page).get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"Record {id} is changed.")).to_be_visible()
    expect(page.locator("dialog")).to_have_count(0)
    expect(rows(page).first).to_contain_text("50.00")
    seen = invoice(own, id)
    assert (str(seen["amount"]), seen["status"], seen["description"]) == ("50.00", "Pending", "Edited “here”")


def test_what_is_opened_has_every_digit(page: Page, own: Sandbox) -> None:
    id = first(own)
    own.records("netgroot").change(id, amount=decode(b"1234567.10"))
    opened(page, own, "data", "netgroot")
    open_one(page, "1234567.10")
    assert '"amount": 1234567.10,' in dialog(page).get_by_label("JSON").input_value()
    before = own.records("netgroot").get(id)
    dialog(page).get_by_role("button", name="Save").click()
    expect(page.locator("dialog")).to_have_count(0)
    assert own.records("netgroot").get(id) == before
    assert str(invoice(own, id)["amount"]) == "1234567.10"


def test_a_field_taken_out_is_left_out(page: Page, own: Sandbox) -> None:
    record = next(record for record in own.records("flolive").list() if "dueDate" in record)
    opened(page, own, "data", "flolive")
    open_one(page, record["id"])
    text = dialog(page).get_by_label("JSON")
    edited = json.loads(text.input_value())
    del edited["dueDate"]
    text.fill(json.dumps(edited))
    dialog(page).get_by_role("button", name="Save").click()
    expect(page.locator("dialog")).to_have_count(0)
    assert "dueDate" not in own.records("flolive").get(record["id"])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"Paid"', "12", "status: found 12, wanted"),
        ('"amount": 36.00', '"amount": "much"', 'amount: found "much", wanted'),
        ('"status"', '"sttus"', "sttus"),
        ("}", "", "The body is no JSON"),
    ],
)
def test_a_refused_edit_shows_where_and_keeps_the_text(
    page: Page, own: Sandbox, allowed: list[str], before: str, after: str, told: str
) -> None:
    allowed += ["422", "400"]
    id = next(
        row["invoice_id"]
        for row in own.records("netgroot").list()
        if str(row["amount"]) == "36.00" and row["status"] == "Paid"
    )
    unchanged = own.records("netgroot").get(id)
    opened(page, own, "data", "netgroot")
    open_one(page, str(id))
    text = dialog(page).get_by_label("JSON")
    wrong = text.input_value().replace(before, after)
    text.fill(wrong)
    dialog(page).get_by_role("button", name="Save").click()
    expect(dialog(page).get_by_role("alert")).to_contain_text(told)
    expect(text).to_have_value(wrong)
    assert own.records("netgroot").get(id) == unchanged


def test_a_record_is_added_and_removed(page: Page, own: Sandbox) -> None:
    opened(page, own, "data", "netgroot")
    page.get_by_role("button", name="Add a record").click()
    dialog(page).get_by_label("JSON").fill('{"invoice_id": 77, "amount": 12.30, "status": "Paid"}')
    dialog(page).get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Record 77 is added.")).to_be_visible()
    assert str(invoice(own, 77)["amount"]) == "12.30"
    open_one(page, "12.30")
    dialog(page).get_by_role("button", name="Remove").click()
    dialog(page).get_by_role("button", name="Cancel").click()
    assert invoice(own, 77) is not None
    dialog(page).get_by_role("button", name="Remove").click()
    dialog(page).get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("Record 77 is gone.")).to_be_visible()
    expect(page.locator("dialog")).to_have_count(0)
    assert invoice(own, 77) is None


def test_more_are_generated(page: Page, own: Sandbox, allowed: list[str]) -> None:
    allowed.append("422")
    before = len(own.records("jframework").list())
    opened(page, own, "data", "jframework")
    page.get_by_label("How many records to generate").fill("7")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text(f"{before + 7} records", exact=True)).to_be_visible()
    assert len(own.records("jframework").list()) == before + 7
    page.get_by_label("How many records to generate").fill("0")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("records is 0, wanted a whole number from 1 to 2000.")).to_be_visible()


def test_charts_say_what_the_api_says(page: Page, own: Sandbox) -> None:
    usd, *others = own.send("GET", "/totals/wisecp")["totals"]
    opened(page, own, "data", "wisecp")
    by_month = page.locator("section.card", has_text="Amounts by month")
    by_status = page.locator("section.card", has_text="Amounts by status")
    last = usd["months"][-1]
    picture = by_month.get_by_role("img")
    label = picture.get_attribute("aria-label") or ""
    assert f"{last['month']}: " in label
    assert picture.locator("rect").count() == len(usd["months"])
    by_status.get_by_text("As a table").click()
    expect(by_status.locator("tbody tr")).to_have_count(len(usd["statuses"]))
    for row, status in zip(by_status.locator("tbody tr").all(), usd["statuses"], strict=True):
        cells = [cell.replace("\u202f", "").replace(" ", "") for cell in row.locator("th, td").all_inner_texts()]
        assert cells == [status["status"], str(status["records"]), str(status["amount"])]
    by_month.get_by_label("Currency").select_option(others[0]["currency"])
    expect(by_month.get_by_role("img").locator("rect")).to_have_count(len(others[0]["months"]))
