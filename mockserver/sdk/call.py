"""A call: one request on its way through the gates, and what they found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .call_warnings import CallWarning
from .dataset import Account, Accounts, Dataset
from .errors import METHODS
from .http import Request
from .quota import QuotaState
from .record_query import RecordQuery
from .resource import Readings

if TYPE_CHECKING:
    import uuid

    from .contract import Operation, Vendor


@dataclass(slots=True)
class Call:
    """One request on its way through the gates; each gate adds what it finds.

    ``any_credential`` is a setting of the sandbox; ``unchecked`` says that the call passed only by it. ``stage`` is the
    gate that the call reached: sandbox, faults, authentication, quota, parameters or answer. ``fault`` names the rule,
    request or problem that changed the reply; ``forced``: it did so by an error. ``earlier_answers`` counts the
    vendor's answers before this one, where that matters. ``sent_params`` were sent; no page spells the values of
    ``respelled_params`` so. ``consulted`` are the readings that shaped the reply; ``unordered``: no document gives the
    order of its records. ``methods`` are those of the path.
    """

    vendor: Vendor
    operation: Operation | None
    request: Request
    dataset: Dataset
    choices: Readings
    now: datetime
    any_credential: bool = False
    unchecked: bool = False
    strict: bool = False
    sandbox: str | None = None
    stage: str = "sandbox"
    fault: str | None = None
    warnings: list[CallWarning] = field(default_factory=list)
    account: Account = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    quota: QuotaState | None = None
    earlier_answers: int | None = None
    forced: bool = False
    sent_params: tuple[str, ...] = ()
    respelled_params: tuple[str, ...] = ()
    consulted: dict[str, None] = field(default_factory=dict)
    unordered: bool = False
    methods: tuple[str, ...] = METHODS

    @property
    def readings(self) -> Readings:
        """The choice of each reading. A reading that is read becomes part of the reply's basis.

        So read one only where another choice would change the reply.
        """
        return TrackedReadings(self.choices, self.consulted)

    @property
    def records(self) -> RecordQuery:
        """All records of the dataset, rendered under this call's readings."""
        vendor, chosen = self.vendor, self.choices
        renders = {name: chosen[name] for name in vendor.default_rendering_readings}
        return RecordQuery(self.dataset.records, renders, on_rendered=self._note_rendered)

    def _note_rendered(self, *, unordered: bool) -> None:
        """Notes that records were rendered into the reply."""
        for name in self.vendor.default_rendering_readings:
            self.consulted[name] = None
        self.unordered = self.unordered or unordered

    @property
    def accounts(self) -> Accounts:
        return self.dataset.accounts

    def warn(self, location: str, code: str, message: str) -> None:
        """Adds a warning beside the reply."""
        self.warnings.append(CallWarning(location, code, message))

    def stable_uuid(self, *about: object) -> uuid.UUID:
        """A UUID that depends on the request alone, so that replies are the same bytes in every run."""
        import uuid  # for the few replies that have one

        request = self.request
        return uuid.uuid5(uuid.NAMESPACE_URL, "|".join(map(str, (request.method, request.path, request.query, *about))))


class TrackedReadings(Mapping[str, str]):
    """Choices of readings; notes each that is read."""

    __slots__ = ("_choices", "_noted")

    def __init__(self, choices: Readings, noted: dict[str, None]) -> None:
        self._choices, self._noted = choices, noted

    def __getitem__(self, name: str) -> str:
        self._noted[name] = None
        return self._choices[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._choices)

    def __len__(self) -> int:
        return len(self._choices)
