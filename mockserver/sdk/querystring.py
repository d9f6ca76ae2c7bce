"""Query strings: parsed into names and values in the order sent, and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote, unquote_plus

Pairs = Sequence[tuple[str, str]]


# A call parses its query several times, so texts are cached. Longer ones are not: clients must not fill the memory.
MAX_CACHED_QUERY_CHARS, MAX_CACHED_CHARS = 1024, 128  # characters of a query, of a name or value


def parse_pairs(raw: str) -> Pairs:
    """Decoded (name, value) pairs of a raw query string; blanks stay, bytes that are not UTF-8 become U+FFFD.

    ``filter[status]`` and ``filter%5Bstatus%5D`` are the same name.
    """
    return _cached_pairs(raw) if len(raw) <= MAX_CACHED_QUERY_CHARS else _split(raw, _unquote)


def _split(raw: str, unquote: Callable[[str], str]) -> Pairs:
    if not raw.isascii():
        raw = raw.encode("latin-1", "replace").decode("utf-8", "replace")
    parts = [part.partition("=") for part in raw.split("&") if part]
    return tuple(
        [
            (
                unquote(name) if "%" in name or "+" in name else name,
                unquote(value) if "%" in value or "+" in value else value,
            )
            for name, _, value in parts
        ]
    )


def _unquote(text: str) -> str:
    return unquote_plus(text, errors="replace")


_cached_unquote = lru_cache(maxsize=4096)(_unquote)


@lru_cache(maxsize=512)
def _cached_pairs(raw: str) -> Pairs:
    return _split(raw, _cached_unquote)


def group_values(sent: Pairs) -> dict[str, list[str]]:
    """The values of each name, in the order in which they were sent."""
    values: dict[str, list[str]] = {}
    for name, value in sent:
        values.setdefault(name, []).append(value)
    return values


def rename(sent: Pairs, names: Iterable[str]) -> Pairs:
    """The pairs, with names spelled like the known ones from which they differ only in case."""
    by_folded = {name.casefold(): name for name in names}
    return [(by_folded.get(name.casefold(), name), value) for name, value in sent]


def remove_name(raw: str, name: str) -> tuple[str, str | None]:
    """The raw query string without the parameter of this name, and its last value (None: it was not sent)."""
    if name not in raw:
        return raw, None
    others, value = [], None
    for part in raw.split("&"):
        sent_name, _, sent_value = part.partition("=")
        if sent_name == name:
            value = parse_pairs(f"v={sent_value}")[0][1] if sent_value else ""
        else:
            others.append(part)
    return ("&".join(others), value) if value is not None else (raw, None)


def encode(query: dict[str, str]) -> str:
    """A query string as a person would type it: brackets and other harmless signs stay readable."""
    return encode_pairs(list(query.items()))


def encode_pairs(sent: Pairs) -> str:
    """A query string of these pairs, in their order."""
    return "&".join(
        [
            (_cached_pair if len(name) + len(value) <= MAX_CACHED_CHARS else _encode_pair)(name, value)
            for name, value in sent
        ]
    )


def _encode_pair(name: str, value: str) -> str:
    return f"{quote_text(name, '[]')}={quote_text(value, '-_.~:/,@')}"


def quote_text(text: str, safe: str) -> str:
    """A text percent-encoded, except for letters, digits and the safe characters."""
    return _cached_quote(text, safe) if len(text) <= MAX_CACHED_CHARS else quote(text, safe)


_cached_quote = lru_cache(maxsize=4096)(quote)
_cached_pair = lru_cache(maxsize=4096)(_encode_pair)
