"""The contract between the core and a vendor: frozen values, plain functions. A vendor sees nothing else of us."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from marshmallow import Schema

from .data.dataset import Account, Accounts, Dataset
from .data.records import Readings, RecordType, View
from .errors import Complaint, Fact, Unauthenticated
from .toolkit import querystring
from .toolkit.basis import Basis, Part
from .toolkit.credentials import Credential
from .toolkit.fields import RecordSchema
from .toolkit.notices import Notice
from .toolkit.pages import Page
from .toolkit.params import Instead, ParamSchema, Repeated
from .toolkit.querystring import Pairs
from .toolkit.quota import Spent

if TYPE_CHECKING:
    import uuid

Network = Literal["reset", "empty", "truncate", "malformed", "drip"]
Headers = tuple[tuple[str, str], ...]
STATUSLESS: tuple[Network, ...] = ("reset", "empty")  # network faults that let no status line through


# What is made in every call is a tuple with names, which is made faster than a frozen dataclass.
NOTHING: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """What the client sent. ``path`` is decoded and has no prefix of ours; header names are in lower case.

    ``length`` is that of the request target as sent, in bytes. ``sandbox`` is the one that the URL names.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = NOTHING
    path_params: Mapping[str, str] = NOTHING
    length: int = 0
    body: bytes = b""
    sandbox: str | None = None


class Reply(NamedTuple):
    """What goes back. ``delay`` (seconds) and ``network`` are carried out by whatever server is in front.

    ``rule``, ``basis``, ``parts`` and ``because`` say why it is so; the core puts them on, and the headers of ours.
    ``page`` says which part of the whole it is, for an endpoint with pages.
    """

    status: int
    body: bytes
    headers: Headers = ()
    rule: str = ""
    basis: Basis = "documented"
    delay: float = 0.0
    network: Network | None = None
    page: Page | None = None
    parts: tuple[Part, ...] = ()
    because: str = ""

    @property
    def received(self) -> int | None:
        """The status that reaches the client; None where a network fault lets none through."""
        return None if self.network in STATUSLESS else self.status

    @classmethod
    def json(cls, body: bytes, status: int = 200, *, page: Page | None = None) -> Reply:
        """A JSON body with the content type that all five vendors send."""
        return cls(status, body, (("Content-Type", "application/json; charset=utf-8"),), page=page)


@dataclass(frozen=True, slots=True)
class Reading:
    """A named choice between plausible interpretations of a document. ``renders``: it changes records' bytes."""

    name: str
    default: str
    choices: tuple[str, ...]
    about: str
    basis: Basis = "inferred"
    source: str = ""
    renders: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """One row of a vendor's error table: the words for a fact.

    ``code`` is the vendor's own name for the error, if it has one. ``when`` limits a row for InvalidParams to one kind
    of complaint (``required``, ``bad-date``, …). Of several rows with one status the first is what it asks for.
    """

    fact: type[Fact]
    status: int
    rule: str
    text: str
    basis: Basis
    source: str
    code: str = ""
    when: str = ""


@dataclass(slots=True)
class Call:
    """One request on its way through; each gate adds what it found out.

    ``any_credential`` is a switch of the sandbox, ``unchecked`` whether this call passed by it alone.
    ``sandbox`` is known once it is chosen. ``reached`` names the gate it came to: sandbox, faults, authentication,
    quota, parameters or answer; ``fault`` the rule, wish or misuse that spoiled it, ``forced`` whether by an error.
    ``before``: how often the vendor answered before, where that matters and is counted ahead of the answer. ``sent``
    are the parameters that were sent, ``respelled`` those whose value is spelled as nobody prints it, ``consulted`` the
    readings that shaped the reply; ``unordered``: records of it stand in an order that no document gives.
    """

    vendor: Vendor
    endpoint: Endpoint | None
    request: Request
    dataset: Dataset
    choices: Readings
    now: datetime
    any_credential: bool = False
    unchecked: bool = False
    strict: bool = False
    sandbox: str | None = None
    reached: str = "sandbox"
    fault: str | None = None
    notices: list[Notice] = field(default_factory=list)
    account: Account = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent | None = None
    before: int | None = None
    forced: bool = False
    sent: tuple[str, ...] = ()
    respelled: tuple[str, ...] = ()
    consulted: dict[str, None] = field(default_factory=dict)
    unordered: bool = False

    @property
    def readings(self) -> Readings:
        """The choice of each reading. One that is looked up is a part of what the reply rests on: a vendor looks it up
        only where another choice would change the reply.
        """
        return Consulted(self.choices, self.consulted)

    @property
    def records(self) -> View:
        """All records of the dataset, written under this call's readings."""
        vendor, chosen = self.vendor, self.choices
        renders = {name: chosen[name] for name in vendor.rendering_defaults}
        return View(self.dataset.records, renders, written=self._wrote)

    def _wrote(self, *, unordered: bool) -> None:
        """Records were written into the reply."""
        for name in self.vendor.rendering_defaults:
            self.consulted[name] = None
        self.unordered = self.unordered or unordered

    @property
    def accounts(self) -> Accounts:
        return self.dataset.accounts

    def warn(self, location: str, code: str, message: str) -> None:
        """Tell the caller something beside the reply."""
        self.notices.append(Notice(location, code, message))

    def stable_uuid(self, *about: object) -> uuid.UUID:
        """A UUID that is the same for the same request: replies stay the same bytes in every run."""
        import uuid  # for the few replies that have one

        request = self.request
        return uuid.uuid5(uuid.NAMESPACE_URL, "|".join(map(str, (request.method, request.path, request.query, *about))))


