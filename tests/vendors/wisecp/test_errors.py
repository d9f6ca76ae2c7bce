"""Failures: the public envelope with inferred statuses and texts, asked for or come upon."""

from __future__ import annotations

import pytest

from tests.support.client import Client


@pytest.fixture
def client() -> Client:
    return Client("wisecp")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Invalid parameter"),
        (401, "Invalid API key"),
        (403, "You do not have permission to perform this action"),
        (404, "Invoice not found"),
        (405, "Method not allowed"),
        (414, "Request URI too long"),
        (418, "I'm a Teapot"),
        (429, "Too many requests"),
        (500, "Internal server error"),
        (502, "Bad Gateway"),
        (503, "Service unavailable"),
        (599, "Status 599"),
    ],
)
@pytest.mark.statement("WI-50")
def test_every_failure_says_error_and_a_message(client: Client, status: int, message: str) -> None:
    """Internally each is an exception with a message (004:42-45); over HTTP the message stands in the envelope."""
    answer = client.get(Prefer=f"code={status}")
    assert answer.status == status
    assert answer.body == f'{{"status":"error","message":"{message}"}}'.encode()
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.basis.startswith("inferred; rule=wisecp.")
    assert answer.codes == ["undocumented-status"]


@pytest.mark.parametrize(
    ("path", "status", "message", "rule"),
    [
        ("/wisecp/api/Billing/Nope", 404, "Action not found", "wisecp.404.unknown-path"),
        ("/wisecp/api/Nope/GetInvoices", 404, "Action not found", "wisecp.404.unknown-path"),
        ("/wisecp/api/Billing/GetInvoices/1", 404, "Action not found", "wisecp.404.unknown-path"),
        ("/wisecp/api/billing/getinvoices", 404, "Action not found", "wisecp.404.unknown-path"),
    ],
)
def test_an_unknown_action_is_not_found(client: Client, path: str, status: int, message: str, rule: str) -> None:
    answer = client.get(path=path)
    assert (answer.status, answer.json["message"], answer.rule) == (status, message, rule)


def test_another_method_is_not_allowed(client: Client) -> None:
    answer = client.get(method="POST")
    assert (answer.status, answer.body) == (405, b'{"status":"error","message":"Method not allowed"}')


def test_a_failure_is_told_before_the_credential_is_looked_at(client: Client) -> None:
    answer = client.get("page=abc", headers={}, Prefer="code=500")
    assert (answer.status, answer.json["message"]) == (500, "Internal server error")


def test_a_spent_quota_is_told_in_the_envelope() -> None:
    client = Client("wisecp", quotas="wisecp=1/day")
    assert client.get().status == 200
    answer = client.get()
    assert (answer.status, answer.json["message"], answer.rule) == (429, "Too many requests", "wisecp.429")
    assert int(answer.headers["Retry-After"]) > 0
