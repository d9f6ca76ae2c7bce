"""Datasets by vendor and name: the user's folder first, then the vendor's own, made or rolled for a day."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mockserver.data import cache_key, catalog
from mockserver.data.catalog import DatasetCatalog
from mockserver.data.disk_cache import DiskCache
from mockserver.data.fixture_errors import InvalidFixture
from mockserver.sdk.clock import parse_instant
from mockserver.sdk.contract import Vendor
from mockserver.sdk.dataset import Dataset
from mockserver.sdk.errors import InvalidSetting
from mockserver.sdk.jsontext import decode
from mockserver.sdk.record_query import RecordQuery
from tests.support.acme import ANCHOR, BILL_ROWS, FIXTURE, RECIPE, acme

DAY = date(2026, 4, 10)


def dues(data: Dataset) -> list[str]:
    return [bill["due"] for bill in decode(RecordQuery(data.records, {"amounts": "plain"}).json())]


def own(folder: Path, name: str, rows: str) -> Path:
    (folder / "acme").mkdir(exist_ok=True)
    path = folder / "acme" / f"{name}.yaml"
    path.write_text(FIXTURE.format(vendor="acme", dataset=name) + f"records:\n{rows}", encoding="utf-8")
    return folder


def test_a_dataset_is_read_once(vendor: Vendor) -> None:
    library = DatasetCatalog([vendor])
    data = library.dataset(vendor, "default")
    assert (data.vendor, data.name, data.anchor) == ("acme", "default", parse_instant(ANCHOR))
    assert len(data.records) == 7
    assert library.dataset(vendor, "default") is data


def test_the_users_folder_comes_first_and_ours_fills_in(vendor: Vendor, tmp_path: Path) -> None:
    library = DatasetCatalog([vendor], own(tmp_path, "default", BILL_ROWS.splitlines()[0] + "\n"))
    assert len(library.dataset(vendor, "default").records) == 1
    assert len(library.dataset(vendor, "hand").records) == 7
    assert library.list_names(vendor) == ["default", "empty", "hand"]


def test_a_link_in_the_users_folder_is_followed(vendor: Vendor, tmp_path: Path) -> None:
    """Whoever may write there says what is served; callers can name no path."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    own(outside, "linked", BILL_ROWS.splitlines()[0] + "\n")
    inside.mkdir()
    (inside / "acme").symlink_to(outside / "acme", target_is_directory=True)
    assert len(DatasetCatalog([vendor], inside).dataset(vendor, "linked").records) == 1


