"""Get invoices: parameters in the order of the document, then the reply, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.jframework.helpers import account, credentials, ids, items, jframework, live, records, stored

Invoice = dict[str, Any]


@pytest.fixture
def client() -> Client:
    return jframework()


def where(keep: Callable[[Invoice], bool], dataset: str = "default") -> list[str]:
    """The ids of the live invoices to keep, in default order."""
    return [invoice["id"] for invoice in live(dataset) if keep(invoice)]


# The request ---------------------------------------------------------------------------------------------------------


@pytest.mark.statement("JF-01", "JF-02")
def test_route_and_host(client: Client) -> None:
    assert ids(client.get("", path="/api/v1/invoices")) == where(lambda invoice: True)
    assert client.get("", path="/api/v1/invoices", Host="protocol.jframework.io").body == client.get().body
    assert client.example["path"] == "/api/v1/invoices"
    assert client.get("", path="/jframework/api/v2/invoices").status == 404


@pytest.mark.statement("JF-34")
@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "nonsense"])
def test_any_accept_is_accepted(client: Client, accept: str) -> None:
    assert client.get(Accept=accept, Content_Type="application/json").body == client.get().body


@pytest.mark.statement("JF-03", "JF-04")
def test_the_user_is_the_current_user(client: Client) -> None:
    mine = client.get()
    assert client.get({"UserId": account(0)["user_id"]}).body == mine.body
    assert ids(mine) == where(lambda invoice: True)
    assert client.get({"UserId": account(1)["user_id"]}).status == 403
    assert ids(client.get({"UserId": account(1)["user_id"]}, headers=credentials(1)))


@pytest.mark.parametrize(
    ("name", "of"),
    [
        pytest.param(
            "SubscriptionTypeId", lambda invoice: invoice["subscriptionTypeId"], marks=pytest.mark.statement("JF-06")
        ),
        pytest.param("Type", lambda invoice: invoice["type"], marks=pytest.mark.statement("JF-07")),
        pytest.param("Code", lambda invoice: invoice["code"], marks=pytest.mark.statement("JF-08")),
        pytest.param(
            "ReminderedCount", lambda invoice: invoice["reminderedCount"], marks=pytest.mark.statement("JF-13")
        ),
        pytest.param("Status", lambda invoice: invoice["status"], marks=pytest.mark.statement("JF-18")),
    ],
)
def test_filters_by_equality(client: Client, name: str, of: Callable[[Invoice], Any]) -> None:
    values = {of(invoice) for invoice in live()} - {None}
    assert len(values) > 1
    for value in sorted(values)[:8]:
        assert ids(client.get({name: str(value)})) == where(lambda invoice, value=value: of(invoice) == value)  # type: ignore[misc]


@pytest.mark.statement("JF-05")
def test_the_package_is_the_users(client: Client) -> None:
    """A user has one package, so it finds all of the user's invoices, and that of another user none."""
    own, other = ({i["user"]["packageId"] for i in records() if i["_owner"] == account(n)["user_id"]} for n in (0, 1))
    assert len(own) == len(other) == 1
    assert ids(client.get({"PackageId": own.pop()})) == where(lambda invoice: True)
    assert ids(client.get({"PackageId": other.pop()})) == []


@pytest.mark.parametrize("name", ["PackageId", "SubscriptionTypeId", "Code"])
def test_ids_and_codes_match_whole_and_letter_for_letter(client: Client, name: str) -> None:
    found = live()[0]
    value = found["user"]["packageId"] if name == "PackageId" else found[name[0].lower() + name[1:]]
    assert ids(client.get({name: value}))
    for other in (value[:-1], value.swapcase(), value + " ", "ключ", "x" * 4000):
        assert ids(client.get({name: other})) == []


@pytest.mark.parametrize(("query", "same"), [("Type=pROVISIONAL", "Type=Provisional"), ("Status=PAID", "Status=Paid")])
def test_choices_match_in_any_letter_case(client: Client, query: str, same: str) -> None:
    assert client.get(query).body == client.get(same).body
    assert ids(client.get(query))


def test_reminders_that_nobody_got(client: Client) -> None:
    for count in ("4", "-1", "2147483647", "-2147483648"):
        assert ids(client.get({"ReminderedCount": count})) == []


