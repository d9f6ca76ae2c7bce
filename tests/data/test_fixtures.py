"""Fixture files: all faults in one go, each with its line; written and read back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.data import fixture_check, fixture_errors, fixture_writer, fixtures
from mockserver.data.build import fixture_schema
from mockserver.data.fixture_check import FixtureContent
from mockserver.data.fixture_errors import InvalidFixture
from mockserver.sdk import fields, record_schema
from mockserver.sdk.clock import parse_instant
from mockserver.sdk.contract import Vendor
from tests.support.acme import ANCHOR, BILL_ROWS, FIXTURE, RICH

GOOD = FIXTURE.format(vendor="acme", dataset="own") + "records:\n" + BILL_ROWS
TEXT = some.text(some.characters(exclude_categories=["Cs"]))

Read = Callable[[str], FixtureContent]


@pytest.fixture
def read(vendor: Vendor, tmp_path: Path) -> Read:
    def of(text: str, suffix: str = ".yaml") -> FixtureContent:
        path = tmp_path / f"own{suffix}"
        path.write_text(text, encoding="utf-8", newline="")
        return fixtures.read(path, fixture_schema(vendor))

    return of


def told(read: Callable[[], FixtureContent]) -> list[str]:
    """The faults as a person reads them, without the folder."""
    with pytest.raises(InvalidFixture) as broken:
        read()
    assert str(broken.value) == "\n".join(map(str, broken.value.faults))
    return [re.sub(r"^.*/own", "own", str(fault)) for fault in broken.value.faults]


def test_an_unknown_field_is_told_with_those_that_there_are_where_it_stands(vendor: Vendor) -> None:
    class Line(record_schema.RecordSchema):
        price = fields.Text()
        tax = fields.Text()

    class Bill(record_schema.RecordSchema):
        id = fields.Integer()
        lines = fields.ListOf(fields.Nested(Line))

    form = replace(fixture_schema(vendor), record=Bill())
    given = {"id": 1, "zzz": 1, "lines": [{"price": "1", "tax": "1", "pryce": 1, "yyy": 1}]}
    _, faults = fixture_check.check_record(given, form, ())
    assert sorted(faults, key=str) == [
        (("lines", 0, "pryce"), "the unknown field pryce", "price?"),
        (("lines", 0, "yyy"), "the unknown field yyy", "one of price, tax"),
        (("zzz",), "the unknown field zzz", "one of id, lines"),
    ]


def test_a_good_file(read: Read) -> None:
    content = read(GOOD)
    assert (content.vendor, content.dataset) == ("acme", "own")
    assert content.anchor == parse_instant("2026-03-31T12:00:00Z")
    assert [account["account"] for account in content.accounts] == ["rich", "poor", "gone"]
    assert content.records[2] == {
        "id": 3,
        "name": None,
        "state": "void",
        "due": "2026-03-31",
        "amount": Decimal("0.00"),
        "_owner": "rich",
    }
    assert str(content.records[2]["amount"]) == "0.00"


BAD = """\
vendor: acme
dataset: own
anchor: 2026-02-30
acounts: []
accounts:
- account: rich
  secret: rich-acme-secret-0000001
- account: rich
  secret: rich-acme-secret-0000001
  expired: '2026-03-31T11:59:59Z'
- account: poor
  secret: rich-acme-secret-0000001
records:
- {id: 1, name: Anvil, state: paied, due: '2026-01-31', amount: 10.505, _owner: rich}
- {id: 2, name: null, state: open, due: 2026-02-30, amount: NO,
   _owner: nobody}
