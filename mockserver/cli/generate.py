"""Making fixture files with a vendor's recipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from ..data import fixture_writer, fixtures
from ..data.build import fixture_schema
from ..sdk.contract import Vendor
from ..sdk.errors import InvalidSetting

ANCHOR = datetime(2026, 7, 15, 9, tzinfo=UTC)  # the instant of every ``default`` dataset of ours

Rows = Iterator[Mapping[str, Any]]


def write(
    vendor: Vendor,
    dataset: str,
    out: Path,
    count: int | None = None,
    seed: int = 1,
    anchor: datetime | None = None,
    watched: Callable[[Rows, int], Rows] = lambda rows, total: rows,
) -> int:
    """Write a dataset made by the vendor's recipe to a file (``-``: standard output); returns how many records.

    ``watched`` may look on as the records are made. Raises WrongSetting when there is no recipe or no such folder.
    """
    count = _count(vendor, count)
    wanted = {".jsonl"} if count > fixtures.MAX_YAML_RECORDS else {".yaml"}
    if out != Path("-") and out.suffix not in wanted:
        rule = f"{fixtures.MAX_YAML_RECORDS:,} records and fewer are .yaml, more are .jsonl"
        raise InvalidSetting(f"--out is {out} for {count:,} records; {rule}.")
    try:
        with nullcontext(sys.stdout) if out == Path("-") else out.open("w", encoding="utf-8", newline="\n") as stream:
            return write_to(stream, vendor, dataset, count, seed, anchor, watched)
    except BrokenPipeError:  # whoever read our output has enough
        raise
    except OSError as error:
        raise InvalidSetting(f"--out {out} cannot be written: {error.strerror}.") from None


def write_to(
    stream: TextIO,
    vendor: Vendor,
    dataset: str,
    count: int | None = None,
    seed: int = 1,
    anchor: datetime | None = None,
    watched: Callable[[Rows, int], Rows] = lambda rows, total: rows,
) -> int:
    """The same, to an open stream."""
    count = _count(vendor, count)
    assert vendor.recipe is not None
    recipe, form, when = vendor.recipe(), fixture_schema(vendor), anchor or ANCHOR
    accounts = [form.account.read(dict(row)) for row in recipe.accounts(seed, when)]
    records = watched((form.record.read(dict(recipe.record(seed, index, when))) for index in range(count)), count)
    head, lines = fixture_writer.build_head(vendor.name, dataset, when), count > fixtures.MAX_YAML_RECORDS
    fixture_writer.write(stream, head, accounts, records, lines=lines, comment=_comment(vendor, count, seed))
    return count


def _count(vendor: Vendor, count: int | None) -> int:
    if vendor.recipe is None:
        raise InvalidSetting(f"{vendor.name} has no recipe, so records cannot be made for it.")
    return vendor.recipe().records if count is None else count


def _comment(vendor: Vendor, count: int, seed: int) -> str:
    import faker

    return (
        f"Made by `mockserver generate {vendor.name} --records {count} --seed {seed}` with Faker {faker.VERSION}.\n"
        "Not edited by hand: the recipe makes it anew."
    )
