"""The benchmarks run and print figures; people judge these."""

from __future__ import annotations

import re

import pytest

from bench import sandboxes
from tests.support.servers import ROOT


def test_what_sandboxes_cost(capsys: pytest.CaptureFixture[str]) -> None:
    sandboxes.main(3)
    printed = capsys.readouterr().out
    assert re.search(r"making one of 3, .*\n  median \d+\.\d{3}  p99 \d+\.\d{3}  longest \d+\.\d{3}\n", printed)
    assert len(re.findall(r"^ +\d+\.\d  made", printed, re.MULTILINE)) == 3
    assert "bench/sandboxes.py" in (ROOT / "Makefile").read_text(encoding="utf-8")
