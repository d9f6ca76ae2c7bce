"""Pages: who gets the console and who a list, what travels with them, and who may see them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from mockserver.admin.pages import POLICY, SITE
from mockserver.sdk.contract import Vendor
from mockserver.sdk.version import __version__
from tests.support.acme import RICH, Sandboxed

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FILES = sorted(path for path in SITE.rglob("*.*"))


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def test_a_browser_gets_the_console(server: Sandboxed) -> None:
    answer = server.control("GET", "/", headers={"Accept": BROWSER})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.body == (SITE / "console" / "index.html").read_bytes()
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Vary"] == "Accept"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.9", None])
def test_everybody_else_gets_what_there_is_to_control(server: Sandboxed, accept: str | None) -> None:
    answer = server.control("GET", "/", headers={"Accept": accept} if accept else {})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Vary"] == "Accept"
    assert answer.json["version"] == __version__
    offers = {offer["path"]: offer["methods"] for offer in answer.json["offers"]}
    assert offers["/__admin/clock"] == ["GET"]
    assert offers["/__admin/records/{vendor}/{id}"] == ["DELETE", "GET", "PATCH"]
    assert not [path for path in offers if "site" in path]


def test_without_its_slash_it_leads_there(server: Sandboxed) -> None:
    """By an address that is good below a sandbox's URL, too."""
    for prefix in ("", "/__sandbox/a"):
        reply = server.app.test_client().get(f"{prefix}/__admin", headers={"Accept": BROWSER})
        assert reply.status_code == 308
        assert urljoin(f"{prefix}/__admin", reply.headers["Location"]) == f"{prefix}/__admin/"
        with server.app.test_client().get(f"{prefix}/__admin/", headers={"Accept": BROWSER}) as page:
            assert page.content_type == "text/html; charset=utf-8"


def test_pages_are_seen_without_the_token(vendor: Vendor) -> None:
    """They hold no secret; what they show, the API tells only to whoever sends the token."""
    guarded = Sandboxed(vendor, host="0.0.0.0", control_token="only-for-the-team")
    for path in ("", "/", "/site/look.css", *(f"/site/{path.relative_to(SITE)}" for path in FILES)):
        answer = guarded.control("GET", path, headers={"Accept": BROWSER, "Host": "mock.company.example"})
        assert answer.status in (200, 308), path
        assert RICH.encode() not in answer.body
    assert guarded.control("GET", "/settings").status == 401


def test_without_control_there_is_no_page(vendor: Vendor) -> None:
    off = Sandboxed(vendor, control="false")
    for path in ("", "/", "/site/look.css"):
        answer = off.control("GET", path, headers={"Accept": BROWSER})
        assert (answer.status, answer.json["type"]) == (404, "urn:mockserver:unknown-path")


def test_a_file_that_there_is_not_is_told(server: Sandboxed) -> None:
    for path in ("/site/nothing.js", "/site/../pages.py", "/site/%2e%2e/pages.py"):
        assert server.control("GET", path).status == 404


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_keep_to_the_policy(path: Path) -> None:
    """Nothing inline, nothing of others, and no markup out of data."""
    text = path.read_text(encoding="utf-8")
    assert not re.findall(
        r"""\sstyle=|\son\w+=["']|<style|<script(?![^>]*\ssrc=)|innerHTML|outerHTML|document\.write|\beval\(""", text
    )
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
