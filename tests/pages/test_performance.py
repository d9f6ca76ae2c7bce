"""docs/performance.md names symbols and files that are there."""

from __future__ import annotations

import re
from functools import reduce
from importlib import import_module
from importlib.util import find_spec

import pytest

from tests.support.servers import ROOT

PAGE = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
ROWS = [line.split("|") for line in PAGE.splitlines() if line.startswith("|")]
SYMBOLS = sorted(
    {symbol for cells in ROWS for symbol in re.findall(r"`((?:sdk|data|engine|sandbox|server)\.[\w.]+)`", cells[1])}
)
FILES = sorted(
    {
        file
        for cells in ROWS
        for file in re.findall(r"`((?:sdk|data|engine|sandbox|server)/\w*(?:\.py)?)`", "|".join(cells))
    }
)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_symbol_is_there(symbol: str) -> None:
    parts = symbol.split(".")
    module = next(
        ".".join(["mockserver", *parts[:length]])
        for length in range(len(parts), 0, -1)
        if find_spec(".".join(["mockserver", *parts[: min(length, 2)]])) and (length <= 2)
    )
    rest = parts[module.count(".") :]
    assert reduce(getattr, rest, import_module(module)) is not None


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_there(file: str) -> None:
    assert (ROOT / "mockserver" / file).exists()


def test_there_are_some() -> None:
    assert len(SYMBOLS) > 15
    assert len(FILES) > 5
