"""Records at rest, and views of them."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from operator import itemgetter
from typing import Any
from unittest.mock import patch
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.data import overlay, table
from mockserver.data.table import RecordTable
from mockserver.sdk.filters import Columns, Condition, Contains, Equals, Within
from mockserver.sdk.jsontext import decode, encode
from mockserver.sdk.record_query import RecordQuery
from mockserver.sdk.resource import Readings, Record, Resource, render_plain
from tests.support.acme import Bill

RENDERED: list[str] = []


def render(record: Record, readings: Readings) -> bytes:
    RENDERED.append(readings["style"])
    return encode({**record, "style": readings["style"]} if readings["style"] != "plain" else record)


KIND = Resource(
    schema=Bill,
    id="id",
    columns={name: lambda row, name=name: row[name] for name in ("id", "state", "name", "due")},  # type: ignore[misc]
    render=render,
)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "state": "paid", "name": "Anvil", "due": "2026-01-03", "amount": Decimal("50.00"), "_owner": "x"},
    {"id": 2, "state": "open", "name": None, "due": "2026-01-01", "amount": Decimal("1"), "_owner": "x"},
    {"id": 3, "state": "paid", "name": "ANVIL 2", "due": "2026-01-02", "amount": Decimal("1"), "_owner": "y"},
    {"id": 4, "state": "void", "name": "Ölpumpe", "due": "2026-01-03", "amount": Decimal("1"), "_owner": "y"},
]
RECORDS = RecordTable(KIND, ROWS, {"style": "plain"})
ALL = RecordQuery(RECORDS, {"style": "plain"})


def ids(view: RecordQuery) -> list[int]:
    return [row["id"] for row in decode(view.json())]


def test_filters_add_up() -> None:
    assert ids(ALL) == [1, 2, 3, 4]
    assert ids(ALL.where(state="paid")) == [1, 3]
    assert ids(ALL.where(state="paid", id=3)) == [3]
    assert ids(ALL.where(state="paid").where(id=2)) == []
    assert ids(ALL.where(state=None)) == [1, 2, 3, 4]  # not asked for
    assert ids(ALL.where_between("due", "2026-01-02", "2026-01-03")) == [1, 3, 4]
    assert ids(ALL.where_contains(["name"], "anvil")) == [1, 3]
    assert ids(ALL.where_contains(["name", "state"], "o")) == [2, 4]
    assert ids(ALL.where_contains(["name"], None)) == [1, 2, 3, 4]


def test_sorting_is_stable_and_by_several_keys() -> None:
    assert ids(ALL.order_by("due")) == [2, 3, 1, 4]
    assert ids(ALL.order_by("-due")) == [1, 4, 3, 2]
    assert ids(ALL.order_by("-due", "-id")) == [4, 1, 3, 2]
    assert ids(ALL.order_by("id").order_by("-id")) == [4, 3, 2, 1]
    assert ids(ALL.where(state="paid").order_by("due")) == [3, 1]


def test_lengths_and_slices() -> None:
    view = ALL.order_by("-id")
    assert len(view) == len(RECORDS) == 4
    assert [row["id"] for row in decode(view.json(1, 3))] == [3, 2]
    assert view.json(4, 9) == b"[]"
    assert [row["id"] for row in decode(view.json(2))] == [2, 1]


def test_what_is_ours_is_not_rendered_and_every_digit_is() -> None:
    assert ALL.json(0, 1) == b'[{"id":1,"state":"paid","name":"Anvil","due":"2026-01-03","amount":50.00}]'
    assert render_plain({"amount": Decimal("50.00")}, {}) == b'{"amount":50.00}'


def test_another_rendering_is_made_on_first_touch_and_kept() -> None:
    records = RecordTable(KIND, ROWS, {"style": "plain"})
    RENDERED.clear()
    fancy = RecordQuery(records, {"style": "fancy"})
    assert len(fancy) == 4
    assert RENDERED == []  # counting renders nothing
    assert [row["style"] for row in decode(fancy.json())] == ["fancy"] * 4
    assert fancy.json() == fancy.json()
    assert RENDERED == ["fancy"] * 4
    assert RecordQuery(records, {"style": "plain"}).json() == ALL.json()


def test_rows_are_found_once() -> None:
    view = ALL.where(state="open").order_by("-id")
    assert RECORDS.rows(view.conditions, view.order) is RECORDS.rows(view.conditions, view.order)


@given(
    days=some.lists(some.integers(0, 9), max_size=30),
    low=some.integers(-1, 10),
    high=some.integers(-1, 10),
    descending=some.booleans(),
)
def test_a_span_is_where_a_window_lies_in_the_order(days: list[int], low: int, high: int, descending: bool) -> None:
    kind = Resource(Bill, "id", {"day": lambda row: row["day"], "id": lambda row: row["id"]})
    rows = [{"id": index, "day": day} for index, day in enumerate(days)]
    view = RecordQuery(RecordTable(kind, rows, {}), {}).order_by("-day" if descending else "day", "id")
    start, stop = view.span(low, high)
    inside = [row["id"] for row in decode(view.json(start, stop))] if start < stop else []
    assert inside == ids(view.where_between("day", low, high))


@pytest.mark.parametrize("defaults", [{}, {"style": "plain"}])
def test_no_records(defaults: Readings) -> None:
    empty = RecordTable(KIND, [], defaults)
    assert len(empty) == 0
    assert RecordQuery(empty, defaults).order_by("-id").json() == b"[]"


def test_a_record_is_found_by_its_id_as_text_and_told_whole() -> None:
    rows = [ROWS[0] | {"id": 7, "_owner": "a"}, ROWS[1] | {"id": 8, "_owner": "b"}, ROWS[2] | {"id": 7, "_owner": "a"}]
    records = RecordTable(KIND, rows, {"style": "plain"})
    assert [records.find(id) for id in ("7", "8", "07", "")] == [0, 1, None, None]
    assert [records.record(index) for index in range(3)] == rows
    assert [decode(records.text(index)) for index in range(3)] == rows
    assert records.owners == {"a", "b"}
    bare = RecordTable(Resource(Bill, "id", {}), [{"id": 1, "amount": Decimal("50.00")}], {})
    assert bare.text(0) == b'{"id":1,"amount":50.00}'
    assert bare.owners == set()


def test_of_two_with_one_id_the_first_is_changed_and_both_are_removed() -> None:
    rows = [ROWS[0] | {"id": 7}, ROWS[1] | {"id": 8}, ROWS[2] | {"id": 7}]
    records = RecordTable(KIND, rows, {"style": "plain"})
    other = rows[0] | {"name": "other"}
    assert [records.with_changes({7: other}).record(index) for index in range(3)] == [other, *rows[1:]]
    assert records.with_changes({7: None}).ids == [8]


def test_a_changed_copy_has_its_own_rows_and_what_it_came_from_stays_as_it_was() -> None:
    records = RecordTable(KIND, ROWS, {"style": "plain"})
    by_due, paid = (("due", False),), RecordQuery(records, {"style": "plain"}).where(state="paid").order_by("due")
    before, rows = ids(paid), records.rows((), by_due)
    copy = records.with_changes(
        {1: None, 2: ROWS[1] | {"state": "paid"}, 9: ROWS[0] | {"id": 9, "amount": Decimal("0.10")}}
    )
    assert copy.ids == [2, 3, 4, 9]
    assert ids(replace(paid, records=copy)) == [2, 3, 9]
    assert [copy.record(index) for index in (1, 2)] == ROWS[2:]
    assert str(copy.record(3)["amount"]) == "0.10"
    assert copy.columns["name"][1] is records.columns["name"][2]  # what did not change is shared
    assert (ids(paid), records.ids) == (before, [1, 2, 3, 4])
    assert records.rows((), by_due) is rows  # the copy's views live in the same room, and are other ones
    assert copy.rows((), by_due) is copy.rows((), by_due)
    assert list(copy.rows((), by_due)) != list(rows)
    assert copy.own_bytes > 0
    large = records.with_changes({1: ROWS[0] | {"name": "x" * 10_000}})
    assert large.own_bytes > copy.own_bytes + 5000  # what is shared with nobody counts in full


def test_a_copy_out_of_use_is_gone_at_once_and_its_views_when_it_is_told() -> None:
    """What waits for the garbage collector, or until the room is full, makes a server grow for an hour."""
    records = RecordTable(KIND, ROWS, {"style": "plain"})
    rows, by_due = records.rows((), (("due", False),)), (("due", True),)
    before = len(records._views)
    copy = records.with_changes({1: ROWS[0] | {"name": "z"}})
    own = copy.rows((), by_due)
    assert len(records._views) > before
    copy.forget_views()
    assert len(records._views) == before
    assert list(copy.rows((), by_due)) == list(own)  # whoever still looks at it may
    assert records.rows((), (("due", False),)) is rows
    assert copy.columns["name"][0] == "z"
    watched = ref(copy)
    gc.disable()
    try:
        del copy
        assert watched() is None
    finally:
        gc.enable()


def test_a_changed_copy_of_many_copies_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (overlay, table):
        monkeypatch.setattr(module, "MIN_PACKED", 100)
    made = RecordTable(KIND, [{**ROWS[0], "id": row} for row in range(1000)], {"style": "plain"})
    copy = made.with_changes({3: None, 8: ROWS[1] | {"id": 8}, "new": ROWS[2] | {"id": "new"}})
    assert copy.own_bytes < 8 * 1000
    assert made.with_changes(dict.fromkeys(range(500))).own_bytes > 8 * 500  # this one has its own
    assert copy.ids == [*range(3), *range(4, 1000), "new"]
    assert (copy.ids[2:5], copy.ids[-1], len(copy)) == ([2, 4, 5], "new", 1000)
    assert copy.columns["state"][7] == "open"
    with pytest.raises(TypeError):
        hash(copy.ids)
    fancy = RecordQuery(copy, {"style": "fancy"})
    RENDERED.clear()
    assert decode(fancy.json(999))[0]["id"] == "new"


def test_a_changed_copy_is_written_under_every_reading() -> None:
    records = RecordTable(KIND, ROWS, {"style": "plain"})
    fancy = RecordQuery(records, {"style": "fancy"})
    fancy.json()
    copy = records.with_changes({1: ROWS[0] | {"name": "other"}})
    assert decode(replace(fancy, records=copy).json(0, 1))[0]["name"] == "other"
    assert decode(fancy.json(0, 1))[0]["name"] == "Anvil"


def test_changing_nothing_is_a_copy_with_the_same_bytes() -> None:
    assert RecordQuery(RECORDS.with_changes({}), {"style": "plain"}).json() == ALL.json()
    assert RECORDS.with_changes({77: None}).ids == RECORDS.ids


ROW = some.fixed_dictionaries({"day": some.integers(0, 3), "word": some.sampled_from("ab")})
CHANGES = some.dictionaries(some.integers(0, 14), some.none() | ROW, max_size=8)
ORDERS: list[tuple[tuple[str, bool], ...]] = [
    (),
    (("day", False),),
    (("day", True),),
    (("word", True), ("day", False)),
    (("day", True), ("id", True)),
]


@pytest.mark.parametrize("few", [2, 64])
@pytest.mark.parametrize(("many", "small"), [(0, 0), (2, 0), (2, 100), (16, 0)])
@given(ids=some.lists(some.integers(0, 9), max_size=30), more=CHANGES, yet_more=CHANGES)
def test_a_changed_copy_is_as_if_it_had_been_made_of_its_rows(
    few: int, many: int, small: int, ids: list[int], more: dict[int, Any], yet_more: dict[int, Any]
) -> None:
    columns: dict[str, Any] = {name: lambda row, name=name: row[name] for name in ("id", "day", "word")}
    kind = Resource(Bill, "id", columns, lambda row, readings: encode({**row, **readings}))
    copy = RecordTable(kind, [{"id": id, "day": row % 3, "word": "ab"[row % 2]} for row, id in enumerate(ids)], {})
    few_values = patch.object(table, "FEW_VALUES", few)
    with few_values, patch.multiple(overlay, MIN_ROWS_PER_CHANGE=many, MIN_PACKED=small):
        for changes in (more, yet_more):
            copy.rows((), (("day", True),))
            copy = copy.with_changes({id: row and {"id": id, **row} for id, row in changes.items()})
            made = RecordTable(kind, map(copy.record, range(len(copy))), {})
            assert {name: copy.columns[name] for name in columns} == made.columns
            assert copy.fragments({"style": "x"}) == made.fragments({"style": "x"})
            assert [copy.find(str(id)) for id in range(16)] == [made.find(str(id)) for id in range(16)]
            for order in ORDERS:
                for conditions in ((), (Equals("word", "a"),), (Equals("word", "a"), Within("day", 1, 2))):
                    assert copy.rows(conditions, order) == made.rows(conditions, order)


def spied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows at which an Equals will look one by one."""
    looked_at: list[int] = []
    narrow = Equals.narrow

    def spy(self: Equals, columns: Columns, rows: Sequence[int]) -> list[int]:
        looked_at.extend(rows)
        return narrow(self, columns, rows)

    monkeypatch.setattr(Equals, "narrow", spy)
    return looked_at


