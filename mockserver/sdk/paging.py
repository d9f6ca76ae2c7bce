"""Cutting a long list into pages."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """Rows ``start`` to ``stop`` (exclusive) of ``total``; ``last`` when nothing follows."""

    start: int
    stop: int
    total: int

    @property
    def last(self) -> bool:
        return self.stop >= self.total


def cut_page(total: int, number: int, size: int, *, first: int) -> Page:
    """Page ``number`` of pages of ``size`` rows, the first page being number ``first`` (0 or 1).

    A page past the end is empty.
    """
    start = (number - first) * size
    return Page(min(start, total), min(start + size, total), total)
