"""Carrying out what a Reply says, with an injected sleep."""

from __future__ import annotations

import errno
import json
import socket
import struct
from collections.abc import Iterable
from typing import Any

import pytest

from mockserver.vendor import Network, Reply
from mockserver.wire.threaded import DRIP_PAUSE, DRIP_PIECES, Carrier

BODY = b'{"bills":[' + b",".join(b'{"id":%d}' % index for index in range(50)) + b"]}"


def carried(reply: Reply | None, slept: list[float], **environ: Any) -> Iterable[bytes]:
    """What a server gets to send for a reply."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["the-key"] = reply
        return [BODY[:100], BODY[100:]]

    return Carrier(app, "the-key", slept.append)(environ, lambda *anything: lambda data: None)


@pytest.mark.parametrize("reply", [None, Reply(200, BODY)])
def test_nothing_asked_nothing_done(reply: Reply | None) -> None:
    slept: list[float] = []
    assert b"".join(carried(reply, slept)) == BODY
    assert slept == []


def test_a_delay_comes_before_the_first_byte() -> None:
    slept: list[float] = []
    carried(Reply(200, BODY, delay=0.8), slept)
    assert slept == [0.8]
    slept.clear()
    with pytest.raises(ConnectionResetError):
        carried(Reply(200, BODY, delay=0.1, network="empty"), slept)
    assert slept == [0.1]


@pytest.mark.parametrize("network", ["reset", "empty"])
def test_a_connection_is_closed_without_a_byte(network: Network) -> None:
    with pytest.raises(ConnectionResetError) as closed:
        carried(Reply(200, BODY, network=network), [])
    assert closed.value.errno == errno.ECONNRESET  # servers pass over it in silence


@pytest.mark.parametrize(
    ("network", "lingers"), [("reset", struct.pack("ii", 1, 0)), ("empty", struct.pack("ii", 0, 0))]
)
@pytest.mark.parametrize("key", ["gunicorn.socket", "werkzeug.socket"])
def test_only_a_reset_sends_rst(network: Network, lingers: bytes, key: str) -> None:
    with socket.socket() as connection:
        with pytest.raises(ConnectionResetError):
            carried(Reply(200, BODY, network=network), [], **{key: connection})
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == lingers


def test_a_truncated_body_ends_in_the_middle() -> None:
    sent = b""
    with pytest.raises(ConnectionResetError):
        for piece in carried(Reply(200, BODY, network="truncate"), []):
            sent += piece
    assert sent == BODY[: len(BODY) // 2]


@pytest.mark.parametrize("body", [BODY, b"{}", b"[]", b"0", b"null"])
def test_malformed_is_as_long_and_no_json(body: bytes) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["the-key"] = Reply(200, body, network="malformed")
        return [body]

    sent = b"".join(Carrier(app, "the-key")({}, lambda *anything: lambda data: None))
    assert len(sent) == len(body)
    with pytest.raises(ValueError):
        json.loads(sent)


def test_a_drip_pauses_after_each_piece() -> None:
    slept: list[float] = []
    pieces = list(carried(Reply(200, BODY, network="drip"), slept))
    assert b"".join(pieces) == BODY
    assert len(pieces) == DRIP_PIECES
    assert slept == [DRIP_PAUSE] * DRIP_PIECES