def test_a_few_changes_ask_for_no_sorting_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    made = RecordTable(KIND, [{**ROWS[row % 4], "id": row} for row in range(200)], {"style": "plain"})
    view = RecordQuery(made, {"style": "plain"}).where(state="paid").order_by("-due", "id")
    before = ids(view)
    gone, changed = before[3], before[5]
    copy = made.with_changes({gone: None, changed: {**ROWS[0], "id": changed, "due": "2027-01-01"}})
    looked_at = spied(monkeypatch)
    rest = [id for id in before if id not in (gone, changed)]
    assert ids(replace(view, records=copy)) == [changed, *rest]
    assert looked_at == [copy.find(changed)]


AMOUNTS = [Decimal(text) for text in ("0", "0.1", "0.10", "2.5", "1E+3", "-7", "9007199254740.93", "3")]
CLOSE = [Decimal("9007199254740992.1"), Decimal("9007199254740992.2")]  # one float for both
ANYTHING = some.fixed_dictionaries(
    {
        "day": some.integers(0, 9),
        "word": some.sampled_from("abc"),
        "name": some.none() | some.sampled_from(["Ab", "b", "c"]),
        "amount": some.sampled_from(AMOUNTS + CLOSE),
    }
)
ASKED = (
    Equals("word", "a"),
    Equals("day", 3),
    Equals("day", "3"),
    Equals("name", None),
    Equals("amount", Decimal("0.100")),
    Within("day", 2, 5),
    Within("day", 5, 2),
    Within("name", "a", "c"),
    Contains(("name", "word"), "B"),
)


