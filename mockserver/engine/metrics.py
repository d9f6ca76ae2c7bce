"""Metrics in Prometheus' text format, counted over all workers.

Each worker counts in its own region of shared memory, so any worker can report all, and counts outlive their worker.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from math import fsum
from threading import Lock
from typing import NamedTuple, get_args

from ..sdk.contract import Operation, Vendor
from ..sdk.http import NetworkFault, Reply
from ..sdk.version import __version__
from .exchange import Exchange

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0)  # seconds
REGIONS = 64  # the maximum number of workers
NO_VENDOR = ""  # the label of a call without a vendor
CELL_BYTES = 8  # bytes

_BOUNDS_MS = tuple(1000 * bound for bound in BUCKETS_SECONDS)  # ms, as calls are measured
_STATUSES = 1000
_NETWORK: tuple[NetworkFault, ...] = get_args(NetworkFault)  # counted in cells below those of the statuses
# Offsets of a vendor's cells, behind one per bucket and one for longer calls: total time (ms), then counts.
_TIME, _WARNED, _FAULTED, _REFUSED, _OWN = range(len(BUCKETS_SECONDS) + 1, len(BUCKETS_SECONDS) + 6)
_UNUSED, _RELEASED, _WORKING = range(3)  # of a region
RELOADS = ("done", "refused")

Sample = tuple[str, Mapping[str, str], float]  # suffix of the name, labels, value


class Metrics:
    """Counts of all workers. A process counts in region 0 until it enters another; live processes never share one."""

    def __init__(self, vendors: Iterable[Vendor]) -> None:
        """Must be created before workers are forked, because they share its memory."""
        self._own: dict[str, int] = {}  # first cell of each vendor
        self._calls: dict[tuple[str, str], int] = {}  # first status cell, by vendor and operation
        self._cells: dict[Operation | str, tuple[int, int]] = {}  # both, by operation, or vendor's name
        self._size = 0
        for name, operations in [*((vendor.name, vendor.operations) for vendor in vendors), (NO_VENDOR, ())]:
            own = self._own[name] = self._size
            self._size += _OWN
            keys: list[Operation | str] = [name, *operations]
            for key, operation in zip(keys, ("", *(each.id for each in operations)), strict=True):
                self._cells[key] = own, self._size
                self._calls[name, operation] = self._size
                self._size += _STATUSES
        head = CELL_BYTES * (REGIONS + len(RELOADS))
        memory = memoryview(mmap.mmap(-1, head + CELL_BYTES * REGIONS * self._size))
        self._states, self._reloads = (
            memory[: CELL_BYTES * REGIONS].cast("Q"),
            memory[CELL_BYTES * REGIONS : head].cast("Q"),
        )
        self._memory = memory[head:]
        self._lock = Lock()  # admin pages and some calls with a body run in threads
        self.enter(0)

    def enter(self, region: int) -> None:
        """Count in this region from here on."""
        self._states[region] = _WORKING
        self._counts, self._times = self._region(region)

    def leave(self, region: int) -> None:
        """Mark a region as left by its worker; its counts stay."""
        self._states[region] = _RELEASED

    @property
    def workers(self) -> int:
        """The number of live workers."""
        return self._states.tolist().count(_WORKING)

    def count(self, exchange: Exchange) -> None:
        """Count a finished exchange."""
        own, calls = self._cells[exchange.operation or (exchange.vendor.name if exchange.vendor else NO_VENDOR)]
        counts, reply, ms = self._counts, exchange.reply, exchange.ms
        with self._lock:
            counts[calls + _outcome_cell(reply)] += 1
            counts[own + bisect_left(_BOUNDS_MS, ms)] += 1
            self._times[own + _TIME] += ms
            if exchange.warnings:
                counts[own + _WARNED] += len(exchange.warnings)
            if exchange.fault is not None and reply.rule:  # a problem has no rule
                counts[own + _FAULTED] += 1
            if exchange.quota is not None and exchange.stage == "quota" and not exchange.quota.allowed:
                counts[own + _REFUSED] += 1

    def count_reload(self, *, refused: bool) -> None:
        """Count a reload of fixtures."""
        self._reloads[RELOADS.index("refused" if refused else "done")] += 1

    def render(self, *, sandboxes: int | None) -> str:
        """All metrics as text; ``sandboxes`` is None when the store is unavailable."""
        counts, times = self._sum_regions()
        families = [
            Family("calls_total", "counter", "Calls answered.", self._sample_calls(counts)),
            Family(
                "call_duration_seconds",
                "histogram",
                "How long calls were worked on.",
                self._sample_durations(counts, times),
            ),
            Family("warnings_total", "counter", "Warnings that calls got.", self._sample_vendors(counts, _WARNED)),
            Family(
                "faults_total", "counter", "Calls that a fault or wish struck.", self._sample_vendors(counts, _FAULTED)
            ),
            Family("quota_refusals_total", "counter", "Calls over a quota.", self._sample_vendors(counts, _REFUSED)),
            Family("reloads_total", "counter", "How often fixtures were read anew.", self._sample_reloads()),
            Family("workers", "gauge", "Processes that answer calls.", [("", {}, self.workers)]),
            Family("store_up", "gauge", "Whether the store can be used.", [("", {}, int(sandboxes is not None))]),
            Family("info", "gauge", "The server's version.", [("", {"version": __version__}, 1)]),
        ]
        if sandboxes is not None:
            families.append(Family("sandboxes", "gauge", "Sandboxes that there are.", [("", {}, sandboxes)]))
        return "".join(map(str, families))

    def _region(self, number: int) -> tuple[memoryview[int], memoryview[float]]:
        """The cells of a region, as counts and as times."""
        start = CELL_BYTES * number * self._size
        cells = self._memory[start : start + CELL_BYTES * self._size]
        return cells.cast("Q"), cells.cast("d")

    def _sum_regions(self) -> tuple[list[int], dict[str, float]]:
        """All counts, and the total time of each vendor's calls (ms), over all past and live workers.

        Unused regions are skipped: reading them would allocate their memory.
        """
        entered = [self._region(number) for number, state in enumerate(self._states) if state != _UNUSED]
        times = {vendor: fsum(region[own + _TIME] for _, region in entered) for vendor, own in self._own.items()}
        return list(map(sum, zip(*(counts.tolist() for counts, _ in entered), strict=True))), times

    def _sample_calls(self, counts: list[int]) -> Iterator[Sample]:
        for (vendor, operation), start in self._calls.items():
            for outcome, count in enumerate(counts[start : start + _STATUSES]):
                if count:
                    status = _NETWORK[outcome] if outcome < len(_NETWORK) else str(outcome)
                    yield "", {"vendor": vendor, "operation": operation, "status": status}, count

    def _sample_durations(self, counts: list[int], times: Mapping[str, float]) -> Iterator[Sample]:
        for vendor, own in self._own.items():
            *upto, all_ = accumulate(counts[own : own + len(BUCKETS_SECONDS) + 1])
            for bound, count in zip((*map(str, BUCKETS_SECONDS), "+Inf"), (*upto, all_), strict=True):
                yield "_bucket", {"vendor": vendor, "le": bound}, count
            yield "_sum", {"vendor": vendor}, times[vendor] / 1000
            yield "_count", {"vendor": vendor}, all_

    def _sample_vendors(self, counts: list[int], which: int) -> Iterator[Sample]:
        for vendor, own in self._own.items():
            yield "", {"vendor": vendor}, counts[own + which]

    def _sample_reloads(self) -> Iterator[Sample]:
        for result, count in zip(RELOADS, self._reloads, strict=True):
            yield "", {"result": result}, count


def _outcome_cell(reply: Reply) -> int:
    """The cell for what the client received: a status, or a network fault."""
    return _NETWORK.index(reply.network) if reply.network else reply.status


class Family(NamedTuple):
    """The samples of one metric; ``str`` gives Prometheus' text format 0.0.4."""

    name: str
    kind: str
    about: str
    samples: Iterable[Sample]

    def __str__(self) -> str:
        name = f"mockserver_{self.name}"
        return "".join([f"# HELP {name} {self.about}\n# TYPE {name} {self.kind}\n", *self._lines(name)])

    def _lines(self, name: str) -> Iterator[str]:
        for suffix, labels, number in self.samples:
            text = ",".join([f'{label}="{_escape(value)}"' for label, value in labels.items()])
            yield f"{name}{suffix}{f'{{{text}}}' if text else ''} {number}\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
