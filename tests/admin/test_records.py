"""Records and accounts by the control API: the vendor's own fields, checked as fixtures, seen by the next call."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.data import fixture_check, yaml_text
from mockserver.data.build import fixture_schema
from mockserver.sandbox.editor import FIRST_ADDED_INDEX
from mockserver.sdk import shipped
from mockserver.sdk.clock import parse_instant
from mockserver.sdk.contract import Vendor
from tests.support.acme import ANCHOR, BILLS, POOR, RECIPE, RICH, Sandboxed
from tests.support.client import Answer

SPEC = yaml_text.load(shipped.spec("control").read_text(encoding="utf-8"))
ALL = f"{BILLS}?size=50&order=id"
HELD = [1, 2, 3, 4, 5, 6]


@pytest.fixture
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def faults(answer: Answer) -> list[tuple[str, str, str]]:
    """What a refusal tells: each fault's path, what was found and what was wanted."""
    assert answer.status == 422, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = [(fault["path"], fault["found"], fault["wanted"]) for fault in answer.json["validation"]]
    assert found[0][2] in answer.json["detail"]
    return found


def test_what_a_sandbox_holds(server: Sandboxed) -> None:
    found = server.control("GET", "/records/acme").json
    assert found["meta"] == {"total": 7, "found": 7}
    assert [row["id"] for row in found["records"]] == [*HELD, 7]
    assert found["records"][1] == {
        "id": 2,
        "name": "Dynamite",
        "state": "open",
        "due": "2026-02-28",
        "amount": yaml_text.load("10.50"),
        "note": "for the roadrunner",
        "_owner": "rich",
    }
    assert b'"amount":0.00,' in server.control("GET", "/records/acme").body
    part = server.control("GET", "/records/acme?offset=5&limit=9").json
    assert ([row["id"] for row in part["records"]], part["meta"]) == ([6, 7], {"total": 7, "found": 7})
    assert server.control("GET", "/records/acme?offset=9").json["records"] == []
    assert server.control("GET", "/records/acme/3").json["name"] is None


@pytest.mark.parametrize(
    ("query", "ids", "found"),
    [
        ("contains=ÖLPUMPE", [4], 1),
        ("contains=10.50", [1, 2], 2),
        ("contains=state", [], 0),  # a name of a field is no value
        ("sort=amount", [3, 5, 6, 7, 1, 2, 4], 7),
        ("sort=-amount&offset=1&limit=2", [1, 2], 7),
        ("sort=note", [2, 1, 3, 4, 5, 6, 7], 7),  # what has none comes last
        ("contains=anvil&sort=-id", [7, 6, 1], 3),
    ],
)
def test_records_are_found_and_sorted(server: Sandboxed, query: str, ids: list[int], found: int) -> None:
    told = server.control("GET", f"/records/acme?{query}").json
    assert [row["id"] for row in told["records"]] == ids
    assert told["meta"] == {"total": 7, "found": found}


def test_a_field_that_there_is_not_cannot_be_sorted_by(server: Sandboxed) -> None:
    answer = server.control("GET", "/records/acme?sort=-amout")
    wanted = "wanted one of id, name, state, due, amount, note, _owner, perhaps after a -."
    assert (answer.status, answer.json["detail"]) == (422, f"sort is '-amout', {wanted}")


def test_what_records_amount_to(server: Sandboxed) -> None:
    answer = server.control("GET", "/totals/acme")
    (told,) = answer.json["totals"]
    assert told["currency"] == ""
    assert [(each["month"], each["records"], str(each["amount"])) for each in told["months"]] == [
        ("2026-01", 1, "10.50"),
        ("2026-02", 1, "10.50"),
        ("2026-03", 5, "1234585.39"),
    ]
    assert [(each["status"], each["records"]) for each in told["statuses"]] == [("paid", 4), ("open", 2), ("void", 1)]
    assert answer.json["meta"] == {"total": 7}