def plainly(rows: list[dict[str, Any]], condition: Condition) -> list[dict[str, Any]]:
    """The rows that meet the condition, said as simply as can be."""
    if isinstance(condition, Equals):
        return [row for row in rows if row[condition.column] == condition.value]
    if isinstance(condition, Contains):
        text = condition.text.lower()
        return [row for row in rows if any(text in (row[name] or "").lower() for name in condition.columns)]
    name = condition.column
    return [row for row in rows if row[name] is not None and condition.low <= row[name] <= condition.high]


@pytest.mark.parametrize("few", [0, 3, 64])
@given(
    rows=some.lists(ANYTHING, max_size=40),
    asked=some.lists(some.sampled_from(ASKED), max_size=3),
    order=some.lists(
        some.tuples(some.sampled_from(["day", "word", "amount"]), some.booleans()),
        max_size=2,
        unique_by=lambda key: key[0],
    ),
)
def test_any_rows_in_any_order_are_what_filters_and_stable_sorts_would_find(
    few: int, rows: list[dict[str, Any]], asked: list[Condition], order: list[tuple[str, bool]]
) -> None:
    kind = Resource(Bill, "id", {name: itemgetter(name) for name in ("day", "word", "name", "amount")})
    expected = [{**row, "id": number} for number, row in enumerate(rows)]
    made = RecordTable(kind, expected, {})
    for condition in asked:
        expected = plainly(expected, condition)
    for name, descending in reversed(order):
        expected = sorted(expected, key=itemgetter(name), reverse=descending)
    with patch.object(table, "FEW_VALUES", few):
        assert list(made.rows(tuple(asked), tuple(order))) == [row["id"] for row in expected]


