"""What is sent by somebody who means no good, or by a program that is broken: texts, numbers, JSON, requests."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some

from mockserver.sdk import params
from mockserver.sdk.contract import Operation, Vendor
from mockserver.vendors import find_vendors
from tests.fuzz.targets import request

# By MOCK_FUZZ_EXAMPLES so many are tried of each kind, others with every seed (``make fuzz``); else always the same.
MANY = os.environ.get("MOCK_FUZZ_EXAMPLES")


def tried(examples: int = 40) -> settings:
    """How a test is tried: so often, without MOCK_FUZZ_EXAMPLES."""
    return settings(
        max_examples=int(MANY or examples),
        derandomize=MANY is None,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


WORDS = [
    "",
    "0",
    "-1",
    "1",
    "01",
    "+1",
    "1e5",
    "1.5",
    "NaN",
    "Infinity",
    "-0",
    "9" * 25,
    "9" * 500,
    "9" * 5000,
    "0x10",
    "٣",
    "²",
    "1_000",
    "true",
    "null",
    "None",
    "undefined",
    "..",
    "../..",
    "../../etc/passwd",
    "/etc/passwd",
    "%2e%2e",
    "..\\..",
    "C:\\",
    "default",
    "docs",
    "edge",
    "empty",
    ".hidden",
    "a/b",
    "a\x00b",
    "\x00",
    "\r\nX-Evil: 1",
    "\n",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\ud800",
    "\ufeff",
    "é",
    "𝒳",
    "ß",
    "İ",
    "a" * 65,
    "a" * 3000,
    "' OR 1=1 --",
    "<script>",
    "{{7*7}}",
    "${jndi:x}",
    "%s%n",
    "%",
    "%%",
    "%zz",
    "%00",
    "%0d%0a",
    "%c0%ae",
    "%F0%9F",
    "*",
    "~",
    "~~",
    "a~b",
    "=",
    "&",
    ";",
    ",",
    "[",
    "]",
    "[]",
    "[0]",
    "(a+)+$",
    "a" * 40 + "!",
    "code=503",
    "code=",
    "2026-02-30",
    "2026-07-15",
    "9999-12-31",
    "0000-00-00",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "-999999999d",
    "1d",
]
TEXT = some.sampled_from(WORDS) | some.text(max_size=30)
NUMBERS = some.sampled_from(
    [
        "0",
        "-0",
        "1",
        "-1",
        "1.5",
        "1e5",
        "1E+999999999",
        "1e-999999999",
        "1e400",
        "9" * 30,
        "9" * 4000,
        "9" * 5000,
        "NaN",
        "-Infinity",
        "1e1999",
        "0." + "1" * 1990,
        "2147483648",
        "1000000000",
        "60000",
        "59999.99",
        "1e-400",
        "599",
        "400",
        "503",
    ]
)
RAW = some.sampled_from(
    [
        b"%",
        b"%%",
        b"%00",
        b"%zz",
        b"%c0%ae",
        b"%F0%9F%98",
        b"%ed%a0%80",
        b"%0d%0aX:1",
        b"&",
        b"=",
        b"==",
        b"&&",
        b"?",
        b";",
        b"+",
        b"[",
        b"]",
        b"[]",
        b"%5B%5D",
        b"a",
        b"9" * 400,
        b"~",
        b"#",
        b"../",
        b"%2e%2e%2f",
        b"//",
        b"\\",
        b"%1b",
        b"%7f",
        b"-1",
    ]
)
VENDORS = find_vendors()


class Number:
    """A number as it is spelled, which Python may not be able to hold."""

    def __init__(self, text: str) -> None:
        self.text = text


def _told(value: Any) -> str:
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_told(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_told, value)) + "]"
    return json.dumps(value)


def nested(depth: int, kind: str) -> str:
    return "[" * depth + "]" * depth if kind == "[" else '{"a":' * depth + "1" + "}" * depth


SCALARS = some.none() | some.booleans() | TEXT | NUMBERS.map(Number)
VALUES = some.recursive(
    SCALARS, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXT, inner, max_size=4), max_leaves=10
)
# What the control API takes, by name; a body is often nearly right.
NAMES = some.sampled_from(
    [
        "dataset",
        "readings",
        "quotas",
        "strict",
        "acceptAnyCredential",
        "delay",
        "from",
        "scope",
        "duration",
        "to",
        "vendor",
        "operation",
        "match",
        "status",
        "error",
        "network",
        "probability",
        "times",
        "after",
        "count",
        "seed",
        "accounts",
        "name",
        "query",
        "headers",
        "credential",
        "path",
        "method",
        "type",
        "lower",
        "upper",
        "median",
        "sigma",
        "equalTo",
        "contains",
        "absent",
        "_owner",
        "id",
    ]
)
RIGHT = some.sampled_from(
    [
        "wisecp",
        "flolive",
        "netgroot",
        "60/minute",
        "0/day",
        "reset",
        "empty",
        "truncate",
        "malformed",
        "drip",
        "uniform",
        "lognormal",
        "sandbox",
        "all",
        "base",
        "default",
        "rate-limited",
        "outage",
        "1h",
        "2026-03-01T00:00:00Z",
        "default",
    ]
)
NEARLY = some.recursive(
    SCALARS | RIGHT | some.integers(-1, 700),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(NAMES | TEXT, inner, max_size=4),
    max_leaves=12,
)


@some.composite
def bodies(draw: some.DrawFn, *known: str) -> bytes:
    """A body of the control API: an object with what it knows, and more; or no JSON at all."""
    kind = draw(some.integers(0, 9))
    if kind == 0:
        return draw(some.binary(max_size=60))
    if kind == 1:
        return nested(draw(some.sampled_from([5, 63, 64, 65, 500, 5000])), draw(some.sampled_from("[{"))).encode()
    if kind == 2:
        return _told(draw(VALUES)).encode("utf-8", "surrogatepass")
    names = some.sampled_from(known) if known else NAMES
    body = draw(some.dictionaries(names | NAMES if kind == 3 else names, NEARLY, max_size=5))
    return _told(body).encode("utf-8", "surrogatepass")


def escaped(text: str) -> bytes:
    """A text in a URL, where nothing may be but what HTTP allows."""
    return b"".join(
        bytes([byte]) if 0x21 <= byte <= 0x7E and byte != 0x23 else b"%%%02X" % byte
        for byte in text.encode("utf-8", "surrogatepass")
    )


@some.composite
def queries(draw: some.DrawFn, endpoint: Operation) -> bytes:
    """A query string: documented names with hostile values, slips of names, and rubbish."""
    known = params.param_names(endpoint.query) or ["x"]
    names = some.sampled_from(known).map(str.encode) | some.sampled_from(known).map(lambda name: name.upper().encode())
    names |= TEXT.map(escaped) | some.just(b"__code") | RAW
    values = TEXT.map(escaped) | RAW | some.integers().map(lambda number: str(number).encode())
    pairs = draw(some.lists(some.tuples(names, values), max_size=6))
    told = b"&".join(name + b"=" + value for name, value in pairs)
    told += b"&" + b"".join(draw(some.lists(RAW, max_size=5)))
    return told * draw(some.sampled_from([1, 1, 1, 1, 3, 200]))


HEADER = some.sampled_from(WORDS) | some.text(
    some.characters(max_codepoint=255, exclude_categories=["Cc", "Cs"]), max_size=40
)
HEADERS = some.dictionaries(
    some.sampled_from(
        [
            "Prefer",
            "X-Mock-Sandbox",
            "X-Mock-Delay",
            "X-Mock-Readings",
            "X-Mock-Strict",
            "X-Mock-Fuu",
            "Origin",
            "Cookie",
            "Access-Control-Request-Method",
            "Authorization",
            "Apikey",
            "Auth-Key",
            "Brand-URL",
            "Accept",
            "Content-Type",
            "Range",
            "If-None-Match",
            "Accept-Encoding",
            "X-Forwarded-For",
            "Script-Name",
            "Upgrade",
            "Expect",
            "Connection",
            "Te",
        ]
    ),
    HEADER,
    max_size=4,
)


def legal(text: str) -> bytes:
    """A header's value without the signs with which it is none."""
    value = text.encode("utf-8", "replace")
    return bytes(byte for byte in value if byte >= 0x20 and byte != 0x7F)[:8000]


