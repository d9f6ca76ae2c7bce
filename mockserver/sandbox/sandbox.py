"""A sandbox: an isolated world with its own data, clock, quotas, faults and readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from ..sdk.clock import Clock, format_instant, parse_instant
from ..sdk.jsontext import decode
from ..sdk.quota import Quota
from .edits import encode_text
from .fault_rules import FaultRule
from .store import Document


@dataclass(frozen=True)
class Sandbox:
    """The settings of one sandbox.

    ``day``: the day for which its data was generated, if its clock is real. ``edits``: the version of its edits to each
    vendor's data; edits of another ``epoch`` are void. ``expired``: every credential has expired. ``changes``: changes
    to the data that are scheduled for later calls.
    """

    name: str
    dataset: str
    clock: Clock
    day: date | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    strict: bool = False
    any_credential: bool = False
    delay: Any = None
    faults: tuple[FaultRule, ...] = ()
    edits: Mapping[str, int] = field(default_factory=dict)
    seed: int = 1
    scenario: str | None = None
    epoch: int = 0
    expired: bool = False
    changes: tuple[Document, ...] = ()

    def with_edits(self, vendor: str, version: int) -> Sandbox:
        """The sandbox with this version of a vendor's edits, unless it has a newer one."""
        return replace(self, edits={**self.edits, vendor: max(version, self.edits.get(vendor, 0))})

    def document(self) -> Document:
        """The sandbox as JSON-able values, for the store."""
        return {
            "dataset": self.dataset,
            "clock": {
                "start": format_instant(self.clock.start),
                "since": self.clock.since,
                "frozen": self.clock.frozen,
            },
            "day": self.day.isoformat() if self.day else None,
            "readings": dict(self.readings),
            "quotas": {name: quota.text for name, quota in self.quotas.items()},
            "strict": self.strict,
            "acceptAnyCredential": self.any_credential,
            "delay": self.delay,
            "faults": [rule.document() for rule in self.faults],
            "edits": dict(self.edits),
            "seed": self.seed,
            "scenario": self.scenario,
            "epoch": self.epoch,
            "expired": self.expired,
            "changes": [encode_text(change) for change in self.changes],
        }

    @classmethod
    def of(cls, name: str, document: Document) -> Sandbox:
        """The sandbox that a stored document describes."""
        clock: Mapping[str, Any] = document["clock"]
        return cls(
            name,
            document["dataset"],
            Clock(parse_instant(clock["start"]), clock["since"], clock["frozen"]),
            date.fromisoformat(document["day"]) if document["day"] else None,
            document["readings"],
            {vendor: Quota.parse(text) for vendor, text in document["quotas"].items()},
            document["strict"],
            document["acceptAnyCredential"],
            document["delay"],
            tuple(FaultRule(**rule) for rule in document["faults"]),
            document["edits"],
            document["seed"],
            document["scenario"],
            document["epoch"],
            document["expired"],
            tuple(decode(change.encode()) for change in document["changes"]),
        )