@pytest.mark.parametrize("condition", [Equals("id", 77), Within("id", 60, 62)])
def test_what_differs_in_every_call_is_not_searched_row_by_row(
    monkeypatch: pytest.MonkeyPatch, condition: Condition
) -> None:
    made = RecordTable(KIND, [{**ROWS[row % 4], "id": row} for row in range(200)], {"style": "plain"})
    looked_at = spied(monkeypatch)
    found = made.rows((Equals("state", "paid"), condition), ())
    assert list(found) == [row for row in looked_at if ROWS[row % 4]["state"] == "paid"]
    assert len(looked_at) <= 3


@pytest.mark.parametrize(
    ("column", "ranks"),
    [
        ([Decimal("1.10"), Decimal(-7), Decimal("1.1"), 2], [1, 0, 1, 2]),
        ([Decimal("9007199254740993.01"), Decimal("9007199254740993")], [1, 0]),  # no float tells them apart
        (["b", "a", "b", ""], [2, 1, 2, 0]),
        ([True, False], [1, 0]),
        ([None, 1], None),
        (["a", 1], None),
        ([], []),
    ],
)
def test_values_have_ranks_if_they_compare(column: list[Any], ranks: list[int] | None) -> None:
    kind = Resource(Bill, "id", {"amount": itemgetter("amount")})
    made = RecordTable(kind, [{"id": row, "amount": str(value)} for row, value in enumerate(column)], {})
    made.columns["amount"] = column
    found = made.ranks("amount")
    assert found == (ranks if ranks is None else array("I", ranks))
    assert made.ranks("amount") is found