- {id: 1, state: open, due: '2026-02-28', amount: 1, stat: open}
- text
- {id: 2, name: null, state: open, due: '2026-02-28', amount: 1, _owner: nobody}
- {id: 2, name: null, state: open, due: '2026-02-28', amount: 1, _owner: poor}
"""


def test_every_fault_of_a_yaml_file_is_told_with_its_line(read: Read) -> None:
    assert sorted(told(lambda: read(BAD)), key=lambda line: int(line.split(":")[1])) == told(lambda: read(BAD))
    assert sorted(told(lambda: read(BAD))) == sorted(
        [
            'own.yaml:3: anchor: found "2026-02-30", wanted a time like 2026-07-15T09:00:00Z, from 1900 to 8999',
            "own.yaml:4: acounts: found the unknown key acounts, "
            "wanted one of vendor, dataset, anchor, accounts, records",
            'own.yaml:8: accounts[1].account: found "rich" again, wanted another account than accounts[0]',
            "own.yaml:9: accounts[1].secret: found something that is not shown, wanted another secret than accounts[0]",
            "own.yaml:10: accounts[1].expired: found the unknown field expired, wanted expires?",
            "own.yaml:12: accounts[2].secret: found something that is not shown, "
            "wanted another secret than accounts[0]",
            'own.yaml:14: records[0].state: found "paied", wanted one of open, paid, void',
            "own.yaml:14: records[0].amount: found 10.505, wanted a number with at most 2 decimals",
            'own.yaml:15: records[1].due: found "2026-02-30", wanted a time written like 2026-03-31',
            'own.yaml:15: records[1].amount: found "NO", wanted a number with at most 2 decimals',
            'own.yaml:16: records[1]._owner: found "nobody", wanted the account of one of the accounts',
            "own.yaml:17: records[2].id: found 1 again, wanted another id than records[0]",
            "own.yaml:17: records[2]: found no name, wanted name: text (in quotes if it looks like a number)",
            "own.yaml:17: records[2]: found no _owner, wanted _owner: text (in quotes if it looks like a number)",
            "own.yaml:17: records[2].stat: found the unknown field stat, wanted state?",
            'own.yaml:18: records[3]: found "text", wanted a map of fields',
            'own.yaml:19: records[4]._owner: found "nobody", wanted the account of one of the accounts',
            "own.yaml:19: records[4].id: found 2 again, wanted another id than records[1]",
            "own.yaml:20: records[5].id: found 2 again, wanted another id than records[1]",
        ]
    )


BAD_LINES = """\
{"vendor":"other","dataset":5,"anchor":"2026-03-31T12:00:00Z","accounts":[{"account":"a","secret":"s"}]}
{"id":1,"name":null,"state":"open","due":"2026-02-28","amount":NULL,"_owner":"a"}
"""


def test_every_fault_of_a_json_lines_file_is_told_with_its_line(read: Any) -> None:
    broken = told(lambda: read(BAD_LINES + "\n[1", ".jsonl"))
    assert [fault.partition(" (")[0] for fault in broken] == [
        'own.jsonl:1: vendor: found "other", wanted acme',
        "own.jsonl:1: dataset: found 5, wanted the dataset's name",
        *(f"own.jsonl:{n}: found broken JSON" for n in (2, 3, 4)),
    ]
    assert told(lambda: read(BAD_LINES.replace("NULL", "1.005") + "7\n", ".jsonl")) == [
        'own.jsonl:1: vendor: found "other", wanted acme',
        "own.jsonl:1: dataset: found 5, wanted the dataset's name",
        "own.jsonl:2: records[0].amount: found 1.005, wanted a number with at most 2 decimals",
        "own.jsonl:3: records[1]: found 7, wanted a map of fields",
    ]
    assert told(lambda: read("", ".jsonl"))[0].startswith("own.jsonl:1: found broken JSON")
    assert told(lambda: read("7\n", ".jsonl")) == [
        "own.jsonl:1: found 7, wanted a map with vendor, dataset, anchor, accounts and records"
    ]
    assert "broken JSON (NaN is no JSON number)" in told(lambda: read(BAD_LINES.replace("NULL", "NaN"), ".jsonl"))[2]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("- 1\n", ["own.yaml:1: found [1], wanted a map with vendor, dataset, anchor, accounts and records"]),
        ("", ["own.yaml:1: found nothing, wanted a map with vendor, dataset, anchor, accounts and records"]),
        ("a: 1\na: 2\n", ["own.yaml:2: found broken YAML (the key a is there twice), wanted YAML"]),
        ("a: !!int x\n", ["own.yaml:1: found broken YAML ('x' is no int), wanted YAML"]),
        (
            "a: !!python/name:os.system x\n",
            [
                "own.yaml:1: found broken YAML (could not determine a constructor for the tag "
                "'tag:yaml.org,2002:python/name:os.system'), wanted YAML"
            ],
        ),
        (
            "vendor: acme\ndataset: own\nanchor: 5\nrecords: {}\naccounts: []\n",
            [
                "own.yaml:3: anchor: found 5, wanted a time like 2026-07-15T09:00:00Z, from 1900 to 8999",
                "own.yaml:4: records: found {}, wanted a list of records",
                "own.yaml:5: accounts: found no account, wanted at least one account",
            ],
        ),
        (
            "vendor: acme\nanchor: '2026-03-31'\n",
            [
                "own.yaml:1: found no dataset, wanted the key dataset",
                "own.yaml:1: found no accounts, wanted the key accounts",
                "own.yaml:1: found no records, wanted the key records",
            ],
        ),
        (
            FIXTURE.format(vendor="acme", dataset="own") + "records: &all [*all]\n",
            ["own.yaml:12: found broken YAML (an alias to what it is a part of), wanted YAML"],
        ),
        (
            FIXTURE.format(vendor="acme", dataset="own") + f"records: [{'x' * 80}]\n",
            [f'own.yaml:12: records[0]: found "{"x" * 56}..., wanted a map of fields'],
        ),
    ],
)
def test_what_a_file_can_be_instead_of_a_fixture(read: Read, text: str, faults: list[str]) -> None:
    assert told(lambda: read(text)) == faults


def test_the_first_account_must_be_able_to_call(read: Read) -> None:
    assert told(lambda: read(GOOD.replace("secret: rich-acme-secret-0000001", "secret: null"))) == [
        "own.yaml:5: accounts[0]: found no secret, wanted a secret: the first account is the example account"
    ]
    assert read(GOOD.replace("secret: poor-acme-secret-0000002", "secret: null")).accounts[1]["secret"] is None


def test_a_file_that_cannot_be_read(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"vendor: \xff\n")
    for name in ("latin.yaml", "missing.yaml"):
        with pytest.raises(InvalidFixture) as broken:
            fixtures.read(tmp_path / name, fixture_schema(vendor))
        (fault,) = broken.value.faults
        assert fault.found.startswith("a file that cannot be read")
        assert fault.wanted == "UTF-8 text"


def test_nesting_too_deep_to_read(read: Any) -> None:
    assert told(lambda: read("[" * 100_000, ".jsonl"))[0].startswith("own.jsonl:1: found broken JSON")


@given(
    names=some.lists(TEXT | some.none(), max_size=5),
    amount=some.decimals(min_value=0, max_value=10**12, places=2),
    lines=some.booleans(),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    vendor: Vendor,
    names: list[str | None],
    amount: Decimal,
    lines: bool,
) -> None:
    records = [
        {"id": index, "name": name, "state": "open", "due": "2026-01-31", "amount": amount, "_owner": "rich"}
        for index, name in enumerate(names)
    ]
    accounts = [{"account": "rich", "secret": "s"}]
    out = io.StringIO()
    head = fixture_writer.build_head("acme", "own", parse_instant("2026-03-31"))
    fixture_writer.write(out, head, accounts, records, lines=lines, comment="Two\nlines.")
    path = tmp_path_factory.getbasetemp() / f"own{'.jsonl' if lines else '.yaml'}"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    content = fixtures.read(path, fixture_schema(vendor))
    assert content.records == records
    assert content.accounts == accounts
    assert out.getvalue().startswith('{"vendor"' if lines else "# Two\n# lines.\nvendor: acme\n")


def test_records_of_json_lines_are_handed_over_as_they_are_read(vendor: Vendor, tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    head = '{"vendor":"acme","dataset":"big","anchor":"2026-03-31","accounts":[{"account":"a","secret":"s"}]}\n'
    bill = '{"id":%d,"name":null,"state":"open","due":"2026-01-31","amount":1,"_owner":"a"}\n'
    path.write_text(head + bill % 1 + bill % 2)
    assert fixtures.read(path, fixture_schema(vendor), lambda rows: [row["id"] for row in rows]).records == [1, 2]

    path.write_text(head + bill % 1 + "{\n" + bill % 1)
    seen: list[int] = []
    with pytest.raises(fixture_errors.InvalidFixture) as broken:
        fixtures.read(path, fixture_schema(vendor), lambda rows: seen.extend(row["id"] for row in rows))
    assert seen == [1, 1]  # a faulty row is not among them; a repeated one is, and told
    assert [fault.line for fault in broken.value.faults] == [3, 4]


@pytest.mark.parametrize("anchor", ["0001-01-01", "1899-12-31", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59"])
def test_a_file_is_made_for_a_time_that_a_clock_can_show(read: Read, anchor: str) -> None:
    (line,) = told(lambda: read(GOOD.replace(ANCHOR, anchor)))
    assert line == f'own.yaml:3: anchor: found "{anchor}", wanted a time like 2026-07-15T09:00:00Z, from 1900 to 8999'


def test_a_secret_is_not_told_where_it_is_of_the_wrong_form_or_there_twice(read: Read) -> None:
    wrong = GOOD.replace("secret: poor-acme-secret-0000002", "secret: [of-somebody]")
    (fault,) = told(lambda: read(wrong))
    assert fault.startswith("own.yaml:8: accounts[1].secret: found something that is not shown, wanted text")
    twice = GOOD.replace("poor-acme-secret-0000002", RICH)
    (fault,) = told(lambda: read(twice))
    assert "accounts[1].secret: found something that is not shown, wanted another secret than accounts[0]" in fault


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ('{"id": 1, "id": 2}', "broken JSON (the key 'id' is there twice)"),
        ('{"name": "\\ud800"}', "broken JSON (half a character, like \\ud800)"),
        ('{"\\ud800": 1}', "broken JSON (half a character, like \\ud800)"),
        ('{"id": 1E+999999999}', "broken JSON (the number 1E+999999999 takes over 2000 digits)"),
        ('{"id": NaN}', "broken JSON (NaN is no JSON number)"),
    ],
)
def test_a_line_that_no_reader_takes_alike_is_refused(read: Any, row: str, found: str) -> None:
    head = '{"vendor":"acme","dataset":"own","anchor":"2026-03-31T12:00:00Z","accounts":[{"account":"a","secret":"s"}]}'
    assert told(lambda: read(f"{head}\n{row}\n", ".jsonl")) == [
        f"own.jsonl:2: found {found}, wanted one JSON object a line"
    ]


def test_who_a_record_belongs_to_is_not_looked_for_among_all_accounts(vendor: Vendor) -> None:
    compared = 0

    class Owner(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    accounts = [{"account": f"a{number}", "secret": f"s{number}"} for number in range(200)]
    records = [{"id": number, "_owner": Owner(f"a{number}")} for number in range(200)]
    raw = {"vendor": "acme", "dataset": "own", "anchor": "2026-03-31", "accounts": accounts, "records": records}
    fixture_check.check_fixture(raw, fixture_schema(vendor))
    assert compared <= 4 * len(records)
