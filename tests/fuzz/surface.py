"""Everything that can be sent: each address, each part of a request, of few large pieces, many small ones, many alike.

What is sent is made of a number, so that no two repeats of a measurement are the same request, and nothing that the
server remembers of the one makes the other cheaper.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mockserver.toolkit import params

from .hostile import VENDORS
from .targets import request

Make = Callable[[int], bytes]  # what is sent, by the number of the repeat
Text = Callable[[int, int], str]  # a text of so many bytes, by the number of the repeat


class Case(NamedTuple):
    """One kind of request, and whether control answers it."""

    name: str
    make: Make
    control: bool = False


def filled(piece: Callable[[int], str], size: int, between: str = "&") -> str:
    """Pieces by their number, as many as come to about so many bytes."""
    length = len(piece(1000)) + len(between)
    return between.join(map(piece, range(max(1, size // length))))


LINE, LONG_LINE = 15_000, 60_000  # bytes of a target: the vendor's words, and the most that the server reads
HEADER, HEADERS = 8_000, 90
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
    "tildes": lambda size, n: f"a={n}{'~' * size}",
    "addresses with passwords": lambda size, n: filled(lambda i: f"a{i}=http://u:pass{n}{i:06}@h", size),
}

HEADER_SETS: Mapping[str, Callable[[int], Mapping[str, bytes]]] = {
    "many small": lambda n: {f"X-A{n}-{i}": b"1" for i in range(HEADERS)},
    "many long": lambda n: {f"X-A{i}": b"%d" % n + b"a " * (HEADER // 2 - 50) for i in range(HEADERS)},
    "many long names": lambda n: {f"X-{i}-{'a' * 7000}": b"%d" % n for i in range(HEADERS)},
    "many of ours": lambda n: {f"X-Mock-Sandbax{n}-{i}": b"1" for i in range(HEADERS)},
    "many secrets": lambda n: {f"X-Token-{i}": b"Basic " + base64.b64encode(b"u%d:p%d+" % (n, i) * 200) for i in range(80)},
    "cookies": lambda n: {
        f"{'X-' * i}Cookie": filled(lambda k: f"k{k}=v{n}+/{k:05}", HEADER - 200, "; ").encode() for i in range(HEADERS)
    },
    "one cookie": lambda n: {"Cookie": filled(lambda k: f"k{k}=v{n}+/{k:05}", HEADER - 100, "; ").encode()},
    "one cookie often": lambda n: {"Cookie": filled(lambda k: f"session=v{n}+/{k:05}", HEADER - 100, "; ").encode()},
    "tildes": lambda n: {name: b"Bearer %d" % n + b"a~" * 3900 for name in ("Authorization", "Apikey", "Auth-Key", "X-Api-Key")},
    "live keys": lambda n: {f"X-A{i}": filled(lambda k: f"sk_live_{n:08}{k:08}", HEADER - 100, " ").encode() for i in range(80)},
    "basic": lambda n: {"Authorization": b"Basic " + base64.b64encode(b"%d:" % n + b"\xe4~" * 2900)},
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
    "one part": lambda size, n: f'--xx\r\nContent-Disposition: form-data; name="token"\r\n\r\n{"a+" * (size // 2)}\r\n--xx--',
    "JSON list": lambda size, n: f"[{n}," + filled(lambda i: "1", size, ",") + "]",
    "JSON list of texts": lambda size, n: "[" + filled(lambda i: f'"a{n}{i:06}"', size, ",") + "]",
    "JSON names": lambda size, n: "{" + filled(lambda i: f'"a{n}x{i:06}":1', size, ",") + "}",
    "JSON secrets": lambda size, n: "{" + filled(lambda i: f'"token{i:06}":"a{n}+/{i:06}"', size, ",") + "}",
    "JSON name often": lambda size, n: "{" + filled(lambda i: f'"token":"a{n}+/{i:06}"', size, ",") + "}",
    "JSON names and the last again": lambda size, n: "{" + filled(lambda i: f'"a{n}x{i:06}":1', size, ",") + ',"z":1,"z":2}',
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
    "not UTF-8": lambda size, n: f"{n}" + "\xe4\xff" * (size // 2),
}  # fmt: skip


def addresses() -> Iterator[tuple[str, bytes, Mapping[str, str]]]:
    """Every way to each endpoint of a vendor, and to none, with the headers of who may call."""
    for vendor in VENDORS:
        headers = vendor.credential.write(f"{vendor.name}-credential")
        for endpoint in vendor.endpoints:
            for path in (endpoint.path, *endpoint.also):
                path = path.replace("{", "").replace("}", "")
                yield f"{path} of {vendor.name}", path.encode(), headers
                yield f"/{vendor.name}{path}", f"/{vendor.name}{path}".encode(), headers
            yield f"{path} of the host of {vendor.name}", path.encode(), {**headers, "Host": f"{vendor.name}.localhost"}
            yield f"{path} of {vendor.name} in a sandbox", f"/__sandbox/a/{vendor.name}{path}".encode(), headers
        yield f"astray of {vendor.name}", f"/{vendor.name}/astray".encode(), headers


NOWHERE = (b"/astray", b"/", b"/__docs/specs", b"/__docs/astray", b"/__admin/astray", b"/__admin/site/astray")
