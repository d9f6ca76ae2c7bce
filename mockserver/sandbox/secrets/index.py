"""Finds many known secrets in a text, in any case, in time proportional to the text."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from unicodedata import normalize

Span = tuple[int, int]

MIN_SECRET_CHARS = 6  # masking shorter ones would mask everything
MIN_QUOTED_CHARS = 8  # of the beginning of a secret, where a sentence quotes a cut text
MIN_CUT_CHARS = 4  # the same at the end of a long text
CUTS = ("...", " ...", "'", '"')  # the ends of cut texts
_HEAD, _STEP, _WIDTH = MIN_SECRET_CHARS, 3, 4  # a piece of _WIDTH stands at one of _STEP places in each head
_KEY_CHARS = 128  # secrets with the same beginning of this length share one key


def fold(text: str) -> str:
    """The text in lower case, with its length unchanged and each letter independent of its place."""
    return text.lower() if text.isascii() else text.replace("İ", "i").lower().replace("ς", "σ")


class SecretIndex:
    """A multiset of secrets to find; ignores those shorter than ``MIN_SECRET_CHARS``.

    A secret that was added twice must be discarded twice. ``version`` changes with the set. A text shorter than
    ``shortest`` contains none.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._pieces: Counter[str] = Counter()
        self._lengths: Counter[int] = Counter()
        self.shortest, self.version = sys.maxsize, 0
        for secret in secrets:
            self.add(secret)

    def __bool__(self) -> bool:
        return bool(self._buckets)

    def add(self, secret: str) -> None:
        for variant in _variants(secret):
            self._add(variant)

    def discard(self, secret: str) -> None:
        for variant in _variants(secret):
            self._discard(variant)

    def _add(self, secret: str) -> None:
        if len(secret) < MIN_SECRET_CHARS:
            return
        folded = fold(secret)
        bucket = self._buckets.get(folded[:_HEAD])
        if bucket is None:
            bucket = self._buckets[folded[:_HEAD]] = _Bucket()
            self._pieces.update(_pieces(folded))
        if bucket.add(folded):
            self._lengths[min(len(folded), _KEY_CHARS)] += 1
            self.shortest = min(self.shortest, len(folded), _KEY_CHARS)
            self.version += 1

    def _discard(self, secret: str) -> None:
        folded = fold(secret)
        bucket = self._buckets.get(folded[:_HEAD])
        if bucket is not None and folded in bucket.secrets and bucket.discard(folded):
            self._lengths -= Counter([min(len(folded), _KEY_CHARS)])
            self.shortest = min(self._lengths, default=sys.maxsize)
            self.version += 1
            if not bucket.secrets:
                del self._buckets[folded[:_HEAD]]
                self._pieces -= Counter(_pieces(folded))  # drops pieces without a secret

    def find(self, text: str, *, cut: int = 0) -> list[Span]:
        """The spans of secrets in a text, in order, without overlaps.

        ``cut``: also finds beginnings of a secret of this length, where the text was cut and at its end.
        """
        if not cut and len(text) < self.shortest:
            return []
        folded, found, done = fold(text), list[Span](), 0
        pieces, buckets = self._pieces, self._buckets
        looks = range(0, len(folded) - _WIDTH + 1, _STEP)
        for look in [at for at in looks if folded[at : at + _WIDTH] in pieces]:
            for start in range(max(look - _STEP + 1, done), look + 1):
                bucket = buckets.get(folded[start : start + _HEAD])
                stop = bucket.match(folded, start, cut=cut) if bucket else 0
                if stop:
                    found.append((start, stop))
                    done = stop
                    break
        if cut:
            start = max(self._tail(folded, cut), done)
            if start < len(folded):
                found.append((start, len(folded)))
        return found

    def _tail(self, folded: str, least: int) -> int:
        """The start of a secret that the end of the text cuts off; the text's length if there is none."""
        starts = range(max(0, len(folded) - _KEY_CHARS), len(folded) - least + 1)
        for start in [at for at in starts if folded[at : at + _WIDTH] in self._pieces]:
            end = folded[start:]
            bucket = self._buckets.get(end[:_HEAD])
            if bucket.begins_with(end) if bucket else len(end) < _HEAD and self._has_head(end):
                return start
        return len(folded)

    def _has_head(self, beginning: str) -> bool:
        return any(head.startswith(beginning) for head in self._buckets)