def test_json_lines_are_a_dataset_too(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    head = '{"vendor":"acme","dataset":"big","anchor":"2026-03-31T12:00:00Z","accounts":[{"account":"a","secret":"s"}]}'
    (tmp_path / "acme" / "big.jsonl").write_text(head + "\n")
    (tmp_path / "acme" / "notes.txt").write_text("")
    library = DatasetCatalog([vendor], tmp_path)
    assert len(library.dataset(vendor, "big").records) == 0
    assert library.list_names(vendor) == ["big", "default", "empty", "hand"]


def test_a_name_that_only_another_vendor_has_is_the_default_here(vendor: Vendor, tmp_path: Path) -> None:
    other = acme(tmp_path / "ours", name="bolt")
    library = DatasetCatalog([vendor, other], own(tmp_path, "special", BILL_ROWS))
    assert library.dataset(vendor, "special").name == "special"
    borrowed = library.dataset(other, "special")
    assert borrowed.name == "default"
    assert borrowed.anchor.date() == library.dataset(vendor, "special").anchor.date()


def test_data_of_ours_follows_the_day_of_the_users_files(vendor: Vendor, tmp_path: Path) -> None:
    other = acme(tmp_path / "ours", name="bolt")
    folder = own(tmp_path, "hand", BILL_ROWS)
    path = folder / "acme" / "hand.yaml"
    path.write_text(path.read_text().replace("2026-03-31T12:00:00Z", "2028-03-31T12:00:00Z"))
    library = DatasetCatalog([vendor, other], folder)
    theirs, ours = library.dataset(vendor, "hand"), library.dataset(other, "hand")
    assert (theirs.anchor.year, ours.anchor.date()) == (2028, theirs.anchor.date())
    assert ours.records.columns["due"][0].startswith("2028")


def test_files_for_different_days_are_told(
    vendor: Vendor, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("mockserver"), "propagate", True)
    other = acme(tmp_path / "ours", name="bolt")
    path = other.fixtures / "hand.yaml"
    path.write_text(path.read_text().replace("2026-03-31T12:00:00Z", "2026-04-01T12:00:00Z"))
    DatasetCatalog([vendor, other]).load_all("hand")
    assert "acme 2026-03-31, bolt 2026-04-01" in caplog.text


def test_a_name_that_nobody_has_is_told_with_those_there_are(vendor: Vendor) -> None:
    with pytest.raises(InvalidSetting) as refused:
        DatasetCatalog([vendor]).dataset(vendor, "nope")
    assert str(refused.value) == "acme has no dataset 'nope'; there are default, empty, hand."


def test_records_are_made_when_so_many_are_wanted(vendor: Vendor) -> None:
    few, many = DatasetCatalog([vendor], records=4), DatasetCatalog([vendor], records=40)
    data = few.dataset(vendor, "default")
    assert len(data.records) == 4
    assert data.anchor == parse_instant(ANCHOR)
    assert dues(many.dataset(vendor, "default"))[:4] == dues(data)
    assert dues(DatasetCatalog([vendor], records=4, seed=2).dataset(vendor, "default")) != dues(data)


def test_a_recipes_data_is_remade_for_the_day(vendor: Vendor) -> None:
    library = DatasetCatalog([vendor])
    data = library.dataset(vendor, "default", DAY)
    assert data.anchor == datetime(2026, 4, 10, tzinfo=UTC)
    assert dues(data) == [RECIPE.record(1, index, data.anchor)["due"] for index in range(RECIPE.records)]
    assert library.dataset(vendor, "default", DAY) is data
    assert data.accounts.find_by("account", "gone") == {
        "account": "gone",
        "secret": "gone-acme-secret-0000003",
        "expires": "2026-04-09T00:00:00Z",
    }


def test_hand_made_data_rolls_by_whole_days(vendor: Vendor, tmp_path: Path) -> None:
    rolled = DatasetCatalog([vendor]).dataset(vendor, "hand", DAY)
    assert rolled.anchor == datetime(2026, 4, 10, tzinfo=UTC)
    assert dues(rolled)[:4] == ["2026-02-10", "2026-03-10", "2026-04-10", "2026-03-11"]
    gone = rolled.accounts.find_by("account", "gone")
    assert gone is not None
    assert gone["expires"] == "2026-04-10T11:59:59Z"
    hand = DatasetCatalog([vendor], own(tmp_path, "default", BILL_ROWS))  # the user's own default is hand-made, too
    assert dues(hand.dataset(vendor, "default", DAY)) == dues(rolled)
    bare = replace(vendor, recipe=None)
    assert dues(DatasetCatalog([bare]).dataset(bare, "default", DAY)) == dues(rolled)


def test_without_a_recipe_nothing_is_made(vendor: Vendor) -> None:
    bare = replace(vendor, recipe=None)
    with pytest.raises(
        InvalidSetting, match=r"^acme has no recipe, so records cannot be made for it; give it a fixture"
    ):
        DatasetCatalog([bare], records=5).dataset(bare, "default")


def test_the_faults_of_all_vendors_files_are_told_together(vendor: Vendor, tmp_path: Path) -> None:
    other = acme(tmp_path / "ours", name="bolt")
    mine = tmp_path / "mine"
    mine.mkdir()
    own(mine, "default", BILL_ROWS.replace("open", "opened"))
    (mine / "bolt").mkdir()
    (mine / "bolt" / "default.yaml").write_text("- 1")
    with pytest.raises(InvalidFixture) as broken:
        DatasetCatalog([vendor, other], mine).load_all("default")
    assert [(fault.file.parent.name, fault.line) for fault in broken.value.faults] == [
        ("acme", 14),
        ("acme", 17),
        ("bolt", 1),
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("acmee/default.yaml", "--fixtures has the folder acmee, wanted acme."),
        ("acme/default.yml", "acme/default.yml, wanted the ending .yaml or .jsonl."),
        ("acme/hand.jsonl", "acme/hand.jsonl and a .yaml of the same name, wanted one of them."),
    ],
)
def test_a_slip_in_a_name_is_told_and_not_served_around(vendor: Vendor, tmp_path: Path, name: str, told: str) -> None:
    folder = own(tmp_path, "hand", BILL_ROWS)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("")
    with pytest.raises(InvalidSetting) as refused:
        DatasetCatalog([vendor], folder).load_all("hand")
    assert str(refused.value).endswith(told)


