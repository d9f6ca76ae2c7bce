"""GetInvoices (004:3-23): criteria, order, pages and the envelope."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.support.client import Answer, Client
from tests.vendors.helpers import Row
from tests.vendors.wisecp.helpers import content, ids, ordered, rows

PATH = "/api/Billing/GetInvoices"
SORTS = ("id", "number", "created_at", "due_date", "payment_date", "total")
STATUSES = ("pending", "unpaid", "paid", "cancelled", "refunded")
NO_INVOICE = b'{"status":"successful","total":0,"page":1,"limit":10,"next_page":0,"data":[]}'


@pytest.fixture
def client() -> Client:
    return Client("wisecp")


def listed(answer: Answer) -> list[int]:
    assert answer.status == 200
    return ids(answer.json["data"])


def told(answer: Answer) -> list[tuple[str, str]]:
    """Where something was passed over, and why."""
    return [(warning["location"], warning["code"]) for warning in answer.warnings]


# Method / Endpoint (004:7-9) ----------------------------------------------------------------------------------------


@pytest.mark.statement("WI-02", "WI-03")
@pytest.mark.parametrize("path", [PATH, f"/wisecp{PATH}", f"/index.php{PATH}", f"/wisecp/index.php{PATH}"])
def test_the_route(client: Client, path: str) -> None:
    assert client.get(path=path).body == client.get().body
    assert client.get(path=path.replace("/api", "")).status == 404


# page and limit (004:14-15) -----------------------------------------------------------------------------------------


@pytest.mark.statement("WI-05", "WI-06", "WI-55", "WI-57")
@pytest.mark.parametrize("page", [1, 2, 14, 15])
def test_page_is_the_current_page_number(client: Client, page: int) -> None:
    answer = client.get({"page": str(page)})
    assert listed(answer) == ids(rows())[page * 10 - 10 : page * 10]
    assert answer.json["page"] == page
    assert answer.json["next_page"] == (page + 1 if page < 15 else 0)
    assert answer.warnings == []


@pytest.mark.statement("WI-06")
def test_without_a_page_it_is_the_first(client: Client) -> None:
    assert client.get("").body == client.get("page=1").body == client.get("page=001").body


@pytest.mark.statement("WI-57", "WI-58")
@pytest.mark.parametrize("page", ["16", "100", str(2**63 - 1)])
def test_past_the_end_there_is_nothing_and_no_further_page(client: Client, page: str) -> None:
    body = client.get({"page": page}).json
    assert body == {"status": "successful", "total": 150, "page": int(page), "limit": 10, "next_page": 0, "data": []}


@pytest.mark.parametrize("page", [str(2**63), "9" * 300, "1" + "0" * 4500])
def test_a_page_that_no_64_bit_integer_holds_is_the_largest_one(client: Client, page: str) -> None:
    answer = client.get({"page": page})
    assert (answer.json["page"], answer.json["data"]) == (2**63 - 1, [])
    assert told(answer) == [("query.page", "ignored-value")]


@pytest.mark.statement("WI-07", "WI-08", "WI-09", "WI-56")
@pytest.mark.parametrize("limit", [1, 2, 10, 49, 50])
def test_limit_is_the_number_of_invoices_per_page(client: Client, limit: int) -> None:
    answer = client.get({"page": "2", "limit": str(limit)})
    assert listed(answer) == ids(rows())[limit : 2 * limit]
    assert answer.json["limit"] == limit
    assert answer.warnings == []


@pytest.mark.statement("WI-10")
def test_limit_is_ten_by_default(client: Client) -> None:
    answer = client.get("")
    assert len(listed(answer)) == answer.json["limit"] == 10


@pytest.mark.statement("WI-05", "WI-07", "WI-08", "WI-09")
@pytest.mark.parametrize(
    ("sent", "page", "limit"),
    [
        ("limit=51", 1, 50),
        ("limit=1000", 1, 50),
        ("limit=" + "9" * 5000, 1, 50),
        ("limit=0", 1, 10),
        ("limit=-5", 1, 10),
        ("limit=abc", 1, 10),
        ("limit=10.5", 1, 10),
        ("limit=1e1", 1, 10),
        ("limit=%D9%A5", 1, 10),  # an Arabic 5
        ("limit=%201e", 1, 1),
        ("limit=+5", 1, 5),  # a blank and 5
        ("limit=7%20", 1, 7),
        ("limit=5items", 1, 5),
        ("limit=49.9", 1, 49),
        ("limit=0.9", 1, 10),
        ("limit=51.2", 1, 50),
        ("limit=-3x", 1, 10),
        ("limit=4e999", 1, 50),
        ("limit=" + "1" * 399 + "x", 1, 50),
        ("page=1x", 1, 10),
        ("limit=%00", 1, 10),
        ("page=0", 1, 10),
        ("page=-1", 1, 10),
        ("page=two", 1, 10),
        ("page=%FF", 1, 10),
    ],
)
def test_what_page_and_limit_cannot_be_falls_back_and_is_told(client: Client, sent: str, page: int, limit: int) -> None:
    answer = client.get(sent)
    assert listed(answer) == ids(rows())[:limit]
    assert (answer.json["page"], answer.json["limit"]) == (page, limit)
    assert told(answer) == [(f"query.{sent.partition('=')[0]}", "ignored-value")]


# sort and sort_type (004:16-17) -------------------------------------------------------------------------------------


@pytest.mark.statement("WI-11", "WI-19", "WI-20", "WI-21")
@pytest.mark.parametrize("sort_type", ["ASC", "DESC"])
@pytest.mark.parametrize(
    "sort",
    [
        pytest.param("id", marks=pytest.mark.statement("WI-12")),
        pytest.param("number", marks=pytest.mark.statement("WI-13")),
        pytest.param("created_at", marks=pytest.mark.statement("WI-14")),
        pytest.param("due_date", marks=pytest.mark.statement("WI-15")),
        pytest.param("payment_date", marks=pytest.mark.statement("WI-16")),
        pytest.param("total", marks=pytest.mark.statement("WI-17")),
    ],
)
def test_sort(client: Client, sort: str, sort_type: str) -> None:
    """Ties are in the order of their ids, in the same direction."""
    wanted = ids(ordered(rows(), sort, sort_type))
    for page in range(1, 4):
        query = {"sort": sort, "sort_type": sort_type, "limit": "50", "page": str(page)}
        assert listed(client.get(query)) == wanted[page * 50 - 50 : page * 50]
    assert client.get({"sort": sort, "sort_type": sort_type.lower()}).json["data"][0]["id"] == wanted[0]


@pytest.mark.statement("WI-11")
def test_the_sorts_are_all_different() -> None:
    orders = [ids(ordered(rows(), sort, sort_type)) for sort in SORTS for sort_type in ("ASC", "DESC")]
    assert len({tuple(order) for order in orders}) == len(orders)


@pytest.mark.statement("WI-18", "WI-22")
def test_by_default_the_highest_id_comes_first(client: Client) -> None:
    assert client.get("").body == client.get("sort=id&sort_type=DESC").body
    assert listed(client.get("sort_type=ASC")) == ids(rows())[::-1][:10]
    assert listed(client.get("sort=total")) == ids(ordered(rows(), "total", "DESC"))[:10]


@pytest.mark.statement("WI-13")
def test_numbers_sort_as_text(client: Client) -> None:
    first, last = (listed(client.get(f"sort=number&sort_type={way}&limit=1"))[0] for way in ("ASC", "DESC"))
    assert (first, last) == (1_000_000, 999_999)


@pytest.mark.statement("WI-16", "WI-93")
def test_never_sorts_before_any_date(client: Client) -> None:
    dates = [row["payment_date"] for row in client.get("sort=payment_date&sort_type=ASC&limit=50").json["data"]]
    never = sum(row["payment_date"].startswith("0000") for row in rows())
    assert 0 < never < 50
    assert [date.startswith("0000") for date in dates] == [True] * never + [False] * (50 - never)


@pytest.mark.statement("WI-11", "WI-19")
@pytest.mark.parametrize(
    "sent",
    ["sort=status", "sort=ID", "sort=id,total", "sort=%C3%BC", "sort_type=UP", "sort_type=DESC%20", "sort_type=1"],
)
def test_an_unknown_sort_is_the_default_and_is_told(client: Client, sent: str) -> None:
    answer = client.get(sent)
    assert answer.body == client.get().body
    assert told(answer) == [(f"query.{sent.partition('=')[0]}", "ignored-value")]


# filter[…] (004:18-23) ----------------------------------------------------------------------------------------------


@pytest.mark.statement("WI-23")
@pytest.mark.parametrize(
    "status",
    [
        pytest.param("pending", marks=pytest.mark.statement("WI-25")),
        pytest.param("unpaid", marks=pytest.mark.statement("WI-26")),
        pytest.param("paid", marks=pytest.mark.statement("WI-27")),
        pytest.param("cancelled", marks=pytest.mark.statement("WI-28")),
        pytest.param("refunded", marks=pytest.mark.statement("WI-29")),
    ],
)
def test_filter_status(client: Client, status: str) -> None:
    wanted = rows(where=lambda row: row["status"] == status)
    answer = client.get({"filter[status]": status, "limit": "50"})
    assert 0 < len(wanted) < 150
    assert listed(answer) == ids(wanted)[:50]
    assert {row["status"] for row in answer.json["data"]} == {status}
    assert answer.json["total"] == len(wanted)
    assert answer.warnings == []


@pytest.mark.statement("WI-24", "WI-30")
def test_filter_status_all_is_the_default(client: Client) -> None:
    answer = client.get("filter[status]=all")
    assert answer.body == client.get("").body
    assert answer.json["total"] == 150
    assert answer.warnings == []


FLAGS = [
    pytest.param("local", "local", marks=pytest.mark.statement("WI-31", "WI-32", "WI-33", "WI-34", "WI-35")),
    pytest.param("taxfree", "taxfree", marks=pytest.mark.statement("WI-36", "WI-37", "WI-38", "WI-39", "WI-40")),
    # The parameter is spelled otherwise than the field (004:21, 88).
    pytest.param("formalized", "formalize", marks=pytest.mark.statement("WI-41", "WI-42", "WI-43", "WI-44", "WI-45")),
]


@pytest.mark.parametrize(("name", "field"), FLAGS)
def test_filters_of_three_words(client: Client, name: str, field: str) -> None:
    for word, value in (("true", True), ("false", False)):
        wanted = rows(where=lambda row, value=value: row[field] is value)  # type: ignore[misc]
        assert wanted
        answer = client.get({f"filter[{name}]": word, "limit": "50"})
        assert listed(answer) == ids(wanted)[:50]
        assert answer.json["total"] == len(wanted)
        for spelling in (word.upper(), word.title(), str(int(value))):
            same = client.get({f"filter[{name}]": spelling, "limit": "50"})
            assert same.body == answer.body
            assert same.warnings == []
    for word in ("none", "None"):
        answer = client.get({f"filter[{name}]": word})
        assert answer.body == client.get("").body
        assert answer.warnings == []


@pytest.mark.statement("WI-46")
def test_filter_id(client: Client) -> None:
    for row in rows()[::29]:
        answer = client.get({"filter[id]": str(row["id"])})
        assert listed(answer) == [row["id"]]
        assert (answer.json["total"], answer.json["next_page"]) == (1, 0)


@pytest.mark.statement("WI-47")
def test_filter_number(client: Client) -> None:
    for row in rows()[::29]:
        answer = client.get("filter[number]=" + quote(row["number"]))
        assert listed(answer) == [row["id"]]
        assert answer.warnings == []


@pytest.mark.parametrize("dataset", ["edge"])
def test_filter_number_of_any_script_and_id_of_any_size(dataset: str) -> None:
    client = Client("wisecp", dataset=dataset)
    assert listed(client.get({"filter[number]": "INV-2028/000105 Ä"})) == [105]
    assert listed(client.get("filter[number]=INV-2028/000105+%C3%84")) == [105]
    assert listed(client.get("filter[number]=INV-2028/000105%20A")) == []
    assert listed(client.get({"filter[id]": "4294967296"})) == [4294967296]
    assert listed(client.get({"filter[id]": "0"})) == []


@pytest.mark.parametrize(
    "sent",
    [
        "filter[id]=1",
        "filter[id]=-1000100",
        "filter[id]=" + "9" * 5000,
        "filter[number]=%231",
        "filter[number]=" + "x" * 5000,
        "filter[number]=%00",
        "filter[number]=%FF%FE",
        "filter[number]=1000100",  # without the hash sign
        "filter[status]=pending&filter[taxfree]=true",
    ],
)
@pytest.mark.statement("WI-46", "WI-47")
def test_no_match_is_a_success_with_no_data(client: Client, sent: str) -> None:
    answer = client.get(sent)
    assert (answer.status, answer.body) == (200, NO_INVOICE)
    assert answer.warnings == []


@pytest.mark.parametrize(
    "sent",
    [
        "filter[status]=Paid",
        "filter[status]=waiting",  # the word of the database
        "filter[status]=paid,unpaid",
        "filter[local]=maybe",
        "filter[local]=yes",
        "filter[taxfree]=2",
        "filter[formalized]=null",
        "filter[id]=abc",
        "filter[id]=%231000100",
    ],
)
def test_an_unknown_value_filters_nothing_and_is_told(client: Client, sent: str) -> None:
    answer = client.get(sent)
    assert answer.body == client.get().body
    assert told(answer) == [(f"query.{sent.partition('=')[0]}", "ignored-value")]


@pytest.mark.parametrize(
    "name",
    [
        "page",
        "limit",
        "sort",
        "sort_type",
        "filter[status]",
        "filter[local]",
        "filter[taxfree]",
        "filter[formalized]",
        "filter[id]",
        "filter[number]",
    ],
)
def test_an_empty_value_is_as_if_absent(client: Client, name: str) -> None:
    """This is what arrives of ``filter[number]=#327``, too: the hash sign must be sent as %23."""
    answer = client.get(f"{name}=")
    assert answer.body == client.get().body
    assert told(answer) == [(f"query.{name}", "ignored-value")]


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        ("status=paid", "query.status"),
        ("filter[formalize]=true", "query.filter[formalize]"),
        ("Filter[status]=paid", "query.Filter[status]"),
        ("filter[user]=11", "query.filter[user]"),
        ("per_page=5", "query.per_page"),
    ],
)
def test_a_name_that_is_not_documented_is_ignored_and_told(client: Client, sent: str, location: str) -> None:
    answer = client.get(sent)
    assert answer.body == client.get().body
    assert told(answer) == [(location, "unknown-parameter")]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("page=2abc", "page=2"),
        ("page=%202", "page=2"),
        ("page=%092%0A&limit=5.99", "page=2&limit=5"),
        ("page=1e1", "page=10"),
        ("filter[id]=1000100.0", "filter[id]=1000100"),
        ("filter[id]=%201000099th", "filter[id]=1000099"),
    ],
)
def test_an_integer_is_read_as_php_casts_it_and_is_told(client: Client, sent: str, read: str) -> None:
    answer = client.get(sent)
    assert answer.body == client.get(read).body != client.get().body
    assert set(answer.codes) == {"ignored-value"}
    assert answer.warnings[0]["message"].endswith(f"; read as {read.partition('&')[0].partition('=')[2]}.")


