"""Work grows at most linearly with the input, measured in pieces examined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from mockserver.engine import answer_cache, redaction
from mockserver.sdk import querystring
from mockserver.sdk.contract import Vendor
from mockserver.sdk.jsontext import encode
from tests.support.acme import BILLS, RICH, Sandboxed
from tests.support.pieces import grows_with_what_is_sent

JSON = "application/json"


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable the caches of short requests, which would distort the growth."""
    for module, name in (
        (redaction, "MAX_REMEMBERED_CHARS"),
        (redaction, "MAX_REMEMBERED_QUERY_CHARS"),
        (answer_cache, "MAX_REMEMBERED_CHARS"),
        (querystring, "MAX_CACHED_QUERY_CHARS"),
    ):
        monkeypatch.setattr(module, name, 0)


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def asked(
    server: Sandboxed,
    method: str,
    path: str,
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    kind: str = JSON,
) -> Callable[[], object]:
    """Return a function that answers a request; the client's work is done before."""
    sent = Headers({"X-Acme-Key": RICH, **(headers or {})})
    environ = EnvironBuilder(path, method=method, query_string=query, headers=sent).get_environ()
    environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": kind}

    def answer() -> object:
        return list(server.app.wsgi_app(environ, lambda status, headers, failure=None: lambda data: None))

    return answer


def numbered(piece: str, count: int, between: str = "&") -> str:
    return between.join(piece.format(number) for number in range(count))


