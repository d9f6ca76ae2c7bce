"""The start page: HTML for browsers, JSON for everybody else, and a credential in neither."""

from __future__ import annotations

import pytest

from mockserver.admin.pages import POLICY
from mockserver.sdk.contract import Vendor
from tests.support.acme import POOR, RICH, Sandboxed

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (CHROMIUM, True),
        ("text/html", True),
        ("application/json;q=0.5, text/*", True),
        ("*/*", False),
        ("application/json", False),
        ("application/json, text/plain, */*", False),
        ("text/html;q=0.5, application/json", False),
        ("nonsense", False),
        (None, False),
    ],
)
def test_who_likes_html_better_gets_the_page(server: Sandboxed, accept: str | None, html: bool) -> None:
    sent = {"Accept": accept} if accept is not None else {}
    replies = {method: server.get("/", method=method, headers=sent) for method in ("GET", "HEAD")}
    for reply in replies.values():
        assert reply.status == 200
        assert reply.headers["Content-Type"] == f"{'text/html' if html else 'application/json'}; charset=utf-8"
        assert reply.headers["Vary"] == "Accept"
        assert reply.headers["Content-Length"] == str(len(replies["GET"].body))
    assert replies["HEAD"].body == b""


def test_the_page_is_under_the_policy_and_asked_for_again_each_time(server: Sandboxed) -> None:
    reply = server.get("/", key=None, Accept=CHROMIUM)
    assert reply.headers["Content-Security-Policy"] == POLICY
    assert "no-cache" in reply.headers["Cache-Control"]


def test_neither_page_nor_json_holds_a_credential(vendor: Vendor) -> None:
    guarded = Sandboxed(vendor, control_token="only-for-the-team")
    for accept in (CHROMIUM, "*/*"):
        for server in (guarded, Sandboxed(vendor)):
            body = server.get("/", key=None, Accept=accept).body
            assert not [secret for secret in (RICH, POOR, "only-for-the-team") if secret.encode() in body]
    assert guarded.get("/").json["tokenWanted"] is True


def test_the_json_leads_to_the_pages(server: Sandboxed) -> None:
    told = server.get("/").json
    assert (told["console"], told["docs"], told["tokenWanted"]) == ("/__admin/", "/__docs/", False)


def test_without_control_there_is_json_alone(vendor: Vendor) -> None:
    reply = Sandboxed(vendor, control=False).get("/", Accept=CHROMIUM)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert not {"console", "docs", "tokenWanted"} & set(reply.json)
    assert "Vary" not in reply.headers


@pytest.mark.parametrize("path", ["/acme", "/acme/", "/v3/bills", "/acme/v3/bills"])
def test_a_vendors_path_in_a_browser_is_the_vendors_reply(server: Sandboxed, path: str) -> None:
    assert server.get(path, Accept=CHROMIUM) == server.get(path)


def test_a_vendors_own_host_is_the_vendors_in_a_browser_too(server: Sandboxed) -> None:
    assert server.get("/", Host="acme.localhost", Accept=CHROMIUM).rule == "acme.404.unknown-path"


def test_other_methods_than_reading_get_no_page(server: Sandboxed) -> None:
    reply = server.get("/", method="POST", Accept=CHROMIUM)
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"


def test_a_sandbox_has_a_start_page_of_its_own_url(server: Sandboxed) -> None:
    assert server.get("/__sandbox/mine/", Accept=CHROMIUM).body == server.get("/", Accept=CHROMIUM).body


def test_without_its_slash_it_leads_there(server: Sandboxed) -> None:
    """By an address that is good whatever stands before it."""
    reply = server.get("/__sandbox/mine?x=1", Accept=CHROMIUM)
    assert (reply.status, reply.headers["Location"]) == (308, "mine/")
    assert server.get("/__sandbox/mine").status == 200


def test_a_wish_that_no_browser_has_is_not_read(vendor: Vendor) -> None:
    """To read blanks in it takes a time that grows with the square of their number."""
    client = Sandboxed(vendor).app.test_client()
    for accept, page in (("text/html", True), ("text/html" + " " * 900, True), ("text/html" + " " * 8000, False)):
        for path in ("/", "/__admin/"):
            reply = client.get(path, headers={"Accept": accept})
            assert (reply.mimetype == "text/html") is page
            reply.close()