def test_a_vendor_that_does_not_say_has_no_totals(vendor: Vendor) -> None:
    bare = replace(vendor, resource=replace(vendor.resource, summary=None))
    answer = Sandboxed(bare).control("GET", "/totals/acme")
    assert (answer.status, answer.json["detail"]) == (404, "acme does not say what its records amount to.")


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("GET", "/records/nobody", "There is no vendor 'nobody'; there are acme."),
        ("GET", "/accounts/nobody", "There is no vendor 'nobody'; there are acme."),
        ("GET", "/export/nobody", "There is no vendor 'nobody'; there are acme."),
        ("GET", "/records/acme/99", "acme has no record '99' here."),
        ("PATCH", "/records/acme/99", "acme has no record '99' here."),
        ("DELETE", "/records/acme/a/b", "acme has no record 'a/b' here."),
    ],
)
def test_what_is_not_there(server: Sandboxed, method: str, path: str, detail: str) -> None:
    found = server.control(method, path)
    assert (found.status, found.json["detail"]) == (404, detail)


@pytest.mark.parametrize("query", ["limit=-1", "offset=x", "limit=", "size=5"])
def test_a_part_that_makes_no_sense(server: Sandboxed, query: str) -> None:
    assert server.control("GET", f"/records/acme?{query}").status == 422


def test_an_added_record_is_the_recipes_but_for_what_was_given(server: Sandboxed) -> None:
    added = server.control("POST", "/records/acme", b'{"state":"paid","amount":50.00}')
    rows = ((100 + index, RECIPE.record(1, index, parse_instant(ANCHOR))) for index in count(FIRST_ADDED_INDEX))
    id, made = next((id, dict(row)) for id, row in rows if row["state"] == "paid")
    assert added.status == 201
    assert added.headers["Location"] == f"/__admin/records/acme/{id}"
    assert added.json == made | {"amount": 50}
    assert b'"amount":50.00,' in added.body
    assert server.ids(ALL) == [*HELD, id]
    assert server.ids(f"{BILLS}?state=paid") == [1, 4, 6, id]
    assert b'"amount":50.00' in server.get(f"/v3/bills/{id}").body
    assert server.control("GET", added.headers["Location"].removeprefix("/__admin")).json == added.json


def test_nothing_need_be_given(server: Sandboxed) -> None:
    ids = [server.control("POST", "/records/acme").json["id"] for _ in range(3)]
    assert ids == [100 + FIRST_ADDED_INDEX, 101 + FIRST_ADDED_INDEX, 102 + FIRST_ADDED_INDEX]
    assert server.ids(ALL) == [*HELD, *ids]


def test_an_added_record_belongs_to_whom_it_says(server: Sandboxed) -> None:
    added = server.control("POST", "/records/acme", {"_owner": "poor", "note": None}).json
    assert (added["_owner"], "note" in added) == ("poor", False)
    assert server.ids(ALL, key=POOR) == [7, added["id"]]
    assert server.ids(ALL) == HELD


def test_the_same_seed_adds_the_same(vendor: Vendor) -> None:
    def added(**settings: Any) -> Any:
        return Sandboxed(vendor, **settings).control("POST", "/records/acme", {}, sandbox="x").json

    assert added() == added()
    assert added() != added(seed="2")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"state": "lost"}, [("state", '"lost"', "one of open, paid, void")]),
        ({"amount": "50"}, [("amount", '"50"', "a number with at most 2 decimals")]),
        ({"status": "paid"}, [("status", "the unknown field status", "state?")]),
        ({"_owner": "nobody"}, [("_owner", '"nobody"', "the account of one of the accounts")]),
        ({"_owner": []}, [("_owner", "[]", "text (in quotes if it looks like a number)")]),
        ({"id": 3}, [("id", "3 again", "another id than any other record has")]),
        ({"id": None}, [("id", "nothing", "a whole number")]),
        (
            {"id": "x", "due": "2026-02-30"},
            [("id", '"x"', "a whole number"), ("due", '"2026-02-30"', "a time written like 2026-03-31")],
        ),
    ],
)
def test_what_is_wrong_is_told_as_of_fixtures_and_changes_nothing(
    server: Sandboxed, body: dict[str, Any], wrong: list[tuple[str, str, str]]
) -> None:
    assert faults(server.control("POST", "/records/acme", body)) == wrong
    assert faults(server.control("PATCH", "/records/acme/4", body)) == wrong
    assert server.ids(ALL) == HELD
    assert server.control("GET", "/records/acme").json["records"][3]["state"] == "paid"


