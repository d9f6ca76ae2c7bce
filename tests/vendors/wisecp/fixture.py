"""The fixture files as they stand, for expectations that do not come out of the server's code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from mockserver.data import shipped, yamltext

Row = dict[str, Any]


@lru_cache
def content(dataset: str = "default") -> Row:
    """Everything that a file holds; amounts with the digits that are written there."""
    path = shipped.fixtures("wisecp") / f"{dataset}.yaml"
    found: Row = yamltext.load(path.read_text(encoding="utf-8"))
    return found


def key(key_id: str) -> dict[str, str]:
    """The header of an account of ``default``."""
    return {"Apikey": next(row["api_key"] for row in content()["accounts"] if row["key_id"] == key_id)}


def rows(dataset: str = "default", where: Callable[[Row], bool] = lambda row: True) -> list[Row]:
    """The records that meet a condition, by id from the highest down, as is the default."""
    return ordered(filter(where, content(dataset)["records"]), "id", "DESC")


def ordered(found: Iterable[Row], sort: str, sort_type: str) -> list[Row]:
    """In this order; ties by id in the same direction."""
    return sorted(found, key=lambda row: (row[sort], row["id"]), reverse=sort_type == "DESC")


def ids(found: Iterable[Row]) -> list[int]:
    return [row["id"] for row in found]
