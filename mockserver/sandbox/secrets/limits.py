"""What is looked through of a text for secrets, and what is found in it."""

from __future__ import annotations

from collections.abc import Callable

from .index import Span

MAX_NAMES = 1000  # of a part of a request; what has more is not looked through
NOTHING = ("", "0", "true", "false", "null", "None", "True", "False")  # values that give nothing away

IsSecret = Callable[[str], bool]
Found = tuple[Span, str]  # where a secret stands, and what it is as it was meant


class TooManyNames(Exception):
    """A text has more names than are looked at."""
