"""API errors: what can go wrong in a call. A vendor's errors.py gives each a status and a text.

An error carries what a vendor may say (how long to wait, which methods are allowed), but no text and no status. Every
one can be made without arguments, so that a request can ask for it by name or by status.
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
    or a vendor's own; ``wanted`` says what would have been accepted; ``instead`` is the text that a tolerant vendor
    reads in its place (``None``: the parameter's default).
    """

    name: str
    code: str
    found: str | None
    wanted: str
    instead: str | None = None


class ApiError(Exception):
    """The base of all API errors: the call is refused."""


class Unauthenticated(ApiError):
    """The credential is missing, malformed, unknown or expired."""


class Forbidden(ApiError):
    """The credential is good, but gives no access to the request's target."""


class NotFound(ApiError):
    """The requested thing does not exist, or not for this account."""


class UnknownPath(ApiError):
    """No operation of the vendor has this path."""


@dataclass(eq=False)
class MethodNotAllowed(ApiError):
    """The path belongs to an operation, the method does not."""

    allowed: tuple[str, ...] = METHODS


@dataclass(eq=False)
class InvalidParams(ApiError):
    """One or more parameters could not be read; errors stand in the order of the document."""

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
    """The sandbox's own code failed."""


class Unavailable(ApiError):
    """The vendor cannot answer for now."""


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
"""The errors for which every vendor needs an error spec."""


@dataclass(eq=False)
class RequestedStatus(ApiError):
    """A requested status for which the vendor has no error spec."""

    status: int = 500


@dataclass(eq=False)
class Problem(Exception):
    """Misuse of the sandbox itself, answered as problem+json.

    ``validation`` lists the faults of data as path, found and wanted.
    """

    title: str
    detail: str
    status: int = 400
    choices: tuple[str, ...] = ()
    code: str = "misuse"
    validation: tuple[Mapping[str, str], ...] = ()


class InvalidSetting(Exception):
    """A setting has a value that cannot be used; the message is one sentence that names it, found and wanted."""
