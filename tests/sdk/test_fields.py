"""Fields of records and accounts: typed in, typed out, faults told as wants, times rolled by days."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import ValidationError

from mockserver.sdk import fields, record_schema

STAMP, DAY = "%Y-%m-%dT%H:%M:%S.%fZ", "%d.%m.%Y"


class Inner(record_schema.RecordSchema):
    day = fields.Timestamp(DAY, "31.03.2026")
    code = fields.Text(pattern="[A-Z]{2}")


class Outer(record_schema.RecordSchema):
    text = fields.Text(optional=True)
    word = fields.Choice("open", "paid", optional=True)
    whole = fields.Integer(optional=True)
    id = fields.IntegerOrText(optional=True)
    flag = fields.Boolean(optional=True)
    amount = fields.Amount(optional=True)
    money = fields.Amount(places=2, optional=True)
    rate = fields.Amount(most=3, optional=True)
    at = fields.Timestamp(STAMP, "2026-03-31T10:00:00.1234567Z", fraction=7, optional=True, never="never")
    days = fields.ListOf(fields.Timestamp("%Y-%m-%d", "2026-03-31"), optional=True)
    items = fields.ListOf(fields.Nested(Inner), optional=True)
    free = fields.AnyMap(optional=True)
    nested = fields.Nested(Inner, optional=True, null=True)
    snapshot = fields.Nested(Inner, as_stored=True, optional=True)
    odd = fields.RecordField(optional=True, data_key="odd-name")


SCHEMA = Outer()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("text", "NO", "NO"),
        ("word", "paid", "paid"),
        ("whole", -3, -3),
        ("id", 3, 3),
        ("id", "3", "3"),
        ("flag", False, False),
        ("amount", Decimal("211.0"), Decimal("211")),
        ("amount", Decimal("25.90"), Decimal("25.9")),
        ("money", 50, Decimal("50.00")),
        ("money", Decimal("0.5"), Decimal("0.50")),
        ("money", Decimal("-1.230"), Decimal("-1.23")),
        ("rate", Decimal("0.1250"), Decimal("0.125")),
        ("at", "2026-03-31T10:00:00.1234567Z", "2026-03-31T10:00:00.1234567Z"),
        ("at", "never", "never"),
        ("days", [], []),
        ("free", {"a": [1]}, {"a": [1]}),
        ("free", [], []),
        ("nested", None, None),
        ("odd-name", ["anything"], ["anything"]),
    ],
)
def test_what_is_accepted_and_how_it_is_kept(name: str, value: Any, kept: Any) -> None:
    found = SCHEMA.read({name: value})[name]
    assert found == kept
    assert str(found) == str(kept)
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("text", 12, "text (in quotes if it looks like a number)"),
        ("text", None, "text (in quotes if it looks like a number)"),
        ("word", "Paid", "one of open, paid"),
        ("word", ["open"], "one of open, paid"),
        ("whole", True, "a whole number"),
        ("whole", Decimal("1.0"), "a whole number"),
        ("whole", "1", "a whole number"),
        ("id", True, "a whole number or text"),
        ("flag", "true", "true or false"),
        ("flag", 1, "true or false"),
        ("amount", True, "a number"),
        ("amount", "50.00", "a number"),
        ("amount", Decimal("NaN"), "a number"),
        ("amount", Decimal("Infinity"), "a number"),
        ("money", Decimal("1.005"), "a number with at most 2 decimals"),
        ("rate", Decimal("0.0001"), "a number with at most 3 decimals"),
        ("at", "2026-03-31T10:00:00.123456Z", "a time written like 2026-03-31T10:00:00.1234567Z"),
        ("at", "2026-02-30T10:00:00.1234567Z", "a time written like 2026-03-31T10:00:00.1234567Z"),
        ("at", 20260331, "a time written like 2026-03-31T10:00:00.1234567Z"),
        ("at", "٢٠٢٦-03-31T10:00:00.1234567", "a time written like 2026-03-31T10:00:00.1234567Z"),
        ("days", "2026-03-31", "a list"),
        ("free", ["full"], "a map, or [] when it is empty"),
        ("free", "text", "a map, or [] when it is empty"),
        ("nested", "text", "a map of fields"),
        ("nowhere", 1, "no such field"),
    ],
)
def test_what_is_refused_and_what_was_wanted(name: str, value: Any, wanted: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SCHEMA.read({name: value})
    assert refused.value.messages == {name: [wanted]}


def test_faults_inside_lists_and_maps_are_all_told_with_their_place() -> None:
    with pytest.raises(ValidationError) as refused:
        SCHEMA.read({"items": [{"day": "31.03.2026", "code": "DE"}, {"day": "x", "code": "d"}, 3], "days": ["x"]})
    assert refused.value.messages == {
        "days": {0: ["a time written like 2026-03-31"]},
        "items": {
            1: {"day": ["a time written like 31.03.2026"], "code": ["text like [A-Z]{2}"]},
            2: ["a map of fields"],
        },
    }


def test_a_missing_field_is_told_as_what_was_wanted() -> None:
    with pytest.raises(ValidationError) as refused:
        Inner().read({"day": "31.03.2026"})
    assert refused.value.messages == {"code": ["text like [A-Z]{2}"]}


def test_a_record_must_be_a_map() -> None:
    with pytest.raises(ValidationError) as refused:
        SCHEMA.read(["text"])
    assert refused.value.messages == {"_schema": ["a map of fields"]}


def test_keys_come_in_the_declared_order_but_a_snapshot_keeps_its_own() -> None:
    inner = {"code": "DE", "day": "31.03.2026"}
    found = SCHEMA.read({"snapshot": inner, "nested": inner, "whole": 1, "text": "a"})
    assert list(found) == ["text", "whole", "nested", "snapshot"]
    assert list(found["nested"]) == ["day", "code"]
    assert list(found["snapshot"]) == ["code", "day"]


def test_rolling_moves_times_and_nothing_else() -> None:
    values = SCHEMA.read(
        {
            "text": "2026-03-31",
            "at": "2024-02-28T23:59:59.1234567Z",
            "days": ["2026-12-31", "0999-12-31"],
            "items": [{"day": "28.02.2024", "code": "DE"}],
            "snapshot": {"code": "DE", "day": "01.01.2026"},
            "nested": None,
            "odd-name": 1,
        }
    )
    assert SCHEMA.shift(values, 1) == {
        "text": "2026-03-31",
        "at": "2024-02-29T23:59:59.1234567Z",
        "days": ["2027-01-01", "1000-01-01"],
        "items": [{"day": "29.02.2024", "code": "DE"}],
        "snapshot": {"code": "DE", "day": "02.01.2026"},
        "nested": None,
        "odd-name": 1,
    }
    assert SCHEMA.shift(SCHEMA.shift(values, 400), -400) == values


def test_a_time_that_means_never_stays() -> None:
    assert SCHEMA.shift({"at": "never", "days": ["9999-12-31"]}, 3) == {"at": "never", "days": ["9999-12-31"]}
    assert SCHEMA.shift({"no-field": "2026-01-01"}, 3) == {"no-field": "2026-01-01"}


class Part(record_schema.RecordSchema):
    a = fields.Integer()
    b = fields.Text(optional=True)


class Row(record_schema.RecordSchema):
    inner = fields.Nested(Part)
    free = fields.AnyMap()
    items = fields.ListOf(fields.Integer())
    note = fields.Text(optional=True)
    name = fields.Text(optional=True, null=True)


@pytest.mark.parametrize(
    ("changes", "merged"),
    [
        ({}, {}),
        ({"inner": {"a": 2}}, {"inner": {"a": 2, "b": "b"}}),
        ({"inner": {"b": None}}, {"inner": {"a": 1}}),
        ({"inner": 5}, {"inner": 5}),
        ({"free": {"y": 2}}, {"free": {"y": 2}}),
        ({"items": [3]}, {"items": [3]}),
        ({"items": None}, {"items": None}),
        ({"name": None}, {"name": None}),
        ({"other": 1}, {"other": 1}),
    ],
)
def test_changes_over_a_record(changes: dict[str, Any], merged: dict[str, Any]) -> None:
    record = {"inner": {"a": 1, "b": "b"}, "free": {"x": 1}, "items": [1, 2], "note": "n", "name": "n"}
    before = copy.deepcopy(record)
    assert Row().merge(record, changes) == record | merged
    assert record == before


def test_null_leaves_out_what_may_be_left_out() -> None:
    assert Row().merge({"note": "n", "name": "n"}, {"note": None, "name": None}) == {"name": None}
