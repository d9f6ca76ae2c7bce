"""What replies rest on, told by hand: a hundred calls with the basis that the documents give, and their lines."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from mockserver import vendors as shelf
from mockserver.sdk.contract import Vendor
from tests.support.client import Answer, Client

NOBODY = "customerId=x&productId=y"
RANGE, INVERTED = "startDate=2023-06-01&endDate=2023-07-21", "startDate=2023-07-21&endDate=2023-06-01"
# vendor, query (None: the example's), more of the call, basis, how `because` begins, where it is from.
CALLS: list[tuple[str, str | None, dict[str, Any], str, str, str]] = [
    # NetGroot: one parameter, and an order that the example leaves open (000:44-55).
    ("netgroot", "", {}, "inferred", "reading default-order=newest-first", "000:44-55"),
    ("netgroot", "", {"readings": "default-order=id"}, "inferred", "reading default-order=id", "000:44-55"),
    ("netgroot", "id=10001", {}, "documented", "operation getCustomersInvoices", "000:7-9, 000:31-34"),
    ("netgroot", "id=10001", {"readings": "default-order=id"}, "documented", "operation", "one invoice has no order"),
    ("netgroot", "id=10001", {"method": "HEAD"}, "documented", "operation", "000:7-9"),
    ("netgroot", "id=1", {}, "documented", "text netgroot.404", "000:69-74"),
    ("netgroot", "id=0", {}, "documented", "text netgroot.404", "000:74"),
    ("netgroot", "id=", {}, "inferred", "reading default-order", "an empty id is in no sentence"),
    ("netgroot", "id=10001&id=10002", {}, "inferred", "warning repeated-parameter", "none"),
    ("netgroot", "ids=10001", {}, "inferred", "reading default-order", "none"),
    ("netgroot", "id=10001&page=2", {}, "inferred", "warning unknown-parameter", "none"),
    ("netgroot", "id=abc", {}, "inferred", "text netgroot.422", "P[4]"),
    ("netgroot", "id=abc", {"readings": "bad-id=not-found"}, "inferred", "reading bad-id=not-found", "none"),
    ("netgroot", "", {"headers": {}}, "public", "text netgroot.401", "P[2]"),
    ("netgroot", "", {"headers": {"Authorization": "Bearer x"}}, "public", "text netgroot.401", "P[2]"),
    ("netgroot", "", {"method": "POST"}, "inferred", "text netgroot.405", "none"),
    ("netgroot", "", {"path": "/netgroot/nowhere"}, "inferred", "text netgroot.404.unknown-path", "none"),
    ("netgroot", "", {"Prefer": "code=404"}, "documented", "text netgroot.404", "000:69-72"),
    ("netgroot", "", {"Prefer": "code=401"}, "public", "text netgroot.401", "P[2]"),
    ("netgroot", "", {"Prefer": "code=429"}, "inferred", "text netgroot.429", "none"),
    ("netgroot", "", {"Prefer": "code=500"}, "inferred", "text netgroot.500", "P[3b]"),
    # jFramework: names are public (P[7]), defaults and descriptions documented (001:2-22).
    ("jframework", "", {}, "documented", "operation getInvoices", "001:30-34, 001:19-22"),
    ("jframework", "PageSize=10", {}, "public", "parameter PageSize", "P[7]"),
    ("jframework", "PageNumber=1", {}, "public", "parameter PageNumber", "P[7]"),
    ("jframework", "PageNumber=1&PageSize=5", {}, "public", "parameter PageNumber", "P[7]"),
    ("jframework", "Status=Paid", {}, "public", "parameter Status", "P[7], P[8]"),
    ("jframework", "Type=Post", {}, "public", "parameter Type", "P[7], P[8]"),
    ("jframework", "TestMode=true", {}, "public", "parameter TestMode", "P[7]"),
    ("jframework", "Code=INV-1", {}, "public", "parameter Code", "P[7]"),
    ("jframework", "PackageId=x", {}, "public", "parameter PackageId", "P[7]"),
    ("jframework", "ReminderedCount=0", {}, "public", "parameter ReminderedCount", "P[7]"),
    ("jframework", "status=Paid", {}, "public", "parameter Status", "P[8]"),
    ("jframework", "status=Paid", {"readings": "name-case=exact"}, "inferred", "reading name-case=exact", "P[7]"),
    ("jframework", "Name=fibre", {}, "inferred", "reading text-match=contains", "001:7"),
    ("jframework", "InvoiceDate=2025-12-01", {}, "inferred", "reading date-match=day", "001:14"),
    ("jframework", "Status=Paid&Status=Unpaid", {}, "inferred", "warning repeated-parameter", "none"),
    ("jframework", "Nonsense=1", {}, "inferred", "warning unknown-parameter", "none"),
    ("jframework", "SortDataField=status", {}, "inferred", "parameter SortDataField", "P[8]"),
    ("jframework", "PageSize=0", {}, "inferred", "text jframework.400", "P[16b]"),
    ("jframework", "PageSize=", {}, "inferred", "warning ignored-value", "none"),
    ("jframework", "PageSize=abc", {"readings": "bad-input=ignore"}, "inferred", "reading bad-input=ignore", "none"),
    ("jframework", "PageSize=%2010", {}, "inferred", "reading binding=aspnet", "P[8]"),
    ("jframework", "PageSize=500", {}, "inferred", "reading page-size-limit=none", "001:22"),
    ("jframework", "PageSize=200", {"readings": "page-size-limit=200"}, "public", "parameter PageSize", "P[7]"),
    ("jframework", "", {"readings": "default-page-size=10"}, "documented", "operation", "001:94"),
    ("jframework", "", {"readings": "text-match=equals"}, "documented", "operation", "no text was asked for"),
    ("jframework", "UserId=another", {}, "inferred", "text jframework.403", "P[16b]"),
    ("jframework", "", {"headers": {}}, "inferred", "text jframework.401", "001:28: the status alone is documented"),
    ("jframework", "", {"Prefer": "code=429"}, "public", "text jframework.429", "P[35]"),
    ("jframework", "", {"Prefer": "code=400"}, "inferred", "text jframework.400", "P[16b]"),
    ("jframework", "", {"method": "DELETE"}, "inferred", "text jframework.405", "P[14]"),
    # SaaSLogic: all parameters are documented, the order is not.
    ("saaslogic", None, {}, "inferred", "order", "002:15-58"),
    ("saaslogic", "", {}, "inferred", "text saaslogic.400", "P[27]"),
    ("saaslogic", None, {"headers": {}}, "inferred", "text saaslogic.401", "P[27]: no body is public"),
    ("saaslogic", f"{NOBODY}&{RANGE}", {}, "inferred", "reading unknown-id", "002:60-70"),
    ("saaslogic", f"{NOBODY}&{INVERTED}", {}, "inferred", "reading inverted-range", "002:71-80"),
    ("saaslogic", f"{NOBODY}&startDate=2023-06-01&endDate=soon", {}, "inferred", "text saaslogic.400", "P[27]"),
    ("saaslogic", f"{NOBODY}&{RANGE}T10:00", {}, "inferred", "text saaslogic.400", "P[19]"),
    ("saaslogic", None, {"Prefer": "code=401"}, "inferred", "text saaslogic.401", "P[27]"),
    ("saaslogic", None, {"Prefer": "code=500"}, "inferred", "text saaslogic.500", "P[27]"),
    ("saaslogic", None, {"method": "PUT"}, "inferred", "text saaslogic.405", "P[27]"),
    # floLIVE: nothing says who may ask; codes and texts are documented, statuses nowhere.
    ("flolive", "", {}, "inferred", "authentication Authorization", "the document names none"),
    ("flolive", "", {"readings": "billing-cycle-names=time"}, "inferred", "authentication Authorization", "none"),
    ("flolive", "", {"readings": "billing-cycle-names=both"}, "inferred", "authentication Authorization", "none"),
    ("flolive", "page=2", {}, "inferred", "authentication Authorization", "none"),
    ("flolive", "", {"path": "/flolive/api/v2/customer/x/invoices"}, "inferred", "status 404", "003:40: no status"),
    ("flolive", "", {"headers": {}}, "inferred", "text flolive.401", "P[23]"),
    ("flolive", "", {"Prefer": "code=CUSTOMER_1002"}, "inferred", "status 404", "003:40: no status"),
    ("flolive", "", {"Prefer": "code=CUSTOMER_1006"}, "inferred", "status 500", "003:41: no status"),
    ("flolive", "", {"Prefer": "code=GLOBAL_1001"}, "inferred", "status 503", "003:39: no status"),
    ("flolive", "", {"Prefer": "code=429"}, "inferred", "text flolive.429", "none"),
    ("flolive", "", {"method": "PATCH"}, "inferred", "text flolive.405", "none"),
    # WISECP: ten documented parameters with their defaults (004:14-23), amounts as all seven print (004:95-175).
    ("wisecp", "", {}, "documented", "operation GetInvoices", "004:9-28"),
    ("wisecp", "page=1&limit=10", {}, "documented", "operation GetInvoices", "004:27"),
    ("wisecp", "page=2", {}, "documented", "operation", "004:14"),
    ("wisecp", "limit=5", {}, "documented", "operation", "004:15"),
    ("wisecp", "limit=5", {"readings": "out-of-range=refuse"}, "documented", "operation", "5 is in the range"),
    ("wisecp", "limit=50&sort=id&sort_type=ASC", {}, "documented", "operation", "004:15-17"),
    ("wisecp", "filter[status]=paid", {}, "documented", "operation", "004:18"),
    ("wisecp", "filter[status]=all", {}, "documented", "operation", "004:18"),
    ("wisecp", "filter[local]=true&filter[taxfree]=false", {}, "documented", "operation", "004:19-20"),
    ("wisecp", "filter[formalized]=none", {}, "documented", "operation", "004:21"),
    ("wisecp", "filter[id]=1", {}, "documented", "operation", "004:22"),
    ("wisecp", "filter[number]=%23327", {}, "documented", "operation", "004:23, 004:58"),
    ("wisecp", "", {"readings": "default-order=id-ascending"}, "documented", "operation", "004:57, 004:135"),
    ("wisecp", "", {"readings": "amounts=short"}, "inferred", "reading amounts=short", "none"),
    ("wisecp", "", {"readings": "user-id=string"}, "inferred", "reading user-id=string", "004:60"),
    ("wisecp", "filter[id]=1", {"readings": "amounts=short"}, "documented", "operation", "nothing is printed"),
    ("wisecp", "limit=51", {}, "inferred", "reading out-of-range=clamp", "004:15"),
    ("wisecp", "limit=0", {}, "inferred", "reading out-of-range=clamp", "004:15"),
    ("wisecp", "page=abc", {}, "inferred", "reading unknown-value=ignore", "004:14"),
    ("wisecp", "page=2abc", {}, "inferred", "reading", "PHP casts by prefix"),
    ("wisecp", "sort=bogus", {}, "inferred", "reading unknown-value=ignore", "004:16"),
    ("wisecp", "filter[status]=PAID", {}, "inferred", "reading unknown-value=ignore", "004:18"),
    ("wisecp", "filter[status]=PAID", {"readings": "unknown-value=no-match"}, "inferred", "reading", "004:18"),
    ("wisecp", "limit=5&limit=6", {}, "inferred", "warning repeated-parameter", "none"),
    ("wisecp", "paeg=2", {}, "inferred", "warning unknown-parameter", "none"),
    ("wisecp", "", {"headers": {}}, "inferred", "text wisecp.401", "P[30a]"),
    ("wisecp", "", {"Prefer": "code=500"}, "inferred", "text wisecp.500", "none"),
    ("wisecp", "", {"method": "POST"}, "inferred", "text wisecp.405", "none"),
]  # fmt: skip


@cache
def client(vendor: str) -> Client:
    return Client(vendor)


def parts(vendor: str, answer: Answer) -> list[dict[str, str]]:
    """All that the reply rests on, as the journal has it."""
    entries = client(vendor).runtime.store.entries("default")
    entry = next(entry for id, entry in entries if id == answer.call)
    found: list[dict[str, str]] = entry["basis"]["parts"]
    return found


def test_there_are_a_hundred() -> None:
    assert len(CALLS) >= 100


@pytest.mark.parametrize(("vendor", "query", "more", "basis", "because", "line"), CALLS)
def test_the_basis_of_a_reply(
    vendor: str, query: str | None, more: dict[str, Any], basis: str, because: str, line: str
) -> None:
    answer = client(vendor).get(query, **more)
    assert (answer.basis.partition(";")[0], answer.because) == (basis, answer.because), answer.because
    assert answer.because.startswith(because), answer.headers["X-Mock-Basis"]
    found = parts(vendor, answer)
    weakest = next(part for part in found if part["basis"] == basis)
    assert answer.because.startswith(f"{weakest['kind']} {weakest['name']}".strip())


# A reading is a part of a reply where another choice of it would make another reply ----------------------------------

Asked = tuple[str | None, str | None, bool]


def asked(name: str) -> list[Asked]:
    """The calls of a vendor that are listed above: query, path, whether they have a credential."""
    own = [(query, more) for vendor, query, more, *_ in CALLS if vendor == name]
    return list(dict.fromkeys((query, more.get("path"), more.get("headers") != {}) for query, more in own))


def seen(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if not name.startswith("X-Mock-")}
    return answer.status, answer.body, headers


@pytest.mark.parametrize("vendor", shelf.find_vendors(), ids=lambda vendor: vendor.name)
def test_a_reading_of_which_a_choice_changes_the_reply_is_among_its_parts(vendor: Vendor) -> None:
    calls = client(vendor.name)
    for query, path, authenticated in asked(vendor.name):
        headers: dict[str, str] | None = None if authenticated else {}
        before = calls.get(query, path=path, headers=headers)
        named = {part["name"].partition("=")[0] for part in parts(vendor.name, before) if part["kind"] == "reading"}
        for reading in vendor.readings:
            for choice in reading.choices:
                after = calls.get(query, path=path, headers=headers, readings=f"{reading.name}={choice}")
                if seen(after) != seen(before):
                    assert reading.name in named, (query, reading.name, choice)


@pytest.mark.parametrize(
    ("vendor", "query", "named"),
    [
        ("netgroot", "id=10001", set()),
        ("jframework", "", {"default-page-size"}),
        ("jframework", "PageSize=5", set()),
        ("flolive", "", {"billing-cycle-names", "pageable"}),
        ("wisecp", "limit=5&page=2", {"default-order", "amounts", "user-id"}),
        ("wisecp", "filter[id]=1", set()),
    ],
)
def test_a_reading_that_the_request_does_not_touch_is_no_part(vendor: str, query: str, named: set[str]) -> None:
    found = parts(vendor, client(vendor).get(query))
    assert {part["name"].partition("=")[0] for part in found if part["kind"] == "reading"} == named
