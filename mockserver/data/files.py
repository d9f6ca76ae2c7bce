"""Reads files that a user names: only regular ones, up to a limit."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import TextIO

MAX_TEXT_BYTES = 64 * 1024**2  # of a file read whole
MAX_LINES_BYTES = 16 * 1024**3  # of a file read line by line
MAX_LINE_CHARS = MAX_TEXT_BYTES

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class UnfitFile(Exception):
    """A file that cannot be used: what was ``found``, and what is ``wanted``."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(f"found {found}, wanted {wanted}")
        self.found, self.wanted = found, wanted


def describe_kind(path: Path) -> str:
    """The kind of file at a path, after following links: ``a file``, ``a pipe``."""
    try:
        return _KINDS.get(stat.S_IFMT(path.stat().st_mode), "a file")
    except OSError:
        return "a link that leads nowhere"


def read_text(path: Path, most: int = MAX_TEXT_BYTES, encoding: str = "utf-8") -> str:
    """The text of a regular file, after following links. Raises UnfitFile."""
    try:
        with _open_text(path, most, encoding) as file:
            text = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(error) from None
    if len(text) > most:  # it grew, or the system generates it
        raise _too_large("more", most)
    return text


def read_lines(path: Path, most: int = MAX_LINES_BYTES, longest: int = MAX_LINE_CHARS) -> Iterator[str]:
    """The lines of a regular file, after following links. Raises UnfitFile."""
    left = most
    try:
        with _open_text(path, most) as file:
            while line := file.readline(longest + 1):
                left -= len(line)
                if len(line) > longest:
                    raise UnfitFile(f"a line of more than {longest:,} characters", "shorter lines")
                if left < 0:
                    raise _too_large("more", most)
                yield line
    except (OSError, ValueError) as error:
        raise _unreadable(error) from None


def open_bytes(path: Path, most: int = MAX_LINES_BYTES) -> BufferedReader:
    """A regular file, opened for reading. Raises UnfitFile, or OSError when it cannot be opened."""
    _check(path, most)
    return open(path, "rb", opener=_open_nonblocking)


def _open_text(path: Path, most: int, encoding: str = "utf-8") -> TextIO:
    _check(path, most)
    return open(path, encoding=encoding, opener=_open_nonblocking)


def _check(path: Path, most: int) -> None:
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        raise UnfitFile(_KINDS.get(stat.S_IFMT(state.st_mode), "something else"), "a regular file")
    if state.st_size > most:
        raise _too_large(f"{state.st_size:,}", most)


def _open_nonblocking(path: str, flags: int) -> int:
    """Opens a file without waiting, should it have become a pipe meanwhile."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _too_large(found: str, most: int) -> UnfitFile:
    return UnfitFile(f"{found} bytes", f"a file of at most {most:,} bytes")


def _unreadable(error: OSError | ValueError) -> UnfitFile:
    return UnfitFile(f"a file that cannot be read ({error})", "UTF-8 text")
