"""What several commands print."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

import click

from ..data.fixture_errors import FileError


def count(number: int, noun: str) -> str:
    """A number and its noun: ``1 call``, ``1,234 calls``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def print_faults(faults: Iterable[FileError]) -> None:
    """Print faults of files, and at the end the pages that describe such files."""
    faults = list(faults)
    for fault in faults:
        click.echo(str(fault), err=True)
    for page in sorted({fault.see for fault in faults if fault.see}):
        click.echo(f"mockserver: {page} describes such files.", err=True)


def discard_output(stream: TextIO) -> None:
    """Redirect an output that cannot be written to nowhere: Python would flush it again at exit, and fail."""
    with suppress(OSError, ValueError):  # no file is behind it
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
