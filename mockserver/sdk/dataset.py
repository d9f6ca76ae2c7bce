"""A dataset: one vendor's accounts and records under one name, made for one instant."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from .credentials import secrets_of
from .filters import Condition
from .resource import Order, Readings, Record, Resource

Account = Mapping[str, Any]


class Accounts:
    """The accounts of a dataset, in their order; the first one is the example account."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._accounts = tuple(accounts)
        self._by: dict[str, dict[Any, Account]] = {}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts)

    def __len__(self) -> int:
        return len(self._accounts)

    @property
    def first(self) -> Account:
        return self._accounts[0]

    def find_by(self, field: str, value: Any) -> Account | None:
        """The account whose field has this value, or which lists it among further ones; None when none has."""
        if field not in self._by:
            self._by[field] = {value: each for each in reversed(self._accounts) for value in secrets_of(each, field)}
        return self._by[field].get(value)


class Records(Protocol):
    """The records of a dataset, in the order in which they were given. They never change; a copy with changes does."""

    resource: Resource

    @property
    def ids(self) -> Sequence[Any]:
        """The id of every row."""

    @property
    def columns(self) -> Mapping[str, Sequence[Any]]:
        """What records are filtered and sorted by, of every row."""

    @property
    def owners(self) -> set[Any]:
        """The accounts that records belong to."""

    @property
    def own_bytes(self) -> int:
        """About how many bytes a copy takes for itself."""

    def __len__(self) -> int: ...

    def record(self, index: int) -> dict[str, Any]:
        """The row with all of its fields, as a fixture file holds it."""

    def text(self, index: int) -> bytes:
        """The same as JSON."""

    def find(self, id: Any) -> int | None:
        """The first row whose id, written as text, is this one."""

    def rows(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        """The rows that meet all conditions, in this order."""

    def fragments(self, readings: Readings) -> Sequence[bytes]:
        """The JSON of every row under these readings."""

    def join(self, readings: Readings, rows: Iterable[int]) -> bytes:
        """A JSON array of these rows."""

    def with_changes(self, changes: Mapping[Any, Record | None]) -> Records:
        """A copy in which each id has this record (None: no record); new ones come last."""

    def forget_views(self) -> None:
        """Free what was remembered for a copy that is out of use."""


@dataclass(frozen=True)
class Dataset:
    """``anchor`` is the instant for which the data was made: the sandbox clock starts there by default. ``mark`` is of
    this very version, for what is remembered of it.
    """

    vendor: str
    name: str
    anchor: datetime
    accounts: Accounts
    records: Records
    version: object = field(default_factory=object, init=False, compare=False)
