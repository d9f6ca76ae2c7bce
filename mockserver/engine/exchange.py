"""A finished call: request and reply with all that became known of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..sdk.call_warnings import UNDOCUMENTED_HEADER, CallWarning
from ..sdk.contract import Operation, Vendor
from ..sdk.http import Reply, Request
from ..sdk.quota import QuotaState

STORE_UNAVAILABLE = "store-away"


HARMLESS_WARNINGS = ("undocumented-status", STORE_UNAVAILABLE, UNDOCUMENTED_HEADER)  # warnings that fail no strict call


@dataclass(slots=True)
class Exchange:
    """A call that is over, for the journal and whoever else keeps account of calls: what came and what goes back.

    ``vendor`` is None where nobody has the path, ``sandbox`` where none could be chosen or made. ``now`` is the
    sandbox's time and ``wall`` the server's (seconds since 1970) when it came, ``ms`` how long it took; ``caller`` is a
    mark of its credential. ``id`` is the one under which the journal has it, None if it has not. ``path`` and
    ``notices`` are as they may be told; all else may hold secrets.
    """

    vendor: Vendor | None
    operation: Operation | None
    sandbox: str | None
    request: Request
    path: str
    reply: Reply
    warnings: tuple[CallWarning, ...]
    now: datetime
    wall: float
    ms: float
    strict: bool = False
    fault: str | None = None
    stage: str = "sandbox"
    quota: QuotaState | None = None
    caller: str | None = None
    id: int | None = None

    @property
    def failed(self) -> bool:
        """Whether a strict call was warned of something that its client did (not of a reply that it asked for)."""
        return self.strict and any(notice.code not in HARMLESS_WARNINGS for notice in self.warnings)
