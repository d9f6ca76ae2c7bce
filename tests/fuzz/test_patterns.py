"""Our own patterns, and what compares texts: the time for a long text grows with its length, not with its square."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockserver.admin.closest_operations import find_closest_operations
from mockserver.data import yaml_text
from mockserver.engine import near_misses
from mockserver.engine.outcomes import requested_outcome
from mockserver.engine.redaction import Redactor
from mockserver.sandbox import live_credentials
from mockserver.sandbox.matching import Difference
from mockserver.sandbox.secrets.index import SecretIndex
from mockserver.sandbox.store_url import without_password
from mockserver.sdk.http import Request
from mockserver.sdk.similar import find_closest
from tests.fuzz.hostile import VENDORS
from tests.fuzz.targets import watched

LONG, SHORTER = 64 * 1024, 8 * 1024
PIECES = [
    "a",
    "a ",
    "aaa ",
    'aaa"',
    "key=",
    "\\a",
    "-",
    "a-",
    "//",
    "//a",
    "sk_live_",
    "eyJ",
    "eyJa.",
    "~",
    "a~",
    "1",
    " ",
    "/",
    "token=",
    "token='",
    'token:"',
    '"token":',
    "token=aaaaaa&",
    "token=%61%61\\u0061&",
    "%2561",
    "%5c%75",
    "\\\\",
    "&amp;",
    "{",
    '{"a":',
    '{"token":[',
    '"{',
    "<a>",
    "<token>",
    "<token",
    "<![CDATA[",
    '--\nname="',
    "\n--",
    "basic ",
    "basic YTph",
    "://a@",
    "//a:",
    ";a=",
    "&lt;a&gt;",
    "<a b=\"<a c='",
    "<a b='>",
    '{"value":',
    '["token",',
    '{"value":"aaaaaa","name":"token"},',
    "token=a\n",
    "\na=",
    '//a\'b"c:d"e',
    "--x\nContent-Transfer-Encoding: base64\n\nYWFh\n",
    "design_",
]
REDACTION = Redactor(VENDORS, SecretIndex(["a" * 20, "key=key=key=k", "token=token=" + "a" * 200]))
PATH = "/a" * (LONG // 2)
KEPT = {"request": {"path": PATH, "method": "GET", "query": {}, "headers": {}}, "vendor": None}
USES: dict[str, Callable[[str], object]] = {
    "the secrets of a body": lambda text: REDACTION.redact(Request("POST", "/", "", {}, body=text.encode())),
    "the secrets of an address": lambda text: REDACTION.redact(Request("GET", text, text, {"referer": text})),
    "a live credential": lambda text: (live_credentials.mask_live(text, ""), live_credentials.looks_live(text, 0.0)),
    "a URL": without_password,
    "an outcome": lambda text: requested_outcome(Request("GET", "/", text, {"prefer": text})),
    "secrets": SecretIndex(["a" * 20, "-" * 30]).find,
    "a slip": lambda text: find_closest(text, ["aaaa", text, text[:50]]),
    "a hint": lambda text: near_misses.explain_difference(Difference("path", text, PATH), KEPT),
    "an endpoint": lambda text: find_closest_operations({**KEPT, "request": {"path": text, "method": "GET"}}, VENDORS),
    "the depth of YAML": yaml_text._may_be_deep,
}


@pytest.mark.slow
@pytest.mark.parametrize("use", USES)
def test_no_long_text_takes_long(use: str) -> None:
    length = SHORTER if use in ("the secrets of a body", "the secrets of an address") else LONG
    for piece in PIECES:
        for end in ("", "!"):
            with watched((use, piece)):
                USES[use]((piece * length)[:length] + end)


def test_of_a_call_with_thousands_of_names_some_are_compared() -> None:
    kept = {"request": {"query": {f"page{number}": "1" for number in range(200_000)}, "headers": {}}, "vendor": None}
    with watched("hints"):
        near_misses.explain_difference(Difference("query.pages", "1", None), kept)
