"""``mockserver health``: whether a server is healthy."""

from __future__ import annotations

import http.client
import io
import ssl
import time
from typing import Any

import pytest

from mockserver.cli import health
from mockserver.sdk import clock
from mockserver.sdk.contract import Vendor
from tests.support.acme import Sandboxed


class Replies:
    """A connection with given replies; raises those that are exceptions."""

    def __init__(self, *replies: Any) -> None:
        self.replies, self.asked = list(replies), [""]
        self.made: list[tuple[Any, ...]] = []

    def __call__(self, *where: Any, **how: Any) -> Replies:
        self.made.append((*where, how))
        return self

    def request(self, method: str, target: str) -> None:
        self.asked.append(f"{method} {target}")

    def getresponse(self) -> Any:
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        status, body = reply
        response = io.BytesIO(body)
        response.status = status  # type: ignore[attr-defined]
        return response

    def close(self) -> None:
        self.asked.append("closed")


GOOD = (200, b'{"status": "healthy"}')


def ask_with(monkeypatch: pytest.MonkeyPatch, url: str, *replies: Any, wait: float = 0.0) -> tuple[Replies, Any]:
    """Ask; only sleeping moves the clock."""
    connection, now = Replies(*replies), [100.0]
    monkeypatch.setattr(http.client, "HTTPConnection", connection)
    monkeypatch.setattr(http.client, "HTTPSConnection", connection)
    monkeypatch.setattr(clock, "monotonic_time", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return connection, health.ask(url, wait)


def test_a_healthy_server(monkeypatch: pytest.MonkeyPatch) -> None:
    connection, found = ask_with(monkeypatch, "http://127.0.0.1:8080/", GOOD)
    assert found == (True, "is healthy")
    assert connection.made == [("127.0.0.1", 8080, {"timeout": 5})]
    assert connection.asked[1:] == ["GET /__admin/health", "closed"]


def test_tls_is_asked_without_trusting_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    connection, found = ask_with(monkeypatch, "https://sandbox.test/base", GOOD)
    assert found == (True, "is healthy")
    ((host, port, how),) = connection.made
    assert (host, port, how["context"].verify_mode) == ("sandbox.test", None, ssl.CERT_NONE)
    assert connection.asked[1] == "GET /base/__admin/health"


def test_one_without_a_control_api_tells_so(monkeypatch: pytest.MonkeyPatch, vendor: Vendor) -> None:
    def replies(server: Sandboxed, path: str, start: str) -> list[tuple[int, bytes]]:
        return [(answer.status, answer.body) for answer in (server.control("GET", path), server.get(start))]

    off, on = Sandboxed(vendor, control="false"), Sandboxed(vendor)
    connection, found = ask_with(monkeypatch, "http://x/base", *replies(off, "/health", "/"))
    assert found == (True, "answers; its control API is off")
    assert connection.asked[1:] == ["GET /base/__admin/health", "closed", "GET /base/", "closed"]
    assert ask_with(monkeypatch, "http://x", *replies(on, "/helth", "/"))[1] == (False, "is 404")
    assert ask_with(monkeypatch, "http://x", *replies(on, "/helth", "/elsewhere/"))[1] == (False, "is 404")


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ((503, b'{"status": "healthy"}'), "is healthy"),
        ((200, b'{"status": "ill"}'), "is ill"),
        ((200, b"[]"), "is unknown"),
        ((200, b"<html>"), "does not answer (Expecting value: line 1 column 1 (char 0))"),
        (ConnectionRefusedError("refused"), "does not answer (refused)"),
        (http.client.BadStatusLine("x"), "does not answer (x)"),
    ],
)
def test_one_that_is_not(monkeypatch: pytest.MonkeyPatch, reply: Any, found: str) -> None:
    assert ask_with(monkeypatch, "http://127.0.0.1:8080", reply)[1] == (False, found)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "ftp://x", "http://", "http://x:port"])
def test_what_is_no_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert not ask_with(monkeypatch, url)[1][0]


def test_it_keeps_asking_as_long_as_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = ConnectionRefusedError("refused")
    assert ask_with(monkeypatch, "http://x", refused, refused, GOOD, wait=1.0)[1] == (True, "is healthy")
    tries = [refused] * 100
    connection, found = ask_with(monkeypatch, "http://x", *tries, wait=1.0)
    assert found == (False, "does not answer (refused)")
    assert 100 - len(connection.replies) == pytest.approx(1.0 / health.INTERVAL_SECONDS + 1, abs=1)