class Consulted(Mapping[str, str]):
    """Choices of readings, which notes those that are looked up."""

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


def holder(call: Call) -> Account:
    """The account that has the call's credential; warns where a credential seems to be instead.

    Raises Unauthenticated. A vendor that knows no more of authentication has this as its ``authenticate``.
    """
    credential, headers = call.vendor.credential, call.request.headers
    secret = credential.read(headers)
    account = call.accounts.by(credential.key, secret) if secret else None
    if account is None:
        ((name, value),) = credential.write(f"<{credential.key}>").items()
        for location in credential.misplaced(headers, querystring.pairs(call.request.query)):
            call.warn(location, "misplaced-credential", f"The credential is read from `{name}: {value}` alone.")
        raise Unauthenticated
    return account


def anyone(call: Call) -> None:
    """The permission of a vendor whose callers may do everything once their credential is good."""


def never(complaint: Complaint, readings: Readings) -> bool | Instead:
    """The policy of a vendor that refuses every bad parameter."""
    return False


def unchanged(sent: Pairs, schema: Schema, readings: Readings) -> Pairs:
    """The decoding of a vendor that takes parameter names as they are sent."""
    return sent


@dataclass(frozen=True, slots=True)
class Paging:
    """How the pages of an endpoint are walked: the parameter with a page's number, the number of the first, and how
    many records a page has when nobody asks for another size.

    The endpoint's answers say which page they are (``Reply.page``).
    """

    parameter: str
    first: int
    size: int


@dataclass(frozen=True, eq=False)  # one is the same as itself alone: what it read is remembered by it
class Endpoint:
    """One documented operation.

    ``path`` may hold ``{name}`` parts; ``also`` are further documented or public addresses of the same operation.
    ``answer`` filters, sorts, pages and wraps. ``ignores`` says which complaints about parameters are passed over, or
    what the value is taken for, ``decode`` may respell parameter names, ``repeated`` says which of several values
    counts. ``repeatable``: the answer depends on nothing but data, account, readings, parameters and the names in the
    path, so it may be given again.
    """

    operation: str
    path: str
    params: ParamSchema
    answer: Callable[[Call], Reply]
    also: tuple[str, ...] = ()
    repeated: Repeated = "last"
    ignores: Callable[[Complaint, Readings], bool | Instead] = never
    decode: Callable[[Pairs, Schema, Readings], Pairs] = unchanged
    paging: Paging | None = None
    repeatable: bool = False

    @property
    def rule(self) -> str:
        """The id under which the ledger knows a success."""
        return f"{self.operation}.200"

    @property
    def path_names(self) -> list[str]:
        """The names in its path."""
        return re.findall(r"{(\w+)}", self.path)


@dataclass(frozen=True, slots=True)
class Example:
    """A call that works as it stands: what it must send, spelled as in the document."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """The seeded program that makes a vendor's ``default`` dataset.

    ``record(seed, index, anchor)`` depends on nothing else, so any number of records is a prefix of more.
    ``dated(seed, index, at)`` is the same record made at a time of its own, from which its cycle and due date follow.
    """

    records: int
    accounts: Callable[[int, datetime], Sequence[Mapping[str, Any]]]
    record: Callable[[int, int, datetime], Mapping[str, Any]]
    dated: Callable[[int, int, datetime], Mapping[str, Any]] | None = None


def neutral_quota_headers(call: Call, spent: Spent) -> Headers:
    """The neutral names, for vendors whose documents name none."""
    seconds = max(0, math.ceil(spent.resets_at - call.now.timestamp()))  # as Retry-After: waiting so long suffices
    return (
        ("RateLimit-Limit", str(spent.limit)),
        ("RateLimit-Remaining", str(spent.remaining)),
        ("RateLimit-Reset", str(seconds)),
    )


@dataclass(frozen=True)
class Vendor:
    """Everything that the core, control and tests need to serve one vendor.

    ``authenticate`` returns the account of a call or raises; ``permit`` raises when the account, whose credential is
    good by then, may not make the call all the same; ``refuse`` says a fact in the vendor's words;
    ``example`` makes the example call of an account; ``recipe`` is imported only when data is made.
    ``account_id`` names the account field that records point at with ``_owner``.
    """

    name: str
    title: str
    document: str
    hosts: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    credential: Credential
    authenticate: Callable[[Call], Account]
    errors: tuple[Words, ...]
    refuse: Callable[[Call, Words, Fact], Reply]
    account: type[RecordSchema]
    account_id: str
    records: RecordType
    example: Callable[[Account, Dataset], Example]
    readings: tuple[Reading, ...]
    spec: Path
    fixtures: Path
    recipe: Callable[[], Recipe] | None = None
    permit: Callable[[Call], None] = anyone
    quota_headers: Callable[[Call, Spent], Headers] = neutral_quota_headers

    @cached_property
    def defaults(self) -> Readings:
        """Each reading's default choice."""
        return {reading.name: reading.default for reading in self.readings}

    @cached_property
    def rendering_defaults(self) -> Readings:
        return {reading.name: reading.default for reading in self.readings if reading.renders}