def test_of_many_things_that_are_wrong_a_hundred_are_told(server: Sandboxed) -> None:
    found = server.control("POST", "/records/acme", {f"x{number}": 1 for number in range(9_000)})
    assert (found.status, len(found.json["validation"])) == (422, 100)
    assert found.json["detail"].endswith(", and 8999 more.")
    spelled = server.control("POST", "/records/acme", {f"stat{number}": 1 for number in range(30)})
    assert [wanted for _, _, wanted in faults(spelled)].count("state?") == 20


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_id_of_thousands_of_digits_is_nobodys(server: Sandboxed, method: str) -> None:
    found = server.control(method, f"/records/acme/{'9' * 5_000}", {} if method == "PATCH" else None)
    assert (found.status, found.json["type"]) == (404, "urn:mockserver:not-found")


@pytest.mark.parametrize(
    "body", [b"[]", b"5", b"{", b"null", b'{"amount":NaN}', b'{"name":' + b"[" * 100 + b"]" * 100 + b"}"]
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/records/acme"), ("PATCH", "/records/acme/1"), ("PUT", "/accounts/acme")]
)
def test_a_body_that_is_no_object(server: Sandboxed, method: str, path: str, body: bytes) -> None:
    found = server.control(method, path, body)
    assert found.status in (400, 422)
    assert found.json["detail"].startswith("The body is")


def test_a_changed_record_keeps_its_place_and_its_other_fields(server: Sandboxed) -> None:
    before = server.control("GET", "/records/acme/2").json
    changed = server.control("PATCH", "/records/acme/2", b'{"state":"void","amount":7.00}')
    assert (changed.status, changed.json) == (200, before | {"state": "void", "amount": 7})
    assert [row["id"] for row in server.control("GET", "/records/acme").json["records"]] == [*HELD, 7]
    assert b'"state":"void","due":"2026-02-28","amount":7.00,"note":"for the roadrunner"' in server.get(ALL).body
    assert server.ids(f"{BILLS}?state=open") == [5]
    assert server.ids(f"{BILLS}?order=-amount")[:2] == [4, 1]


def test_null_takes_an_optional_field_away_and_is_a_value_where_there_may_be_none(server: Sandboxed) -> None:
    changed = server.control("PATCH", "/records/acme/2", {"note": None, "name": None}).json
    assert "note" not in changed
    assert changed["name"] is None


def test_a_record_may_get_another_id_and_owner(server: Sandboxed) -> None:
    assert server.control("PATCH", "/records/acme/2", {"id": 20, "_owner": "poor"}).status == 200
    assert server.ids(ALL) == [1, 3, 4, 5, 6]
    assert server.ids(ALL, key=POOR) == [7, 20]
    assert server.control("PATCH", "/records/acme/20", {"id": 20}).status == 200


def test_a_removed_record_is_gone_until_its_id_is_added_again(server: Sandboxed) -> None:
    gone = server.control("DELETE", "/records/acme/4")
    assert (gone.status, gone.body) == (204, b"")
    assert server.control("DELETE", "/records/acme/4").status == 404
    assert server.ids(ALL) == [1, 2, 3, 5, 6]
    assert server.get("/v3/bills/4").status == 404
    assert server.control("POST", "/records/acme", {"id": 4}).status == 201
    assert server.ids(ALL) == HELD