QUERIES = {
    "unknown names": "N{0}=1",
    "slips of a known name": "pgaeN{0}=1",
    "one known name": "page=1",
    "one unknown name": "N=1",
    "names alone": "N{0}",
    "encoded": "N%20{0}=%C3%A4",
    "wishes": "__code=404",
    "brackets": "filter[N{0}]=1",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize("path", [BILLS, f"/acme{BILLS}", "/acme/nowhere", "/nowhere", "/__admin/settings"])
def test_a_query(server: Sandboxed, path: str, kind: str) -> None:
    """The names differ in each run, since the server caches some."""
    grows_with_what_is_sent(
        lambda size: asked(server, "GET", path, query=numbered(QUERIES[kind].replace("N", f"a{size}x"), size)), 200
    )


HEADERS: Mapping[str, Callable[[int], Mapping[str, str]]] = {
    "many": lambda size: {f"X-A{number}": "1" for number in range(size)},
    "like ours": lambda size: {f"X-Mock-Sandbax-{number}": "1" for number in range(size)},
    "long": lambda size: {"X-A": "a " * size},
    "tags": lambda size: {"If-None-Match": numbered('"{0}"', size, ", ")},
    "a page's wishes": lambda size: {"Accept": numbered("a/b{0};q=0.1", size, ", ")},
    "readings": lambda size: {"X-Mock-Readings": numbered("acme.a{0}=x", size, ",")},
    "what is preferred": lambda size: {"Prefer": numbered("a{0}", size, ", ")},
    "an origin": lambda size: {"Origin": "http://" + "a." * size},
}


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("path", [BILLS, "/nowhere", "/__admin/settings", "/__admin/", "/"])
def test_headers(server: Sandboxed, path: str, kind: str) -> None:
    grows_with_what_is_sent(lambda size: asked(server, "GET", path, headers=HEADERS[kind](size)), 25)


def test_cookies(server: Sandboxed) -> None:
    """Each cookie is a secret with a name."""
    grows_with_what_is_sent(
        lambda size: asked(server, "GET", BILLS, headers={"Cookie": numbered("a{0}=1234567{0}", size, "; ")}), 25
    )


ENCODED_PART = "--x\r\nContent-Transfer-Encoding: base64\r\nX-A: {0}\r\n\r\nYT0xJmI9MiZjPTM=\r\n"
BODIES: Mapping[str, tuple[str, Callable[[int], str]]] = {
    "form": ("application/x-www-form-urlencoded", lambda size: numbered("a{0}=1", size)),
    "text": ("text/plain", lambda size: "a: b, " * size),
    "JSON list": (JSON, lambda size: f"[{numbered('{0}', size, ',')}]"),
    "JSON names": (JSON, lambda size: "{" + ",".join(f'"a{number}": 1' for number in range(size)) + "}"),
    "JSON texts": (JSON, lambda size: "[" + ",".join(f'"a{number}"' for number in range(size)) + "]"),
    "JSON name twice": (JSON, lambda size: "{" + ",".join(f'"a{n}": 1' for n in range(size)) + ',"z": 1, "z": 2}'),
    "XML": ("application/xml", lambda size: "<a>1</a>" * size),
    "XML in attributes": ("application/xml", lambda size: "<a>" + "<a b=\"<a>1</a>\" c='>'/>" * (size // 2) + "</a>"),
    "XML of entities": ("application/xml", lambda size: "<a>&lt;b&gt;&amp;lt;c&amp;gt;&lt;/b&gt;</a>" * (size // 2)),
    "open attributes": ("application/xml", lambda size: "<a b=\"<a c='" * size),
    "JSON pairs": (JSON, lambda size: numbered('{{"value":"of-a{0}","name":"token"}}', size // 4, ",").join("[]")),
    "JSON pairs in pairs": (
        JSON,
        lambda size: '{"value":' * (size // 2) + '"a-secret"' + ',"name":"token"}' * (size // 2),
    ),
    "JSON rows": (JSON, lambda size: numbered('["token","of-a{0}"]', size // 8, ",").join("[]")),
    "encoded parts": ("multipart/form-data", lambda size: numbered(ENCODED_PART, size // 4, "")),
    "lines of a form": ("text/plain", lambda size: "a=" + numbered("token=b c{0}", size, "\n")),
    "users": ("text/plain", lambda size: '//a\'b"c:d"e' * size),
    "a long name": ("text/plain", lambda size: "design_" * size + "=1"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", BILLS), ("POST", "/nowhere"), ("PATCH", "/__admin/settings"), ("POST", "/__admin/faults")],
)
def test_a_body(server: Sandboxed, method: str, path: str, kind: str) -> None:
    content, text = BODIES[kind]
    grows_with_what_is_sent(lambda size: asked(server, method, path, body=text(size).encode(), kind=content), 400)


CONTROL: Mapping[str, tuple[str, str, Callable[[int], Any]]] = {
    "unknown settings": ("PATCH", "settings", lambda size: {f"a{number}": 1 for number in range(size)}),
    "quotas": ("PATCH", "settings", lambda size: {"quotas": {f"a{number}": "1/day" for number in range(size)}}),
    "readings": ("PATCH", "settings", lambda size: {"readings": {f"a{number}": "x" for number in range(size)}}),
    "a rule": ("POST", "faults", lambda size: {"status": 503, "match": {"query": named(size)}}),
    "a record": ("POST", "records/acme", lambda size: {"note": "x" * size}),
    "accounts that are none": ("PUT", "accounts/acme", lambda size: {"accounts": [{}] * size}),
    "accounts": ("PUT", "accounts/acme", lambda size: {"accounts": [account(number) for number in range(size)]}),
    "counted": ("POST", "requests/count", lambda size: {"query": named(size)}),
    "found": ("POST", "requests/find", lambda size: {"headers": named(size)}),
    "near misses": ("POST", "requests/near-misses", lambda size: {"query": named(size), "headers": named(size)}),
}


def named(size: int) -> dict[str, Any]:
    return {f"{'page' * 10}{number}": {"contains": "1"} for number in range(min(size, 100))}


def account(number: int) -> dict[str, str]:
    return {"account": "rich" if number == 0 else "poor" if number == 1 else f"a{number}", "secret": f"s{number:020}"}


@pytest.mark.parametrize("kind", CONTROL)
def test_control(server: Sandboxed, kind: str) -> None:
    method, path, body = CONTROL[kind]
    server.get(f"{BILLS}?{numbered('pageegap{0}=1', 60)}", X_Mock_Sandbox="control")
    headers = {"X-Mock-Sandbox": "control"}
    grows_with_what_is_sent(
        lambda size: asked(server, method, f"/__admin/{path}", headers=headers, body=encode(body(size))), 25
    )
