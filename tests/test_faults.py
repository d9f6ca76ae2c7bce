"""Trouble on demand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.errors import Misuse
from mockserver.faults import Wish, phrase, wish
from mockserver.vendor import Request, Vendor
from tests.acme import BILLS, RICH, Sandboxed


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


@pytest.mark.parametrize(
    ("query", "headers", "wanted", "rest"),
    [
        ("a=1", {}, Wish(), "a=1"),
        ("a=1&__code=404&b=2", {}, Wish("404"), "a=1&b=2"),
        ("__code=404", {"prefer": "code=500"}, Wish("404"), ""),
        ("", {"prefer": "code=429"}, Wish("429"), ""),
        ("", {"prefer": 'respond-async, CODE = "429"; x=1'}, Wish("429"), ""),
        ("", {"prefer": "code=400, code=500"}, Wish("400"), ""),
        ("", {"prefer": "wait=5"}, Wish(), ""),
        ("", {"prefer": "code"}, Wish(""), ""),
        ("", {"x-mock-delay": " 800 "}, Wish(None, 0.8), ""),
        ("", {"x-mock-delay": "60000"}, Wish(None, 60.0), ""),
    ],
)
def test_what_a_request_wishes_for(query: str, headers: dict[str, str], wanted: Wish, rest: str) -> None:
    found, request = wish(Request("GET", "/", query, headers))
    assert found == wanted
    assert request.query == rest


@pytest.mark.parametrize("delay", ["x", "", "-1", "1.5", "60001", "٣", "9" * 40])
def test_a_delay_that_is_no_number_of_milliseconds(server: Sandboxed, delay: str) -> None:
    with pytest.raises(Misuse, match="Bad delay"):
        wish(Request("GET", "/", "", {"x-mock-delay": delay}))
    answer = server.get(headers={"X-Mock-Delay": delay.encode().decode("latin-1")})
    assert (answer.status, answer.json["type"]) == (400, "urn:mockserver:bad-delay")
    assert "from 0 to 60000" in answer.json["detail"]


@pytest.mark.parametrize("how", ["header", "query"])
@pytest.mark.parametrize(
    ("code", "status", "rule", "text"),
    [
        ("404", 404, "acme.404", "No such bill."),
        ("400", 400, "acme.400", "That is wrong."),
        ("ACME_BAD_DAY", 400, "acme.400.day", "That is no day."),
        ("503", 503, "acme.503", "Closed."),
        ("418", 418, "acme.default", "I'm a Teapot"),
        ("599", 599, "acme.default", "Status 599"),
    ],
)
def test_an_outcome_is_asked_for_by_status_or_by_name(
    server: Sandboxed, how: str, code: str, status: int, rule: str, text: str
) -> None:
    if how == "header":
        answer = server.get(Prefer=f"code={code}", key=None)
    else:
        answer = server.get(f"{BILLS}?page=x&__code={code}", key=None)
    assert (answer.status, answer.rule, answer.json) == (status, rule, {"error": text})
    assert answer.headers["Preference-Applied"] == f"code={code}"
    assert answer.codes == (["undocumented-status"] if status in (418, 503, 599) else [])


def test_a_429_on_demand_carries_what_a_real_one_does(server: Sandboxed) -> None:
    answer = server.get(Prefer="code=429")
    assert answer.headers["Retry-After"] == answer.headers["RateLimit-Reset"] == "60"
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("60", "0")
    assert server.get(Prefer="code=ACME_SLOW_DOWN").body == answer.body
    assert server.get(Prefer="code=405").headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("code", ["200", "399", "600", "abc", "", "4040", "٤٠٤", "acme_bad_day"])
def test_an_outcome_that_there_is_not_is_a_misuse_with_the_choices(server: Sandboxed, code: str) -> None:
    answer = server.get(f"{BILLS}?__code={code}")
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json["type"] == "urn:mockserver:unknown-outcome"
    assert answer.json["choices"][:3] == ["ACME_BAD_DAY", "ACME_SLOW_DOWN", "401"]
    assert "an error of the vendor's table" in answer.json["detail"]


def test_a_vendor_without_names_of_its_own_offers_statuses_only(vendor: Vendor) -> None:
    bare = replace(vendor, errors=tuple(replace(words, code="") for words in vendor.errors))
    answer = Sandboxed(bare).get(Prefer="code=x")
    assert answer.json["detail"] == "The code asked for is 'x', wanted a status from 400 to 599."
    assert "ACME_BAD_DAY" not in answer.json["choices"]


def test_a_forced_outcome_spends_no_quota(vendor: Vendor) -> None:
    server = Sandboxed(vendor, quotas="acme=1/minute")
    assert server.get(Prefer="code=500").status == 500
    assert server.get(key=RICH).status == 200


def test_phrases() -> None:
    assert phrase(404) == "Not Found"
    assert phrase(599) == "Status 599"
