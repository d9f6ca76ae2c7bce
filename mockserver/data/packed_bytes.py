"""Many texts as one: without an object for each."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import overload

MIN_PACKED = 10_000  # so few texts are better off as a list: it is read faster, and weighs nothing


class PackedBytes(Sequence[bytes]):
    """Texts that lie behind each other in one, and where each ends.

    Python counts the references to every object in the object itself. A hundred thousand texts that a process shares
    with the one it comes from are all copied as they are used, and weigh twice; one text is not.
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
        """The texts of these rows, not copied: whoever joins them copies them once."""
        looked, ends = self._view, self._ends
        return [looked[ends[row] : ends[row + 1]] for row in rows]


def pack(texts: Iterable[bytes]) -> Sequence[bytes]:
    """Texts in the form in which so many are best kept; they are gone through once."""
    if not isinstance(texts, PackedBytes):
        whole, lengths = bytearray(), array("Q")
        for text in texts:
            whole += text
            lengths.append(len(text))
        texts = PackedBytes(bytes(whole), lengths)
    return texts if len(texts) > MIN_PACKED else list(texts)


def join_array(texts: Sequence[bytes], rows: Iterable[int]) -> bytes:
    """A JSON array of the texts of these rows, whatever form they are kept in."""
    picked: list[bytes | memoryview] = (
        texts.pick(rows) if isinstance(texts, PackedBytes) else [texts[row] for row in rows]
    )
    if not picked:
        return b"[]"
    picked[0] = b"[" + picked[0]  # to put the brackets around the whole would copy it twice more
    picked[-1] = b"".join((picked[-1], b"]"))
    return b",".join(picked)
