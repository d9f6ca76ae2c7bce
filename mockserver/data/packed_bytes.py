"""Packed bytes: many texts in one object.

Invariant: a packed sequence reads like the list of its texts.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import overload

MIN_PACKED = 10_000  # fewer texts stay a list, which is read faster


class PackedBytes(Sequence[bytes]):
    """Texts that lie one behind the other in one bytes object, and where each ends.

    Python counts references in the object itself. Texts that a forked process shares with its parent would be copied
    as they are used; one object is not.
    """

    __slots__ = ("_ends", "_view", "_whole")

    def __init__(self, whole: bytes, lengths: Iterable[int]) -> None:
        self._whole, self._ends = whole, array("Q", accumulate(lengths, initial=0))
        self._view = memoryview(whole)
        if self._ends[-1] != len(whole):
            raise ValueError(f"{len(whole)} bytes, wanted {self._ends[-1]}")

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...

    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        rows = range(len(self))[index]
        if isinstance(rows, range):
            return [self[row] for row in rows]
        return self._whole[self._ends[rows] : self._ends[rows + 1]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def pick(self, rows: Iterable[int]) -> list[bytes | memoryview]:
        """The texts of these rows, uncopied: a join copies them once."""
        looked, ends = self._view, self._ends
        return [looked[ends[row] : ends[row + 1]] for row in rows]


def pack(texts: Iterable[bytes]) -> Sequence[bytes]:
    """The texts, packed if they are many; iterates over them once."""
    if not isinstance(texts, PackedBytes):
        whole, lengths = bytearray(), array("Q")
        for text in texts:
            whole += text
            lengths.append(len(text))
        texts = PackedBytes(bytes(whole), lengths)
    return texts if len(texts) > MIN_PACKED else list(texts)


def join_array(texts: Sequence[bytes], rows: Iterable[int]) -> bytes:
    """A JSON array of the texts of these rows, packed or not."""
    picked: list[bytes | memoryview] = (
        texts.pick(rows) if isinstance(texts, PackedBytes) else [texts[row] for row in rows]
    )
    if not picked:
        return b"[]"
    picked[0] = b"[" + picked[0]  # brackets around the whole would copy it twice more
    picked[-1] = b"".join((picked[-1], b"]"))
    return b",".join(picked)
