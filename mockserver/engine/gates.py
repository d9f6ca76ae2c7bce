"""The gates of a call: each passes, or raises the ApiError that stops the call."""

from __future__ import annotations

import re

from ..sandbox.sandbox import Sandbox
from ..sandbox.store.counting import Spend
from ..sdk import clock, params
from ..sdk.call import Call
from ..sdk.errors import MethodNotAllowed, Unauthenticated, UnknownPath, UriTooLong
from ..sdk.similar import did_you_mean, find_closest_paths
from .answer_cache import read_query
from .router import MAX_TOLD_PATH_CHARS

MAX_TARGET_BYTES = 16 * 1024
EMPTY_BODY = re.compile(rb"\{\s*\}|\[\s*\]|null")


def check_route(call: Call) -> None:
    """The request target is short enough, the vendor has the path, and the path has the method."""
    if call.request.target_length > MAX_TARGET_BYTES:
        raise UriTooLong(MAX_TARGET_BYTES)
    if call.operation is None:
        _warn_of_unknown_path(call)
        raise UnknownPath
    if call.request.method not in call.methods:
        raise MethodNotAllowed(call.methods)


def authenticate(sandbox: Sandbox, call: Call) -> None:
    """The credential is known, not expired, and may make the call.

    With the any-credential switch an unknown credential acts for the first account.
    """
    vendor = call.vendor
    try:
        account = vendor.authenticate(call)
    except Unauthenticated:
        if not call.any_credential or vendor.credential.read(call.request.headers) is None:
            raise
        account, call.unchecked = call.accounts.first, True
    expires = account.get("expires")
    if expires is not None and call.now >= clock.parse_instant(str(expires)):
        raise Unauthenticated
    call.account = dict(account)
    if sandbox.expired:
        raise Unauthenticated
    vendor.permit(call)


def find_spend(sandbox: Sandbox, call: Call) -> Spend | None:
    """What an authenticated call is counted against."""
    quota = sandbox.quotas.get(call.vendor.name)
    if quota is None:
        return None
    return Spend(f"quota/{call.vendor.name}/{call.account[call.vendor.account_id]}", quota, call.now.timestamp())


def read_params(call: Call) -> None:
    """The parameters are as the operation takes them. Warns of a body that nobody reads."""
    operation = call.operation
    assert operation is not None
    body = call.request.body.strip()
    if body and not EMPTY_BODY.fullmatch(body):
        known = params.param_names(operation.query)
        takes = f"takes parameters from the query alone ({', '.join(known)})" if known else "takes no parameters"
        call.warn("body", "unread-body", f"The body was not read: this endpoint {takes}.")
    read_query(call, operation)


def _warn_of_unknown_path(call: Call) -> None:
    """The vendor's words do not say which path was meant."""
    path = call.request.path
    known = [each for operation in call.vendor.operations for each in (operation.path, *operation.aliases)]
    hint = did_you_mean(next(iter(find_closest_paths(path, known)), None))
    call.warn("path", "unknown-path", f"{call.vendor.title} has nothing at {path[:MAX_TOLD_PATH_CHARS]}.{hint}")
