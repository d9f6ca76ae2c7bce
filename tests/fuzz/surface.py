"""Everything that can be sent: each address, each part of a request, of few large pieces, many small ones, many alike.

What is sent is made of a number, so that no two repeats of a measurement are the same request, and nothing that the
server remembers of the one makes the other cheaper.
"""

from __future__ import annotations

import json
from base64 import b64encode as wrapped
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from mockserver.sdk import shipped
from mockserver.sdk.contract import Vendor
from tests.fuzz.hostile import known_of

Text = Callable[[int, int], str]  # a text of about so many bytes, by the number of the repeat


def filled(piece: Callable[[int], str], size: int, between: str = "&") -> str:
    """Pieces by their number, as many as come to about so many bytes."""
    length = len(piece(1000)) + len(between)
    return between.join(map(piece, range(max(1, size // length))))


LINE, LONG_LINE = 15_000, 60_000  # bytes of a target: the vendor's words, and the most that the server reads
HEADER, HEADERS = 8_000, 90
SECRETS = ("Authorization", "Apikey", "Auth-Key", "X-Api-Key")
BODY = 250_000

QUERIES: Mapping[str, Text] = {
    "many names": lambda size, n: filled(lambda i: f"a{n}x{i}=1", size),
    "many empty names": lambda size, n: filled(lambda i: f"{n}x{i}", size),
    "one name often": lambda size, n: filled(lambda i: f"a{n}=1", size),
    "many values of secrets": lambda size, n: filled(lambda i: f"token=a{n}%2B/{i:08}", size),
    "many names of secrets": lambda size, n: filled(lambda i: f"token{i}=a{n}+/{i:08}", size),
    "one secret": lambda size, n: "token=" + filled(lambda i: f"{n}%2B", size, ""),
    "names with brackets": lambda size, n: filled(lambda i: f"filter[a{n}x{i}]=1", size),
    "names of a hundred letters": lambda size, n: filled(lambda i: f"{'pageize' * 13}{n}x{i}=1", size),
    "one long name": lambda size, n: f"{n}{'page' * (size // 4)}=1",
    "one long value": lambda size, n: f"page={n}{'1' * size}",
    "one long encoded value": lambda size, n: f"a{n}={'%41' * (size // 3)}",
    "broken encoding": lambda size, n: f"a{n}={'%zz' * (size // 3)}",
    "encoding within encoding": lambda size, n: f"a{n}={'%25' * (size // 3)}41",
    "ampersands": lambda size, n: f"{n}{'&' * size}",
    "equal signs": lambda size, n: f"{n}{'=' * size}",
    "asked for errors": lambda size, n: filled(lambda i: f"__code=4{n}", size),
    "numbers in a row": lambda size, n: f"ids={n}," + filled(lambda i: str(i), size, ","),
    "live keys": lambda size, n: filled(lambda i: f"a{i}=sk_live_{n:08}{i:08}", size),
    "tokens": lambda size, n: filled(lambda i: f"a{i}=eyJhbGciOi{n}.eyJ{i:09}.c2ln", size),
    "mixed spellings": lambda size, n: f"a={n}&" + filled(lambda i: r"token=%61%61\u0061", size),
    "tildes": lambda size, n: f"a={n}{'~' * size}",
    "addresses with passwords": lambda size, n: filled(lambda i: f"a{i}=http://u:pass{n}{i:06}@h", size),
}

HEADER_SETS: Mapping[str, Callable[[int], Mapping[str, bytes]]] = {
    "many small": lambda n: {f"X-A{n}-{i}": b"1" for i in range(HEADERS)},
    "many long": lambda n: {f"X-A{i}": b"%d" % n + b"a " * (HEADER // 2 - 50) for i in range(HEADERS)},
    "many long names": lambda n: {f"X-{i}-{'a' * 7000}": b"%d" % n for i in range(HEADERS)},
    "many of ours": lambda n: {f"X-Mock-Sandbax{n}-{i}": b"1" for i in range(HEADERS)},
    "many secrets": lambda n: {f"X-Token-{i}": b"Basic " + wrapped(b"u%d:p%d+" % (n, i) * 200) for i in range(80)},
    "cookies": lambda n: {
        f"{'X-' * i}Cookie": filled(lambda k: f"k{k}=v{n}+/{k:05}", HEADER - 200, "; ").encode() for i in range(HEADERS)
    },
    "one cookie": lambda n: {"Cookie": filled(lambda k: f"k{k}=v{n}+/{k:05}", HEADER - 100, "; ").encode()},
    "one cookie often": lambda n: {"Cookie": filled(lambda k: f"session=v{n}+/{k:05}", HEADER - 100, "; ").encode()},
    "tildes": lambda n: dict.fromkeys(SECRETS, b"Bearer %d" % n + b"a~" * 3900),
    "live keys": lambda n: {f"X-A{i}": b" ".join(b"sk_live_%08d%08d" % (n, k) for k in range(300)) for i in range(80)},
    "basic": lambda n: {"Authorization": b"Basic " + wrapped(b"%d:" % n + b"\xe4~" * 2900)},
    "mixed spellings": lambda n: {f"X-A{i}": b"%d-%d" % (n, i) + rb"token=%61%61\u0061&" * 30 for i in range(80)},
    "spelled like a secret": lambda n: {f"X-A{i}": b"%d-%d" % (n, i) + rb"%61%61\u0061" * 50 for i in range(80)}
    | {"X-Secret": b"a" * 24},
    "the secret of everything": lambda n: {"Authorization": b"Bearer %s%d" % (b"a" * 120, n)},
    "accept": lambda n: {"Accept": b", ".join(b"a%d/b%d;q=0.%d" % (n, i, i % 9) for i in range(450))},
    "accept of blanks": lambda n: {"Accept": b"%d" % n + b" " * 7900 + b"x"},
    "origin": lambda n: {"Origin": b"http://" + b"a.%d" % n * 1900},
    "host": lambda n: {"Host": b"a.%d" % n * 1900},
    "prefer": lambda n: {"Prefer": b"a%d, " % n * 1500 + b"code=4040"},
    "readings": lambda n: {"X-Mock-Readings": b",".join(b"wisecp.a%d-%d=x" % (n, i) for i in range(400))},
    "delay": lambda n: {"X-Mock-Delay": b"9" * 8000},
    "strict": lambda n: {"X-Mock-Strict": b"%d" % n + b"a+/" * 2600},
    "sandbox": lambda n: {"X-Mock-Sandbox": b"%d" % n + b"a~" * 3900},
    "tags": lambda n: {"If-None-Match": b", ".join(b'"%d-%d"' % (n, i) for i in range(900))},
    "ranges": lambda n: {"Range": b"bytes=" + b",".join(b"%d-%d" % (i, i + 1) for i in range(800))},
    "type": lambda n: {"Content-Type": b"text/plain" + b"; a%d=b" % n * 900},
    "type of quotes": lambda n: {"Content-Type": b'a/b; x="' + b'\\"' * 3900},
    "forwarded": lambda n: {"X-Forwarded-For": b"10.0.0.%d, " % n * 700, "Referer": b"http://x/?token=%d&" % n * 400},
    "preflight": lambda n: {
        "Origin": b"http://localhost:%d" % (3000 + n),
        "Access-Control-Request-Method": b"GET",
        "Access-Control-Request-Headers": b", ".join(b"x-a%d-%d" % (n, i) for i in range(700)),
    },
}  # fmt: skip

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
TYPES = (
    FORM,
    JSON,
    "text/plain",
    "application/xml",
    "multipart/form-data; boundary=xx",
    "application/octet-stream",
    "",
)


def _parts(size: int, n: int) -> str:
    part = '--xx\r\nContent-Disposition: form-data; name="token{}"\r\n\r\nv{}+/\r\n'
    return filled(lambda i: part.format(i, n), size, "") + "--xx--\r\n"


def _encoded_part(text: str) -> str:
    head = '--xx\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64'
    return f"{head}\r\n\r\n{wrapped(text.encode()).decode()}\r\n"


def _deep(size: int, n: int) -> str:
    return '{"a":' * (size // 6) + str(n) + "}" * (size // 6)


def _inner(size: int, n: int) -> str:
    text = f'{{"token": "a{n}+/"}}'
    while len(text) < size // 3:
        text = json.dumps({"a": text, "b": [text[:50]] * 10})
    return text


BODIES: Mapping[str, Text] = {
    **{f"form of {name}": text for name, text in QUERIES.items()},
    "one long text": lambda size, n: f"{n}" + "a" * size,
    "blanks": lambda size, n: f"{n}" + " " * size + "x",
    "lines": lambda size, n: f"{n}" + "\n" * size,
    "quotes": lambda size, n: f'{n}"' + '\\"' * (size // 2),
    "colons": lambda size, n: f"{n}" + "token:" * (size // 6),
    "parts": _parts,
    "one part": lambda size, n: _parts(1, n).replace("v", "a+" * (size // 2)),
    "JSON list": lambda size, n: f"[{n}," + filled(lambda i: "1", size, ",") + "]",
    "JSON list of texts": lambda size, n: "[" + filled(lambda i: f'"a{n}{i:06}"', size, ",") + "]",
    "JSON names": lambda size, n: "{" + filled(lambda i: f'"a{n}x{i:06}":1', size, ",") + "}",
    "JSON secrets": lambda size, n: "{" + filled(lambda i: f'"token{i:06}":"a{n}+/{i:06}"', size, ",") + "}",
    "JSON name often": lambda size, n: "{" + filled(lambda i: f'"token":"a{n}+/{i:06}"', size, ",") + "}",
    "JSON names, one twice": lambda size, n: "{" + filled(lambda i: f'"a{n}x{i}":1', size, ",") + ',"z":1,"z":2}',
    "JSON secret of many": lambda size, n: '{"token":[' + filled(lambda i: f'"a{n}+/{i:06}"', size, ",") + "]}",
    "JSON depth": _deep,
    "JSON brackets": lambda size, n: "[" * size,
    "JSON in JSON": _inner,
    "JSON escapes": lambda size, n: f'{{"token{n}":"' + "\\u00e4" * (size // 6) + '"}',
    "JSON text": lambda size, n: f'{{"a{n}":"' + "x" * size + '"}',
    "JSON number": lambda size, n: f'{{"a{n}":' + "9" * size + "}",
    "XML": lambda size, n: "<a>" + filled(lambda i: f"<token>a{n}+/{i:05}</token>", size, "") + "</a>",
    "XML attributes": lambda size, n: "<a " + filled(lambda i: f'token{i}="a{n}+/{i:05}"', size, " ") + "/>",
    "sentences": lambda size, n: filled(lambda i: f"the password is: a{n}{i:05}", size, " "),
    "live keys": lambda size, n: filled(lambda i: f"sk_live_{n:08}{i:08}", size, " "),
    "tokens": lambda size, n: filled(lambda i: f"eyJhbGciOi{n}.eyJ{i:09}.c2ln", size, " "),
    "pairs": lambda size, n: "[" + filled(lambda i: f'{{"value":"a{n}x{i:06}","name":"token"}}', size, ",") + "]",
    "rows": lambda size, n: "[" + filled(lambda i: f'["token","a{n}x{i:06}"]', size, ",") + "]",
    "pairs in pairs": lambda size, n: '{"value":' * (size // 9) + str(n),
    "encoded parts": lambda size, n: filled(lambda i: _encoded_part(f"a{n}x{i:06}"), size, "") + "--xx--",
    "one encoded part": lambda size, n: _encoded_part(f'{{"token":"{n}' + "a" * (size // 2)) + "--xx--",
    "XML in XML": lambda size, n: f"<a>{n}" + filled(lambda i: "<a>&lt;b&gt;1&lt;/b&gt;</a>", size, "") + "</a>",
    "JSON in XML": lambda size, n: f"<a>{n}" + filled(lambda i: f'<a>{{"b":"{i:06}"}}</a>', size, "") + "</a>",
    "signs in attributes": lambda size, n: f"<a n='{n}'>" + filled(lambda i: "<a b='>' c=\">\"/>", size, ""),
    "open attributes": lambda size, n: f"{n}" + filled(lambda i: "<a b=\"<a c='", size, ""),
    "entities": lambda size, n: f"{n}" + "&lt;a&gt;" * (size // 9),
    "lines of a form": lambda size, n: f"a={n}" + filled(lambda i: f"\ntoken=b c{i:06}", size, ""),
    "blanks of a form": lambda size, n: f"a={n}" + filled(lambda i: f" token=b c{i:06}", size, ""),
    "users": lambda size, n: f"{n}" + '//a\'b"c:d"e' * (size // 13),
    "dashes of a name": lambda size, n: f"{n}" + "a-" * (size // 2),
    "words of a name": lambda size, n: f"{n}" + "design_" * (size // 7) + "=1",
    "cuts of a secret": lambda size, n: f"{n}" + ("a" * 100 + "'") * (size // 101),
    "not UTF-8": lambda size, n: f"{n}" + "\xe4\xff" * (size // 2),
}  # fmt: skip


NOWHERE = (b"/astray", b"/", b"/__docs/specs", b"/__docs/astray", b"/__admin/astray", b"/__admin/", b"/__admin/site/x")
# What control refuses by the head of a request, and two that it reads; by their status.
REFUSALS: Mapping[str, tuple[int, str, bytes, Mapping[str, str]]] = {
    "foreign origin": (403, "POST", b"/__admin/reset", {"Origin": "http://evil.example"}),
    "foreign host": (403, "PATCH", b"/__admin/settings", {"Host": "evil.example"}),
    "no JSON": (415, "POST", b"/__admin/requests/find", {"Content-Type": "text/plain"}),
    "nothing there": (404, "PUT", b"/__admin/astray", {}),
    "another method": (405, "PUT", b"/__admin/settings", {}),
    "a vendor's other method": (405, "POST", b"/wisecp/api/Billing/GetInvoices", {}),
    "nobody's path": (404, "POST", b"/astray", {}),
    "docs": (405, "POST", b"/__docs/specs", {}),
}


def addresses(vendor: Vendor, path: bytes) -> Iterator[bytes]:
    """Every way to an endpoint of a vendor, whose example has this path, and astray of it."""
    own = [path, *(each.encode() for endpoint in vendor.operations for each in endpoint.aliases)]
    for each in own:
        yield each.replace(b"{", b"").replace(b"}", b"")
    yield b"/" + vendor.name.encode() + path
    yield b"/__sandbox/a/" + vendor.name.encode() + path
    yield b"/" + vendor.name.encode() + b"/astray"


MANY = 9000  # values of a body that control reads: one over ten thousand is refused
SPEC = yaml.load(shipped.spec("control").read_text(encoding="utf-8"), yaml.CSafeLoader)
OPERATIONS = [
    (method.upper(), path, known_of(operation))
    for path, operations in SPEC["paths"].items()
    for method, operation in operations.items()
    if method in ("get", "put", "post", "patch", "delete")
]


def control_bodies(known: tuple[str, ...]) -> Iterator[tuple[str, Callable[[int], Any]]]:
    """Bodies of an operation of control: each name that it knows, with each kind of many, long and deep values."""
    yield "unknown names", lambda n: {f"a{n}x{i}": 1 for i in range(MANY)}
    yield "unknown maps", lambda n: {f"a{n}x{i}": {"a": [1]} for i in range(MANY // 3)}
    for name in known:
        for kind, value in VALUES.items():
            yield f"{name}: {kind}", lambda n, name=name, value=value: {name: value(n)}  # type: ignore[misc]


VALUES: Mapping[str, Callable[[int], Any]] = {
    "texts": lambda n: [f"a{n}x{i}" for i in range(MANY)],
    "numbers": lambda n: list(range(n, MANY)),
    "empty maps": lambda n: [{}] * (MANY - n),
    "maps": lambda n: [{f"a{n}": 1}] * (MANY // 2),
    "names": lambda n: {f"a{n}x{i}": "x" for i in range(MANY)},
    "long names": lambda n: {f"{'x' * 900}{n}a{i}": 1 for i in range(900)},
    "a matcher": lambda n: {part: {f"{'page' * 12}{n}{i}": "x" for i in range(100)} for part in ("query", "headers")},
    "a matcher of absence": lambda n: {"query": {f"b{n}{i}": {"absent": True} for i in range(100)}},
    "a long text": lambda n: f"{n}" + "x-" * 100_000,
    "digits": lambda n: f"{n}" + "1" * 100_000,
    "a deep list": lambda n: _nested(60, n),
}  # fmt: skip


def _nested(depth: int, n: int) -> Any:
    value: Any = [n] * 100
    for _ in range(depth):
        value = [value]
    return value
