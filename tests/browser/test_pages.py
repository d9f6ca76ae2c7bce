"""What all pages have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.admin.pages import POLICY

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_file_of_a_page_is_read_without_a_token_and_under_a_policy(page: Page, server: str) -> None:
    found = page.goto(f"{server}/__admin/site/look.css")
    assert found is not None
    assert found.status == 200
    assert found.headers["content-type"] == "text/css; charset=utf-8"
    assert found.headers["content-security-policy"] == POLICY
