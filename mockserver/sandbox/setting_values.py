"""Parses the values of settings."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path

from ..sdk.clock import EARLIEST, LATEST, check_range, parse_instant, parse_time_of_day
from ..sdk.names import WANTED_NAME, is_file_name
from ..sdk.quota import Quota


def make_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,15}", text) or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def parse_switch(text: str) -> bool:
    """Parses a word for yes or no. Raises ValueError."""
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ValueError("true or false")
    return words[text.lower()]


def parse_name(text: str) -> str:
    if not is_file_name(text):
        raise ValueError(WANTED_NAME)
    return text


def parse_folder(text: str) -> Path:
    if not _exists(Path(text).is_dir):
        raise ValueError("a folder that exists")
    return Path(text)


def parse_file(text: str) -> Path:
    if not _exists(Path(text).is_file):
        raise ValueError("a file that exists")
    return Path(text)


def _exists(found: Callable[[], bool]) -> bool:
    try:
        return found()
    except OSError:  # the name is too long, or a folder may not be entered
        return False


def exists(path: Path) -> bool:
    """Whether a path exists and this user may reach it."""
    return _exists(path.exists)


def parse_host(text: str) -> str:
    """Parses an address or a name; IPv6 may be in brackets, as in a URL. Raises ValueError.

    Refuses other notations for "all addresses": the printed URL would not show them.
    """
    if not text.startswith("["):
        if text.isdigit() or "*" in text:
            raise ValueError("an address like 127.0.0.1 or ::1, 0.0.0.0 for all of them, or a name")
        return text
    try:
        if text.endswith("]"):
            ipaddress.IPv6Address(text[1:-1])
            return text[1:-1]
    except ValueError:
        pass
    raise ValueError("an address like 127.0.0.1, ::1 or [::1], or a name, without a port")


def parse_clock(text: str) -> str:
    try:
        if text not in ("anchor", "real", "frozen"):
            check_range(parse_instant(text))
    except ValueError:
        wanted = f"anchor, real, frozen or a time like 2026-03-01T00:00:00Z, from {EARLIEST.year} to {LATEST.year - 1}"
        raise ValueError(wanted) from None
    return text


def parse_reset_time(text: str) -> int:
    try:
        return parse_time_of_day(text)
    except ValueError:
        raise ValueError("a time of the day in UTC like 03:00, from 00:00 to 23:59") from None


def parse_assignments(text: str) -> dict[str, str]:
    """``a=b,c=d`` as a map; blanks around are allowed. Raises ValueError."""
    found = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value):
            raise ValueError("name=value, several separated by commas")
        if name in found:
            raise ValueError(f"{name} once")
        found[name] = value
    return found


def parse_quotas(text: str) -> dict[str, Quota]:
    try:
        return {name: Quota.parse(value) for name, value in parse_assignments(text).items()}
    except ValueError:
        raise ValueError("vendor=<n>/second|minute|hour|day, several separated by commas") from None


def parse_token(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("visible ASCII characters without blanks")
    return text


def make_choice(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(" or ".join(words))
        return text

    return parse


def parse_store(text: str) -> str:
    if text != "memory" and not re.match(r"(rediss?|unix)://[^\s]+\Z", text):
        raise ValueError("memory, or a URL like redis://host:6379/0, rediss://… or unix:///path/to/socket")
    return text
