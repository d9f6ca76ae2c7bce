"""Hosts, origins, URLs and networks: what is good is read, and nothing else."""

from __future__ import annotations

import pytest

from mockserver.sandbox.web import (
    is_within,
    parse_header_names,
    parse_networks,
    parse_public_url,
    read_authority,
    read_origin,
    read_prefix,
)

HOSTILE = (
    "",
    " localhost",
    "localhost ",
    "local\thost",
    "localhost\n",
    "localhost\x00",
    "[::1].evil.com",
    "[::1]evil.com",
    "[::1]:80.evil.com",
    "evil.com\\@127.0.0.1",
    "evil.com\\127.0.0.1",
    "evil.com@127.0.0.1",
    "user:pass@127.0.0.1",
    "127.0.0.1@evil.com",
    "evil.com#127.0.0.1",
    "evil.com?127.0.0.1",
    "evil.com/127.0.0.1",
    "127.0.0.1/",
    "127.0.0.1,evil.com",
    "localhost;evil.com",
    "127.0.0.1%2eevil.com",
    "%6cocalhost",
    "localhost%00",
    "[::1%lo]",
    "[::1%25lo]",
    "[fe80::1%eth0]",
    "[127.0.0.1]",
    "[localhost]",
    "[::1",
    "::1",
    "[]",
    "[:::1]",
    "127.0.0.1.",
    "localhost.",
    ".localhost",
    "a..localhost",
    "-a.localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "127.0.0.256",
    "127.0.0.1.1",
    "1.2.3.0x4",
    "ⓛocalhost",
    "127。0。0。1",
    "loca\u200blhost",
    "localhoſt",
    "١٢٧.0.0.1",
    "localhost:",
    "localhost:x",
    "localhost:+80",
    "localhost:-1",
    "localhost:65536",
    "localhost:999999",
    "localhost:80:80",
    "localhost:٨٠",
    "a" * 64,
    ".".join(["a" * 60] * 5),
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_host_is_not_guessed_at(text: str) -> None:
    assert read_authority(text) is None
    assert read_origin(f"http://{text}") is None


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("LOCALHOST", "localhost", None),
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("[::1]:1", "::1", 1),
        ("[0:0:0:0:0:0:0:1]", "::1", None),
        ("[FE80::A]", "fe80::a", None),
        ("my_service-1.internal:65535", "my_service-1.internal", 65535),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
        ("1password.example", "1password.example", None),
        ("127.0.0.1.evil.com", "127.0.0.1.evil.com", None),
    ],
)
def test_a_host(text: str, host: str, port: int | None) -> None:
    assert read_authority(text) == (host, port)


@pytest.mark.parametrize(
    "text", ["null", "http:localhost", "http:/localhost", "//localhost", "localhost", "file://", "ftp://localhost"]
)
def test_what_is_no_origin(text: str) -> None:
    assert read_origin(text) is None


def test_an_origin_has_a_port_also_where_none_is_named() -> None:
    for text in ("https://Mock.Example", "HTTPS://mock.example:443"):
        assert read_origin(text) == ("https", "mock.example", 443)
    assert read_origin("http://[::1]") == ("http", "::1", 80)
    assert read_origin("http://mock.example") != read_origin("https://mock.example")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://mock.example", "https://mock.example"),
        ("HTTP://Mock.Example:8443/", "http://mock.example:8443"),
        ("https://mock.example/billing/", "https://mock.example/billing"),
        ("https://[::1]:8443/a/b~c", "https://[::1]:8443/a/b~c"),
        ("https://mock.example/a%20b", "https://mock.example/a%20b"),
        ("https://mock.example/b%C3%BCro/%e4%BA%8c", "https://mock.example/b%C3%BCro/%e4%BA%8c"),
    ],
)
def test_a_public_url(text: str, told: str) -> None:
    assert str(parse_public_url(text)) == told


@pytest.mark.parametrize(
    "byte", ["2f", "2F", "5c", "2e", "2E", "00", "0d", "25", "3f", "23", "ff", "c0%ae", "c0%af", "E0%80%AF"]
)
@pytest.mark.parametrize("path", ["/a%{}..%{}b", "/%{}", "/a/b%{}%{}/c"])
def test_no_prefix_encodes_what_is_no_letter(byte: str, path: str) -> None:
    assert read_prefix(path.format(byte, byte)) is None


@pytest.mark.parametrize("text", ["/a//b", "/a/../b", "/..", "/.", "a", "/a b", "/a?b", "/a\\b", "/a%2", "/ä", '/"'])
def test_what_is_no_prefix(text: str) -> None:
    assert read_prefix(text) is None


def test_a_prefix_has_no_slash_at_its_end() -> None:
    assert [read_prefix(text) for text in ("/ab/", "/", "")] == ["/ab", "", ""]


def test_networks() -> None:
    networks = parse_networks("127.0.0.1, 10.0.0.0/8,::1,fd00::/8")
    for address in ("127.0.0.1", "10.200.1.1", "::1", "fd00::7", "::ffff:10.1.1.1"):
        assert is_within(address, networks), address
    for stranger in ("127.0.0.2", "11.0.0.1", "::2", "::ffff:11.1.1.1", "", None, "nonsense", "10.0.0.1:80"):
        assert not is_within(stranger, networks), stranger
    assert parse_networks("") == ()


@pytest.mark.parametrize(
    "text", ["10.0.0.1/8", "10.0.0.0/33", "localhost", "*", "10.0.0", "::1%lo/128", "127.0.0.1;::1"]
)
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^addresses and networks like 127\.0\.0\.1,10\.0\.0\.0/8, separated by commas$"
    ):
        parse_networks(text)


def test_names_of_headers() -> None:
    assert parse_header_names("traceparent, X-A,x-a") == ("traceparent", "x-a")
    assert parse_header_names("") == ()
    for text in ("X A", "X:", "ä", "X-A\nX-B", "X-A;X-B", '"X-A"'):
        with pytest.raises(
            ValueError, match=r"^names of headers like X-Requested-With,traceparent, separated by commas$"
        ):
            parse_header_names(text)
