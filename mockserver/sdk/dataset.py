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
        """The account with this value in the field, or in the list of further values; None without one."""
        if field not in self._by:
            self._by[field] = {value: each for each in reversed(self._accounts) for value in secrets_of(each, field)}
        return self._by[field].get(value)


class Records(Protocol):
    """The records of a dataset in their order. They never change; ``with_changes`` makes a changed copy."""

    resource: Resource

    @property
    def ids(self) -> Sequence[Any]:
        """The id of every row."""

    @property
    def columns(self) -> Mapping[str, Sequence[Any]]:
        """The values to filter and sort by, of every row."""

    @property
    def owners(self) -> set[Any]:
        """The accounts that records name as their owners."""

    @property
    def own_bytes(self) -> int:
        """About how many bytes a copy does not share with its original."""

    def __len__(self) -> int: ...

    def record(self, index: int) -> dict[str, Any]:
        """The row with all of its fields, as a fixture file holds it."""

    def text(self, index: int) -> bytes:
        """The row with all of its fields, as JSON."""

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
        """Drop the remembered views of a copy that is out of use."""


@dataclass(frozen=True)
class Dataset:
    """One vendor's data. ``anchor`` is the instant it was made for: the sandbox's clock starts there by default.

    ``version`` identifies this very version, for caches.
    """

    vendor: str
    name: str
    anchor: datetime
    accounts: Accounts
    records: Records
    version: object = field(default_factory=object, init=False, compare=False)
