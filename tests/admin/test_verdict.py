"""Control of verdicts."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from mockserver.sdk.contract import Vendor
from tests.support.acme import BILLS, Sandboxed


@pytest.fixture
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def test_the_verdict_of_the_callers_own_sandbox(server: Sandboxed) -> None:
    server.get(f"{BILLS}?stat=paid", X_Mock_Sandbox="mine")
    mine = server.control("GET", "/verdict", sandbox="mine")
    assert (mine.status, mine.json["sandbox"], mine.json["verdict"]) == (200, "mine", "broken")
    broken = [check for check in mine.json["checks"] if check["verdict"] == "broken"]
    assert [(check["name"], check["calls"]) for check in broken] == [("pages", [1]), ("parameters", [1])]
    assert server.control("GET", "/verdict").json["verdict"] == "untested"


def test_as_junit_with_whatever_was_sent(server: Sandboxed) -> None:
    server.get(f"{BILLS}?%00%01%ff%3C=%1b&%F0%9F%94%91=x")
    answer = server.control("GET", "/verdict?format=junit")
    assert answer.headers["Content-Type"] == "application/xml"
    suite = ET.fromstring(answer.body)[0]
    assert suite.get("name") == "mockserver.default"
    assert suite.get("failures") == "2"


def test_checks_that_are_left_out(server: Sandboxed) -> None:
    server.get(f"{BILLS}?stat=paid")
    assert server.control("GET", "/verdict?ignore=pages").json["counts"]["broken"] == 1
    assert server.control("GET", "/verdict?ignore=pages,parameters").json["verdict"] == "kept"
    answer = server.control("GET", "/verdict?ignore=paging")
    assert (answer.status, "wanted some of pages, retry-after, " in answer.json["detail"]) == (422, True)


def test_of_a_journal_that_let_calls_go_nobody_knows_what_was_asked_for_before(vendor: Vendor) -> None:
    server = Sandboxed(vendor, journal_entries=2)
    for page in (1, 2, 3):
        server.get(f"{BILLS}?size=2&page={page}")
    (pages,) = [check for check in server.control("GET", "/verdict").json["checks"] if check["name"] == "pages"]
    assert (pages["verdict"], "--journal-entries" in pages["about"]) == ("untested", True)


def test_any_other_format_is_refused(server: Sandboxed) -> None:
    answer = server.control("GET", "/verdict?format=html")
    assert (answer.status, answer.json["detail"]) == (422, "format is 'html', wanted json or junit.")
    answer = server.control("GET", "/verdict?fromat=junit")
    assert (answer.status, answer.json["detail"]) == (422, "Unexpected parameter 'fromat', wanted format, ignore.")


def test_without_looking_for_live_credentials_there_is_no_verdict_on_them(vendor: Vendor) -> None:
    server = Sandboxed(vendor, refuse_live=False)
    server.get()
    checks = {check["name"]: check["verdict"] for check in server.control("GET", "/verdict").json["checks"]}
    assert checks["live-credentials"] == "untested"
