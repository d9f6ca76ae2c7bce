"""What is remembered of datasets between starts."""

from __future__ import annotations

import os
import sys
from array import array
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mockserver.data import disk_cache
from mockserver.data.disk_cache import CachedDataset, DiskCache

TIME = datetime(2026, 7, 15, 9, tzinfo=UTC)
REST = CachedDataset(
    TIME,
    [{"key": "é\u2028", "limit": Decimal("50.00"), "on": True, "nothing": None}],
    [1, 2, 3],
    {
        "name": ["a", None, "ü"],
        "paid": [True, False, None],
        "total": [Decimal("50.00"), -7, None],
        "when": [TIME, None, datetime(2026, 1, 1)],  # a column may do without zones
    },
    {"total": array("I", [2, 0, 1]), "name": array("I")},
    [b"{}", b'{"_owner":"\xc3\xa9"}', b"{}"],
    [b'{"id":1}', b"", '{"id":3,"name":"ü\n"}'.encode()],
)


@pytest.fixture
def kept(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "cache")


def test_what_is_put_is_found_again_in_the_same_digits(kept: DiskCache) -> None:
    assert kept.get("one") is None
    kept.put("one", REST)
    found = kept.get("one")
    assert found == REST
    assert str(found.columns["total"][0]) == "50.00"
    assert str(found.accounts[0]["limit"]) == "50.00"
    assert found.hidden[0] is found.hidden[2]  # equal ones are one object
    assert kept.get("another") is None


@pytest.mark.parametrize("damage", [b"", b"x", b"\n\n\n", b"00000000\n[]\n{}\n", b'0\n[]\n{"columns": []}\n'])
def test_a_damaged_entry_is_as_good_as_none(kept: DiskCache, tmp_path: Path, damage: bytes) -> None:
    kept.put("one", REST)
    (tmp_path / "cache" / "one").write_bytes(damage)
    assert kept.get("one") is None


def test_an_entry_with_any_byte_changed_is_as_good_as_none(kept: DiskCache, tmp_path: Path) -> None:
    kept.put("one", REST)
    file = tmp_path / "cache" / "one"
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert kept.get("one") is None
    file.write_bytes(whole[:-1])
    assert kept.get("one") is None
    file.write_bytes(whole)
    assert kept.get("one") == REST


def test_an_entry_of_a_machine_with_other_numbers_is_as_good_as_none(
    kept: DiskCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setattr(disk_cache, "MACHINE", "middle 3")
        kept.put("one", REST)
        assert kept.get("one") == REST
    assert kept.get("one") is None


@pytest.mark.parametrize("value", [object(), 1.5, (1, 2)])
def test_a_dataset_with_other_kinds_of_values_is_not_remembered(kept: DiskCache, tmp_path: Path, value: Any) -> None:
    kept.put("one", CachedDataset(TIME, [], [1], {"odd": [value]}, {}, [b"{}"], [b"{}"]))
    assert kept.get("one") is None
    assert not (tmp_path / "cache").exists()


def test_without_a_folder_nothing_is_remembered() -> None:
    nowhere = DiskCache(None)
    nowhere.put("one", REST)
    assert nowhere.get("one") is None


def test_a_folder_that_cannot_be_made_or_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blocked = DiskCache(tmp_path / "file")
    blocked.put("one", REST)
    assert blocked.get("one") is None


def test_only_this_user_may_look_in(kept: DiskCache, tmp_path: Path) -> None:
    kept.put("one", REST)
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["one"]


def test_the_least_recently_used_go_first(kept: DiskCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for age, name in enumerate(("new", "old", "oldest")):
        kept.put(name, REST)
        os.utime(tmp_path / "cache" / name, (1000 - age, 1000 - age))
    assert kept.get("oldest") == REST  # and was used just now
    size = (tmp_path / "cache" / "new").stat().st_size
    monkeypatch.setattr(disk_cache, "MAX_BYTES", 3 * size)
    kept.put("one more", REST)
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["new", "oldest", "one more"]


def test_a_key_depends_on_each_part_and_on_where_it_ends(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text("a")
    keys = {
        disk_cache.make_key("ab", "c"),
        disk_cache.make_key("a", "bc"),
        disk_cache.make_key("abc"),
        disk_cache.make_key(b"abc", file),
    }
    os.utime(file, (1, 1))
    keys.add(disk_cache.make_key(b"abc", file))
    file.write_text("ab")
    os.utime(file, (1, 1))
    keys.add(disk_cache.make_key(b"abc", file))
    assert len(keys) == 6
    assert disk_cache.make_key("ab", "c") == disk_cache.make_key("ab", "c")


@pytest.mark.parametrize(
    ("platform", "variables", "wanted"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/mockserver"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/mockserver"),
        ("linux", {}, "/home/.cache/mockserver"),
        ("darwin", {}, "/home/Library/Caches/mockserver"),
    ],
)
def test_the_folder_is_the_users(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], wanted: str
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home"))
    assert disk_cache.cache_folder() == Path(wanted)