# the cache ------------------------------------------------------------------------------------------------------------


def everything(data: Dataset) -> tuple[object, ...]:
    rows = [data.records.record(index) for index in range(len(data.records))]
    columns = {name: data.records.columns[name] for name in data.records.resource.columns}
    return data.vendor, data.name, data.anchor, list(data.accounts), rows, columns, data.records.owners


@pytest.fixture
def kept(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "cache")


def unable(*asked: object) -> None:
    raise AssertionError("it was read or made again")


@pytest.mark.parametrize(
    ("given", "name", "day", "work"),
    [
        ({}, "default", None, ["read_dataset"]),
        ({}, "hand", DAY, ["read_dataset", "shift_dataset"]),
        ({}, "default", DAY, ["read_dataset", "generate_dataset"]),
        ({"records": 40, "seed": 2}, "default", None, ["read_dataset", "generate_dataset"]),
    ],
)
def test_what_was_read_or_made_once_is_remembered(
    vendor: Vendor,
    kept: DiskCache,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    name: str,
    day: date,
    work: Any,
) -> None:
    first = everything(DatasetCatalog([vendor], **given, cache=kept).dataset(vendor, name, day))
    assert first == everything(DatasetCatalog([vendor], **given).dataset(vendor, name, day))
    for function in work:
        monkeypatch.setattr(catalog, function, unable)
    again = DatasetCatalog([vendor], **given, cache=kept).dataset(vendor, name, day)
    assert everything(again) == first
    assert [again.records.find(row) for row in (first[4][0]["id"], "none")] == [0, None]  # type: ignore[index]
    with pytest.raises(AssertionError):
        DatasetCatalog([vendor], **given).dataset(vendor, name, day)


@pytest.mark.parametrize(
    ("given", "name", "day"),
    [({"records": 41}, "default", None), ({"records": 40, "seed": 2}, "default", None), ({}, "default", DAY)],
)
def test_what_is_made_of_something_else_is_made_anew(
    vendor: Vendor, kept: DiskCache, given: dict[str, Any], name: str, day: date | None
) -> None:
    DatasetCatalog([vendor], records=40, cache=kept).dataset(vendor, "default")
    found = DatasetCatalog([vendor], **given, cache=kept).dataset(vendor, name, day)
    assert everything(found) == everything(DatasetCatalog([vendor], **given).dataset(vendor, name, day))


