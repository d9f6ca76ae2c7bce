"""Failures: the envelope, its words, and the rate limit."""

from __future__ import annotations

from uuid import UUID

import pytest

from mockserver.sdk.clock import parse_instant
from mockserver.vendors.jframework.errors import TABLE
from tests.support.client import Answer, Client
from tests.vendors.jframework.helpers import BRAND, account, credentials, ids, jframework


@pytest.fixture
def client() -> Client:
    return jframework()


def failure(answer: Answer) -> tuple[int, str, str, str]:
    """Status, rule, code and text of a failure."""
    (error,) = answer.json["errors"]
    assert answer.json["statusCode"] == answer.status
    assert error["message"] == error["details"]
    return answer.status, answer.rule, error["code"], error["message"]


@pytest.mark.statement("JF-37", "JF-38")
def test_401_byte_for_byte(client: Client) -> None:
    answer = client.get(headers={"Brand-URL": BRAND})
    text = (
        "The user is not authorized to access the requested resource. "
        "The request is missing the required Auth-Key header."
    )
    call = answer.json["errors"][0]["correlationId"]
    assert answer.status == 401
    assert (
        answer.body
        == (
            '{"success":false,"statusCode":401,"message":"The request failed.","data":null,"errors":['
            f'{{"code":"Unauthorized","message":"{text}","details":"{text}","correlationId":"{call}"}}]}}'
        ).encode()
    )
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.basis == "inferred; rule=jframework.401"


def test_the_correlation_id_is_a_uuid_that_stays_for_the_same_call(client: Client) -> None:
    def of(answer: Answer) -> UUID:
        return UUID(answer.json["errors"][0]["correlationId"])

    first = of(client.get("PageNumber=-1"))
    assert of(client.get("PageNumber=-1")) == first
    other_query, other_rule = client.get("PageNumber=-2"), client.get("PageNumber=-1", headers={"Brand-URL": BRAND})
    assert len({first, of(other_query), of(other_rule)}) == 3


BAD = [
    ("Type", "Postal"),
    ("Status", "Overdue"),
    ("ReminderedCount", "x"),
    ("ReminderedCount", "1.5"),
    ("ReminderedCount", "2147483648"),
    ("ReminderedCount", "-2147483649"),
    ("ReminderedCount", "9" * 5000),
    ("ConfirmedDeliveryDate", "yesterday"),
    ("InvoiceDate", "2025-02-30"),
    ("InvoiceDate", "2025-07-15T25:00:00Z"),
    ("InvoiceDate", "0001-01-01T00:00:00+14:00"),
    ("OverdueDate", "15-07-2025"),
    ("OverdueDate", "13/01/2025"),
    ("InvoiceDate", "12/01/25"),
    ("InvoiceDate", "12/01/2025 1:50 PM"),
    ("Type", "2"),
    ("Status", "-1"),
    ("PageSize", " 0"),
    ("PageSize", "1 0"),
    ("TestMode", " 1"),
    ("TestMode", "1"),
    ("TestMode", "ja"),
    ("SortDataField", "user"),
    ("SortDataField", "amountGross"),
    ("SortDataField", "_created"),
    ("SortOrder", "down"),
    ("PageNumber", "-1"),
    ("PageNumber", "1.0"),
    ("PageNumber", "٣"),
    ("PageNumber", "2147483648"),
    ("PageSize", "0"),
    ("PageSize", "-5"),
    ("PageSize", "ten"),
    ("PageSize", "2147483648"),
    ("PageSize", "10\u0000"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_input_is_refused(client: Client, name: str, value: str) -> None:
    answer = client.get({name: value})
    assert failure(answer) == (400, "jframework.400", "InvalidInput", "The input is invalid.")


def test_another_users_invoices_are_forbidden(client: Client) -> None:
    text = "The user has no permission to access the specified resource."
    for user in (account(1)["user_id"], account(4)["user_id"], "nobody", account(0)["user_id"].swapcase()):
        assert failure(client.get({"UserId": user})) == (403, "jframework.403", "Forbidden", text)


@pytest.mark.parametrize("words", TABLE, ids=lambda words: words.rule)
def test_every_row_is_said_in_the_envelope(client: Client, words: object) -> None:
    row = next(row for row in TABLE if row is words)
    answer = client.get(Prefer=f"code={row.code}", headers={})
    assert failure(answer)[2:] == (row.code, next(other.text for other in TABLE if other.code == row.code))


def test_a_status_without_words_says_its_phrase(client: Client) -> None:
    assert failure(client.get(Prefer="code=409")) == (409, "jframework.default", "Conflict", "Conflict")
    assert failure(client.get(Prefer="code=418")) == (418, "jframework.default", "ImaTeapot", "I'm a Teapot")


@pytest.mark.statement("JF-39", "JF-40")
def test_the_rate_limit() -> None:
    limited = jframework(quotas="jframework=2/minute")
    reset = str(int(parse_instant("2026-07-15T09:01:00Z").timestamp()))
    answers = [limited.get() for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"2"}
    assert {answer.headers["X-RateLimit-Reset"] for answer in answers} == {reset}
    text = "The user has exceeded the rate limit."
    assert failure(answers[2]) == (429, "jframework.429", "RateLimitExceeded", text)
    assert answers[2].basis.startswith("public")
    assert answers[2].headers["Retry-After"] == "60"
    assert ids(limited.get(headers=credentials(1))), "another user has a quota of its own"


def test_a_forced_429_has_the_headers_of_the_public_page(client: Client) -> None:
    answer = client.get(Prefer="code=429")
    assert answer.headers["X-RateLimit-Limit"] == "60"
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert int(answer.headers["X-RateLimit-Reset"]) == parse_instant("2026-07-15T09:01:00Z").timestamp()


def test_without_a_quota_there_are_no_rate_headers(client: Client) -> None:
    assert not [name for name in client.get().headers if "ratelimit" in name.lower()]