@pytest.mark.parametrize("sent", ["page[]=2", "limit[]=3", "filter[status][]=refunded", "filter%5Bid%5D%5B%5D=1000099"])
def test_a_name_with_empty_brackets_is_the_name_and_is_told(client: Client, sent: str) -> None:
    answer = client.get(sent)
    assert answer.body == client.get(sent.replace("[]", "").replace("%5B%5D=", "=")).body != client.get().body
    assert answer.codes == ["respelled-parameter"]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("status", "filter[status]"),
        ("invoiceStatus", "filter[status]"),
        ("filter[state]", "filter[status]"),
        ("filter[formalize]", "filter[formalized]"),
        ("tax_free", "filter[taxfree]"),
        ("per_page", "limit"),
        ("pageSize", "limit"),
        ("PageNumber", "page"),
        ("orderBy", "sort"),
        ("sortType", "sort_type"),
        ("filter[invoice_id]", "filter[id]"),
        ("serial", "filter[number]"),
        ("filter[user]", None),
        ("customer", None),
        ("from", None),
    ],
)
def test_what_an_unknown_name_seems_to_mean(client: Client, sent: str, meant: str | None) -> None:
    (warning,) = client.get({sent: "1"}).warnings
    assert warning["message"].partition("Did you mean ")[2] == (f"{meant}?" if meant else "")


