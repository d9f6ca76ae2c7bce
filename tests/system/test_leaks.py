"""No credential ever appears in the journal, the log or an error, wherever a call has it, for every vendor."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as some

from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.engine import access_log
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from mockserver.sdk.secret_names import USUAL_HEADERS, USUAL_PARAMETERS
from tests.support.client import WALL
from tests.support.logged import logged

VENDORS = shelf.find_vendors()
COPIES = ("path", "value", "name", "body", "header", "cookie", "suffixed")
ADDRESSES = ("known", "unknown", "nobody's")
ODD = some.text(some.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=40)


@dataclass(frozen=True)
class Leaky:
    """A call with a secret in or near its place, and perhaps copies of it elsewhere."""

    vendor: int
    secret: str
    place: str
    copies: frozenset[str]
    method: str
    address: str
    headers: Mapping[str, str]


@dataclass
class Watched:
    """A server with a recorded log."""

    app: Flask
    log: io.StringIO

    @property
    def runtime(self) -> Runtime:
        found: Runtime = self.app.extensions["mockserver"]
        return found


@pytest.fixture(scope="module", params=["text", "json"])
def watched(request: pytest.FixtureRequest) -> Iterator[Watched]:
    with logged(request.param) as stream:
        found = Watched(create_app(make_settings({}, {}), wall=lambda: WALL), stream)
        found.runtime.observers.append(access_log.make_observer(request.param, stream))
        yield found


def secrets(vendor: Vendor) -> list[str]:
    """The secrets of the vendor's accounts."""
    app = create_app(make_settings({}, {}), wall=lambda: WALL)
    data = app.extensions["mockserver"].sandboxes.catalog.dataset(vendor, "default")
    return [str(account[vendor.credential.key]) for account in data.accounts if account.get(vendor.credential.key)]


SECRETS = [secrets(vendor) for vendor in VENDORS]
PLACES = ["own", "bare", "Token ", "Digest ", *USUAL_HEADERS, *(f"?{name}" for name in USUAL_PARAMETERS)]
HEADERS: list[dict[str, str]] = [
    {},
    {"Prefer": "code=429"},
    {"Prefer": "code=500"},
    {"Prefer": "code=nonsense"},
    {"X-Mock-Delay": "soon"},
    {"X-Mock-Readings": "no.such=thing"},
    {"X-Mock-Strict": "true"},
    {"X-Mock-Sandbox": "another"},
    {"X-Mock-Sandbox": "no name"},
    {"Origin": "http://app.example"},
]


def calls(vendor: int) -> some.SearchStrategy[Leaky]:
    """Calls of a vendor; a secret of its accounts may also be in a wrong place alone."""

    def with_secret(secret: some.SearchStrategy[str], places: list[str]) -> some.SearchStrategy[Leaky]:
        return some.builds(
            Leaky,
            vendor=some.just(vendor),
            secret=secret,
            place=some.sampled_from(places),
            copies=some.frozensets(some.sampled_from(COPIES)),
            method=some.sampled_from(["GET", "GET", "HEAD", "POST", "OPTIONS"]),
            address=some.sampled_from(ADDRESSES),
            headers=some.sampled_from(HEADERS),
        )

    foreign = [secret for own in SECRETS for secret in own]
    ours = with_secret(some.sampled_from(SECRETS[vendor]), [*PLACES, "nowhere"])
    return ours | with_secret(some.sampled_from(foreign) | ODD, PLACES)


def send(watched: Watched, call: Leaky) -> Any:
    """The reply to such a call."""
    vendor, secret = VENDORS[call.vendor], call.secret
    carried = secret + ("~team" if "suffixed" in call.copies else "")
    headers, query = dict(call.headers), ["page=1"]
    if call.place == "own":
        headers |= vendor.credential.write(carried)
    elif call.place == "bare":
        headers[vendor.credential.header] = carried
    elif call.place.endswith(" "):
        headers[vendor.credential.header] = call.place + carried
    elif call.place.startswith("?"):
        query.append(f"{call.place[1:]}={quote(carried, safe='')}")
    elif call.place != "nowhere":
        headers[call.place] = carried
    documented = vendor.operations[0].path.replace("{", "").replace("}", "")
    paths = {"known": f"/{vendor.name}{documented}", "unknown": f"/{vendor.name}/no/such", "nobody's": "/no/such"}
    path = paths[call.address] + (f"/{quote(secret, safe='')}" if "path" in call.copies else "")
    query += [f"note={quote(secret, safe='')}"] * ("value" in call.copies)
    query += [f"{quote(secret, safe='')}=1"] * ("name" in call.copies)
    if "header" in call.copies:
        headers["X-Trace"] = f"trace {secret}"
    if "cookie" in call.copies:
        headers["Cookie"] = f"session={secret}"
    body = secret.encode() if "body" in call.copies else None
    return watched.app.test_client().open(f"{path}?{'&'.join(query)}", method=call.method, headers=headers, data=body)


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def shapes(secret: str) -> set[str]:
    """A secret plain, in JSON, and in a URL."""
    return {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote(secret), quote(secret, safe="-_.~:/,@")}


def assert_in_none(where: str, found: Iterator[str], secret: str) -> None:
    for text in found:
        for shape in shapes(secret):
            assert shape not in text, f"{where}: {text}"


@pytest.mark.slow
@example(Leaky(0, SECRETS[0][0], "own", frozenset(COPIES), "GET", "known", {}))
@example(Leaky(0, SECRETS[0][0], "own", frozenset(COPIES), "POST", "unknown", {"X-Mock-Strict": "true"}))
@example(Leaky(0, SECRETS[0][0], "own", frozenset(COPIES), "GET", "nobody's", {"X-Mock-Strict": "true"}))
@settings(max_examples=250)
@given(some.sampled_from(range(len(VENDORS))).flatmap(calls))
def test_no_credential_stays(watched: Watched, call: Leaky) -> None:
    watched.log.seek(0)
    watched.log.truncate()
    store = watched.runtime.store
    for name in list(store.sandboxes()):
        store.remove(name)
    reply = send(watched, call)
    kept = [entry for name in store.sandboxes() for _, entry in store.entries(name)]
    assert kept or reply.status_code == 400 or call.method == "OPTIONS"
    assert_in_none("journal", texts(kept), call.secret)
    assert_in_none("log", iter([watched.log.getvalue()]), call.secret)
    shown = watched.app.test_client().get("/__admin/requests")
    assert_in_none("control", iter([shown.get_data(as_text=True)]), call.secret)
    if reply.status_code >= 400 and call.copies <= {"suffixed", "cookie", "body", "header"}:
        assert_in_none("error", iter([reply.get_data(as_text=True), *reply.headers.values()]), call.secret)