@some.composite
def calls(draw: some.DrawFn) -> bytes:
    """A request to one of a vendor's addresses, or to one near it."""
    vendor: Vendor = draw(some.sampled_from(VENDORS))
    endpoint = draw(some.sampled_from(vendor.operations))
    path = draw(some.sampled_from((endpoint.path, *endpoint.aliases)))
    own = re.sub(rb"{\w+}", lambda name: draw(TEXT.map(escaped)) or b"1", path.encode())
    headers: dict[str, bytes] = {}
    address = draw(some.sampled_from(["root", "prefix", "host", "sandbox", "astray"]))
    if address == "prefix":
        own = f"/{vendor.name}".encode() + own
    elif address == "host":
        headers["Host"] = draw(some.sampled_from([*vendor.hosts, f"{vendor.name}.localhost:8080"])).encode()
    elif address == "sandbox":
        own = b"/__sandbox/" + draw(TEXT.map(escaped)) + f"/{vendor.name}".encode() + own
    elif address == "astray":
        own = f"/{vendor.name}".encode() + own + draw(RAW)
    query = draw(queries(endpoint))
    credential = f"{vendor.name}-credential"
    headers |= {name: legal(value) for name, value in vendor.credential.write(credential).items()}
    headers |= {name: legal(value) for name, value in draw(HEADERS).items()}
    method = draw(
        some.sampled_from(["GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE", "MOCK"])
    )
    body = draw(some.none() | some.binary(max_size=50)) if method != "GET" else None
    return request(method, own + (b"?" + query if query else b""), headers, body)


def known_of(operation: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that an operation's body may have, as far as its spec says them at once."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return tuple(content.get("schema", {}).get("properties", {}))