@pytest.mark.parametrize(
    ("name", "field"),
    [
        pytest.param("Name", "name", marks=pytest.mark.statement("JF-09")),
        pytest.param("Description", "description", marks=pytest.mark.statement("JF-10")),
        pytest.param("Notes", "notes", marks=pytest.mark.statement("JF-11")),
        pytest.param("Tags", "tags", marks=pytest.mark.statement("JF-12")),
        pytest.param("DeliveryInstructions", "deliveryInstructions", marks=pytest.mark.statement("JF-14")),
    ],
)
def test_filters_by_a_part_of_a_text(client: Client, name: str, field: str) -> None:
    for value in sorted({invoice[field] for invoice in live()} - {None})[:5]:
        for part in (value, value[2:9], value[2:9].swapcase()):
            expected = where(lambda invoice, part=part: part.lower() in (invoice[field] or "").lower())  # type: ignore[misc]
            assert ids(client.get({name: part})) == expected
            assert expected
    for elsewhere in ("zzz", "INV-", "address-"):
        assert ids(client.get({name: elsewhere})) == []


@pytest.mark.parametrize(
    ("name", "field"),
    [
        pytest.param("ConfirmedDeliveryDate", "confirmedDeliveryDate", marks=pytest.mark.statement("JF-15")),
        pytest.param("InvoiceDate", "invoiceDate", marks=pytest.mark.statement("JF-16")),
        pytest.param("OverdueDate", "overdueDate", marks=pytest.mark.statement("JF-17")),
    ],
)
def test_filters_by_date(client: Client, name: str, field: str) -> None:
    for date in sorted({invoice[field] for invoice in live()} - {None})[::20]:
        for length in (10, 16, 19, 21, 24, 27):  # the day, the minute, the second, tenths, tenths of ms, ticks
            begun = date[:length]
            expected = where(lambda invoice, begun=begun: (invoice[field] or "").startswith(begun))  # type: ignore[misc]
            assert expected
            assert ids(client.get({name: begun})) == expected
            if length > 10:
                assert ids(client.get({name: begun + "Z"})) == expected
    assert ids(client.get({name: "1999-12-31"})) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2028-02-29", [5, 4, 3, 1]),
        ("2028-02-29T23:59:59.9999999", [5, 4, 3, 1]),
        ("2028-02-29T23:59:59.999999999999Z", [5, 4, 3, 1]),
        ("2028-02-29T23:59:59.9999998Z", []),
        ("2028-03-01T01:59:59.9999999+02:00", [5, 4, 3, 1]),
        ("2028-03-01T01:59+02:00", [5, 4, 3, 1]),
        ("2028-02-29T18:59:59-05:00", [5, 4, 3, 1]),
        ("2028-02-29T18:59:59", []),
        ("2028-01-31", [2]),
        ("2028-01-31T00:00Z", [2]),
        ("2027-12-31", [6]),
        ("2028-03-01", []),
        ("0001-01-01", []),
        ("9999-12-31", []),
    ],
)
def test_dates_are_utc_days_or_instants_to_the_precision_given(asked: str, found: list[int]) -> None:
    expected = [f"edgeInvoice{number:07}" for number in found]
    assert ids(jframework("edge").get({"InvoiceDate": asked})) == expected


def test_due_date_is_no_parameter_but_overdue_date_is(client: Client) -> None:
    """001:15 says "Due Date"; the public page names it OverdueDate."""
    answer = client.get("DueDate=2026-07-15")
    assert answer.body == client.get().body
    assert answer.codes == ["unknown-parameter"]
    assert "OverdueDate" in answer.warnings[0]["message"]


@pytest.mark.statement("JF-19")
@pytest.mark.parametrize("field", ["code", "name", "description", "notes", "tags"])
def test_keywords_search_five_fields(client: Client, field: str) -> None:
    value = next(invoice[field] for invoice in live() if invoice[field])
    part = value[1:-1].upper()
    fields = ("code", "name", "description", "notes", "tags")
    expected = where(lambda invoice: any(part in (invoice[name] or "").upper() for name in fields))
    assert expected
    assert ids(client.get({"Keywords": part})) == expected


