"""Requests and replies, the sandbox's own headers, and how long it waits for a client."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal, NamedTuple

from .basis import Basis, Part
from .paging import Page

CLIENT_TIMEOUT_SECONDS = 20  # for a request to arrive, and for a client to take anything of a reply

# Headers that a call may send, as people write them, and below in lower case, as a Request has them.
DELAY_HEADER = "X-Mock-Delay"
READINGS_HEADER = "X-Mock-Readings"
SANDBOX_HEADER = "X-Mock-Sandbox"
STRICT_HEADER = "X-Mock-Strict"
CALL_HEADERS = (DELAY_HEADER, READINGS_HEADER, SANDBOX_HEADER, STRICT_HEADER)
LOWER_DELAY, LOWER_READINGS, LOWER_SANDBOX, LOWER_STRICT = KNOWN_HEADERS = tuple(name.lower() for name in CALL_HEADERS)

# Headers that a reply may have.
BASIS_HEADER = "X-Mock-Basis"
CALL_ID_HEADER = "X-Mock-Call"
VERSION_HEADER = "X-Mock-Version"
WARNINGS_HEADER = "X-Mock-Warnings"
REPLY_HEADERS = (BASIS_HEADER, CALL_ID_HEADER, SANDBOX_HEADER, VERSION_HEADER, WARNINGS_HEADER)

TOKEN_HEADER = "X-Mock-Control-Token"  # of requests to the admin API


NetworkFault = Literal["reset", "empty", "truncate", "malformed", "drip"]


Headers = tuple[tuple[str, str], ...]


FAULTS_WITHOUT_STATUS: tuple[NetworkFault, ...] = ("reset", "empty")  # of these no status line gets through


# Values made in every call are named tuples: they are made faster than frozen dataclasses.
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """What the client sent. ``path`` is decoded and has no prefix of ours; header names are in lower case.

    ``target_length`` is that of the request target as sent, in bytes. ``sandbox`` is the one that the URL names.
    ``carries_faults`` says whether the server in front carries out delays and network faults.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = NO_HEADERS
    path_params: Mapping[str, str] = NO_HEADERS
    target_length: int = 0
    body: bytes = b""
    sandbox: str | None = None
    carries_faults: bool = True


class Reply(NamedTuple):
    """What goes back. The server in front carries out ``delay`` (seconds) and ``network``.

    ``rule``, ``basis``, ``parts`` and ``because`` say why it is so; the engine sets them.
    ``page`` says which rows it holds, for an operation with pages.
    """

    status: int
    body: bytes
    headers: Headers = ()
    rule: str = ""
    basis: Basis = "documented"
    delay: float = 0.0
    network: NetworkFault | None = None
    page: Page | None = None
    parts: tuple[Part, ...] = ()
    because: str = ""

    @property
    def received_status(self) -> int | None:
        """The status that reaches the client; None where a network fault lets none through."""
        return None if self.network in FAULTS_WITHOUT_STATUS else self.status

    @classmethod
    def json(cls, body: bytes, status: int = 200, *, page: Page | None = None) -> Reply:
        """A JSON body with the content type that all five vendors send."""
        return cls(status, body, (("Content-Type", "application/json; charset=utf-8"),), page=page)


# RFC 9110's, which Python has from 3.13 on: bodies must not depend on the Python version.
_PHRASES = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


def reason_phrase(status: int) -> str:
    """The HTTP reason phrase of a status, also of an unregistered one."""
    if status in _PHRASES:
        return _PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
