"""What can go wrong in a call, as facts. A vendor's own errors.py turns them into words.

A fact carries what a vendor may want to say (how long to wait, which methods are allowed), never a sentence and
never a status. Every fact can be made without arguments, so that it can be asked for by name or by status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

METHODS = ("GET", "HEAD")  # of every documented operation


@dataclass(frozen=True, slots=True)
class ParamError:
    """One parameter that could not be read.

    ``code`` is one of ``required``, ``empty``, ``not-an-integer``, ``out-of-range``, ``unknown-value``, ``bad-date``,
    or a vendor's own; ``wanted`` says in plain words what would have been accepted; ``instead`` is the text that a
    forgiving vendor reads in its place (``None``: the parameter's default).
    """

    name: str
    code: str
    found: str | None
    wanted: str
    instead: str | None = None


class ApiError(Exception):
    """The root of all facts: something refuses this call."""


class Unauthenticated(ApiError):
    """The credential is missing, malformed, unknown or expired."""


class Forbidden(ApiError):
    """The credential is good, and does not reach what was asked for."""


class NotFound(ApiError):
    """What the endpoint was asked for does not exist, or not for this account."""


class UnknownPath(ApiError):
    """No endpoint of the vendor has this path."""


@dataclass(eq=False)
class MethodNotAllowed(ApiError):
    """The path is an endpoint's, the method is not."""

    allowed: tuple[str, ...] = METHODS


@dataclass(eq=False)
class InvalidParams(ApiError):
    """One or more parameters could not be read; complaints stand in the order of the document."""

    errors: tuple[ParamError, ...] = ()


@dataclass(eq=False)
class UriTooLong(ApiError):
    """The request line is longer than the server reads (bytes)."""

    limit: int = 16 * 1024


@dataclass(eq=False)
class Throttled(ApiError):
    """A quota is spent. ``retry_after`` is in whole seconds, ``reset`` the instant at which the window ends."""

    limit: int = 60
    remaining: int = 0
    retry_after: int = 60
    reset: datetime = datetime(1970, 1, 1, tzinfo=UTC)


class InternalError(ApiError):
    """Our own code failed."""


class Unavailable(ApiError):
    """The vendor cannot answer at all for now."""


class StoreUnavailable(Unavailable):
    """The store where sandboxes live cannot be used for now; the message, if there is one, says why."""


CORE_ERRORS: tuple[type[ApiError], ...] = (
    Unauthenticated,
    Forbidden,
    NotFound,
    UnknownPath,
    MethodNotAllowed,
    InvalidParams,
    UriTooLong,
    Throttled,
    InternalError,
    Unavailable,
)
"""What every vendor must have words for."""


@dataclass(eq=False)
class RequestedStatus(ApiError):
    """A status that was asked for and for which the vendor has no words of its own."""

    status: int = 500


@dataclass(eq=False)
class Problem(Exception):
    """The caller used the sandbox itself wrongly. Answered as problem+json, never in a vendor's words.

    ``validation`` tells the faults of data as path, found and wanted.
    """

    title: str
    detail: str
    status: int = 400
    choices: tuple[str, ...] = ()
    code: str = "misuse"
    validation: tuple[Mapping[str, str], ...] = ()


class InvalidSetting(Exception):
    """A setting has a value that cannot be used; the message is one sentence that names it, found and wanted."""
