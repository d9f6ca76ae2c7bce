"""What the tests of WISECP share: its keys and invoices as they stand in the fixture files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from tests.vendors import helpers
from tests.vendors.helpers import Row

content = partial(helpers.content, "wisecp")
records = partial(helpers.records, "wisecp")


def credentials(key_id: str) -> dict[str, str]:
    """The header of an account of ``default``."""
    return {"Apikey": next(row["api_key"] for row in content()["accounts"] if row["key_id"] == key_id)}


def rows(dataset: str = "default", where: Callable[[Row], bool] = lambda row: True) -> list[Row]:
    """The records that meet a condition, by id from the highest down, as is the default."""
    return ordered(filter(where, records(dataset)), "id", "DESC")


def ordered(found: Iterable[Row], sort: str, sort_type: str) -> list[Row]:
    """In this order; ties by id in the same direction."""
    return sorted(found, key=lambda row: (row[sort], row["id"]), reverse=sort_type == "DESC")


def ids(found: Iterable[Row]) -> list[int]:
    return [row["id"] for row in found]
