"""The fields of an invoice (004:56-202): what the examples show, and that every invoice keeps to it."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

import pytest
from marshmallow import ValidationError

from mockserver.data.build import fixture_schema
from mockserver.vendors.wisecp import VENDOR
from tests.support.client import Client
from tests.vendors.helpers import Row
from tests.vendors.wisecp.helpers import content

DATASETS = ("docs", "default", "edge")
NEVER = "0000-00-00 00:00:00"
TOKEN = "VCsxZWZPQkI0bDFhdDNqV0RWZHdyQllGbmN5cGkzcGhRd09tWEc0VTIyMD0="

Kind = Callable[[Any], bool]


def names(words: str) -> list[str]:
    return words.split()


@lru_cache
def served(dataset: str) -> list[Row]:
    """Every invoice of a dataset as it comes over the wire, by ascending id; its numbers with their own decimals."""
    client, found, page = Client("wisecp", dataset=dataset), [], 1
    while page:
        body = client.get(f"sort_type=ASC&limit=50&page={page}", readings="amounts=short").json
        found += body["data"]
        page = body["next_page"]
    return found


def reached(value: Any, path: str) -> Iterator[Any]:
    """The values at a path like ``items[].id``."""
    step, _, rest = path.partition(".")
    below = value[step.removesuffix("[]")]
    for item in below if step.endswith("[]") else [below]:
        yield from reached(item, rest) if rest else [item]


def whole(value: Any) -> bool:
    return type(value) is int


def number(value: Any) -> bool:
    return type(value) in (int, Decimal)


def text(value: Any) -> bool:
    return type(value) is str


def flag(value: Any) -> bool:
    return type(value) is bool


def listed(value: Any) -> bool:
    return type(value) is list


def date(value: Any) -> bool:
    """Written ``YYYY-MM-DD HH:MM:SS``, and a real one."""
    return bool(
        re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value) and datetime.strptime(value, "%Y-%m-%d %H:%M:%S")
    )


def date_or_never(value: Any) -> bool:
    return value == NEVER or date(value)


def text_or_null(value: Any) -> bool:
    return value is None or text(value)


def link_or_null(value: Any) -> bool:
    return value is None or value.startswith("https://")


def digits(value: Any) -> bool:
    return text(value) and re.fullmatch(r"[0-9]*", value) is not None


def own_keys(value: Any) -> bool:
    """An object with keys of somebody's own; the empty one is PHP's empty array."""
    return value == [] or (type(value) is dict and bool(value))


def obj(value: Any) -> bool:
    return type(value) is dict


def one_of(*words: str) -> Kind:
    return lambda value: value in words


@pytest.mark.parametrize(
    ("path", "kind", "first", "second"),
    [
        pytest.param("id", whole, [327], [367], marks=pytest.mark.statement("WI-61")),
        pytest.param("number", text, ["#327"], ["#367"], marks=pytest.mark.statement("WI-62")),
        pytest.param("user.lang", text, ["en"], ["en"], marks=pytest.mark.statement("WI-68")),
        pytest.param("user.type", text, ["corporate"], ["corporate"], marks=pytest.mark.statement("WI-69")),
        pytest.param(
            "user.type",
            one_of("corporate", "individual"),
            ["corporate"],
            ["corporate"],
            marks=pytest.mark.statement("WI-70"),
        ),
        pytest.param("user.identity", text_or_null, [None], [None], marks=pytest.mark.statement("WI-71")),
        pytest.param("user.company_name", text, ["Smith LLC"], ["TEST1 LLC"], marks=pytest.mark.statement("WI-72")),
        pytest.param("user.company_tax_number", text, ["551244"], ["659898989"], marks=pytest.mark.statement("WI-73")),
        pytest.param("user.company_tax_office", text, ["SaintXV2rf"], ["gdsgs"], marks=pytest.mark.statement("WI-74")),
        pytest.param("user.name", text, ["Micheal"], ["Glen"], marks=pytest.mark.statement("WI-75")),
        pytest.param("user.surname", text, ["Smith"], ["Daigle"], marks=pytest.mark.statement("WI-76")),
        pytest.param("user.full_name", text, ["Micheal Smith"], ["Glen Daigle"], marks=pytest.mark.statement("WI-77")),
        pytest.param(
            "user.email", text, ["info@example.com"], ["info@example.com"], marks=pytest.mark.statement("WI-78")
        ),
        pytest.param("user.phone", digits, ["12025550109"], ["16055762309"], marks=pytest.mark.statement("WI-79")),
        pytest.param("user.address.country_code", text, ["FR"], ["US"], marks=pytest.mark.statement("WI-81")),
        pytest.param(
            "user.address.country_name", text, ["France"], ["United States"], marks=pytest.mark.statement("WI-82")
        ),
        pytest.param("user.address.city", text, ["Paris"], ["Alaska"], marks=pytest.mark.statement("WI-83")),
        pytest.param("user.address.state", text, ["ageagae"], ["Test"], marks=pytest.mark.statement("WI-84")),
        pytest.param(
            "user.address.detail", text, ["asdsafaeg"], ["test testsdsdsf"], marks=pytest.mark.statement("WI-85")
        ),
        pytest.param("user.address.zipcode", text, ["1234"], ["1234"], marks=pytest.mark.statement("WI-86")),
        pytest.param("taxation_type", text, ["exclusive"], ["exclusive"], marks=pytest.mark.statement("WI-87")),
        pytest.param(
            "taxation_type",
            one_of("exclusive", "inclusive"),
            ["exclusive"],
            ["exclusive"],
            marks=pytest.mark.statement("WI-88"),
        ),
        pytest.param("notes", text_or_null, ["Invoice note test123"], [None], marks=pytest.mark.statement("WI-89")),
        pytest.param(
            "created_at",
            date,
            ["2022-11-23 16:06:00"],
            ["2023-03-11 19:49:00"],
            marks=pytest.mark.statement("WI-90", "WI-94"),
        ),
        pytest.param(
            "due_date",
            date,
            ["2022-11-23 16:06:00"],
            ["2023-03-11 23:59:00"],
            marks=pytest.mark.statement("WI-91", "WI-94"),
        ),
        pytest.param(
            "payment_date",
            date_or_never,
            ["2022-11-23 16:09:46"],
            ["2023-03-11 19:53:49"],
            marks=pytest.mark.statement("WI-92", "WI-94"),
        ),
        pytest.param("refund_date", date_or_never, [NEVER], [NEVER], marks=pytest.mark.statement("WI-93", "WI-94")),
        pytest.param("status", text, ["paid"], ["paid"], marks=pytest.mark.statement("WI-95")),
        pytest.param(
            "status",
            one_of("pending", "unpaid", "paid", "cancelled", "refunded"),
            ["paid"],
            ["paid"],
            marks=pytest.mark.statement("WI-96"),
        ),
        pytest.param("formalize", flag, [False], [True], marks=pytest.mark.statement("WI-97")),
        pytest.param("local", flag, [False], [True], marks=pytest.mark.statement("WI-98")),
        pytest.param("taxfree", flag, [False], [False], marks=pytest.mark.statement("WI-99")),
        pytest.param(
            "formalize_file",
            link_or_null,
            [None],
            ["https://example.com/resources/uploads/invoices/aa2f3fasd3fa3f4ed.pdf"],
            marks=pytest.mark.statement("WI-100"),
        ),
        pytest.param("exchange_rate", number, [1], [1], marks=pytest.mark.statement("WI-101")),
        pytest.param("currency", text, ["USD"], ["USD"], marks=pytest.mark.statement("WI-102")),
        pytest.param("tax_rate", number, [0], [18], marks=pytest.mark.statement("WI-103")),
        pytest.param("subtotal", number, [Decimal("0.6886")], [21], marks=pytest.mark.statement("WI-104")),
        pytest.param("tax", number, [0], [Decimal("3.78")], marks=pytest.mark.statement("WI-105")),
        pytest.param("total", number, [Decimal("0.5509")], [Decimal("24.78")], marks=pytest.mark.statement("WI-106")),
        pytest.param(
            "payment_method", text, ["PayPal"], ["Credit Card (Stripe)"], marks=pytest.mark.statement("WI-112")
        ),
        pytest.param(
            "payment_method_data",
            own_keys,
            [{"capture_id": "P123456"}],
            [{"Transaction ID": "PM12345"}],
            marks=pytest.mark.statement("WI-113"),
        ),
        pytest.param("payment_method_commission", number, [0], [1], marks=pytest.mark.statement("WI-114")),
        pytest.param("payment_method_commission_rate", number, [0], [5], marks=pytest.mark.statement("WI-115")),
        pytest.param("share.token", text, [TOKEN], [TOKEN], marks=pytest.mark.statement("WI-120")),
        pytest.param("discounts[].type", text, ["promotion"], [], marks=pytest.mark.statement("WI-124")),
        pytest.param(
            "discounts[].type",
            one_of("promotion", "coupon", "dealership"),
            ["promotion"],
            [],
            marks=pytest.mark.statement("WI-125"),
        ),
        pytest.param("discounts[].item_id", whole, [408], [], marks=pytest.mark.statement("WI-126")),
        pytest.param("discounts[].rate", number, [20], [], marks=pytest.mark.statement("WI-127")),
        pytest.param("discounts[].description", text, ["Promotion 1"], [], marks=pytest.mark.statement("WI-128")),
        pytest.param("discounts[].amount", number, [Decimal("0.1377")], [], marks=pytest.mark.statement("WI-129")),
        pytest.param("items[].id", whole, [408], [458], marks=pytest.mark.statement("WI-133")),
        pytest.param("items[].owner_id", whole, [327], [367], marks=pytest.mark.statement("WI-134")),
        pytest.param(
            "items[].description",
            text,
            ["blamydomain.com (#125) (Domain Name Registration) | Yearly\r\nWhois Protection: I want"],
            ["test description"],
            marks=pytest.mark.statement("WI-135"),
        ),
        pytest.param("items[].quantity", number, [1], [1], marks=pytest.mark.statement("WI-136")),
        pytest.param("items[].tax_exempt", flag, [False], [False], marks=pytest.mark.statement("WI-137")),
        pytest.param("items[].amount", number, [Decimal("0.6886")], [20], marks=pytest.mark.statement("WI-138")),
        pytest.param("items[].total", number, [Decimal("0.6886")], [20], marks=pytest.mark.statement("WI-139")),
        pytest.param("items[].order_id", whole, [125], [0], marks=pytest.mark.statement("WI-141")),
        pytest.param(
            "items[].due_date", date_or_never, ["2022-11-23 16:06:07"], [NEVER], marks=pytest.mark.statement("WI-142")
        ),
        pytest.param(
            "items[].attributes",
            own_keys,
            [{"event": "DomainNameRegisterOrder"}],
            [[]],
            marks=pytest.mark.statement("WI-143", "WI-144"),
        ),
    ],
)
def test_a_field_is_as_in_the_examples_and_of_their_kind_everywhere(
    path: str, kind: Kind, first: list[Any], second: list[Any]
) -> None:
    assert [list(reached(row, path)) for row in served("docs")] == [first, second]
    for dataset in DATASETS:
        values = [value for row in served(dataset) for value in reached(row, path)]
        assert values
        assert [value for value in values if not kind(value)] == []


@pytest.mark.statement("WI-60", "WI-118")
def test_the_keys_of_an_invoice_are_in_the_documented_order() -> None:
    keys = names(
        "id number user taxation_type notes created_at due_date payment_date refund_date status formalize local taxfree"
        " formalize_file exchange_rate currency tax_rate subtotal tax total payment_method payment_method_data"
        " payment_method_commission payment_method_commission_rate share discounts items"
    )
    longer = [*keys[:24], "send_bill_to_address", *keys[24:]]
    assert [list(row) for row in served("docs")] == [keys, longer]
    for dataset in ("default", "edge"):
        assert {tuple(row) for row in served(dataset)} == {tuple(keys), tuple(longer)}


@pytest.mark.statement("WI-117", "WI-118")
def test_send_bill_to_address_is_an_integer_or_absent() -> None:
    first, second = served("docs")
    assert "send_bill_to_address" not in first
    assert second["send_bill_to_address"] == 0
    assert type(second["send_bill_to_address"]) is int
    assert {row.get("send_bill_to_address") for row in served("default")} == {0, None}


@pytest.mark.statement("WI-63", "WI-64", "WI-65")
def test_the_keys_of_a_user_are_in_either_documented_order() -> None:
    of_367 = names(
        "id lang identity type name surname full_name email phone company_name company_tax_number company_tax_office"
        " address"
    )
    of_327 = names(
        "id lang type identity company_name company_tax_number company_tax_office name surname full_name email phone"
        " address"
    )
    assert len(of_327) == 13
    assert [list(row["user"]) for row in served("docs")] == [of_327, of_367]
    assert {tuple(row["user"]) for row in served("default")} == {tuple(of_367)}


@pytest.mark.statement("WI-80", "WI-119", "WI-123", "WI-132")
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_keys_of_the_smaller_objects_are_in_the_documented_order(dataset: str) -> None:
    for path, keys in (
        ("user.address", "country_code country_name city state detail zipcode"),
        ("share", "token link"),
        ("discounts[]", "type item_id rate description amount"),
        ("items[]", "id owner_id description quantity tax_exempt amount total order_id due_date attributes"),
    ):
        found = [list(value) for row in served(dataset) for value in reached(row, path)]
        assert found
        assert all(each == keys.split() for each in found), path


@pytest.mark.statement("WI-66", "WI-67")
def test_a_users_id_is_a_string_in_one_example_and_an_integer_in_the_other() -> None:
    assert [row["user"]["id"] for row in served("docs")] == ["2", 2]
    assert all(type(row["user"]["id"]) is int for row in served("default"))


@pytest.mark.parametrize("bad", ["", "x", "2x", "-2", "²", 2.5, True, None])
def test_a_record_with_another_kind_of_user_id_is_refused(bad: object) -> None:
    row = content()["records"][0]
    with pytest.raises(ValidationError, match="a whole number, in quotes or not"):
        fixture_schema(VENDOR).record.read({**row, "user": {**row["user"], "id": bad}})


@pytest.mark.statement("WI-62")
@pytest.mark.parametrize("dataset", ["docs", "default"])
def test_a_number_is_a_hash_sign_and_the_id(dataset: str) -> None:
    assert all(row["number"] == f"#{row['id']}" for row in served(dataset))


@pytest.mark.statement("WI-77")
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_full_name_is_name_and_surname(dataset: str) -> None:
    for user in (row["user"] for row in served(dataset)):
        assert user["full_name"] == f"{user['name']} {user['surname']}".strip()


@pytest.mark.statement("WI-92", "WI-93")
@pytest.mark.parametrize("dataset", DATASETS)
def test_dates_of_payment_and_refund_are_those_of_the_status(dataset: str) -> None:
    paid = {"paid": True, "pending": True, "refunded": True, "unpaid": False, "cancelled": False}
    for row in served(dataset):
        assert (row["payment_date"] != NEVER) == paid[row["status"]]
        assert (row["refund_date"] != NEVER) == (row["status"] == "refunded")


@pytest.mark.statement("WI-100")
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_file_is_there_when_the_invoice_is_formalized(dataset: str) -> None:
    assert all((row["formalize_file"] is not None) == row["formalize"] for row in served(dataset))


@pytest.mark.statement("WI-120", "WI-121")
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_share_is_a_base64_token_and_a_link_with_it_as_it_is(dataset: str) -> None:
    for share in (row["share"] for row in served(dataset)):
        assert len(b64decode(b64decode(share["token"], validate=True), validate=True)) == 32
        assert share["link"] == f"https://example.com/invoice?token={share['token']}"
    tokens = {row["share"]["token"] for row in served(dataset)}
    assert len(tokens) == (1 if dataset == "docs" else len(served(dataset)))


@pytest.mark.statement("WI-122", "WI-131")
@pytest.mark.parametrize("dataset", DATASETS)
def test_discounts_and_items_are_lists_and_discounts_may_be_none(dataset: str) -> None:
    assert all(listed(row["discounts"]) and listed(row["items"]) and row["items"] for row in served(dataset))
    assert [] in [row["discounts"] for row in served(dataset)]
    assert any(row["discounts"] for row in served(dataset))


@pytest.mark.statement("WI-126", "WI-134")
@pytest.mark.parametrize("dataset", DATASETS)
def test_discounts_point_at_items_and_items_at_their_invoice(dataset: str) -> None:
    seen: set[int] = set()
    for row in served(dataset):
        own = {item["id"] for item in row["items"]}
        assert {discount["item_id"] for discount in row["discounts"]} <= own
        assert {item["owner_id"] for item in row["items"]} == {row["id"]}
        assert len(own) == len(row["items"])
        assert not own & seen
        seen |= own


@pytest.mark.statement("WI-113", "WI-143", "WI-144")
def test_what_is_empty_in_php_is_an_array_and_else_an_object() -> None:
    for dataset in ("default", "edge"):
        for found in (
            [row["payment_method_data"] for row in served(dataset)],
            [item["attributes"] for row in served(dataset) for item in row["items"]],
        ):
            assert [] in found
            assert {} not in found
            assert any(map(obj, found))


# What holds of the amounts in both examples holds everywhere --------------------------------------------------------


def rounded(amount: Decimal) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def total_of(things: list[Row], name: str) -> Decimal:
    return sum((Decimal(thing[name]) for thing in things), Decimal(0))


@pytest.mark.statement("WI-109")
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_subtotal_is_the_items_and_the_commission(dataset: str) -> None:
    for row in served(dataset):
        assert row["subtotal"] == total_of(row["items"], "total") + row["payment_method_commission"]


@pytest.mark.statement("WI-110")
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_tax_is_so_many_percent_of_the_subtotal_less_discounts(dataset: str) -> None:
    """Whether discounts come off first cannot be told from the examples; both kinds of base fit them."""
    for row in served(dataset):
        base = row["subtotal"] - total_of(row["discounts"], "amount")
        whole = 100 + row["tax_rate"] if row["taxation_type"] == "inclusive" else 100
        assert row["tax"] == rounded(base * row["tax_rate"] / whole)
        if dataset == "docs":
            assert row["tax"] == rounded(Decimal(row["subtotal"]) * row["tax_rate"] / 100)
        if row["taxfree"]:
            assert row["tax"] == 0


@pytest.mark.statement("WI-111")
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_total_is_the_subtotal_less_discounts_plus_tax_unless_that_is_in_it(dataset: str) -> None:
    for row in served(dataset):
        before = row["subtotal"] - total_of(row["discounts"], "amount")
        assert row["total"] == (before if row["taxation_type"] == "inclusive" else before + row["tax"])


@pytest.mark.statement("WI-116")
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_commission_is_so_many_percent_of_the_items(dataset: str) -> None:
    for row in served(dataset):
        share = total_of(row["items"], "total") * row["payment_method_commission_rate"] / 100
        assert row["payment_method_commission"] == rounded(share)


@pytest.mark.statement("WI-127", "WI-130")
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_discount_is_so_many_percent_of_its_item_to_four_decimals(dataset: str) -> None:
    for row in served(dataset):
        totals = {item["id"]: Decimal(item["total"]) for item in row["items"]}
        for discount in row["discounts"]:
            assert discount["amount"] == rounded(totals[discount["item_id"]] * discount["rate"] / 100)


@pytest.mark.statement("WI-136", "WI-140")
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_total_of_an_item_is_its_amount_times_its_quantity(dataset: str) -> None:
    items = [item for row in served(dataset) for item in row["items"]]
    assert all(item["total"] == item["amount"] * item["quantity"] for item in items)
    assert {item["quantity"] for item in items} >= ({1} if dataset == "docs" else {1, 2, 3})


@pytest.mark.statement("WI-108")
@pytest.mark.parametrize("dataset", DATASETS)
def test_amounts_have_at_most_four_decimals_and_whole_ones_none(dataset: str) -> None:
    paths = ("subtotal", "tax", "total", "payment_method_commission", "discounts[].amount", "items[].amount")
    for value in (value for row in served(dataset) for path in paths for value in reached(row, path)):
        assert re.fullmatch(r"\d+(\.\d{0,3}[1-9])?", format(Decimal(value), "f"))
