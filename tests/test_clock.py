"""Time, handed on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from mockserver import clock
from mockserver.clock import Clock


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T10:20", datetime(2026, 3, 1, 10, 20, tzinfo=UTC)),
        ("2026-03-01T10:20:30Z", datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)),
        ("2026-03-01T10:20:30.25-02:30", datetime(2026, 3, 1, 12, 50, 30, 250_000, tzinfo=UTC)),
    ],
)
def test_what_is_an_instant(text: str, moment: datetime) -> None:
    found = clock.parse_instant(text)
    assert found == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-3-1",
        "2026-02-30",
        "2026-03-01 10:20",
        "20260301",
        "2026-W09-1",
        "2026-03-01T25:00",
        "2026-03-01\n",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:00:00-10:00",
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError):
        clock.parse_instant(text)


@pytest.mark.parametrize("text", ["2026-03-01T10:20:30Z", "2026-03-01T10:20:30.250000Z"])
def test_an_instant_is_written_as_it_is_read(text: str) -> None:
    assert clock.format_instant(clock.parse_instant(text)) == text


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        ("2026-03-31", 1, "2026-02-28"),
        ("2024-03-31", 1, "2024-02-29"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2026-12-31", 12, "2025-12-31"),
        ("2026-12-31", 0, "2026-12-31"),
        ("2024-02-29", 48, "2020-02-29"),
        ("9999-12-31", 1, "9999-11-30"),
        ("9999-12-31", 0, "9999-12-31"),
    ],
)
def test_months_before(day: str, months: int, earlier: str) -> None:
    assert clock.months_before(clock.parse_instant(day), months) == clock.parse_instant(earlier)


def test_a_clock_ticks_from_its_start_unless_frozen() -> None:
    start = clock.parse_instant("2026-03-01")
    ticking, frozen = Clock(start, 1000.0), Clock(start, 1000.0, frozen=True)
    assert ticking.now(1000.0) == frozen.now(1000.0) == start
    assert ticking.now(1090.5) == start + timedelta(seconds=90.5)
    assert frozen.now(1090.5) == start


def test_the_wall_clock_is_this_machines() -> None:
    before = time.time()
    assert before <= clock.wall() <= time.time()
    assert clock.elapsed() <= clock.elapsed()
    assert clock.at(86_400.0) == datetime(1970, 1, 2, tzinfo=UTC)
