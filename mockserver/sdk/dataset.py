"""TODO"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..data.table import RecordTable
from .credentials import secrets_of

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


@dataclass(frozen=True)
class Dataset:
    """``anchor`` is the instant for which the data was made: the sandbox clock starts there by default. ``mark`` is of
    this very version, for what is remembered of it.
    """

    vendor: str
    name: str
    anchor: datetime
    accounts: Accounts
    records: RecordTable
    version: object = field(default_factory=object, init=False, compare=False)
