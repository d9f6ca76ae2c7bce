"""Bounds and types of the search for secrets."""

from __future__ import annotations

from collections.abc import Callable

from .index import Span

MAX_NAMES = 1000  # in a part of a request; a part with more is masked whole
NOTHING = ("", "0", "true", "false", "null", "None", "True", "False")  # values that are never secrets

IsSecret = Callable[[str], bool]
Found = tuple[Span, str]  # the place of a secret, and its decoded value


class TooManyNames(Exception):
    """A text has more names than are searched."""
