"""The contract between the core and a vendor: frozen values and plain functions."""

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
    """One row of a vendor's error table: status, text and basis of an API error.

    ``code`` is the vendor's own name for the error, if it has one. ``when`` limits a row for InvalidParams to one code
    of a parameter error (``required``, ``bad-date``, …). A request for a status gets its first row.
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
    """Permits every call whose credential is good."""


def tolerate_nothing(error: ParamError, readings: Readings) -> bool | ReadAs:
    """Refuses every bad parameter."""
    return False


def keep_names(sent: Pairs, schema: Schema, readings: Readings) -> Pairs:
    """Takes parameter names as they are sent."""
    return sent


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation pages: the parameter of the page number, the first number, and the default page size.

    The operation's replies say which page they are (``Reply.page``).
    """

    parameter: str
    first: int
    size: int


@dataclass(frozen=True, eq=False)  # compared by identity: caches use it as a key
class Operation:
    """One documented operation.

    ``path`` may hold ``{name}`` parts; ``aliases`` are further documented or public paths of the same operation.
    ``handler`` filters, sorts, pages and wraps. ``tolerates`` says which parameter errors are ignored, or what the
    value is read as; ``respell`` may change parameter names; ``repeated`` says which of several values counts. A
    ``cacheable`` reply depends on nothing but data, account, readings, parameters and the names in the path.
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
        """The id of a success in the fidelity report."""
        return f"{self.id}.200"

    @property
    def path_names(self) -> list[str]:
        """The names in the path."""
        return re.findall(r"{(\w+)}", self.path)


@dataclass(frozen=True, slots=True)
class Example:
    """A request that works as it stands, spelled as in the document."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """The seeded program that makes a vendor's ``default`` dataset.

    ``record(seed, index, anchor)`` depends on nothing else, so any number of records is a prefix of more.
    ``record_at(seed, index, at)`` is the same record made at a given time, from which its cycle and due date follow.
    """

    records: int
    accounts: Callable[[int, datetime], Sequence[Mapping[str, Any]]]
    record: Callable[[int, int, datetime], Mapping[str, Any]]
    record_at: Callable[[int, int, datetime], Mapping[str, Any]] | None = None


def recipe_in(module: str) -> Callable[[], Recipe]:
    """A function that imports ``RECIPE`` from a module when it is called: recipes import Faker."""
    return lambda: cast(Recipe, import_module(module).RECIPE)


def default_quota_headers(call: Call, quota: QuotaState) -> Headers:
    """Quota headers with neutral names, for vendors whose documents name none."""
    seconds = max(
        0, math.ceil(quota.resets_at - call.now.timestamp())
    )  # rounded up as Retry-After is, so that the wait suffices
    return (
        ("RateLimit-Limit", str(quota.limit)),
        ("RateLimit-Remaining", str(quota.remaining)),
        ("RateLimit-Reset", str(seconds)),
    )


@dataclass(frozen=True)
class Vendor:
    """Everything that the core, the admin API and the tests need to serve one vendor.

    ``authenticate`` returns the account of a call or raises; ``permit`` raises when that account may not make the call;
    ``render_error`` writes an API error in the vendor's words; ``example`` makes the example request of an account;
    ``recipe`` imports the recipe when data is made (``recipe_in``).
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
