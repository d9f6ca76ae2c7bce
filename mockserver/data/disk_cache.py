"""Caches datasets between starts, in the user's cache folder: to read and check YAML is most of a start.

An entry holds data, never code, under a key that says what it was made of. A damaged entry counts as absent, and an
entry that cannot be written is skipped: a cache that fails costs only time.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial, reduce
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from zlib import crc32

from ..sdk.clock import format_instant, parse_instant
from ..sdk.jsontext import decode, encode
from .packed_bytes import PackedBytes

T = TypeVar("T")

MAX_BYTES = 1024**3  # of all entries; the least recently used go first
MACHINE = f"{sys.byteorder} {array('I').itemsize}"  # ranks are stored as they lie in memory


@dataclass(frozen=True)
class CachedDataset:
    """A dataset as the cache holds it: accounts; and of each record its id, key columns, ranks, hidden fields, JSON."""

    anchor: datetime
    accounts: Sequence[Mapping[str, Any]]
    ids: list[Any]
    columns: Mapping[str, list[Any]]
    ranks: Mapping[str, array[int]]
    hidden: list[bytes]
    texts: Sequence[bytes]


def cache_folder() -> Path | None:
    """The folder for caches of this user: ``XDG_CACHE_HOME``, or the system's default.

    None for a user without a home, as in a container that runs under a numeric id.
    """
    given = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    if given:
        return Path(given) / "mockserver"
    try:
        return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "mockserver"
    except RuntimeError:
        return None


def make_key(*parts: str | bytes | Path) -> str:
    """The key of what is made from these texts by the code in these files as they are now."""
    digest = blake2b(digest_size=20)
    for part in parts:
        if isinstance(part, Path):
            state = part.stat()
            part = f"{part} {state.st_size} {state.st_mtime_ns}"
        data = part.encode() if isinstance(part, str) else part
        digest.update(b"%d " % len(data))
        digest.update(data)
    return digest.hexdigest()


class DiskCache:
    """The entries of a folder; without a folder it stays empty."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: str) -> CachedDataset | None:
        """The entry under the key, if it is present and sound."""
        if self._folder is None:
            return None
        file = self._folder / key
        try:
            with file.open("rb") as stream:
                cached = _deserialise(stream)
        except (OSError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError, AttributeError, MemoryError):
            return None
        with suppress(OSError):
            os.utime(file)  # marks it as used
        return cached

    def put(self, key: str, cached: CachedDataset) -> None:
        """Stores an entry, if it can be stored."""
        if self._folder is None:
            return
        try:
            self._write(self._folder / key, _serialise(cached))
        except (OSError, ValueError, TypeError):
            return

    def get_or_make(self, key: str, make: Callable[[], Any]) -> Any:
        """The JSON value stored under the key, or one made and stored now."""
        file = self._folder / f"{key}.json" if self._folder else None
        if file is not None:
            with suppress(OSError, ValueError):
                found = json.loads(file.read_bytes())
                os.utime(file)
                return found
        value = make()
        if file is not None:
            with suppress(OSError):
                self._write(file, [_json(value)])
        return value

    def _write(self, file: Path, data: Iterable[bytes]) -> None:
        """Writes a file in one step. Raises OSError."""
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".", delete=False) as beside:
            try:
                beside.writelines(data)
                beside.flush()
            except OSError:
                os.unlink(beside.name)  # a full disk gets no fuller
                raise
        os.replace(beside.name, file)
        self._trim()

    def _trim(self) -> None:
        assert self._folder is not None
        found = [(entry.stat(), entry.path) for entry in os.scandir(self._folder) if entry.is_file()]
        total = sum(state.st_size for state, _ in found)
        for state, path in sorted(found, key=lambda pair: pair[0].st_mtime):
            if total <= MAX_BYTES:
                break
            os.unlink(path)
            total -= state.st_size


