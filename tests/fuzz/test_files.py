"""Files and settings, hostile in every part: all that is wrong is told in lines that are lines, or it can be used."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as some

from mockserver.cli.commands import commands
from mockserver.data import yaml_text
from mockserver.sandbox.scenario import OURS
from mockserver.sandbox.settings import Settings
from mockserver.sdk.errors import InvalidSetting
from tests.fuzz import targets
from tests.fuzz.hostile import NEARLY, NUMBERS, TEXT, VENDORS, Number, _told, nested, tried

YAML = [
    "&a ",
    "*a",
    "!!float nan",
    "!!int x",
    "!!python/object:os.system",
    "!!binary aGk=",
    "<<: *a",
    "? ",
    "- ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    "|\n",
    ">\n",
    "'",
    '"',
    "\\",
    "\t",
    "#",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "~",
    "null",
    "1e999",
    "\x00",
    "\x85",
    "\ufeff",
    '"\\0"',
    '"\\e[2J"',
    '"\\u202e"',
    "é",
    "\n",
    "  ",
]


def text_of(vendor: str) -> str:
    """The beginning of a fixture file of ours, named ``own``."""
    told = next(each for each in VENDORS if each.name == vendor)
    content = yaml_text.load((told.fixtures / "docs.yaml").read_text(encoding="utf-8"))
    content["dataset"], content["records"] = "own", content["records"][:2]
    return yaml_text.dump(content)


TEXTS = {vendor.name: text_of(vendor.name) for vendor in VENDORS}

PARSED = {vendor: yaml_text.load(text) for vendor, text in TEXTS.items()}


@some.composite
def damaged(draw: some.DrawFn, text: str) -> str:
    """A good text with a few places spoiled."""
    for _ in range(draw(some.integers(1, 4))):
        at = draw(some.integers(0, len(text)))
        kind = draw(some.sampled_from(["in", "value", "line", "gone", "again"]))
        piece = draw(some.sampled_from(YAML) | TEXT)
        lines = text.splitlines(keepends=True) or [""]
        row = draw(some.integers(0, len(lines) - 1))
        if kind == "in":
            text = text[:at] + piece + text[at:]
        elif kind == "gone":
            text = text[:at] + text[at + draw(some.integers(1, 5)) :]
        else:
            name, colon, _ = lines[row].partition(": ")
            value = draw(NUMBERS | some.sampled_from(YAML) | NEARLY.map(_told))
            lines[row] = f"{name}{colon}{value}\n" if kind == "value" else lines[row] * 2 if kind == "again" else piece
            text = "".join(lines)
    return text


@pytest.mark.parametrize("vendor", sorted(TEXTS))
@given(data=some.data())
@tried()
def test_no_fixture_file_breaks_anything(vendor: str, data: Any) -> None:
    targets.fixture(vendor, data.draw(damaged(TEXTS[vendor])))


@given(data=some.data(), value=NEARLY)
@tried(80)
def test_no_value_of_a_fixture_breaks_anything(data: Any, value: Any) -> None:
    vendor = data.draw(some.sampled_from(sorted(TEXTS)))
    content = PARSED[vendor]
    part = data.draw(some.sampled_from(["accounts", "records"]))
    rows = [dict(row) for row in content[part]]
    row = data.draw(some.sampled_from(rows))
    row[data.draw(some.sampled_from(sorted(row)))] = value
    head = {name: each for name, each in {**content, part: rows}.items() if name != "records"}
    records = rows if part == "records" else content["records"]
    lines = [_told(_numbers(each)) for each in (head, *records)]
    targets.fixture(vendor, "\n".join(lines) + "\n", ".jsonl")


def _numbers(value: Any) -> Any:
    """The same for ``_told``, amounts with their digits."""
    if isinstance(value, dict):
        return {name: _numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return value if isinstance(value, str | int | Number | None) else Number(str(value))


@given(some.lists(NEARLY.map(_told) | some.text(max_size=40) | some.just(nested(5000, "[")), max_size=5))
@tried()
def test_no_lines_break_anything(lines: list[str]) -> None:
    targets.fixture("wisecp", "\n".join(lines), ".jsonl")


@given(some.sampled_from(YAML) | some.text(max_size=200))
@tried()
def test_no_text_breaks_the_reading_of_yaml(text: str) -> None:
    for vendor in sorted(TEXTS):
        targets.fixture(vendor, text)
    targets.scenario(text)


SCENARIOS = [path.read_text(encoding="utf-8") for path in sorted(OURS.glob("*.yaml"))]


@given(some.sampled_from(SCENARIOS).flatmap(damaged))
@tried()
def test_no_scenario_breaks_anything(text: str) -> None:
    targets.scenario(text)


KEYS = (
    "dataset",
    "readings",
    "quotas",
    "strict",
    "acceptAnyCredential",
    "delay",
    "clock",
    "expireCredentials",
    "faults",
    "changes",
)


@given(some.dictionaries(some.sampled_from(KEYS), NEARLY, max_size=4))
@tried()
def test_no_value_of_a_scenario_breaks_anything(content: dict[str, Any]) -> None:
    text = "\n".join(f"{name}: {_told(value)}" for name, value in content.items())
    targets.scenario("description: x\n" + re.sub("[\ud800-\udfff]", "?", text) + "\n")


@pytest.mark.parametrize("name", [setting.name for setting in fields(Settings)])
@given(value=TEXT, variable=some.booleans())
@tried(20)
def test_no_setting_breaks_anything(name: str, value: str, variable: bool) -> None:
    targets.setting(name, value, variable=variable)


@given(
    vendor=some.sampled_from(sorted(TEXTS)) | TEXT,
    flags=some.dictionaries(some.sampled_from(["--seed", "--anchor", "--dataset", "--records"]), TEXT, max_size=3),
)
@tried()
def test_no_flag_of_generate_breaks_anything(vendor: str, flags: dict[str, str]) -> None:
    command = ["generate", "--out", str(targets.folder() / "made.yaml"), "--records", "2"]
    with targets.watched((vendor, flags)):
        done = CliRunner().invoke(
            commands, [*command, *(word for flag in flags.items() for word in flag), "--", vendor]
        )
    if done.exception is not None and not isinstance(done.exception, SystemExit | InvalidSetting):
        raise targets.Broken(f"{vendor!r} {flags!r}: {done.exception!r}") from done.exception
