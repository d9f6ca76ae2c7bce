"""What is wrong with a fixture file: where, what was found, what it must be."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from ..sdk.logtext import escape_unprintable

MAX_FAULTS = 100  # of accounts, behind which no further one is looked at


MAX_LISTED_FAULTS = 100  # things wrong with a file that are told one by one


MAX_GUESSES = 20  # unknown fields of a record for which the one that was meant is looked for: it takes long


T = TypeVar("T")


DataPath = tuple[str | int, ...]


Fault = tuple[DataPath, str, str]  # where, what was found there, what was wanted


@dataclass(frozen=True, slots=True)
class FileError:
    """One thing wrong with a file; as text it is one line. ``see`` is where such files are described."""

    file: Path
    line: int
    path: str
    found: str
    wanted: str
    see: str = field(default="", compare=False)
    others: int = 0  # if it only says that there are so many more

    @property
    def number(self) -> int:
        """For how many it stands."""
        return self.others or 1

    def __str__(self) -> str:
        if self.others:
            return f"{self.file}: {self.found}"
        where = f"{self.file}:{self.line}: {self.path + ': ' if self.path else ''}"
        return escape_unprintable(f"{where}found {self.found}, wanted {self.wanted}").replace("\n", "\\n")


def bound_faults(faults: Iterable[FileError]) -> list[FileError]:
    """The first hundred faults, and one that says how many more there are."""
    faults = list(faults)
    told = [fault for fault in faults if not fault.others][:MAX_LISTED_FAULTS]
    others = sum(fault.number for fault in faults) - len(told)
    return [*told, summarise_others(faults[-1].file, others)] if others else told


def summarise_others(file: Path, number: int) -> FileError:
    return FileError(file, 1, "", f"{number:,} more", "no fault", others=number)


class FaultList(list[T]):
    """What is wrong with a file, in the order in which it is found: of more than a hundred only the number is kept."""

    unlisted = 0

    def append(self, complaint: T) -> None:
        if len(self) < MAX_LISTED_FAULTS:
            super().append(complaint)
        else:
            self.unlisted += 1

    def extend(self, complaints: Iterable[T]) -> None:
        for complaint in complaints:
            self.append(complaint)


class InvalidFixture(Exception):
    """One or more files cannot be used; ``faults`` holds what was found, as far as it is told one by one."""

    def __init__(self, faults: Iterable[FileError]) -> None:
        self.faults = tuple(bound_faults(faults))
        super().__init__("\n".join(map(str, self.faults)))

    @property
    def number(self) -> int:
        """How many faults there are."""
        return sum(fault.number for fault in self.faults)


def describe_value(value: Any) -> str:
    if value is None:
        return "nothing"
    try:
        text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):  # keys that JSON has not, a list that holds itself
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def format_path(where: DataPath) -> str:
    """A path as people write it: ``accounts[2].name``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).removeprefix(".")