def test_another_content_is_read_anew_and_a_broken_one_told_each_time(
    vendor: Vendor, kept: DiskCache, tmp_path: Path
) -> None:
    own(tmp_path, "default", BILL_ROWS)
    assert len(DatasetCatalog([vendor], tmp_path, cache=kept).dataset(vendor, "default").records) == 7
    own(tmp_path, "default", BILL_ROWS.splitlines()[0] + "\n")
    assert len(DatasetCatalog([vendor], tmp_path, cache=kept).dataset(vendor, "default").records) == 1
    own(tmp_path, "default", BILL_ROWS.replace("open", "opened"))
    for _ in range(2):
        with pytest.raises(InvalidFixture) as broken:
            DatasetCatalog([vendor], tmp_path, cache=kept).dataset(vendor, "default")
        assert len(broken.value.faults) == 2


@pytest.mark.parametrize("changed", ["core", "vendor", "columns", "defaults"])
def test_what_other_code_made_is_not_trusted(
    vendor: Vendor, kept: DiskCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    code = {folder: tmp_path / f"{folder}.py" for folder in ("core", "vendor")}
    for file in code.values():
        file.write_text("1")
    monkeypatch.setattr(cache_key, "core_files", lambda: (code["core"],))
    monkeypatch.setattr(cache_key, "python_files", lambda folder: [code["vendor"]])
    DatasetCatalog([vendor], cache=kept).dataset(vendor, "default")
    if changed in code:
        code[changed].write_text("22")
    elif changed == "columns":
        columns = {**vendor.resource.columns, "more": lambda bill: 1}
        vendor = replace(vendor, resource=replace(vendor.resource, columns=columns))
    else:
        vendor = replace(vendor, readings=(replace(vendor.readings[0], default="cents"), *vendor.readings[1:]))
    monkeypatch.setattr(catalog, "read_dataset", unable)
    with pytest.raises(AssertionError):
        DatasetCatalog([vendor], cache=kept).dataset(vendor, "default")


def test_the_core_that_has_a_say_is_all_that_reads_types_and_renders() -> None:
    names = {f"{path.parent.name}/{path.name}" for path in cache_key.core_files()}
    assert {"data/table.py", "data/disk_cache.py", "sdk/fields.py", "sdk/clock.py"} <= names


@pytest.mark.parametrize("suffix", ["yaml", "jsonl"])
@pytest.mark.parametrize(
    ("make", "found"),
    [
        (os.mkfifo, "found a pipe, wanted a regular file"),
        (os.mkdir, "found a folder, wanted a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "found a device, wanted a regular file"),
        (lambda path: path.symlink_to("nowhere"), "found a file that cannot be read"),
    ],
)
def test_whatever_is_called_like_a_file_of_the_users_is_not_passed_over(
    vendor: Vendor, tmp_path: Path, suffix: str, make: Callable[[Path], None], found: str
) -> None:
    (tmp_path / "acme").mkdir()
    make(tmp_path / "acme" / f"default.{suffix}")
    with pytest.raises(InvalidFixture, match=found):
        DatasetCatalog([vendor], tmp_path).load_all("default")


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (os.mkfifo, "a pipe"),
        (Path.touch, "a file"),
        (lambda path: path.symlink_to("/dev/null"), "a device"),
        (lambda path: path.symlink_to("nowhere"), "a link that leads nowhere"),
    ],
)
def test_what_is_called_like_a_vendor_and_is_no_folder_is_refused(
    vendor: Vendor, tmp_path: Path, make: Callable[[Path], None], kind: str
) -> None:
    make(tmp_path / "acme")
    with pytest.raises(InvalidSetting, match=f"^--fixtures has {tmp_path}/acme, which is {kind}, wanted a folder.$"):
        DatasetCatalog([vendor], tmp_path).load_all("default")


def test_a_folder_of_a_vendor_that_cannot_be_read_is_told(
    vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "acme").mkdir()

    listed = os.listdir

    def forbidden(path: Path) -> list[str]:
        if path.name == "acme":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "listdir", forbidden)  # whoever runs the tests may read everything
    with pytest.raises(InvalidSetting, match=rf"^--fixtures {tmp_path}/acme cannot be read: Permission denied.$"):
        DatasetCatalog([vendor], tmp_path).load_all("default")
