"""``mockserver export``: a sandbox as fixtures that ``validate`` accepts and ``serve`` serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver import vendors as shelf
from mockserver.cli.export import write_sandbox
from mockserver.sdk.contract import Vendor
from mockserver.testing import Client, Server
from tests.cli.test_commands import MAIN
from tests.support.acme import BILLS, Sandboxed, only
from tests.support.client import WALL

ALL = f"{BILLS}?size=50&order=id"


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Iterator[Server]:
    with only(vendor):
        found = Server(wall=lambda: WALL, control_token="the-token-of-this-server").start()
    yield found
    found.stop()


def run(vendor: Vendor, *arguments: str, **environment: str) -> Result:
    with only(vendor):
        return CliRunner().invoke(MAIN, list(arguments), env=environment, prog_name="mockserver")


def test_it_is_valid_and_serves_the_same(server: Server, vendor: Vendor, tmp_path: Path) -> None:
    records = server.client.sandbox("demo").records("acme")
    added = records.add(state="paid", amount=50)["id"]
    records.change(2, state="void")
    records.remove(3)
    out = tmp_path / "new" / "fixtures"
    told = run(
        vendor, "export", "--sandbox", "demo", "--out", str(out), MOCKSERVER_URL=server.url,
        MOCKSERVER_CONTROL_TOKEN="the-token-of-this-server",
    )  # fmt: skip
    assert (told.exit_code, told.stdout) == (0, f"{out / 'acme' / 'default.yaml'}\n")
    assert run(vendor, "validate", str(out)).exit_code == 0
    again = Sandboxed(vendor, fixtures=str(out))
    assert again.ids(ALL) == [1, 2, 4, 5, 6, added]
    assert again.ids(f"{BILLS}?state=void") == [2]
    assert again.control("GET", "/records/acme").json["records"] == records.list()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--sandbox", "nobody"], "refuses: There is no sandbox nobody to export."),
        (["--sandbox", "no name"], "cannot be exported: a sandbox is named 'no name', wanted 1 to 64 letters"),
        (["--token", "wrong"], "refuses: "),
        (["--sandbox", "日本"], "cannot be exported: a sandbox is named '日本', wanted 1 to 64 letters"),
        (["--url", "http://127.0.0.1:9"], "cannot be exported: "),
        (["--url", "nonsense"], "cannot be exported: 'nonsense' is no URL like http://127.0.0.1:8080."),
    ],
)
def test_what_goes_wrong_is_told_in_a_sentence(
    server: Server, vendor: Vendor, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    known = ["--url", server.url, "--token", "the-token-of-this-server"]
    told = run(vendor, "export", "--out", str(tmp_path / "out"), *known, *arguments)
    assert (told.exit_code, told.stdout) == (2, "")
    assert sentence in told.stderr
    assert not (tmp_path / "out").exists()
    assert "nobody" not in server.runtime.store.sandboxes()


def test_a_folder_that_cannot_be(server: Server, vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    known = ["--url", server.url, "--token", "the-token-of-this-server"]
    told = run(vendor, "export", "--out", str(tmp_path / "file"), *known)
    assert told.exit_code == 2
    assert "cannot be exported" in told.stderr


class FakeServer(Client):
    """A server with any file path and text."""

    def __init__(self, path: str, text: str = "text") -> None:
        super().__init__("http://127.0.0.1:9")
        self._path, self._text = path, text

    def send(self, method: str, path: str, body: Any = None, *, sandbox: str | None = None) -> Any:
        return {"files": [{"vendor": "acme", "path": self._path}]} if path == "/export" else self._text


@pytest.mark.parametrize(
    "path", ["../acme.yaml", "acme/../x.yaml", "/etc/x.yaml", "acme/x.py", "acme", "a/b/c.yaml", "acme/..yaml", ""]
)
def test_a_server_cannot_choose_where_files_go(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match=r"wanted <vendor>/<dataset>.yaml or .jsonl"):
        write_sandbox(FakeServer(path), "default", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_older_export_of_the_dataset_is_replaced_whole(tmp_path: Path) -> None:
    (old,) = write_sandbox(FakeServer("acme/big.yaml"), "default", tmp_path)
    (other,) = write_sandbox(FakeServer("acme/small.yaml"), "default", tmp_path)
    (new,) = write_sandbox(FakeServer("acme/big.jsonl", "lines"), "default", tmp_path)
    assert not old.exists()
    assert (new.read_text(), other.read_text()) == ("lines", "text")


@pytest.mark.slow
def test_every_vendor_there_is_is_exported(tmp_path: Path) -> None:
    with Server(wall=lambda: WALL) as server:
        files = write_sandbox(server.client, "default", tmp_path)
    assert [file.parent.name for file in files] == [vendor.name for vendor in shelf.find_vendors()]
    checked = CliRunner().invoke(MAIN, ["validate", str(tmp_path)], prog_name="mockserver")
    assert checked.exit_code == 0, checked.stderr
    assert checked.stdout == f"{len(files)} files checked, nothing wrong.\n"