def test_an_edit_is_seen_under_every_reading_and_in_no_other_sandbox(server: Sandboxed) -> None:
    server.control("PATCH", "/records/acme/1", {"amount": 3}, sandbox="mine")
    cents = {"X-Mock-Readings": "acme.amounts=cents"}
    mine, theirs = {"X-Mock-Sandbox": "mine", **cents}, cents
    assert server.get("/v3/bills/1", headers=mine).json["bill"]["amount"] == 300
    assert server.get("/v3/bills/1", headers=theirs).json["bill"]["amount"] == 1050
    server.control("PATCH", "/records/acme/1", {"amount": 4}, sandbox="mine")
    assert server.get("/v3/bills/1", headers=mine).json["bill"]["amount"] == 400
    server.control("POST", "/reset", sandbox="mine")
    assert server.get("/v3/bills/1", headers=mine).json["bill"]["amount"] == 1050


def test_what_is_not_changed_is_shared(server: Sandboxed, vendor: Vendor) -> None:
    server.control("PATCH", "/records/acme/1", {"amount": 3}, sandbox="mine")
    rooms, wall = server.runtime.sandboxes, server.wall.seconds
    base = rooms.dataset(rooms.get_or_create("other", wall), vendor).records
    mine = rooms.dataset(rooms.get_or_create("mine", wall), vendor).records
    same = [
        ours is theirs
        for ours, theirs in zip(mine.fragments({"amounts": "plain"}), base.fragments({"amounts": "plain"}), strict=True)
    ]
    assert same == [False, *[True] * 6]


def test_records_made_by_the_recipe(server: Sandboxed) -> None:
    made = server.control("POST", "/records/acme/generate", {"records": 500, "seed": 7})
    assert made.status == 201
    assert made.json["records"] == 500
    assert made.json["meta"] == {"total": 507}
    assert made.json["ids"] == [100 + FIRST_ADDED_INDEX + index for index in range(500)]
    assert server.get(ALL).json["total"] == 506
    told = server.control("GET", f"/records/acme/{100 + FIRST_ADDED_INDEX}").json
    assert told == RECIPE.record(7, FIRST_ADDED_INDEX, parse_instant(ANCHOR))
    assert server.control("POST", "/records/acme").json["id"] == 100 + FIRST_ADDED_INDEX + 500
    assert server.control("POST", "/records/acme/generate", {"records": 1}).json["ids"] == [
        100 + FIRST_ADDED_INDEX + 501
    ]


def test_made_records_of_an_account_that_is_gone_are_the_example_accounts(server: Sandboxed) -> None:
    server.control("DELETE", "/records/acme/7")
    for id in HELD:
        server.control("DELETE", f"/records/acme/{id}")
    assert server.control("PUT", "/accounts/acme", {"accounts": [{"account": "new", "secret": "n" * 20}]}).status == 200
    server.control("POST", "/records/acme/generate", {"records": 2})
    assert server.ids(ALL, key="n" * 20) == [100 + FIRST_ADDED_INDEX, 101 + FIRST_ADDED_INDEX]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "The body has no 'records', wanted an object with records."),
        ({"records": 0}, "records is 0, wanted a whole number from 1 to 2000."),
        ({"records": 2_001}, "records is 2001, wanted a whole number from 1 to 2000."),
        ({"records": True}, "records is true, wanted a whole number from 1 to 2000."),
        ({"records": 1, "seed": -1}, "seed is -1, wanted a whole number from 0 to 2147483648."),
        ({"records": 1, "sed": 1}, "The body has 'sed', wanted only records, seed."),
    ],
)
def test_a_number_of_records_that_makes_no_sense(server: Sandboxed, body: dict[str, Any], detail: str) -> None:
    found = server.control("POST", "/records/acme/generate", body)
    assert (found.status, found.json["detail"]) == (422, detail)


def test_a_vendor_without_a_recipe_wants_every_field(vendor: Vendor) -> None:
    server = Sandboxed(replace(vendor, recipe=None))
    wrong = faults(server.control("POST", "/records/acme", {"id": 9, "state": "paid", "due": "2026-01-01"}))
    assert [found for _, found, _ in wrong] == ["no name", "no amount"]
    whole = {"id": 9, "state": "paid", "due": "2026-01-01", "name": "Anvil", "amount": 1}
    assert server.control("POST", "/records/acme", whole).json == whole | {"_owner": "rich"}
    assert server.control("POST", "/records/acme/generate", {"records": 1}).json["type"] == "urn:mockserver:no-recipe"