def test_what_was_at_rest_is_sorted_without_a_look_at_its_columns() -> None:
    made = RecordTable(KIND, ROWS, {"style": "plain"})
    ids, columns, ranks, hidden, texts = made.for_cache()
    again = RecordTable.from_cache(KIND, {"style": "plain"}, ids, {}, ranks, hidden, texts)
    for order in ((("due", True), ("id", False)), (("state", False),)):
        assert again.rows((), order) == made.rows((), order)
    whole = RecordTable.from_cache(KIND, {"style": "plain"}, ids, columns, {}, hidden, texts)
    assert whole.rows((), (("due", True),)) == made.rows((), (("due", True),))


def test_of_many_the_ranks_are_there_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MIN_PACKED", 3)
    looked = list[Any]()
    monkeypatch.setattr(table, "_rank", looked.append)
    RecordTable(KIND, ROWS[:3], {"style": "plain"})
    assert looked == []
    made = RecordTable(KIND, ROWS, {"style": "plain"})
    assert looked == [made.columns[name] for name in KIND.columns]


def test_equal_texts_of_a_column_are_kept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(states: str) -> list[dict[str, Any]]:
        return [{**ROWS[0], "id": row, "state": state * 9, "name": None} for row, state in enumerate(states)]

    states = RecordTable(KIND, rows("aba"), {"style": "plain"}).columns["state"]
    assert states == ["a" * 9, "b" * 9, "a" * 9]
    assert states[0] is states[2]
    monkeypatch.setattr(table, "MAX_SHARED_TEXTS", 1)
    states = RecordTable(KIND, rows("abab"), {"style": "plain"}).columns["state"]
    assert states[0] is states[2]
    assert states[1] is not states[3]  # of numbers that never come back none is remembered


def test_ids_are_found_by_their_text_whatever_they_are() -> None:
    made = RecordTable(KIND, [{**ROWS[0], "id": id} for id in ("7", 7, "07", -3, "x", "٣", 8, 7)], {"style": "plain"})
    assert [made.find(id) for id in ("7", 7, "07", "-3", "x", "٣", 3, "8", "--3", "")] == [
        *(0, 0, 2, 3, 4, 5, None, 6, None, None)
    ]
    assert made.with_changes({7: None}).ids == ["07", -3, "x", "٣", 8]


def test_many_removed_at_once_are_the_right_ones() -> None:
    made = RecordTable(KIND, [{**ROWS[row % 4], "id": row} for row in range(300)], {"style": "plain"})
    assert made.with_changes(dict.fromkeys(range(0, 300, 2))).ids == list(range(1, 300, 2))


def test_what_is_asked_for_counts_among_what_views_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_VIEW_BYTES", 20_000)
    made = RecordTable(KIND, [], {})
    for number in range(50):
        made.rows((Equals("name", f"{number}" * 1000),), ())
    assert 0 < len(made._views) < 20_000 / 4000