def _serialise(cached: CachedDataset) -> Iterable[bytes]:
    """The parts of an entry: a checksum, two lines of JSON, the columns, their ranks, the records' texts.

    Raises TypeError when a column has values of an unknown kind.
    """
    columns = {name: _json(_pack_column(column)) for name, column in cached.columns.items()}
    ranks = {name: column.tobytes() for name, column in cached.ranks.items()}
    head = {
        "anchor": format_instant(cached.anchor),
        "ids": _pack_column(cached.ids),
        "columns": {name: len(column) for name, column in columns.items()},
        "ranks": {name: len(column) for name, column in ranks.items()},
        "machine": MACHINE,
        "hidden": _number_values([text.decode() for text in cached.hidden]),
        "lengths": list(map(len, cached.texts)),
    }
    first = encode(list(cached.accounts)) + b"\n" + _json(head) + b"\n"
    body = b"".join((*columns.values(), *ranks.values(), *cached.texts))
    return b"%08x\n" % crc32(body, crc32(first)), first, body


def _deserialise(stream: BinaryIO) -> CachedDataset:
    """The dataset of an entry. Raises ValueError when it is damaged."""
    checksum, accounts, second = (stream.readline() for _ in range(3))
    head = json.loads(second)
    columns = {name: stream.read(length) for name, length in head["columns"].items()}
    ranks = {name: stream.read(length) for name, length in head["ranks"].items()}
    texts = stream.read()
    parts = (accounts, second, *columns.values(), *ranks.values(), texts)
    if int(checksum, 16) != reduce(lambda sum_, part: crc32(part, sum_), parts, 0):
        raise ValueError("damaged")
    if head["machine"] != MACHINE:
        raise ValueError("of another machine")
    kinds, numbers = head["hidden"]
    spelled = [text.encode() for text in kinds]
    return CachedDataset(
        parse_instant(head["anchor"]),
        decode(accounts),
        _unpack_column(head["ids"]),
        _PackedColumns(columns, lambda packed: _unpack_column(json.loads(packed))),
        _PackedColumns(ranks, partial(array, "I")),
        [spelled[number] for number in numbers],
        PackedBytes(texts, head["lengths"]),
    )


class _PackedColumns(Mapping[str, T]):
    """Packed columns or ranks, each unpacked when it is read: a start waits only for those it uses."""

    def __init__(self, packed: Mapping[str, bytes], unpacked: Callable[[bytes], T]) -> None:
        self._packed, self._unpacked = packed, unpacked

    def __getitem__(self, name: str) -> T:
        return self._unpacked(self._packed[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _parse_number(text: str) -> int | Decimal:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


_PLAIN = {str, int, bool, type(None)}
_KINDS: Mapping[str, tuple[set[type], Callable[[Any], str], Callable[[str], Any]]] = {
    "text": ({str, type(None)}, str, str),
    "number": ({int, Decimal, type(None)}, str, _parse_number),
    "time": ({datetime, type(None)}, datetime.isoformat, datetime.fromisoformat),
}


def _pack_column(column: Sequence[Any]) -> list[Any]:
    """A column as JSON with a word for the kind of its values. Raises TypeError for an unknown kind."""
    found = set(map(type, column))
    for name, (types, write, _) in _KINDS.items():
        if found <= types and found != {int}:
            return [name, *_number_values([None if value is None else write(value) for value in column])]
    if found <= _PLAIN:
        return ["plain", list(column)]
    raise TypeError(f"a column holds {found}")


def _unpack_column(packed: Sequence[Any]) -> list[Any]:
    name, values = packed[:2]
    if name == "plain":
        return list(values)
    read = _KINDS[name][2]
    distinct = [None if text is None else read(text) for text in values]
    return [distinct[number] for number in packed[2]]


def _number_values(column: Sequence[str | None]) -> list[Any]:
    """The distinct values, and for each row the number of its value.

    Equal values become one object: most columns have few distinct ones.
    """
    number = {text: index for index, text in enumerate(dict.fromkeys(column))}
    return [list(number), [number[text] for text in column]]