def test_keywords_search_nothing_else(client: Client) -> None:
    for word in ("address-", "Northgate", "CreditCard", "Completed", "via email"):
        assert ids(client.get({"Keywords": word})) == []


@pytest.mark.statement("JF-20", "JF-21")
def test_test_invoices_are_apart(client: Client) -> None:
    tests = [invoice["id"] for invoice in stored() if invoice["testMode"]]
    assert tests
    assert ids(client.get()) == where(lambda invoice: True)
    for no in ("false", "False", "FALSE"):
        assert client.get({"TestMode": no}).body == client.get().body
    for yes in ("true", "True", "TRUE"):
        assert ids(client.get({"TestMode": yes})) == tests
    assert ids(client.get("TestMode=true", headers=credentials(1))) == []


def test_filters_are_joined_by_and(client: Client) -> None:
    expected = where(lambda i: i["status"] == "Unpaid" and i["type"] == "Post" and "fibre" in (i["name"] or "").lower())
    assert expected
    assert ids(client.get("Status=Unpaid&Type=Post&Name=fibre")) == expected


SORTABLE = [
    "id", "packageCode", "userAddressId", "subscriptionTypeId", "type", "code", "name", "description", "notes", "tags",
    "reminderedCount", "deliveryInstructions", "confirmedDeliveryDate", "invoiceDate", "dueDate", "overdueDate",
    "billingPeriodStartDate", "billingPeriodEndDate", "status", "testMode", "createdDate",
]  # fmt: skip


def in_order(field: str, descending: bool) -> list[str]:
    """The live invoices by a field, null as the least; ties by id."""
    field = {"createdDate": "_created"}.get(field, field)
    found = sorted(live(), key=lambda invoice: str(invoice["id"]))
    found.sort(key=lambda i: (i[field] is not None, i[field] if i[field] is not None else 0), reverse=descending)
    return [invoice["id"] for invoice in found]


@pytest.mark.statement("JF-22", "JF-24")
@pytest.mark.parametrize("field", SORTABLE)
def test_every_scalar_field_sorts(client: Client, field: str) -> None:
    for order, descending in [("Descending", True), ("Ascending", False), ("desc", True), ("asc", False)]:
        expected = in_order(field, descending)
        assert ids(client.get({"SortDataField": field, "SortOrder": order})) == expected
        shouted = {"sortdatafield": field.upper(), "SORTORDER": order.upper()}
        assert ids(client.get(shouted)) == expected
    assert ids(client.get({"SortDataField": field})) == in_order(field, descending=True)


@pytest.mark.statement("JF-23", "JF-25")
def test_sorted_by_id_descending_unless_asked(client: Client) -> None:
    assert ids(client.get()) == sorted((invoice["id"] for invoice in live()), reverse=True)
    assert client.get("SortDataField=ID").body == client.get().body
    assert client.get("SortOrder=Descending").body == client.get().body
    assert ids(client.get("SortOrder=Ascending")) == ids(client.get())[::-1]


def test_the_data_ties_in_every_sort_key_but_the_id() -> None:
    for field in SORTABLE[1:]:
        if field == "code":  # which is unique
            continue
        values = [invoice[{"createdDate": "_created"}.get(field, field)] for invoice in live()]
        given = [value for value in values if value is not None]
        assert len(given) > len(set(given)), field


