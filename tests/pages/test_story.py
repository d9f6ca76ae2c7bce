"""docs/story.md agrees with the fixtures."""

from __future__ import annotations

from mockserver.vendors import _story
from tests import story_page
from tests.support.servers import ROOT
from tests.vendors.test_one_story import VENDORS

TEXT = story_page.PAGE.read_text(encoding="utf-8")


def test_the_page_is_what_the_fixtures_say() -> None:
    assert story_page.page() == TEXT, "run make story"


def test_it_has_every_vendor_customer_and_product() -> None:
    assert set(story_page.DIALECTS) == set(VENDORS)
    for who in _story.CUSTOMERS:
        (row,) = [line for line in TEXT.splitlines() if line.startswith(f"| {who.company} |")]
        assert " – " not in row
    for sold in _story.PRODUCTS:
        assert f"\n| {sold.name}, {sold.plan} | {sold.price} |" in TEXT


def test_the_readme_leads_to_the_page_and_to_its_example() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in ("docs/story.md", "examples/reconciliation"):
        assert path in readme
        assert (ROOT / path).exists()
