"""Editing the data of a sandbox: every vendor, concurrent editors, and export as fixtures."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.data import fixture_check, yaml_text
from mockserver.data.build import fixture_schema
from mockserver.data.table import RecordTable
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.editor import FIRST_ADDED_INDEX, MAX_GENERATED, RecordEditor
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import Problem
from tests.support.acme import POOR, RECIPE, RICH, Sandboxed
from tests.support.client import WALL

VENDORS = [pytest.param(index, id=vendor.name) for index, vendor in enumerate(shelf.find_vendors())]


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    found: Runtime = create_app(make_settings({}, {}), wall=lambda: WALL).extensions["mockserver"]
    return found


SLOW_DATASETS = ("default", "docs", "empty")


@pytest.fixture
def editor(vendor: Vendor) -> RecordEditor:
    return RecordEditor(Sandboxed(vendor).runtime.sandboxes, "x", vendor, WALL)


@pytest.mark.parametrize("index", VENDORS)
@pytest.mark.parametrize("dataset", ["edge", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW_DATASETS)])
def test_every_vendors_data_can_be_edited_and_written_down(runtime: Runtime, index: int, dataset: str) -> None:
    vendor = runtime.vendors[index]
    name = f"{vendor.name}-{dataset}"
    runtime.sandboxes.change(name, WALL, lambda sandbox: replace(sandbox, dataset=dataset))
    editor = RecordEditor(runtime.sandboxes, name, vendor, WALL)
    before = editor.data.records
    whole = [before.record(row) for row in range(len(before))]
    ids = [editor.add({})[vendor.resource.id] for _ in range(3)]
    ids += editor.generate(40, seed=7)
    assert len({*before.ids, *ids}) == len(set(before.ids)) + 43
    for id in (ids[0], *before.ids[:1]):
        same = editor.record(str(id))
        assert editor.change(str(id), {}) == same
    held = editor.data.records
    assert [held.record(row) for row in range(len(before))] == whole
    editor.replace_accounts([dict(account) for account in editor.data.accounts])
    assert_written_down(editor)
    editor.remove(str(ids[0]))
    assert ids[0] not in editor.data.records.ids


def assert_written_down(editor: RecordEditor) -> None:
    """Check that its fixture file is valid and holds every digit."""
    content, wrong = fixture_check.check_fixture(yaml_text.load(editor.fixture()), fixture_schema(editor.vendor))
    assert wrong == []
    assert content is not None
    data = editor.data
    assert content.anchor == data.anchor
    assert content.accounts == [dict(account) for account in data.accounts]
    again = RecordTable(editor.vendor.resource, content.records, editor.vendor.default_rendering_readings)
    assert [again.text(row) for row in range(len(again))] == [
        data.records.text(row) for row in range(len(data.records))
    ]


@pytest.mark.parametrize("index", VENDORS)
def test_added_records_are_the_example_accounts_and_of_the_newest_month(runtime: Runtime, index: int) -> None:
    vendor = runtime.vendors[index]
    assert vendor.recipe is not None
    editor = RecordEditor(runtime.sandboxes, "added", vendor, WALL)
    owner = editor.data.accounts.first[vendor.account_id]
    recipe, seed = vendor.recipe(), editor.sandboxes.get_or_create("added", WALL).seed
    first, newest = (recipe.record(seed, index, editor.data.anchor) for index in (FIRST_ADDED_INDEX, 0))
    months = [{str(value)[:7] for value in row.values() if str(value)[4:5] == "-"} for row in (first, newest)]
    assert months[0] & months[1]
    added = [editor.add({}) for _ in range(12)]
    assert {row.get("_owner", owner) for row in added} == {owner}
    optional = [
        name
        for name, field in fixture_schema(vendor).record.by_wire_name.items()
        if name[0] == "_" and not field.required
    ]
    assert not any(name in row for row in added for name in optional)  # nothing hides them from callers


def test_many_editors_at_once_lose_nothing(editor: RecordEditor) -> None:
    def edit(worker: int) -> list[int]:
        return [editor.add({"name": f"{worker}/{step}"})["id"] for step in range(10)]

    with ThreadPoolExecutor(8) as pool:
        added = [id for ids in pool.map(edit, range(8)) for id in ids]
    assert len(set(added)) == 80
    assert sorted(editor.data.records.ids[7:]) == sorted(added)
    names = {row["name"] for row in map(editor.data.records.record, range(7, 87))}
    assert names == {f"{worker}/{step}" for worker in range(8) for step in range(10)}


def test_an_id_that_is_taken_is_passed_over(editor: RecordEditor, vendor: Vendor) -> None:
    editor.add({"id": 101 + FIRST_ADDED_INDEX})
    assert [editor.add({})["id"] for _ in range(2)] == [102 + FIRST_ADDED_INDEX, 103 + FIRST_ADDED_INDEX]
    editor.remove(str(102 + FIRST_ADDED_INDEX))
    assert editor.generate(2) == [
        104 + FIRST_ADDED_INDEX,
        105 + FIRST_ADDED_INDEX,
    ]  # an index is used once, whatever became of its record


def test_a_dataset_as_large_as_the_distance_is_not_run_into(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.sandbox.editor.FIRST_ADDED_INDEX", 5)
    asked: list[int] = []

    def record(seed: int, index: int, anchor: datetime) -> Mapping[str, Any]:
        asked.append(index)
        return RECIPE.record(seed, index, anchor)

    counted = replace(vendor, recipe=lambda: replace(RECIPE, record=record))
    editor = RecordEditor(Sandboxed(counted, records="50").runtime.sandboxes, "x", counted, WALL)
    asked.clear()
    assert editor.add({})["id"] == 150
    assert len(set(asked)) == 1


def test_amounts_keep_their_digits_from_edit_to_edit(editor: RecordEditor) -> None:
    for amount in ("50.00", "50", "0.10", "1234567.80"):
        editor.change("1", {"amount": Decimal(amount)})
        editor.change("2", {"name": amount})
        assert f'"amount":{Decimal(amount):.2f},'.encode() in editor.data.records.text(0)


def test_accounts_of_records_must_stay(editor: RecordEditor) -> None:
    with pytest.raises(Problem) as refused:
        editor.replace_accounts([{"account": "poor", "secret": POOR}])
    assert (
        refused.value.detail == "accounts: found no rich, wanted an account with each account that records belong to."
    )
    editor.remove("7")
    assert editor.replace_accounts([{"account": "rich", "secret": RICH}]) == [{"account": "rich", "secret": RICH}]


def test_json_lines_when_there_are_many(vendor: Vendor) -> None:
    editor = RecordEditor(Sandboxed(vendor, records="10001").runtime.sandboxes, "x", vendor, WALL)
    assert editor.file == "default.jsonl"
    head, *rows = io.StringIO(editor.fixture())
    assert head.startswith('{"vendor":"acme","dataset":"default","anchor":"2026-03-31T12:00:00Z","accounts":[')
    assert len(rows) == 10_001


@pytest.fixture(autouse=True)
def _as_before(runtime: Runtime) -> Iterator[None]:
    yield
    for name in list(runtime.store.sandboxes()):
        runtime.sandboxes.delete(name)


@pytest.mark.slow
@pytest.mark.parametrize("index", VENDORS)
@pytest.mark.parametrize("seed", [None, 99])
def test_as_many_records_as_may_be_asked_for_can_be_made_of_every_vendor(
    runtime: Runtime, index: int, seed: int | None
) -> None:
    vendor = runtime.vendors[index]
    client = create_app(make_settings({}, {}), wall=lambda: WALL).test_client()
    body = {"records": MAX_GENERATED} if seed is None else {"records": MAX_GENERATED, "seed": seed}
    made = client.post(f"/__admin/records/{vendor.name}/generate", json=body)
    assert (made.status_code, len(made.get_json()["ids"])) == (201, MAX_GENERATED)
    over = client.post(f"/__admin/records/{vendor.name}/generate", json={"records": MAX_GENERATED + 1})
    assert over.status_code == 422
    assert (
        over.get_json()["detail"] == f"records is {MAX_GENERATED + 1}, wanted a whole number from 1 to {MAX_GENERATED}."
    )


@pytest.mark.parametrize("given", [{"state": ["paid"]}, {"state": "bogus"}, {"due": 7}, {"due": "31.03.2026"}])
def test_a_value_that_no_record_can_have_is_refused_without_looking_for_one(vendor: Vendor, given: Any) -> None:
    made: list[int] = []

    def record(seed: int, index: int, anchor: datetime) -> Mapping[str, Any]:
        made.append(index)
        return RECIPE.record(seed, index, anchor)

    counted = replace(vendor, recipe=lambda: replace(RECIPE, record=record))
    with pytest.raises(Problem, match="found"):
        RecordEditor(Sandboxed(counted).runtime.sandboxes, "x", counted, WALL).add(given)
    assert len(made) == 1