def _variants(secret: str) -> set[str]:
    """The spellings of a secret: with ``+`` for blanks, composed or decomposed, its bytes read as Latin-1."""
    variants = {secret, secret.replace(" ", "+")}
    if not secret.isascii():
        for variant in tuple(variants):
            variants |= {normalize("NFC", variant), normalize("NFD", variant)}
        for variant in tuple(variants):
            variants |= {each.encode("utf-8", "replace").decode("latin-1") for each in _cases(variant)}
    return {fold(variant) for variant in variants}


def _cases(text: str) -> tuple[str, ...]:
    return text, text.lower(), text.upper(), text.title()


def _pieces(folded: str) -> list[str]:
    return [folded[offset : offset + _WIDTH] for offset in range(_STEP)]


class _Bucket:
    """The secrets with the same beginning.

    In the sorted keys, the neighbours of a text share the longest beginnings with it. The longest secret that the text
    begins with is on its left, and so is every shorter one that this secret begins with.
    """

    def __init__(self) -> None:
        self.secrets: Counter[str] = Counter()
        self._sorted: tuple[list[str], list[str], dict[str, list[str]]] | None = None

    def add(self, secret: str) -> bool:
        """Adds a secret; returns whether it is new."""
        self.secrets[secret] += 1
        if self.secrets[secret] > 1:
            return False
        self._sorted = None
        return True

    def discard(self, secret: str) -> bool:
        """Discards a secret; returns whether it was the last equal one."""
        self.secrets[secret] -= 1
        if self.secrets[secret]:
            return False
        del self.secrets[secret]
        self._sorted = None
        return True

    def match(self, text: str, start: int, *, cut: int) -> int:
        """The end of the secret that starts at this place of the text; 0 if there is none."""
        keys, shortest, by_key = self._sorted or self._sort()
        rest = text[start : start + _KEY_CHARS]
        right = bisect_right(keys, rest)
        shared = 0
        if right and rest.startswith(shortest[right - 1]):
            shared = max(_count_shared(rest, key) for key in keys[right - 1 : right + 1])
            if shared == _KEY_CHARS:
                shared = self._reach(text, start, by_key[rest])
        elif cut:
            beginning = max(_count_shared(rest, key) for key in keys[max(right - 1, 0) : right + 1])
            stop = start + beginning
            if beginning >= cut and (stop == len(text) or text.startswith(CUTS, stop)):
                shared = beginning
        return start + shared if shared else 0

    def _reach(self, text: str, start: int, secrets: list[str]) -> int:
        """The length of the longest beginning of these secrets at this place of the text."""
        rest = text[start : start + max(map(len, secrets))]
        at = bisect_right(secrets, rest) - 1
        return max(_count_shared(rest, secret) for secret in secrets[max(at, 0) : at + 2])

    def begins_with(self, text: str) -> bool:
        """Whether one of the secrets begins with the text."""
        keys = (self._sorted or self._sort())[0]
        at = bisect_right(keys, text) - 1
        return any(key.startswith(text) for key in keys[max(at, 0) : at + 2])

    def _sort(self) -> tuple[list[str], list[str], dict[str, list[str]]]:
        """The sorted keys, the shortest key that each begins with, and the secrets of each."""
        by_key: dict[str, list[str]] = {}
        for secret in sorted(self.secrets):
            by_key.setdefault(secret[:_KEY_CHARS], []).append(secret)
        keys, shortest = sorted(by_key), list[str]()
        for key in keys:
            shortest.append(shortest[-1] if shortest and key.startswith(shortest[-1]) else key)
        self._sorted = keys, shortest, by_key
        return self._sorted


def _count_shared(text: str, other: str) -> int:
    """The length of the common beginning of two texts."""
    low, high = 0, min(len(text), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if text[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
