"""Error Codes (003:35-41) and the failures that the document leaves open."""

from __future__ import annotations

import re

import pytest

from mockserver.sdk.record_query import RecordQuery
from mockserver.vendors.flolive import VENDOR
from tests.support.client import Client
from tests.vendors.flolive.helpers import ENVELOPE, path

LISTED = {
    "GLOBAL_1001": (503, "Service unavailable. Please try again"),
    "CUSTOMER_1002": (404, "Customer does not exist"),
    "CUSTOMER_1006": (500, "Failed to retrieve customer details"),
}


@pytest.fixture
def client() -> Client:
    return Client("flolive")


@pytest.mark.statement("FL-16")
@pytest.mark.parametrize(
    "code",
    [
        pytest.param("GLOBAL_1001", marks=pytest.mark.statement("FL-47")),
        pytest.param("CUSTOMER_1002", marks=pytest.mark.statement("FL-48")),
        pytest.param("CUSTOMER_1006", marks=pytest.mark.statement("FL-49")),
    ],
)
def test_a_listed_code_comes_with_its_message(client: Client, code: str) -> None:
    status, message = LISTED[code]
    for prefer in (f"code={code}", f"code={status}"):
        answer = client.get(Prefer=prefer)
        body = f'{{"errorCode":"{code}","errorMessage":"{message}","content":[],"pageable":null}}'
        assert (answer.status, answer.body) == (status, body.encode())
        assert answer.basis.startswith("inferred; rule=flolive.")
        assert answer.codes == ["undocumented-status"]  # the code and its text are documented, no status is


@pytest.mark.statement("FL-46")
def test_general_codes_stand_beside_the_listed_ones_and_are_called_inferred(client: Client) -> None:
    general = [words for words in VENDOR.errors if words.code not in LISTED]
    assert {words.code.partition("_")[0] for words in general} == {"GLOBAL", "AUTH"}
    for words in general:
        answer = client.get(Prefer=f"code={words.code}")
        assert (answer.status, answer.json["errorCode"]) == (words.status, words.code)
        assert answer.basis == f"inferred; rule={words.rule}"
        assert answer.codes == ["undocumented-status"]


@pytest.mark.statement("FL-11", "FL-19", "FL-22", "FL-54")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 414, 418, 429, 500, 503, 599])
def test_on_failure_content_and_pageable_are_empty(client: Client, status: int) -> None:
    """The document's only failure example has a filled pageable (003:106-111), and belongs to another operation."""
    failure = client.get(Prefer=f"code={status}")
    assert failure.status == status
    assert list(failure.json) == ENVELOPE
    assert (failure.json["content"], failure.json["pageable"]) == ([], None)
    assert re.fullmatch("(GLOBAL|AUTH|CUSTOMER)_[0-9]+", failure.json["errorCode"])
    assert failure.json["errorMessage"]


@pytest.mark.statement("FL-53")
def test_the_bulk_body_of_a_top_up_is_never_sent(client: Client) -> None:
    answers = [client.get(), client.get(path=path("Tundra")), client.get(headers={}), client.get(method="POST")]
    answers += [client.get(Prefer=f"code={words.status}") for words in VENDOR.errors]
    for answer in answers:
        assert b"bulk" not in answer.body
        assert b"SUBSCRIBER" not in answer.body
        assert list(answer.json) == ENVELOPE


def test_a_status_that_the_table_lacks_has_a_general_code(client: Client) -> None:
    answer = client.get(Prefer="code=418")
    assert answer.json["errorCode"] == "GLOBAL_418"
    assert answer.json["errorMessage"].casefold() == "i'm a teapot"


def test_a_crash_of_ours_is_a_failed_look_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordQuery, "span", lambda *_: 1 / 0)
    answer = client.get()
    assert (answer.status, answer.json["errorCode"]) == (500, "CUSTOMER_1006")


def test_an_unknown_path_and_a_wrong_method_say_so(client: Client) -> None:
    lost = client.get(path="/flolive/api/v2/customer", headers={})
    assert (lost.status, lost.json["errorCode"], lost.json["errorMessage"]) == (404, "GLOBAL_404", "Not found")
    posted = client.get(method="POST", headers={})
    assert (posted.status, posted.json["errorCode"]) == (405, "GLOBAL_405")
    assert posted.headers["Allow"] == "GET, HEAD"


def test_a_spent_quota_says_so() -> None:
    client = Client("flolive", quotas="flolive=2/hour")
    for _ in range(3):
        answer = client.get()
    assert (answer.status, answer.json["errorCode"]) == (429, "GLOBAL_429")
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert answer.headers["RateLimit-Remaining"] == "0"
