"""What each reading changes, and that it changes nothing else."""

from __future__ import annotations

import pytest

from mockserver.vendors.flolive import VENDOR
from tests.support.client import Client
from tests.vendors.flolive.helpers import DOES_NOT_EXIST, credentials, path, path_of

START_DATE, END_DATE = "billingCycleStartDate", "billingCycleEndDate"
START_TIME, END_TIME = "billingCycleStartTime", "billingCycleEndTime"


@pytest.fixture
def client() -> Client:
    return Client("flolive")


# billing-cycle-names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        pytest.param("date", [START_DATE, END_DATE], marks=pytest.mark.statement("FL-29", "FL-31")),
        pytest.param("time", [START_TIME, END_TIME], marks=pytest.mark.statement("FL-28", "FL-30")),
        ("both", [START_DATE, START_TIME, END_DATE, END_TIME]),
    ],
)
def test_billing_cycle_names(client: Client, choice: str, names: list[str]) -> None:
    plain = client.get().json["content"]
    asked = client.get(readings=f"billing-cycle-names={choice}").json["content"]
    assert plain
    for before, after in zip(plain, asked, strict=True):
        assert [name for name in after if name.startswith("billingCycle")] == names
        assert {after[name] for name in names if "Start" in name} == {before[START_DATE]}
        assert {after[name] for name in names if "End" in name} == {before[END_DATE]}
        others = [(name, value) for name, value in before.items() if not name.startswith("billingCycle")]
        assert [(name, value) for name, value in after.items() if name not in names] == others
        assert list(after).index(names[0]) == list(before).index(START_DATE)


# failure-status -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [*sorted({words.status for words in VENDOR.errors}), 418])
def test_under_always_200_only_the_code_tells_a_failure(client: Client, status: int) -> None:
    http = client.get(Prefer=f"code={status}")
    always = client.get(Prefer=f"code={status}", readings="failure-status=always-200")
    assert (http.status, always.status) == (status, 200)
    assert always.body == http.body
    assert always.rule == http.rule


def test_under_always_200_the_gates_say_200_too(client: Client) -> None:
    reading = "failure-status=always-200"
    for answer, code in (
        (client.get(headers={}, readings=reading), "AUTH_1001"),
        (client.get(path=path("Tundra"), readings=reading), "CUSTOMER_1002"),
        (client.get(path="/flolive/nowhere", readings=reading), "GLOBAL_404"),
        (client.get(method="POST", readings=reading), "GLOBAL_405"),
        (client.get("x=" + "a" * 17_000, readings=reading), "GLOBAL_414"),
    ):
        assert (answer.status, answer.json["errorCode"]) == (200, code)
    assert client.get(readings=reading).body == client.get().body


# failure-content and pageable ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [*sorted({words.status for words in VENDOR.errors}), 418])
def test_content_of_a_failure(client: Client, status: int) -> None:
    usual = client.get(Prefer=f"code={status}")
    for choice, content in (("empty", b'"content":[],'), ("null", b'"content":null,'), ("absent", b"")):
        answer = client.get(Prefer=f"code={status}", readings=f"failure-content={choice}")
        assert (answer.status, answer.body) == (usual.status, usual.body.replace(b'"content":[],', content))
        assert client.get(readings=f"failure-content={choice}").body == client.get().body


@pytest.mark.parametrize("name", ["Harbourlight", "Newcomer"])
def test_pageable_of_a_success(client: Client, name: str) -> None:
    usual = client.get(path=path(name)).json
    count = len(usual["content"])
    assert (count > 0) == (name == "Harbourlight")
    page = {"page": 0, "size": count, "totalPages": 1, "totalElements": count}
    answer = client.get(path=path(name), readings="pageable=object")
    assert list(answer.json) == list(usual)
    assert answer.json == {**usual, "pageable": page}
    assert client.get(path=path(name), readings="pageable=null").json == usual
    failed = client.get(path=path("Tundra"), readings="pageable=object")
    assert failed.body == DOES_NOT_EXIST


# not-eligible -------------------------------------------------------------------------------------------------------


def test_not_eligible_may_be_a_refusal(client: Client) -> None:
    for requestor, asked in (("Harbourlight", "Tundra"), ("Kestrel", "Harbourlight"), ("Lanternfish", "Nordlys")):
        answer = client.get(path=path(asked), headers=credentials(requestor), readings="not-eligible=auth")
        assert (answer.status, answer.rule) == (403, "flolive.403")
        assert answer.body == b'{"errorCode":"AUTH_403","errorMessage":"Forbidden","content":[],"pageable":null}'
        default = client.get(path=path(asked), headers=credentials(requestor), readings="not-eligible=customer-1002")
        assert default.body == DOES_NOT_EXIST


def test_a_customer_that_does_not_exist_does_not_under_any_reading(client: Client) -> None:
    unknown = client.get(path=path_of("f47ac10b-58cc-4372-a567-0e02b2c3d479"), readings="not-eligible=auth")
    assert (unknown.status, unknown.body) == (404, DOES_NOT_EXIST)
    assert client.get(readings="not-eligible=auth").body == client.get().body


def test_readings_combine(client: Client) -> None:
    answer = client.get(path=path("Tundra"), readings="not-eligible=auth,failure-status=always-200")
    assert (answer.status, answer.json["errorCode"]) == (200, "AUTH_403")
