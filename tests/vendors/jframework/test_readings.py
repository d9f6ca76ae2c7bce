"""What each reading changes, and that nothing else does."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.jframework.helpers import BRAND, credentials, ids, jframework, live
from tests.vendors.jframework.test_errors import BAD


@pytest.fixture
def client() -> Client:
    return jframework()


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_input_may_be_ignored_and_told(client: Client, name: str, value: str) -> None:
    assert client.get({name: value}).status == 400
    answer = client.get({name: value}, readings="bad-input=ignore")
    assert answer.body == client.get().body
    assert [(w["location"], w["code"]) for w in answer.warnings] == [(f"query.{name}", "ignored-value")]


def test_ignoring_bad_input_spares_neither_the_good_nor_the_forbidden(client: Client) -> None:
    unpaid = [invoice["id"] for invoice in live() if invoice["status"] == "Unpaid"]
    assert ids(client.get("Status=Unpaid&PageSize=x", readings="bad-input=ignore")) == unpaid
    assert client.get("UserId=somebody&PageSize=x", readings="bad-input=ignore").status == 403


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Name", "name"),
        ("Description", "description"),
        ("Notes", "notes"),
        ("Tags", "tags"),
        ("DeliveryInstructions", "deliveryInstructions"),
    ],
)
def test_text_may_have_to_be_equal(client: Client, name: str, field: str) -> None:
    value = next(invoice[field] for invoice in live() if invoice[field])
    same = [invoice["id"] for invoice in live() if invoice[field] == value]
    assert ids(client.get({name: value}, readings="text-match=equals")) == same
    for part in (value[:-1], value.upper()):
        assert ids(client.get({name: part}, readings="text-match=equals")) == []
        assert set(same) <= set(ids(client.get({name: part}, readings="text-match=contains")))
        assert ids(client.get({name: part})) == ids(client.get({name: part}, readings="text-match=contains"))


BOUND = [
    ("PageSize", " 10", "10"),
    ("PageSize", "7\t", "7"),
    ("PageNumber", " +1 ", "1"),
    ("ReminderedCount", " 2", "2"),
    ("Type", "1", "Post"),
    ("Type", "0", "Provisional"),
    ("Status", "0", "Unpaid"),
    ("Status", " paid ", "Paid"),
    ("TestMode", " TRUE", "true"),
    ("InvoiceDate", "07/01/2026", "2026-07-01"),
    ("InvoiceDate", "7-1-2026", "2026-07-01"),
    ("InvoiceDate", "2026/07/01", "2026-07-01"),
]


@pytest.mark.parametrize(("name", "sent", "usual"), BOUND)
def test_what_asp_net_binds_is_read_and_told(client: Client, name: str, sent: str, usual: str) -> None:
    answer = client.get({name: sent})
    assert answer.body == client.get({name: usual}).body == client.get({name: sent}, readings="binding=aspnet").body
    assert [(w["location"], w["code"]) for w in answer.warnings] == [(f"query.{name}", "ignored-value")]
    assert answer.warnings[0]["message"].casefold().endswith(f"{usual.casefold()}.")
    assert client.get({name: sent}, readings="binding=exact").rule == "jframework.400"
    absent = client.get({name: sent}, readings="binding=exact,bad-input=ignore")
    assert (absent.body, absent.codes) == (client.get().body, ["ignored-value"])


def test_a_time_may_have_a_blank_before_it_and_the_month_first(client: Client) -> None:
    date = str(next(invoice for invoice in live() if invoice["invoiceDate"])["invoiceDate"])
    wanted = ids(client.get({"InvoiceDate": date[:19]}))
    assert wanted
    assert ids(client.get({"InvoiceDate": f"{date[:10]} {date[11:19]}"})) == wanted
    assert ids(client.get({"InvoiceDate": f"{date[5:7]}/{date[8:10]}/{date[:4]} {date[11:19]}"})) == wanted


def test_the_due_date_may_be_the_field_of_that_name(client: Client) -> None:
    due = str(next(invoice for invoice in live() if invoice["dueDate"])["dueDate"])
    by_due = [invoice["id"] for invoice in live() if (invoice["dueDate"] or "").startswith(due[:10])]
    assert ids(client.get({"OverdueDate": due[:10]}, readings="due-date=dueDate")) == by_due
    assert ids(client.get({"OverdueDate": due[:10]}, readings="due-date=overdueDate")) == ids(
        client.get({"OverdueDate": due[:10]})
    )
    assert ids(client.get({"OverdueDate": due}, readings="due-date=dueDate,date-match=instant"))


def test_keywords_may_be_words_of_which_each_is_found(client: Client) -> None:
    for text in ("monthly kestrel", "KESTREL  renewal", "fibre gold 2026-06"):
        words = text.casefold().split()
        fields = ("code", "name", "description", "notes", "tags")
        texts = {i["id"]: "\n".join(str(i[field] or "") for field in fields).casefold() for i in live()}
        wanted = [id for id, said in texts.items() if all(word in said for word in words)]
        assert wanted
        assert ids(client.get({"Keywords": text}, readings="keywords=all-words")) == wanted
        assert ids(client.get({"Keywords": text}, readings="keywords=phrase")) == ids(client.get({"Keywords": text}))
    assert ids(client.get("Keywords=monthly kestrel")) == []
    assert ids(client.get("Keywords=kestrel", readings="keywords=all-words")) == ids(client.get("Keywords=kestrel"))


def test_a_page_may_have_10_invoices_by_default(client: Client) -> None:
    first = client.get(readings="default-page-size=10")
    assert first.body == client.get("PageSize=10").body
    second = client.get("PageNumber=1", readings="default-page-size=10")
    assert second.body == client.get("PageNumber=1&PageSize=10").body
    assert client.get("PageSize=3", readings="default-page-size=10").body == client.get("PageSize=3").body
    assert client.get("PageSize=", readings="default-page-size=10").body == first.body


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("InvoiceStatus", "Status"),
        ("invoice_type", "Type"),
        ("invoiceCode", "Code"),
        ("DueDate", "OverdueDate"),
        ("page", "PageNumber"),
        ("limit", "PageSize"),
        ("per_page", "PageSize"),
        ("size", "PageSize"),
        ("sortBy", "SortDataField"),
        ("search", "Keywords"),
        ("PageNo", "PageNumber"),
        ("Statuss", "Status"),
        ("StartDate", None),
        ("currency", None),
    ],
)
def test_what_an_unknown_name_seems_to_mean(client: Client, sent: str, meant: str | None) -> None:
    (warning,) = client.get({sent: "1"}).warnings
    assert warning["code"] == "unknown-parameter"
    assert warning["message"].partition("Did you mean ")[2] == (f"{meant}?" if meant else "")


def test_keywords_are_parts_under_any_reading(client: Client) -> None:
    assert ids(client.get("Keywords=kestrel", readings="text-match=equals")) == ids(client.get("Keywords=kestrel"))
    assert ids(client.get("Keywords=kestrel"))


def test_a_date_may_be_one_instant(client: Client) -> None:
    invoice = next(invoice for invoice in live() if invoice["invoiceDate"])
    date = str(invoice["invoiceDate"])
    for part in (date[:10], date[:16], date[:19], date[:24]):
        assert invoice["id"] in ids(client.get({"InvoiceDate": part}))
        assert invoice["id"] in ids(client.get({"InvoiceDate": part}, readings="date-match=day"))
        assert ids(client.get({"InvoiceDate": part}, readings="date-match=instant")) == []
    assert invoice["id"] in ids(client.get({"InvoiceDate": date}, readings="date-match=instant"))
    edge = jframework("edge").get("InvoiceDate=2028-01-31", readings="date-match=instant")
    assert ids(edge) == ["edgeInvoice0000002"], "midnight is the instant of a date alone"


def test_names_may_have_to_be_spelled_as_printed(client: Client) -> None:
    assert ids(client.get("PageSize=3", readings="name-case=exact")) == ids(client.get())[:3]
    answer = client.get("pageSize=3", readings="name-case=exact")
    assert ids(answer) == ids(client.get())
    assert answer.codes == ["unknown-parameter"]
    assert "PageSize" in answer.warnings[0]["message"]
    assert ids(client.get("pageSize=3")) == ids(client.get())[:3]
    assert ids(client.get("status=unpaid", readings="name-case=exact")) == ids(client.get()), "names, not values"
    assert ids(client.get("Status=unpaid", readings="name-case=exact")) == ids(client.get("Status=Unpaid"))


@pytest.mark.parametrize(
    ("asked", "limit", "size", "codes"),
    [
        ("1000", "none", 1000, []),
        ("201", "200", 200, ["ignored-value"]),
        ("2147483647", "200", 200, ["ignored-value"]),
        ("200", "200", 200, []),
        ("7", "200", 7, []),
    ],
)
def test_pages_may_be_limited_to_200(asked: str, limit: str, size: int, codes: list[str]) -> None:
    many = jframework(records=300)
    answer = many.get({"PageSize": asked}, readings=f"page-size-limit={limit}")
    total = answer.json["data"]["totalItems"]
    assert total > 200
    assert answer.json["data"]["pageSize"] == size
    assert len(ids(answer)) == min(size, total)
    assert answer.codes == codes
    second = many.get({"PageSize": asked, "PageNumber": "1"}, readings=f"page-size-limit={limit}")
    assert len(ids(second)) == min(size, max(0, total - size)), "the offset is counted in the size in use"


@pytest.mark.parametrize(
    ("headers", "query"),
    [({"Brand-URL": BRAND}, ""), ({}, ""), ({"Brand-URL": "x"}, ""), (credentials(), "PageSize=0")],
)
def test_the_top_message_may_be_the_text_itself(client: Client, headers: dict[str, str], query: str) -> None:
    generic = client.get(query, headers=headers)
    described = client.get(query, headers=headers, readings="failure-message=description")
    assert generic.json["message"] == "The request failed."
    assert described.json["message"] == generic.json["errors"][0]["message"]
    assert described.json | {"message": ""} == generic.json | {"message": ""}