def test_brackets_may_be_encoded(client: Client) -> None:
    plain = client.get("filter[status]=refunded")
    assert plain.json["total"] == 10
    assert client.get("filter%5Bstatus%5D=refunded").body == plain.body


def test_of_repeated_parameters_the_last_counts(client: Client) -> None:
    answer = client.get("filter[status]=paid&limit=50&filter[status]=refunded&limit=3")
    assert answer.body == client.get("filter[status]=refunded&limit=3").body
    assert answer.codes == ["repeated-parameter", "repeated-parameter"]


@pytest.mark.statement("WI-01", "WI-07", "WI-11")
def test_all_criteria_hold_together(client: Client) -> None:
    def meant(row: Row) -> bool:
        return row["status"] == "paid" and row["local"] and row["formalize"] and not row["taxfree"]

    wanted = ordered(rows(where=meant), "total", "ASC")
    query = "filter[status]=paid&filter[local]=true&filter[formalized]=1&filter[taxfree]=false&sort=total&sort_type=ASC"
    answer = client.get(f"{query}&limit=5&page=2", readings="amounts=short")
    assert 10 < len(wanted) < 150
    assert listed(answer) == ids(wanted)[5:10]
    assert [row["total"] for row in answer.json["data"]] == [row["total"] for row in wanted[5:10]]
    assert answer.json["total"] == len(wanted)


