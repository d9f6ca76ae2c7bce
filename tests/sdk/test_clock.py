"""Time, handed on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from mockserver.sdk import clock
from mockserver.sdk.clock import Clock, ProcessTime
from tests.support.stores import Elapsed


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
    assert before <= clock.wall_time() <= time.time()
    assert clock.monotonic_time() <= clock.monotonic_time()
    assert clock.from_timestamp(86_400.0) == datetime(1970, 1, 2, tzinfo=UTC)


def test_while_a_process_that_ticks_is_stopped_its_seconds_stand_still() -> None:
    passed = Elapsed()
    running = ProcessTime(passed)
    passed.seconds = 100.0
    assert running() == 100.0  # nothing says whether it was stopped
    assert running.tick() == 0
    for seconds in (101.0, 103.5, 106.0):
        passed.seconds = seconds
        assert running() == seconds
        assert running.tick() == 0
    passed.seconds = 146.0
    before = running()  # a call that comes before the next tick
    assert before == 109.0
    assert running.tick() == 37.0
    assert running() == before
    passed.seconds = 147.0
    assert running() == 110.0
    assert running.tick() == 0
    assert running() == 110.0


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("-90s", timedelta(seconds=-90)),
        ("5m", timedelta(minutes=5)),
        ("36h", timedelta(hours=36)),
        ("0800d", timedelta(days=800)),
        ("-0d", timedelta(0)),
    ],
)
def test_what_is_a_duration(text: str, duration: timedelta) -> None:
    assert clock.parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "5", "d", "1.5h", "+5s", "--5s", "5 s", "5s ", "5s\n", "5S", "٣s", "9" * 15 + "d", "1y"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration like 90s, 36h or -800d"):
        clock.parse_duration(text)


def test_stopped_it_shows_the_same_for_ever() -> None:
    stopped = Clock(datetime(2026, 1, 1, tzinfo=UTC), 1000.0).freeze(1060.0)
    assert stopped.frozen
    assert stopped.now(1060.0) == stopped.now(9999.0) == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    assert stopped.freeze(9999.0).now(0.0) == stopped.now(0.0)


@pytest.mark.parametrize("frozen", [False, True])
def test_moved_or_set_it_ticks_or_stands_as_before(frozen: bool) -> None:
    start, day = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
    at = Clock(start, 1000.0, frozen)
    later = timedelta(0) if frozen else timedelta(seconds=60)
    assert at.advance(day, 1060.0).now(1060.0) == start + later + day
    assert at.advance(-day, 1060.0).now(1120.0) == start + 2 * later - day
    assert at.set_to(start - day, 1060.0).now(1060.0) == start - day
    assert at.set_to(start - day, 1060.0).now(1120.0) == start - day + later
    assert at.advance(day, 1060.0).frozen is at.set_to(start, 1060.0).frozen is frozen


@pytest.mark.parametrize("frozen", [False, True])
def test_it_never_leaves_the_years_in_which_one_can_reckon(frozen: bool) -> None:
    at = Clock(datetime(2026, 1, 1, tzinfo=UTC), 0.0, frozen)
    for days in (-50_000, 2_600_000, 3_000_000, -800_000, 999_999_999, -999_999_999):
        with pytest.raises(ValueError, match="before 1900 or after 8999"):
            at.advance(timedelta(days=days), 0.0)
    for year in (1, 1899, 9001, 9999):
        with pytest.raises(ValueError, match="is before 1900 or after 8999"):
            at.set_to(datetime(year, 12, 31, tzinfo=UTC), 0.0)
    assert at.set_to(clock.EARLIEST, 0.0).now(0.0) == clock.check_range(clock.EARLIEST)
    assert at.advance(clock.LATEST - at.start, 0.0).now(0.0) == clock.LATEST
