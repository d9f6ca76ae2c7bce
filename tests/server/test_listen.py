"""The listening socket and its messages."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from mockserver.sandbox.settings import make_settings
from mockserver.sdk.errors import InvalidSetting
from mockserver.server import listen


def test_port_0_takes_a_free_one_that_is_known_at_once() -> None:
    with listen.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        assert listen.format_url(listener, tls=False) == f"http://127.0.0.1:{port}"
        assert listen.format_url(listener, tls=True) == f"https://127.0.0.1:{port}"
        with socket.create_connection(("127.0.0.1", port)):
            pass


def test_a_taken_port_is_a_sentence() -> None:
    with listen.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(InvalidSetting) as refused:
            listen.listen("127.0.0.1", port)
        with pytest.raises(InvalidSetting, match=r"choose another with --tls-port \(0: a free one\)\.$"):
            listen.listen("127.0.0.1", port, "--tls-port")
    assert str(refused.value) == f"port {port} on 127.0.0.1 is taken; choose another with --port (0: a free one)."


@pytest.mark.parametrize("host", ["no such host", "256.1.1.1", "x" * 300, ""])
def test_a_host_that_is_none_is_a_sentence(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*anything: object, **more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)  # no test asks a name server
    with pytest.raises(InvalidSetting, match=r"wanted an address of this machine\.$"):
        listen.listen(host, 0)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EACCES, "port 80 needs more rights than this user has; choose one above 1023 with --port."),
        (errno.EADDRNOTAVAIL, "cannot listen on 127.0.0.1 port 80: told so."),
    ],
)
def test_other_refusals_of_the_system(monkeypatch: pytest.MonkeyPatch, number: int, sentence: str) -> None:
    def bind(self: socket.socket, address: object) -> None:
        raise OSError(number, "told so")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(InvalidSetting) as refused:
        listen.listen("127.0.0.1", 80)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (("0.0.0.0", 80), "http://127.0.0.1:80"),
        (("::", 80, 0, 0), "http://[::1]:80"),
        (("::1", 80, 0, 0), "http://[::1]:80"),
        (("10.0.0.7", 80), "http://10.0.0.7:80"),
    ],
)
def test_the_url_is_one_that_a_person_can_open(address: tuple[object, ...], shown: str) -> None:
    class Listener(socket.socket):
        def getsockname(self) -> tuple[object, ...]:
            return address

    with Listener() as listener:
        assert listen.format_url(listener, tls=False) == shown


def test_the_port_is_told_in_one_step(tmp_path: Path) -> None:
    listen.write_port_file(tmp_path / "port", 4711)
    assert [path.name for path in tmp_path.iterdir()] == ["port"]
    assert (tmp_path / "port").read_text() == "4711\n"
    with pytest.raises(InvalidSetting, match=r"^--port-file .*port cannot be written: No such file or directory\.$"):
        listen.write_port_file(tmp_path / "no" / "port", 4711)


@pytest.mark.parametrize("host", ["::1", "::", "[::1]", "[::]"])
def test_ipv6_with_and_without_brackets(host: str) -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    given = make_settings({"host": host}, {}).host
    with listen.listen(given, 0) as listener:
        assert listen.format_url(listener, tls=False) == f"http://[::1]:{listener.getsockname()[1]}"
        with socket.create_connection(("::1", listener.getsockname()[1])):
            pass


def test_the_port_of_a_server_before_us_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("1\n")
    listen.prepare_port_file(tmp_path / "port")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / f".mockserver.{os.getpid()}").write_text("left by one that was killed, with our number")
    listen.prepare_port_file(tmp_path / "port")
    listen.write_port_file(tmp_path / "port", 2)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("port", "2\n")]


@pytest.mark.parametrize(
    "name", ["no/port", "file/port", "folder", "pipe", "x" * 300, "x\0y", "/proc/port", "/dev/null"]
)
def test_where_no_port_can_be_written_is_told_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InvalidSetting) as refused:
        listen.prepare_port_file(tmp_path / name)
    wanted = "wanted a file in a folder that exists and can be written"
    assert str(refused.value).startswith(f"--port-file is {tmp_path / name}, {wanted}")
    assert sorted(tmp_path.iterdir()) == before
    assert Path("/dev/null").is_char_device()


def test_a_name_as_long_as_any_can_be_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    listen.prepare_port_file(path)
    listen.write_port_file(path, 2)
    assert path.read_text() == "2\n"


def test_a_port_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "port").mkdir()
    with pytest.raises(InvalidSetting, match=r"port cannot be written: Is a directory\.$"):
        listen.write_port_file(tmp_path / "port", 2)
    assert [path.name for path in tmp_path.iterdir()] == ["port"]
