"""Request and reply, with all that becomes known of them on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ..sdk.call import Call
from ..sdk.call_warnings import UNDOCUMENTED_HEADER, CallWarning
from ..sdk.contract import Operation, Vendor
from ..sdk.http import Reply, Request
from ..sdk.quota import QuotaState
from .router import Route

STORE_UNAVAILABLE = "store-away"
HARMLESS_WARNINGS = ("undocumented-status", STORE_UNAVAILABLE, UNDOCUMENTED_HEADER)  # these fail no strict call
NO_REPLY = Reply(500, b"")


@dataclass(slots=True)
class Exchange:
    """One request, from its arrival to its reply.

    ``wall`` is the server's time when it came (seconds since 1970), ``now`` the sandbox's, ``ms`` how long it took.
    ``vendor`` is None where nobody has the path, ``operation`` where the vendor has no such path; ``call`` is what a
    vendor sees of it. ``sandbox`` is None until one is entered.
    ``raised`` are the warnings as they arise. ``path`` and ``warnings`` are redacted, and ``caller`` marks the
    credential, once there is a reply; all else may hold secrets. ``id`` is that of the journal entry; None without one.
    """

    request: Request
    route: Route
    vendor: Vendor | None
    operation: Operation | None
    wall: float
    started: float
    now: datetime
    call: Call | None = None
    sandbox: str | None = None
    strict: bool = False
    fault: str | None = None
    raised: list[CallWarning] = field(default_factory=list)
    reply: Reply = NO_REPLY
    path: str = ""
    warnings: tuple[CallWarning, ...] = ()
    caller: str | None = None
    ms: float = 0.0
    id: int | None = None

    @property
    def stage(self) -> str:
        """How far the call came."""
        return self.call.stage if self.call else "sandbox"

    @property
    def quota(self) -> QuotaState | None:
        """What is left of the quota, if the call was counted against one."""
        return self.call.quota if self.call else None

    @property
    def failed(self) -> bool:
        """Whether a strict call was warned of something that its client did (not of a reply that it asked for)."""
        return self.strict and any(warning.code not in HARMLESS_WARNINGS for warning in self.warnings)
