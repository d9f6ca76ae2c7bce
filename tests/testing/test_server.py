"""The server inside the test process: it starts quickly and leaves nothing behind."""

from __future__ import annotations

import socket
import threading

import pytest
from redis import Redis

from mockserver import testing
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import InvalidSetting
from mockserver.testing.server import Server
from tests.support import stores
from tests.support.acme import only


def is_free(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "mockserver"]


def test_it_serves_and_leaves_nothing_behind(vendor: Vendor) -> None:
    with only(vendor), Server(dataset="empty") as server:
        assert server.client.health()["vendors"] == ["acme"]
        assert server.client.sandbox().settings()["dataset"] == "empty"
        assert threads() == ["mockserver"]
    assert is_free(server.url)
    assert threads() == []


def test_it_lets_go_of_a_store_that_others_share(vendor: Vendor) -> None:
    with stores.running(stores.program()) as redis, Redis.from_url(redis.url) as other:
        with only(vendor), Server(store=redis.url) as server:
            server.client.sandbox().settings()
            assert len(other.client_list()) > 1
        assert len(other.client_list()) == 1
        assert server.runtime.store.sandboxes()
        server.runtime.store.close()


def test_given_vendors_join_those_there_are(vendor: Vendor) -> None:
    with only(), Server(vendors=[vendor]) as server:
        assert server.client.names == [vendor.name for vendor in server.runtime.vendors] == ["acme"]


def test_what_cannot_be_served_is_told(vendor: Vendor) -> None:
    server = Server(dataset="nowhere")
    with only(vendor), pytest.raises(InvalidSetting, match="acme has no dataset 'nowhere'"):
        server.start()
    server.stop()
    assert is_free(server.url)


def test_the_package_offers_its_helpers() -> None:
    assert testing.Server is Server
    for name in testing.__all__:
        assert getattr(testing, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Sever'"):
        testing.Sever  # noqa: B018