def test_changes_are_bounded_and_the_bound_names_its_setting(vendor: Vendor) -> None:
    server = Sandboxed(vendor, max_sandbox_bytes="400")
    assert server.control("POST", "/records/acme").status == 201
    for method, path, body in (
        ("POST", "/records/acme", {"note": "x" * 400}),
        ("POST", "/records/acme/generate", {"records": 9}),
        (
            "PUT",
            "/accounts/acme",
            {"accounts": [{"account": "rich", "secret": "s" * 400}, {"account": "poor", "secret": "p" * 20}]},
        ),
    ):
        found = server.control(method, path, body)
        assert found.status == 507
        assert "--max-sandbox-bytes" in found.json["detail"]
    assert server.get(ALL).json["total"] == 7


def test_accounts_are_replaced_whole(server: Sandboxed) -> None:
    before = server.control("GET", "/accounts/acme").json["accounts"]
    assert [account["account"] for account in before] == ["rich", "poor", "gone"]
    after = [{"account": "poor", "secret": POOR}, {"account": "rich", "secret": "another-secret-0001"}]
    answer = server.control("PUT", "/accounts/acme", {"accounts": after}, sandbox="x")
    assert (answer.status, answer.json) == (200, {"accounts": after})
    assert server.control("GET", "/accounts/acme", sandbox="x").json["accounts"] == after
    headers = {"X-Mock-Sandbox": "x"}
    assert server.get(key=RICH, headers=headers).status == 401
    assert server.ids(ALL, key="another-secret-0001", headers=headers) == HELD
    assert server.ids(ALL, key="another-secret-0001~x") == HELD
    assert server.ids(ALL) == HELD


@pytest.mark.parametrize(
    ("accounts", "wrong"),
    [
        ([], [("accounts", "no account", "at least one account")]),
        ("rich", [("accounts", '"rich"', "a list of accounts")]),
        (
            [{"account": "rich", "secret": RICH}],
            [("accounts", "no poor", "an account with each account that records belong to")],
        ),
        (
            [{"account": "rich", "secret": 12345678}, {"account": "poor", "secret": POOR}],
            [("accounts[0].secret", "something that is not shown", "text (in quotes if it looks like a number)")],
        ),
        (
            [{"account": "rich", "secret": POOR}, {"account": "poor", "secret": POOR}],
            [("accounts[1].secret", "something that is not shown", "another secret than accounts[0]")],
        ),
    ],
)
def test_accounts_that_cannot_be(server: Sandboxed, accounts: Any, wrong: list[tuple[str, str, str]]) -> None:
    answer = server.control("PUT", "/accounts/acme", {"accounts": accounts})
    assert faults(answer) == wrong
    assert b"12345678" not in answer.body
    assert POOR.encode() not in answer.body
    assert server.get(key=RICH).status == 200


def test_a_live_credential_is_no_account(server: Sandboxed, vendor: Vendor) -> None:
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    accounts = [{"account": "rich", "secret": secret}, {"account": "poor", "secret": POOR}]
    found = server.control("PUT", "/accounts/acme", {"accounts": accounts})
    assert (found.status, found.json["type"]) == (400, "urn:mockserver:live-credential")
    assert secret.encode() not in found.body
    lax = Sandboxed(vendor, refuse_live="false")
    assert lax.control("PUT", "/accounts/acme", {"accounts": accounts}).status == 200


