"""The example page: served on its own, it reads all five vendors through CORS, and what they tell is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from mockserver.testing.sandbox_client import Sandbox
from mockserver.vendors import _story, find_vendors
from tests.support.servers import ROOT
from tests.vendors.test_one_story import VENDORS, sums

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FIRST = _story.CUSTOMERS[0].company


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *said: object) -> None:
        """Nothing is printed."""


@pytest.fixture(scope="module")
def example() -> Iterator[str]:
    """The URL of the page, as ``python -m http.server -d examples/reconciliation`` serves it."""
    handler = partial(Quiet, directory=str(ROOT / "examples" / "reconciliation"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        thread = Thread(target=served.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()


def compared(page: Page, example: str, base: str, customer: str = FIRST) -> str:
    """What the page says of a customer once it has read all vendors."""
    page.goto(f"{example}/?base={base}&customer={customer}")
    told = page.get_by_role("status")
    told.filter(has_not_text="Reading").filter(has_text=".").wait_for()
    return told.inner_text()


def address(sandbox: Sandbox) -> str:
    """The base URL below which all vendors are in this sandbox."""
    return sandbox.url("wisecp").removesuffix("/wisecp")


def row(page: Page, name: str) -> list[str]:
    """The cells of a month or of the total: the five sums, then the verdict."""
    cells = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name)).get_by_role("cell")
    return [text.split("\n")[0] for text in cells.all_inner_texts()]


def common() -> list[str]:
    """The months of which every vendor tells."""
    return sorted(set.intersection(*({month for _, month in sums(vendor)} for vendor in VENDORS)))


def test_every_customer_owes_the_same_in_all_five(page: Page, server: str, example: str) -> None:
    for customer in _story.CUSTOMERS:
        told = compared(page, example, server, customer.company)
        assert told == f"5 of 5 answered. {len(common())} of {len(common())} months are equal."
        total = sum((sums("netgroot")[customer.company, month] for month in common()), Decimal(0))
        assert row(page, "Total") == [*[f"{total:,.2f}"] * 5, "✓ equal"]
        for month in common():
            owed = sums("netgroot")[customer.company, month]
            assert row(page, month) == [*[f"{owed:,.2f}"] * 5, "✓ equal"]
    heads = page.get_by_role("columnheader").all_inner_texts()
    assert sorted(heads[1:]) == sorted(vendor.title.removesuffix(" ISPCRM") for vendor in find_vendors())


def test_the_page_is_a_client_that_behaves(page: Page, own: Sandbox, example: str) -> None:
    """It walks all pages, sends what is required, and no parameter that a vendor does not know."""
    own.create(strict=True)
    compared(page, example, address(own))
    assert {call["vendor"] for call in own.requests} == set(VENDORS)
    assert own.verdict()["verdict"] == "kept"


def test_one_cent_more_is_a_difference(page: Page, own: Sandbox, example: str) -> None:
    invoice = own.records("netgroot").list()[0]
    own.records("netgroot").change(invoice["invoice_id"], amount=float(invoice["amount"]) + 0.01)
    newest, *older = reversed(common())
    assert compared(page, example, address(own)).endswith(f"{len(older)} of {len(common())} months are equal.")
    assert row(page, newest) == ["93.73", "93.72", "93.72", "93.72", "93.72", "≠ differs"]
    assert row(page, older[0])[-1] == "✓ equal"
    assert row(page, "Total")[-1] == "≠ differs"


def test_an_invoice_that_is_missing_is_a_difference(page: Page, own: Sandbox, example: str) -> None:
    own.records("wisecp").remove(1_000_085)
    compared(page, example, address(own))
    assert row(page, common()[-2])[-2:] == ["–", "≠ differs"]


@pytest.mark.parametrize(
    ("vendor", "status", "words"),
    [
        ("wisecp", 503, "503 Service unavailable"),
        ("jframework", 429, "429 The user has exceeded the rate limit."),
        ("flolive", 500, "500 "),
        ("saaslogic", 401, "401 Unauthorized"),
    ],
)
def test_a_vendor_that_fails_is_told_in_its_words_beside_the_others(
    page: Page, own: Sandbox, example: str, allowed: list[str], vendor: str, status: int, words: str
) -> None:
    allowed.append(str(status))
    own.faults.add(vendor, status=status)
    assert compared(page, example, address(own)).startswith("4 of 5 answered. 0 of ")
    title = next(known.title for known in find_vendors() if known.name == vendor)
    assert words in page.get_by_role("columnheader", name=title).inner_text()
    assert row(page, common()[-1])[-1] == "? not known"


def test_failures_that_come_with_200_are_failures(page: Page, own: Sandbox, example: str) -> None:
    own.readings({"flolive.failure-status": "always-200", "wisecp.failure-status": "always-200"})
    for vendor in ("flolive", "wisecp"):
        own.faults.add(vendor, status=500)
    assert compared(page, example, address(own)).startswith("3 of 5 answered.")


def test_where_nobody_answers_that_is_said(page: Page, example: str, allowed: list[str]) -> None:
    allowed.append("ERR_")
    told = compared(page, example, "http://127.0.0.1:1")
    assert told == "Nobody answers at http://127.0.0.1:1. Is mockserver running there?"
    assert page.get_by_role("table").count() == 0


def test_another_customer_is_chosen_by_keyboard_and_kept_in_the_url(page: Page, server: str, example: str) -> None:
    compared(page, example, server)
    page.get_by_label("Customer").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("table", name=_story.CUSTOMERS[1].company).wait_for()
    assert f"customer={_story.CUSTOMERS[1].company.split()[0]}" in page.url


def test_money_keeps_its_digits(page: Page, server: str, example: str) -> None:
    compared(page, example, server)
    summed = """async () => {
      const { amount, parse, shown } = await import("./exact.js");
      const sent = '{"a": [50.00, -0.1, 0.2, 12345678901234567.89], "b": "1.5, \\\\"2\\\\"", "1": true, "c": null}';
      const said = parse(sent);
      const sum = said.a.map(amount).reduce((one, other) => one + other, 0n);
      const refused = ["1e3", "", "1,5", "0." + "1".repeat(21)].filter((text) => {
        try { amount(text); return false; } catch { return true; }
      });
      return [said, shown(sum), shown(amount("-3")), shown(amount("0.0005")), refused.length];
    }"""
    assert page.evaluate(summed) == [
        {"a": ["50.00", "-0.1", "0.2", "12345678901234567.89"], "b": '1.5, "2"', "1": True, "c": None},
        "12,345,678,901,234,617.99",
        "−3.00",
        "0.0005",
        4,
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_and_fits(
    page: Page,
    server: str,
    example: str,
    accessible: Callable[..., None],
    picture: Callable[[str], None],
    width: int,
    scheme: str,
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    compared(page, example, server)
    accessible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert len(page.get_by_role("row").all()) == len(common()) + 2
    if (width, scheme) == (1280, "light"):
        picture("reconciliation")
