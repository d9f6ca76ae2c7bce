"""Carrying out a Reply, with an injected sleep."""

from __future__ import annotations

import errno
import json
import socket
from collections.abc import Iterable
from typing import Any

import pytest

from mockserver.engine.wsgi import CARRIER
from mockserver.sdk.http import NetworkFault, Reply
from mockserver.server import listen
from mockserver.server.wsgi_faults import DRIP_PAUSE, DRIP_PIECES, WsgiAdapter
from tests.server.stub import StubFront

BODY = b'{"bills":[' + b",".join(b'{"id":%d}' % index for index in range(50)) + b"]}"


def carried(reply: Reply | None, slept: list[float], **environ: Any) -> Iterable[bytes]:
    """The output of a server for a reply; without one the admin app answers."""
    front = StubFront(reply, BODY)
    return WsgiAdapter(front, slept.append)(environ, lambda *anything: lambda data: None)


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
def test_a_connection_is_closed_without_a_byte(network: NetworkFault) -> None:
    with pytest.raises(ConnectionResetError) as closed:
        carried(Reply(200, BODY, network=network), [])
    assert closed.value.errno == errno.ECONNRESET  # servers pass over it in silence


@pytest.mark.parametrize("network", ["reset", "empty"])
def test_only_a_reset_closes_the_connection_by_itself_and_with_rst(network: NetworkFault) -> None:
    with listen.listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()) as client:
        connection, _ = listener.accept()
        with connection, pytest.raises(ConnectionResetError):
            carried(Reply(200, BODY, network=network), [], **{"werkzeug.socket": connection})
        if network == "reset":
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        else:
            assert client.recv(1) == b""


def test_a_truncated_body_ends_in_the_middle() -> None:
    pieces = iter(carried(Reply(200, BODY, network="truncate"), []))
    assert next(pieces) == BODY[: len(BODY) // 2]
    with pytest.raises(ConnectionResetError):
        next(pieces)


@pytest.mark.parametrize("body", [BODY, b"{}", b"[]", b"0", b"null"])
def test_malformed_is_as_long_and_no_json(body: bytes) -> None:
    sent = b"".join(carried(Reply(200, body, network="malformed"), []))
    assert len(sent) == len(body)
    with pytest.raises(ValueError):
        json.loads(sent)


def test_a_front_learns_that_faults_are_carried_out() -> None:
    front = StubFront(None, BODY)
    WsgiAdapter(front)({}, lambda *anything: lambda data: None)
    assert front.environ[CARRIER] is True


def test_a_drip_pauses_after_each_piece() -> None:
    slept: list[float] = []
    pieces = list(carried(Reply(200, BODY, network="drip"), slept))
    assert b"".join(pieces) == BODY
    assert len(pieces) == DRIP_PIECES
    assert slept == [DRIP_PAUSE] * DRIP_PIECES
