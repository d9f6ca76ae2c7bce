"""Time. No other file of the package reads the wall clock; all else is passed an instant."""

from __future__ import annotations

import re
import time
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?\Z")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z", re.ASCII)
_DAY = 86_400
_DURATION = re.compile(r"(-?\d{1,15})(ms|s|m|h|d)\Z", re.ASCII)
MAX_TICK_SECONDS = 3.0  # between two ticks of a busy process; one that takes longer was stopped
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

# A sandbox's clock stays between these, so that times computed from it (a window of months, say) exist, too.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def wall_time() -> float:
    """Seconds since 1970, by this machine's clock."""
    return time.time()


def monotonic_time() -> float:
    """Seconds of a counter that never goes back; only differences have a meaning."""
    return time.perf_counter()


class ProcessTime:
    """Counts the seconds that this process runs; stops while the process is stopped (SIGSTOP, ``docker pause``).

    Something must tick it every second. Before the first tick it shows the seconds of ``elapsed``.
    """

    def __init__(self, elapsed: Callable[[], float] = monotonic_time) -> None:
        self._elapsed, self._longest = elapsed, float("inf")
        self._ticked = 0.0, elapsed()  # one value, because threads read it while another ticks

    def __call__(self) -> float:
        seconds, when = self._ticked
        return seconds + min(self._elapsed() - when, self._longest)

    def tick(self) -> float:
        """Note that the process runs. Returns the seconds for which it was stopped since the last tick."""
        seconds, (before, when), now = self(), self._ticked, self._elapsed()
        self._ticked, self._longest = (seconds, now), MAX_TICK_SECONDS
        return max(0.0, now - when - (seconds - before))


process_time = ProcessTime()


def from_timestamp(wall_seconds: float) -> datetime:
    """The instant at which the wall clock shows these seconds."""
    return datetime.fromtimestamp(wall_seconds, UTC)


def format_timestamp(wall_seconds: float) -> str:
    """The same instant as ISO 8601, as the journal and the log write it."""
    second, micro = divmod(round(wall_seconds * 1_000_000), 1_000_000)
    return f"{_format_second(second)}.{micro:06d}Z" if micro else f"{_format_second(second)}Z"


@lru_cache(maxsize=16)
def _format_second(wall_seconds: int) -> str:
    return format_instant(from_timestamp(wall_seconds))[:-1]


def parse_instant(text: str) -> datetime:
    """An ISO 8601 date or date-time as an aware UTC instant; without a zone it is UTC. Raises ValueError."""
    if not _INSTANT.match(text):
        raise ValueError(f"{text!r} is not an ISO 8601 time like 2026-03-01T00:00:00Z")
    moment = datetime.fromisoformat(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies before the year 1 or after 9999 in UTC") from None


def format_instant(moment: datetime) -> str:
    """An aware instant as ISO 8601 in UTC with a ``Z``, whole seconds where they are whole."""
    moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def parse_duration(text: str) -> timedelta:
    """``800d``, ``-90s`` and the like: a whole number of ms, s, m, h or d. Raises ValueError."""
    match = _DURATION.match(text)
    try:
        if match:
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        pass
    raise ValueError(f"{text[:40]!r} is not a duration like 90s, 36h or -800d (a whole number of ms, s, m, h or d)")


def parse_time_of_day(text: str) -> int:
    """``03:00`` as seconds after midnight. Raises ValueError."""
    match = _TIME_OF_DAY.match(text)
    if not match:
        raise ValueError(f"{text[:40]!r} is not a time of the day like 03:00")
    return int(match[1]) * 3600 + int(match[2]) * 60


def last_daily(time_of_day: int, wall_seconds: float) -> float:
    """The wall clock's seconds when it last was this time of day (UTC)."""
    return wall_seconds - (wall_seconds - time_of_day) % _DAY


def check_range(moment: datetime) -> datetime:
    """The instant itself. Raises ValueError if no sandbox's clock may show it."""
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"{format_instant(moment)} is before {EARLIEST.year} or after {LATEST.year - 1}")
    return moment


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time some calendar months earlier; a day that the month lacks becomes its last."""
    index = max(moment.year * 12 + moment.month - 1 - months, 12)  # never before the year 1
    year, month = divmod(index, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Clock:
    """A sandbox's clock: it showed ``start`` when the wall clock showed ``since``, and ticks on unless frozen."""

    start: datetime
    since: float
    frozen: bool = False

    def now(self, wall_seconds: float) -> datetime:
        """The instant that this clock shows when the wall clock shows ``wall_seconds``."""
        if self.frozen:
            return self.start
        try:
            return self.start + timedelta(seconds=wall_seconds - self.since)
        except OverflowError:  # it stops at the end of time
            return datetime.max.replace(tzinfo=UTC) if wall_seconds > self.since else datetime.min.replace(tzinfo=UTC)

    def freeze(self, wall_seconds: float) -> Clock:
        """The clock, stopped at its present time."""
        return Clock(self.now(wall_seconds), wall_seconds, frozen=True)

    def set_to(self, moment: datetime, wall_seconds: float) -> Clock:
        """The clock at another time, ticking or frozen as before. Raises ValueError when no clock may show it."""
        return Clock(check_range(moment), wall_seconds, self.frozen)

    def advance(self, duration: timedelta, wall_seconds: float) -> Clock:
        """The clock moved later (or earlier), ticking or frozen as before. Raises ValueError beyond the range."""
        try:
            check_range(self.now(wall_seconds) + duration)
        except OverflowError:
            raise ValueError(f"the clock would be before {EARLIEST.year} or after {LATEST.year - 1}") from None
        return replace(self, start=self.start + duration)
