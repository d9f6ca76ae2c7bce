"""The console's sandboxes: made, looked at, put back, deleted, written down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mockserver.testing import Client
from mockserver.testing.sandbox_client import Sandbox
from tests.browser.console import call, dialog, expect, opened

if TYPE_CHECKING:
    from playwright.sync_api import Download, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def other(own: Sandbox) -> Iterator[Sandbox]:
    """A second sandbox, that is there already."""
    other = Client(own.client.url).sandbox(f"{own.name}-b").create()
    yield other
    other.delete()


def names(own: Sandbox) -> list[str]:
    return [row["name"] for row in own.client.sandboxes()]


def test_a_sandbox_is_made_and_looked_at(page: Page, own: Sandbox) -> None:
    opened(page, own, "sandboxes")
    name = f"{own.name}-new"
    page.get_by_label("Name").fill(name)
    page.get_by_label("Dataset").select_option("docs")
    page.locator("form").get_by_label("Strict").check()
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("h1")).to_have_text(f"Sandboxes of {name}")
    expect(page.locator("#sandbox")).to_have_value(name)
    expect(page.locator("section.card", has_text=f"Shown: {name}")).to_contain_text(f"/__sandbox/{name}")
    made = own.client.sandbox(name)
    assert (made.settings()["dataset"], made.settings()["strict"]) == ("docs", True)
    made.delete()


def test_what_is_written_outlives_what_happens_to_another(page: Page, own: Sandbox, other: Sandbox) -> None:
    opened(page, own, "sandboxes")
    page.get_by_label("Name").fill("halfway")
    page.get_by_label("Begins as").select_option(own.name)
    page.get_by_role("button", name=f"Reset {other.name}", exact=True).click()
    dialog(page).get_by_role("button", name="Reset it").click()
    expect(page.get_by_text(f"The sandbox {other.name} is as on first use.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("halfway")
    expect(page.get_by_label("Begins as")).to_have_value(own.name)
    page.get_by_role("button", name=f"Delete {other.name}", exact=True).click()
    dialog(page).get_by_role("button", name="Delete it").click()
    expect(page.get_by_label("Begins as").locator(f"option[value='{other.name}']")).to_have_count(0)
    expect(page.get_by_label("Begins as")).to_have_value(own.name)


def test_a_sandbox_is_copied(page: Page, own: Sandbox) -> None:
    own.settings(delay=5)
    opened(page, own, "sandboxes")
    name = f"{own.name}-copy"
    page.get_by_label("Name").fill(name)
    page.get_by_label("Begins as").select_option(own.name)
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("h1")).to_have_text(f"Sandboxes of {name}")
    assert own.client.sandbox(name).settings()["delay"] == 5
    own.client.sandbox(name).delete()


def test_a_name_that_there_cannot_be_is_refused(page: Page, own: Sandbox) -> None:
    opened(page, own, "sandboxes")
    page.get_by_label("Name").fill("no name")
    page.get_by_role("button", name="Make it").click()
    assert page.get_by_label("Name").evaluate("input => input.validity.patternMismatch")
    assert "no name" not in names(own)


def test_one_of_the_same_name_is_not_replaced_unasked(page: Page, own: Sandbox, other: Sandbox) -> None:
    other.settings(delay=7)
    opened(page, own, "sandboxes")
    page.get_by_label("Name").fill(other.name)
    page.get_by_role("button", name="Make it").click()
    dialog(page).get_by_role("button", name="Cancel").click()
    assert other.settings()["delay"] == 7


def test_another_sandbox_is_shown(page: Page, own: Sandbox, other: Sandbox) -> None:
    call(other, "wisecp")
    opened(page, own, "sandboxes")
    page.get_by_role("button", name=f"Open {other.name}").click()
    expect(page.locator("h1")).to_have_text(f"Sandboxes of {other.name}")
    page.get_by_role("link", name="Calls").click()
    expect(page.locator("main tr[data-id]")).to_have_count(1)
    page.locator("#sandbox").select_option(own.name)
    expect(page.locator("h1")).to_have_text(f"Calls of {own.name}")
    expect(page.get_by_text("No calls yet")).to_be_visible()


def test_another_sandbox_is_reset(page: Page, own: Sandbox, other: Sandbox) -> None:
    call(other, "wisecp")
    call(own, "wisecp")
    opened(page, own, "sandboxes")
    page.get_by_role("button", name=f"Reset {other.name}").click()
    dialog(page).get_by_role("button", name="Reset it").click()
    expect(page.get_by_text(f"The sandbox {other.name} is as on first use.")).to_be_visible()
    assert (len(other.requests), len(own.requests)) == (0, 1)


def test_a_sandbox_is_deleted_and_another_one_shown(page: Page, own: Sandbox, other: Sandbox) -> None:
    opened(page, other, "sandboxes")
    page.get_by_role("button", name=f"Delete {other.name}").click()
    dialog(page).get_by_role("button", name="Delete it").click()
    expect(page.locator("h1")).to_have_text("Sandboxes of default")
    expect(page.locator(f"[data-sandbox='{other.name}']")).to_have_count(0)
    assert other.name not in names(own)


def test_a_sandbox_is_exported_as_fixtures(page: Page, own: Sandbox) -> None:
    own.records("wisecp").generate(1)
    saved: list[Download] = []
    page.on("download", lambda download: saved.append(download))
    opened(page, own, "sandboxes")
    page.get_by_role("button", name=f"Export {own.name} as fixtures").click()
    expect(page.get_by_text(f"{len(own.client.names)} fixture files of {own.name} are saved.")).to_be_visible()
    files = {download.suggested_filename: download.path().read_text(encoding="utf-8") for download in saved}
    assert files == {f"{vendor}-default.yaml": own.export(vendor) for vendor in own.client.names}


def test_its_settings_are_switched(page: Page, own: Sandbox) -> None:
    opened(page, own, "sandboxes")
    page.get_by_label("Any credential is good").check()
    expect(page.get_by_label("Any credential is good")).to_be_checked()
    assert own.settings()["acceptAnyCredential"] is True
