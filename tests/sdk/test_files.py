"""Files that a user names: regular ones alone are read, and none beyond a limit."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from mockserver.data import files
from mockserver.data.files import UnfitFile, open_bytes, read_lines, read_text


def whole(path: Path) -> str:
    return "".join(read_lines(path))


READERS: list[Callable[[Path], object]] = [read_text, whole, open_bytes]


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))  # the whole path may be longer than that of a socket may be


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (os.mkfifo, "a pipe"),
        (os.mkdir, "a folder"),
        (a_socket, "a socket"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
    ],
)
def test_only_regular_files_are_read(
    tmp_path: Path, make: Callable[[Path], None], kind: str, read: Callable[[Path], object]
) -> None:
    make(tmp_path / "x")
    (tmp_path / "link").symlink_to("x")
    for name in ("x", "link"):
        with pytest.raises(UnfitFile) as refused:
            read(tmp_path / name)
        assert (refused.value.found, refused.value.wanted) == (kind, "a regular file")


def test_a_file_behind_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a\nb")
    (tmp_path / "link").symlink_to("x")
    assert read_text(tmp_path / "link") == whole(tmp_path / "link") == "a\nb"
    with open_bytes(tmp_path / "link") as file:
        assert file.read() == b"a\nb"


@pytest.mark.parametrize(("read", "limit"), [(read_text, files.MAX_TEXT_BYTES), (whole, files.MAX_LINES_BYTES)])
def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path, read: Callable[[Path], object], limit: int) -> None:
    with (tmp_path / "x").open("w") as file:
        file.truncate(limit + 1)  # which takes no room
    with pytest.raises(UnfitFile, match=rf"^found {limit + 1:,} bytes, wanted a file of at most {limit:,} bytes$"):
        read(tmp_path / "x")


def test_a_file_that_has_more_than_it_says_is_not_read_on(tmp_path: Path) -> None:
    path, told = tmp_path / "x", "^found more bytes, wanted a file of at most 5 bytes$"
    path.write_text("ab\ncd\n")
    assert read_text(path, 6) == "".join(read_lines(path, 6)) == "ab\ncd\n"

    class Growing(type(path)):  # type: ignore[misc]  # the class of paths of this system
        def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
            return os.stat_result((*super().stat()[:6], 0, 0, 0, 0))

    for read in (read_text, lambda path, most: list(read_lines(path, most))):
        with pytest.raises(UnfitFile, match=told):
            read(Growing(path), 5)


def test_a_line_that_never_ends_is_not_read_on(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("short\n" + "x" * 100)
    lines = read_lines(tmp_path / "x", longest=50)
    assert next(lines) == "short\n"
    with pytest.raises(UnfitFile, match=r"^found a line of more than 50 characters, wanted shorter lines$"):
        next(lines)


@pytest.mark.parametrize("read", [read_text, whole])
def test_what_cannot_be_read_is_told(tmp_path: Path, read: Callable[[Path], object]) -> None:
    for name in ("nowhere", "x" * 300):
        with pytest.raises(UnfitFile, match=r"^found a file that cannot be read .*, wanted UTF-8 text$"):
            read(tmp_path / name)
    (tmp_path / "x").write_bytes(b"\xff")
    with pytest.raises(UnfitFile, match=r"^found a file that cannot be read .*, wanted UTF-8 text$"):
        read(tmp_path / "x")