def test_what_a_sandbox_holds_as_a_fixture_file(server: Sandboxed, vendor: Vendor) -> None:
    server.control("PATCH", "/records/acme/1", b'{"amount":50.00}', sandbox="x")
    server.control("DELETE", "/records/acme/2", sandbox="x")
    server.control(
        "PUT",
        "/accounts/acme",
        {"accounts": [{"account": "poor", "secret": POOR}, {"account": "rich"} | {"secret": RICH}]},
        sandbox="x",
    )
    listed = server.control("GET", "/export", sandbox="x").json
    assert listed == {"sandbox": "x", "files": [{"vendor": "acme", "path": "acme/default.yaml"}]}
    file = server.control("GET", "/export/acme", sandbox="x")
    assert file.headers["Content-Type"] == "application/yaml"
    assert file.headers["Content-Disposition"] == 'attachment; filename="default.yaml"'
    content, wrong = fixture_check.check_fixture(yaml_text.load(file.body.decode()), fixture_schema(vendor))
    assert wrong == []
    assert content is not None
    assert (content.vendor, content.dataset, content.anchor) == ("acme", "default", parse_instant(ANCHOR))
    assert [account["account"] for account in content.accounts] == ["poor", "rich"]
    assert content.records == server.control("GET", "/records/acme", sandbox="x").json["records"]
    assert "amount: 50.00\n" in file.body.decode()


def test_what_is_too_long_for_yaml_is_exported_as_json_lines(vendor: Vendor) -> None:
    server = Sandboxed(vendor, records="10001")
    assert server.control("GET", "/export").json["files"] == [{"vendor": "acme", "path": "acme/default.jsonl"}]
    file = server.control("GET", "/export/acme")
    assert file.headers["Content-Type"] == "application/jsonl"
    assert len(file.body.splitlines()) == 10_002


def test_a_misspelled_sandbox_is_not_made_to_be_exported(server: Sandboxed) -> None:
    server.control("POST", "/records/acme", sandbox="checkout")
    for path in ("/export", "/export/acme"):
        found = server.control("GET", path, sandbox="chekout")
        assert (found.status, found.json["choices"]) == (404, ["checkout"])
    assert "chekout" not in server.runtime.store.sandboxes()


EDITS = some.lists(
    some.tuples(some.just("add"), some.sampled_from(["open", "paid", "void"]))
    | some.tuples(some.just("set"), some.integers(0, 9), some.sampled_from(["open", "paid", "void"]))
    | some.tuples(some.just("remove"), some.integers(0, 9)),
    max_size=12,
)


@pytest.mark.slow
@given(EDITS)
def test_any_edits_leave_what_a_plain_list_would_hold(vendor: Vendor, edits: list[tuple[Any, ...]]) -> None:
    server = Sandboxed(vendor)
    held = {
        row["id"]: row["state"]
        for row in server.control("GET", "/records/acme").json["records"]
        if row["_owner"] == "rich"
    }
    for what, *more in edits:
        if what == "add":
            held[server.control("POST", "/records/acme", {"state": more[0]}).json["id"]] = more[0]
        elif held:
            id = list(held)[more[0] % len(held)]
            if what == "set":
                assert server.control("PATCH", f"/records/acme/{id}", {"state": more[1]}).status == 200
                held[id] = more[1]
            else:
                assert server.control("DELETE", f"/records/acme/{id}").status == 204
                del held[id]
    assert server.ids(ALL) == sorted(held)
    for state in ("open", "paid", "void"):
        assert server.ids(f"{ALL}&state={state}") == sorted(id for id, found in held.items() if found == state)


def test_as_many_records_as_are_documented_can_be_made(server: Sandboxed) -> None:
    body = SPEC["paths"]["/records/{vendor}/generate"]["post"]["requestBody"]["content"]["application/json"]
    most = body["schema"]["properties"]["records"]["maximum"]
    made = server.control("POST", "/records/acme/generate", {"records": most}, sandbox="most")
    assert (made.status, made.json["records"], len(made.json["ids"])) == (201, most, most)
    over = server.control("POST", "/records/acme/generate", {"records": most + 1}, sandbox="most")
    assert (over.status, over.json["type"]) == (422, "urn:mockserver:bad-value")
    assert over.json["detail"] == f"records is {most + 1}, wanted a whole number from 1 to {most}."


@pytest.mark.parametrize("body", [{"accounts": [{}] * 5000}, {"accounts": [1] * 5000}])
def test_of_accounts_that_are_wrong_some_are_looked_at(server: Sandboxed, body: dict[str, Any]) -> None:
    wrong = server.control("PUT", "/accounts/acme", body)
    assert (wrong.status, len(wrong.json["validation"])) == (422, 100)
