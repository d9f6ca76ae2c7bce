"""The contract between the core and a vendor: frozen values, plain functions. A vendor sees nothing else of us."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from marshmallow import Schema

from .basis import Basis
from .call import Call
from .credentials import Credential
from .dataset import Account, Dataset
from .errors import ApiError, ParamError
from .http import Headers, Reply
from .param_reader import Repeated
from .params import ParamSchema, ReadAs
from .querystring import Pairs
from .quota import QuotaState
from .record_schema import RecordSchema
from .resource import Readings, Resource


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
class ErrorSpec:
    """One row of a vendor's error table: the words for a fact.

    ``code`` is the vendor's own name for the error, if it has one. ``when`` limits a row for InvalidParams to one kind
    of complaint (``required``, ``bad-date``, …). Of several rows with one status the first is what it asks for.
    """

    error: type[ApiError]
    status: int
    rule: str
    text: str
    basis: Basis
    source: str
    code: str = ""
    when: str = ""


def permit_all(call: Call) -> None:
    """The permission of a vendor whose callers may do everything once their credential is good."""


def tolerate_nothing(error: ParamError, readings: Readings) -> bool | ReadAs:
    """The policy of a vendor that refuses every bad parameter."""
    return False


def keep_names(sent: Pairs, schema: Schema, readings: Readings) -> Pairs:
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
class Operation:
    """One documented operation.

    ``path`` may hold ``{name}`` parts; ``also`` are further documented or public addresses of the same operation.
    ``answer`` filters, sorts, pages and wraps. ``ignores`` says which complaints about parameters are passed over, or
    what the value is taken for, ``decode`` may respell parameter names, ``repeated`` says which of several values
    counts. ``repeatable``: the answer depends on nothing but data, account, readings, parameters and the names in the
    path, so it may be given again.
    """

    id: str
    path: str
    query: ParamSchema
    handler: Callable[[Call], Reply]
    aliases: tuple[str, ...] = ()
    repeated: Repeated = "last"
    tolerates: Callable[[ParamError, Readings], bool | ReadAs] = tolerate_nothing
    respell: Callable[[Pairs, Schema, Readings], Pairs] = keep_names
    paging: Paging | None = None
    cacheable: bool = False
    method: str = "GET"

    @property
    def rule(self) -> str:
        """The id under which the ledger knows a success."""
        return f"{self.id}.200"

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
    record_at: Callable[[int, int, datetime], Mapping[str, Any]] | None = None


def recipe_in(module: str) -> Callable[[], Recipe]:
    """Imports ``RECIPE`` of a module when it is called: recipes need Faker, which takes long to import."""
    return lambda: cast(Recipe, import_module(module).RECIPE)


def default_quota_headers(call: Call, quota: QuotaState) -> Headers:
    """The neutral names, for vendors whose documents name none."""
    seconds = max(0, math.ceil(quota.resets_at - call.now.timestamp()))  # as Retry-After: waiting so long suffices
    return (
        ("RateLimit-Limit", str(quota.limit)),
        ("RateLimit-Remaining", str(quota.remaining)),
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
    operations: tuple[Operation, ...]
    credential: Credential
    authenticate: Callable[[Call], Account]
    errors: tuple[ErrorSpec, ...]
    render_error: Callable[[Call, ErrorSpec, ApiError], Reply]
    account_schema: type[RecordSchema]
    account_id: str
    resource: Resource
    example: Callable[[Account, Dataset], Example]
    readings: tuple[Reading, ...]
    spec: Path
    fixtures: Path
    recipe: Callable[[], Recipe] | None = None
    permit: Callable[[Call], None] = permit_all
    quota_headers: Callable[[Call, QuotaState], Headers] = default_quota_headers

    @cached_property
    def default_readings(self) -> Readings:
        """Each reading's default choice."""
        return {reading.name: reading.default for reading in self.readings}

    @cached_property
    def default_readings_key(self) -> tuple[tuple[str, str], ...]:
        """The same as a key."""
        return tuple(self.default_readings.items())

    @cached_property
    def default_rendering_readings(self) -> Readings:
        return {reading.name: reading.default for reading in self.readings if reading.renders}