@pytest.mark.statement("JF-26", "JF-28", "JF-50", "JF-51", "JF-52")
def test_pages_count_from_0_and_state_the_whole(client: Client) -> None:
    every = where(lambda invoice: True)
    for number in range(len(every) // 50 + 2):
        data = client.get({"PageNumber": str(number), "PageSize": "50"}).json["data"]
        assert [invoice["id"] for invoice in data["items"]] == every[number * 50 : number * 50 + 50]
        assert (data["totalItems"], data["pageNumber"], data["pageSize"]) == (len(every), number, 50)


@pytest.mark.statement("JF-27", "JF-29")
def test_the_first_200_unless_asked() -> None:
    many = jframework(records=300)
    data = many.get().json["data"]
    assert data["totalItems"] > 200
    assert len(data["items"]) == 200
    assert (data["pageNumber"], data["pageSize"]) == (0, 200)
    assert many.get("PageNumber=0&PageSize=200").body == many.get().body
    assert ids(many.get("PageSize=1000"))[:200] == ids(many.get())


@pytest.mark.parametrize("number", ["1", "7", "2147483647"])
def test_a_page_past_the_end_is_empty(client: Client, number: str) -> None:
    data = client.get({"PageNumber": number, "PageSize": "2147483647"}).json["data"]
    assert data["items"] == []
    assert data["totalItems"] == len(live())


def test_an_exactly_full_last_page() -> None:
    edge = jframework("edge")
    assert [len(ids(edge.get({"PageSize": "4", "PageNumber": str(number)}))) for number in (0, 51, 52)] == [4, 4, 0]


@pytest.mark.statement("JF-29", "JF-49")
def test_edge_has_more_than_one_page_of_the_default_size() -> None:
    edge = jframework("edge")
    pages = [edge.get({"PageNumber": str(number)}) for number in range(3)]
    assert [len(ids(page)) for page in pages] == [200, 8, 0]
    assert {page.json["data"]["totalItems"] for page in pages} == {208}
    assert [id for page in pages for id in ids(page)] == [invoice["id"] for invoice in live("edge")]


# How parameters are sent ----------------------------------------------------------------------------------------------


def test_names_match_in_any_letter_case(client: Client) -> None:
    """The page prints PascalCase, the vendor's clients send camelCase."""
    assert (
        client.get("status=Unpaid&PAGESIZE=3&pageNumber=1").body
        == client.get("Status=Unpaid&PageSize=3&PageNumber=1").body
    )
    assert client.get("status=Unpaid").warnings == []


def test_of_repeated_parameters_the_first_counts_and_it_is_told(client: Client) -> None:
    for query in ("Status=Paid&Status=Unpaid", "Status=Paid&status=Unpaid", "Status=Paid&Status=bogus"):
        answer = client.get(query)
        assert answer.body == client.get("Status=Paid").body
        assert answer.codes == ["repeated-parameter"]


def test_an_empty_value_is_as_absent_and_told(client: Client) -> None:
    for name in ("UserId", "Name", "PageSize", "PageNumber", "Status", "InvoiceDate", "TestMode", "SortOrder"):
        for query in (f"{name}=", name):
            answer = client.get(query)
            assert answer.body == client.get().body
            assert answer.codes == ["ignored-value"]


@pytest.mark.parametrize("query", ["PageSize=%2B5", "PageSize=005", "Name=%", "Name=%ff", "%00=1", "&&=&", "a;b"])
def test_odd_queries_are_read_as_they_are(client: Client, query: str) -> None:
    answer = client.get(query)
    assert answer.status == 200
    if query.startswith("PageSize"):
        assert answer.json["data"]["pageSize"] == 5


@pytest.mark.parametrize(
    ("query", "number"),
    [("Name=月額", 2), ("Notes=🧾", 2), ("Notes=ПОДПИСКА", 2), ("Tags=ÉTÉ", 2), ("Description=100%25 _off_", 6)],
)
def test_any_script_is_found(query: str, number: int) -> None:
    assert ids(jframework("edge").get(query)) == [f"edgeInvoice{number:07}"]


# The reply ------------------------------------------------------------------------------------------------------------


@pytest.mark.statement("JF-36", "JF-41", "JF-42", "JF-43", "JF-44", "JF-45", "JF-46", "JF-47")
def test_the_envelope(client: Client) -> None:
    for query in ("", "PageNumber=9", "TestMode=true"):
        answer = client.get(query)
        assert answer.status == 200
        assert list(answer.json) == ["success", "statusCode", "message", "data", "errors"]
        assert answer.json["success"] is True
        assert answer.json["statusCode"] == 200
        assert answer.json["message"] == "The request was successful."
        assert isinstance(answer.json["data"], dict)
        assert answer.json["errors"] == []


@pytest.mark.statement("JF-48", "JF-49")
def test_the_page(client: Client) -> None:
    data = client.get().json["data"]
    assert list(data) == ["items", "totalItems", "pageNumber", "pageSize"]
    assert isinstance(data["items"], list)
    assert all(isinstance(invoice, dict) for invoice in data["items"])
    assert [type(data[name]) for name in ("totalItems", "pageNumber", "pageSize")] == [int, int, int]


@pytest.mark.parametrize("dataset", ["default", "docs", "edge"])
def test_an_invoice_is_what_stands_in_the_file(dataset: str) -> None:
    visible = [{key: value for key, value in i.items() if key[0] != "_"} for i in live(dataset)]
    assert items(jframework(dataset).get("PageSize=500")) == visible


def every(client: Client) -> list[Invoice]:
    return [*items(client.get()), *items(client.get("TestMode=true"))]


@pytest.mark.parametrize(
    ("part", "keys"),
    [
        pytest.param(
            None,
            "id user payment packageCode userAddressId subscriptionTypeId type code name description notes tags "
            "reminderedCount deliveryInstructions confirmedDeliveryDate invoiceDate dueDate overdueDate "
            "billingPeriodStartDate billingPeriodEndDate status testMode",
            marks=pytest.mark.statement("JF-53"),
        ),
        pytest.param(
            "user",
            "id code avatar packageId packageCode emailAddress nickName roles",
            marks=pytest.mark.statement("JF-55"),
        ),
        pytest.param(
            "payment",
            "code name amountGross amountFee amountNet commission currencyCode description invoiceNo paymentType "
            "notes status id",
            marks=pytest.mark.statement("JF-64"),
        ),
    ],
)
def test_all_keys_in_the_documents_order_in_every_invoice(client: Client, part: str | None, keys: str) -> None:
    for invoice in every(client):
        assert list(invoice[part] if part else invoice) == keys.split()


def opaque(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9A-Za-z]{15,18}", value) is not None


def text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: value in words


def like(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"
PAYMENT = (
    "Created", "Completed", "Refunded", "Failed", "Pending", "Denied", "Reserved", "CanceledReversal", "Deleted",
    "Voided",
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "fits", "null"),
    [
        pytest.param("id", opaque, False, marks=pytest.mark.statement("JF-54")),
        pytest.param("user.id", opaque, False, marks=pytest.mark.statement("JF-56")),
        pytest.param("user.code", text, False, marks=pytest.mark.statement("JF-57")),
        pytest.param(
            "user.avatar",
            like("https://www.gravatar.com/avatar/[0-9a-f]{32}"),
            True,
            marks=pytest.mark.statement("JF-58"),
        ),
        pytest.param("user.packageId", opaque, False, marks=pytest.mark.statement("JF-59")),
        pytest.param("user.packageCode", text, False, marks=pytest.mark.statement("JF-60")),
        pytest.param("user.emailAddress", like(r"[^@ ]+@[a-z.]+"), True, marks=pytest.mark.statement("JF-61")),
        pytest.param("user.nickName", text, True, marks=pytest.mark.statement("JF-62")),
        pytest.param("user.roles", lambda v: v == ["admin", "support"], True, marks=pytest.mark.statement("JF-63")),
        pytest.param("payment.code", text, True, marks=pytest.mark.statement("JF-65")),
        pytest.param("payment.name", text, True, marks=pytest.mark.statement("JF-66")),
        pytest.param("payment.amountGross", number, False, marks=pytest.mark.statement("JF-67")),
        pytest.param("payment.amountFee", number, False, marks=pytest.mark.statement("JF-68")),
        pytest.param("payment.amountNet", number, False, marks=pytest.mark.statement("JF-69")),
        pytest.param("payment.commission", number, False, marks=pytest.mark.statement("JF-71")),
        pytest.param("payment.currencyCode", one_of("USD", "GBP", "EUR"), False, marks=pytest.mark.statement("JF-72")),
        pytest.param("payment.description", text, False, marks=pytest.mark.statement("JF-73")),
        pytest.param("payment.invoiceNo", like(r"INV-\d{3,}"), False, marks=pytest.mark.statement("JF-74")),
        pytest.param("payment.paymentType", text, False, marks=pytest.mark.statement("JF-75")),
        pytest.param("payment.notes", text, False, marks=pytest.mark.statement("JF-76")),
        pytest.param("payment.status", one_of(*PAYMENT), False, marks=pytest.mark.statement("JF-77")),
        pytest.param("payment.id", opaque, False, marks=pytest.mark.statement("JF-79")),
        pytest.param("packageCode", text, False, marks=pytest.mark.statement("JF-80")),
        pytest.param("userAddressId", text, True, marks=pytest.mark.statement("JF-81")),
        pytest.param("subscriptionTypeId", text, False, marks=pytest.mark.statement("JF-82")),
        pytest.param("type", one_of("Provisional", "Post"), False, marks=pytest.mark.statement("JF-83")),
        pytest.param("code", like(r"INV-\d{8,}"), False, marks=pytest.mark.statement("JF-85")),
        pytest.param("name", text, True, marks=pytest.mark.statement("JF-86")),
        pytest.param("description", text, True, marks=pytest.mark.statement("JF-87")),
        pytest.param("notes", text, True, marks=pytest.mark.statement("JF-88")),
        pytest.param("tags", like(r"\w+(, \w+)*"), True, marks=pytest.mark.statement("JF-89")),
        pytest.param("reminderedCount", lambda v: type(v) is int, True, marks=pytest.mark.statement("JF-90")),
        pytest.param("deliveryInstructions", text, True, marks=pytest.mark.statement("JF-91")),
        pytest.param("confirmedDeliveryDate", like(MOMENT), True, marks=pytest.mark.statement("JF-92", "JF-96")),
        pytest.param("invoiceDate", like(MOMENT), True, marks=pytest.mark.statement("JF-93", "JF-96")),
        pytest.param("dueDate", like(MOMENT), True, marks=pytest.mark.statement("JF-94")),
        pytest.param("overdueDate", like(MOMENT), True, marks=pytest.mark.statement("JF-95", "JF-96")),
        pytest.param("billingPeriodStartDate", like(MOMENT), True, marks=pytest.mark.statement("JF-97")),
        pytest.param("billingPeriodEndDate", like(MOMENT), True, marks=pytest.mark.statement("JF-98")),
        pytest.param("status", one_of("Unpaid", "Paid"), False, marks=pytest.mark.statement("JF-99")),
        pytest.param("testMode", lambda v: type(v) is bool, False, marks=pytest.mark.statement("JF-101")),
    ],
)
def test_each_field(client: Client, field: str, fits: Callable[[Any], bool], null: bool) -> None:
    """Every value of the field fits; what may be null is null somewhere, with its key, and is not null elsewhere."""
    inside, _, name = field.rpartition(".")
    values = [(invoice[inside] if inside else invoice)[name] for invoice in every(client)]
    assert [value for value in values if value is not None and not fits(value)] == []
    assert any(value is not None for value in values)
    assert (None in values) == null


@pytest.mark.parametrize(
    ("field", "documented", "words"),
    [
        pytest.param("payment.status", "Completed", PAYMENT, marks=pytest.mark.statement("JF-78")),
        pytest.param("type", "Provisional", ("Provisional", "Post"), marks=pytest.mark.statement("JF-84")),
        pytest.param("status", "Paid", ("Unpaid", "Paid"), marks=pytest.mark.statement("JF-100")),
        pytest.param("reminderedCount", 1, (0, 1, 2, 3, None), marks=pytest.mark.statement("JF-90")),
    ],
)
def test_every_word_of_a_closed_list_occurs_by_default(
    client: Client, field: str, documented: object, words: tuple[object, ...]
) -> None:
    inside, _, name = field.rpartition(".")
    assert {(invoice[inside] if inside else invoice)[name] for invoice in items(client.get())} == set(words)
    (example,) = items(jframework("docs").get())
    assert (example[inside] if inside else example)[name] == documented


@pytest.mark.statement("JF-70")
def test_net_is_gross_less_fee(client: Client) -> None:
    for invoice in every(client):
        payment = invoice["payment"]
        assert payment["amountNet"] == payment["amountGross"] - payment["amountFee"]


def test_money_keeps_its_digits() -> None:
    body = jframework("edge").get().body
    for written in (b'"amountGross":99999999999999.99,', b":12.345,", b":12.344,", b":0.0001,", b":12345,", b":-12.5,"):
        assert written in body
    assert b'"amountGross":100,"amountFee":10,"amountNet":90,' in jframework("docs").get().body


def test_what_is_ours_is_never_rendered(client: Client) -> None:
    assert b'"_' not in client.get().body
    assert all("_owner" in invoice for invoice in records())
