"""With --no-control nothing names what is not there."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from mockserver.vendors import find_vendors
from tests.support.servers import running, serving

WORDS = ("__admin", "__docs", "control")
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture(scope="module")
def off() -> Iterator[tuple[str, str]]:
    """The URL of a server without control, and what it printed."""
    with running(serving("--no-control")) as served:
        yield served


def told(url: str, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """The status and all of a reply, its head included, but for the date and the headers of CORS and caching."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request(method, path, headers=headers)
    reply = connection.getresponse()
    body = reply.read().decode()
    connection.close()
    head = [f"{name}: {value}" for name, value in reply.getheaders() if not name.startswith("Access-Control-")]
    return reply.status, "\n".join([*head, body])


def served() -> list[str]:
    """What answers as ever, or is nobody's."""
    own = [f"{prefix}{e.path}" for v in find_vendors() for e in v.operations for prefix in ("", f"/{v.name}")]
    return ["/", "/__sandbox/mine", "/nowhere", *own, *(f"/{vendor.name}/nowhere" for vendor in find_vendors())]


def gone() -> list[str]:
    """What is not there, in a sandbox's URL neither."""
    admin = ("", "/", "/health", "/settings", "/vendors", "/requests", "/metrics", "/site/look.css")
    paths = [
        *(f"/__admin{path}" for path in admin),
        "/__docs",
        "/__docs/",
        "/__docs/specs",
        "/__docs/specs/wisecp.yaml",
    ]
    return [prefix + path for path in (*paths, "/__admi", "/__doc") for prefix in ("", "/__sandbox/mine")]


@pytest.mark.parametrize("accept", ["application/json", BROWSER])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_reply_names_it(off: tuple[str, str], method: str, accept: str) -> None:
    for path in (*served(), *gone()):
        for extra in ({}, {"Origin": "http://localhost:3000"}, {"X-Mock-Delay": "x"}, {"X-Mock-Foo": "1"}):
            status, text = told(off[0], method, path, {"Accept": accept, **extra})
            assert not [word for word in WORDS if word in text], (path, status, text)
            assert status == 404 if path in gone() else status < 500, (path, status)


def test_what_is_printed_names_it_neither(off: tuple[str, str]) -> None:
    assert not [word for word in WORDS if word in off[1]]
    assert off[1].endswith("stop: Ctrl-C\n")
