"""``mockserver generate``: fixture files made by a vendor's recipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click
import faker

from .. import vendors
from ..data import fixture_writer, fixtures
from ..data.build import fixture_schema
from ..sandbox.settings import make_settings
from ..sdk import clock
from ..sdk.contract import Vendor
from ..sdk.errors import InvalidSetting
from .output import count

ANCHOR = datetime(2026, 7, 15, 9, tzinfo=UTC)  # the instant of every ``default`` dataset of ours
MIN_PROGRESS_RECORDS = 2000

Rows = Iterator[Mapping[str, Any]]


@click.command()
@click.argument("vendor")
@click.option("--records", default=None, metavar="N", help="how many records [as many as the default dataset has]")
@click.option("--seed", default="1", metavar="S", help="another seed, other data [1]")
@click.option(
    "--anchor",
    default=None,
    metavar="TIME",
    help="the instant for which the data is made [that of the default dataset]",
)
@click.option("--dataset", default=None, metavar="NAME", help="the name written into the file [the file's own]")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="file to write; - is standard output"
)
def generate(vendor: str, records: str | None, seed: str, anchor: str | None, dataset: str | None, out: Path) -> None:
    """Make fixtures with a vendor's seeded recipe: YAML up to 10,000 records, JSON Lines beyond."""
    dataset = dataset or (out.stem if out != Path("-") else None)
    settings = make_settings({"records": records, "seed": seed, "dataset": dataset}, {})
    by_name = {known.name: known for known in vendors.find_vendors()}
    if vendor not in by_name:
        raise InvalidSetting(f"there is no vendor {vendor!r}; there are {', '.join(by_name)}.")
    try:
        instant = clock.check_range(clock.parse_instant(anchor)) if anchor else None
    except ValueError as error:
        raise InvalidSetting(f"--anchor: {error}.") from None
    written = write(by_name[vendor], settings.dataset, out, settings.records, settings.seed, instant, _choose_progress)
    click.echo(f"{count(written, 'record')} of {vendor} written to {out}", err=True)


def _choose_progress(rows: Rows, total: int) -> Rows:
    return _show_progress(rows, total) if total > MIN_PROGRESS_RECORDS and sys.stderr.isatty() else rows


def _show_progress(rows: Rows, total: int) -> Rows:
    with click.progressbar(rows, length=total, label="making records", file=sys.stderr) as bar:
        yield from bar


def _pass_through(rows: Rows, total: int) -> Rows:
    return rows


def write(
    vendor: Vendor,
    dataset: str,
    out: Path,
    records: int | None = None,
    seed: int = 1,
    anchor: datetime | None = None,
    watch: Callable[[Rows, int], Rows] = _pass_through,
) -> int:
    """Write a dataset made by the vendor's recipe to a file (``-``: standard output); returns the number of records.

    ``watch`` gets the rows as they are made, and their number. Raises InvalidSetting without a recipe or folder.
    """
    number = _record_count(vendor, records)
    wanted = {".jsonl"} if number > fixtures.MAX_YAML_RECORDS else {".yaml"}
    if out != Path("-") and out.suffix not in wanted:
        rule = f"{fixtures.MAX_YAML_RECORDS:,} records and fewer are .yaml, more are .jsonl"
        raise InvalidSetting(f"--out is {out} for {number:,} records; {rule}.")
    try:
        with nullcontext(sys.stdout) if out == Path("-") else out.open("w", encoding="utf-8", newline="\n") as stream:
            return write_to(stream, vendor, dataset, number, seed, anchor, watch)
    except BrokenPipeError:  # the reader of our output has closed it
        raise
    except OSError as error:
        raise InvalidSetting(f"--out {out} cannot be written: {error.strerror}.") from None


def write_to(
    stream: TextIO,
    vendor: Vendor,
    dataset: str,
    records: int | None = None,
    seed: int = 1,
    anchor: datetime | None = None,
    watch: Callable[[Rows, int], Rows] = _pass_through,
) -> int:
    """Write a dataset made by the vendor's recipe to an open stream; returns the number of records."""
    number = _record_count(vendor, records)
    assert vendor.recipe is not None
    recipe, schema, instant = vendor.recipe(), fixture_schema(vendor), anchor or ANCHOR
    accounts = [schema.account.read(dict(row)) for row in recipe.accounts(seed, instant)]
    rows = watch((schema.record.read(dict(recipe.record(seed, index, instant))) for index in range(number)), number)
    head, lines = fixture_writer.build_head(vendor.name, dataset, instant), number > fixtures.MAX_YAML_RECORDS
    comment = (
        f"Made by `mockserver generate {vendor.name} --records {number} --seed {seed}` with Faker {faker.VERSION}.\n"
        "Not edited by hand: the recipe makes it anew."
    )
    fixture_writer.write(stream, head, accounts, rows, lines=lines, comment=comment)
    return number


def _record_count(vendor: Vendor, records: int | None) -> int:
    if vendor.recipe is None:
        raise InvalidSetting(f"{vendor.name} has no recipe, so records cannot be made for it.")
    return vendor.recipe().records if records is None else records
