"""``mockserver generate``: fixture files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockserver.cli import generate
from mockserver.data import fixtures
from mockserver.data.build import fixture_schema
from mockserver.sdk.clock import parse_instant
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import InvalidSetting
from tests.support.acme import RECIPE


def test_what_is_made_is_a_sound_file(vendor: Vendor, tmp_path: Path) -> None:
    out = tmp_path / "own.yaml"
    assert generate.write(vendor, "own", out) == RECIPE.records
    content = fixtures.read(out, fixture_schema(vendor))
    assert (content.dataset, content.anchor) == ("own", generate.ANCHOR)
    assert [record["id"] for record in content.records] == list(range(100, 123))
    first, second, *_ = out.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# Made by `mockserver generate acme --records 23 --seed 1` with Faker ")
    assert second == "# Not edited by hand: the recipe makes it anew."


def test_fewer_records_are_a_prefix_and_another_seed_or_anchor_is_other_data(vendor: Vendor, tmp_path: Path) -> None:
    def made(name: str, *more: Any) -> list[dict[str, Any]]:
        generate.write(vendor, Path(name).stem, tmp_path / name, *more)
        return list(fixtures.read(tmp_path / name, fixture_schema(vendor)).records)

    few, many = made("few.yaml", 5), made("many.yaml", 40)
    assert few == many[:5]
    assert made("seed.yaml", 5, 2) != few
    assert made("later.yaml", 5, 1, parse_instant("2030-01-01"))[0]["due"] > "2029-10"
    assert made("none.yaml", 0) == []


def test_beyond_ten_thousand_records_it_is_json_lines(
    vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixtures, "MAX_YAML_RECORDS", 10)
    generate.write(vendor, "big", tmp_path / "big.jsonl", 11)
    assert len(fixtures.read(tmp_path / "big.jsonl", fixture_schema(vendor)).records) == 11
    for name, count in (("big.yaml", 11), ("big.jsonl", 10), ("big", 10)):
        with pytest.raises(
            InvalidSetting, match=rf"--out is .*{name} for {count} records; 10 records and fewer are .yaml"
        ):
            generate.write(vendor, "big", tmp_path / name, count)


def test_standard_output_takes_either(vendor: Vendor, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.write(vendor, "own", Path("-"), 2) == 2
    assert "\nvendor: acme\ndataset: own\n" in capsys.readouterr().out


def test_somebody_may_look_on(vendor: Vendor, tmp_path: Path) -> None:
    seen: list[Any] = []

    def watch(rows: Iterator[Mapping[str, Any]], total: int) -> Iterator[Mapping[str, Any]]:
        seen.append(total)
        for row in rows:
            seen.append(row["id"])
            yield row

    generate.write(vendor, "own", tmp_path / "own.yaml", 3, watch=watch)
    assert seen == [3, 100, 101, 102]


def test_what_cannot_be_written_is_a_sentence(vendor: Vendor, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"--out .*x.yaml cannot be written: No such file or directory\."):
        generate.write(vendor, "own", tmp_path / "no" / "x.yaml")
    with pytest.raises(InvalidSetting, match=r"^acme has no recipe, so records cannot be made for it\.$"):
        generate.write(replace(vendor, recipe=None), "own", tmp_path / "x.yaml")
