"""Faults of a fixture file: the place, what was found, what is wanted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from ..sdk.logtext import escape_unprintable

MAX_FAULTS = 100  # of accounts; further accounts are not checked
MAX_LISTED_FAULTS = 100  # of a file; the others are counted
MAX_GUESSES = 20  # unknown fields of a record that get a suggestion, which takes long to find

T = TypeVar("T")
DataPath = tuple[str | int, ...]
Fault = tuple[DataPath, str, str]  # where, what was found there, what was wanted


@dataclass(frozen=True, slots=True)
class FileError:
    """One fault of a file; as text it is one line. ``see`` is where such files are described."""

    file: Path
    line: int
    path: str
    found: str
    wanted: str
    see: str = field(default="", compare=False)
    others: int = 0  # the number of faults that it only counts

    @property
    def number(self) -> int:
        """The number of faults that it stands for."""
        return self.others or 1

    def __str__(self) -> str:
        if self.others:
            return f"{self.file}: {self.found}"
        where = f"{self.file}:{self.line}: {self.path + ': ' if self.path else ''}"
        return escape_unprintable(f"{where}found {self.found}, wanted {self.wanted}").replace("\n", "\\n")


def bound_faults(faults: Iterable[FileError]) -> list[FileError]:
    """The first MAX_LISTED_FAULTS faults, and one that counts the others."""
    faults = list(faults)
    listed = [fault for fault in faults if not fault.others][:MAX_LISTED_FAULTS]
    others = sum(fault.number for fault in faults) - len(listed)
    return [*listed, summarise_others(faults[-1].file, others)] if others else listed


def summarise_others(file: Path, number: int) -> FileError:
    return FileError(file, 1, "", f"{number:,} more", "no fault", others=number)


class FaultList(list[T]):
    """Faults of a file in the order found; those beyond MAX_LISTED_FAULTS are only counted."""

    unlisted = 0

    def append(self, fault: T) -> None:
        if len(self) < MAX_LISTED_FAULTS:
            super().append(fault)
        else:
            self.unlisted += 1

    def extend(self, faults: Iterable[T]) -> None:
        for fault in faults:
            self.append(fault)


class InvalidFixture(Exception):
    """One or more files cannot be used; ``faults`` lists why."""

    def __init__(self, faults: Iterable[FileError]) -> None:
        self.faults = tuple(bound_faults(faults))
        super().__init__("\n".join(map(str, self.faults)))

    @property
    def number(self) -> int:
        """The number of all faults."""
        return sum(fault.number for fault in self.faults)


def describe_value(value: Any) -> str:
    if value is None:
        return "nothing"
    try:
        text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):  # keys that JSON lacks, a list that holds itself
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def format_path(where: DataPath) -> str:
    """A path as people write it: ``accounts[2].name``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).removeprefix(".")