# The envelope (004:49-55) -------------------------------------------------------------------------------------------


@pytest.mark.statement("WI-51", "WI-52", "WI-53", "WI-54", "WI-59")
def test_the_envelope(client: Client) -> None:
    for query, total in (("", 150), ("filter[status]=cancelled&limit=3&page=2", 10), ("filter[id]=1", 0)):
        answer = client.get(query)
        assert list(answer.json) == ["status", "total", "page", "limit", "next_page", "data"]
        assert answer.json["status"] == "successful"
        assert answer.json["total"] == total
        assert isinstance(answer.json["data"], list)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert answer.basis == "documented; rule=GetInvoices.200"


@pytest.mark.statement("WI-58")
def test_a_last_page_that_is_full_has_no_further_one() -> None:
    client = Client("wisecp", dataset="edge")
    for query, page in (("", 1), ("limit=5&page=2", 2), ("limit=1&page=10", 10)):
        body = client.get(query).json
        assert len(body["data"]) == body["limit"]
        assert (body["total"], body["page"], body["next_page"]) == (10, page, 0)
    assert client.get("limit=9").json["next_page"] == 2


def test_an_installation_without_invoices_is_a_success() -> None:
    answer = Client("wisecp", dataset="empty").get()
    assert (answer.status, answer.body, answer.warnings) == (200, NO_INVOICE, [])


def test_no_key_of_ours_is_served(client: Client) -> None:
    for row in client.get("limit=50", readings="amounts=short").json["data"]:
        assert row == next(stored for stored in content()["records"] if stored["id"] == row["id"])
