"""Reload of changed fixtures: the next call sees a valid change; an invalid one is logged."""

from __future__ import annotations

import gc
import http.client
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mockserver.data import build, catalog
from mockserver.engine.reload import DataReload
from mockserver.sdk import shipped
from mockserver.sdk.contract import Vendor
from tests.engine.test_metrics import told as metrics_of
from tests.support import stores
from tests.support.acme import BILL_ROWS, BILLS, FIXTURE, POOR, RICH, Sandboxed, acme
from tests.support.servers import end, serving
from tests.system.test_scale import ready, workers

DAY = 86_400
EVERY = f"{BILLS}?size=50"
TITLE = "{id: 1, name: Anvil"


class Files:
    """A user's fixtures that a test changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ticks = 0
        self.write()

    def path(self, name: str = "default") -> Path:
        return self.folder / "acme" / f"{name}.yaml"

    def write(self, rows: str = BILL_ROWS, name: str = "default", head: Callable[[str], str] = str) -> None:
        """Write a file, whose time of change is another one than before, however fast that goes."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(head(FIXTURE.format(vendor="acme", dataset=name)) + f"records:\n{rows}", "utf-8")
        self.touch(name)

    def touch(self, name: str = "default") -> None:
        self.ticks += 1
        os.utime(self.path(name), ns=(self.ticks, self.ticks))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "mine")


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logging.getLogger("mockserver"), "propagate", True)
    caplog.set_level(logging.INFO)
    return caplog


class Served(Sandboxed):
    """A server of these files, and what looks at them."""

    def __init__(self, files: Files, *vendors: Vendor, **settings: Any) -> None:
        super().__init__(*vendors, fixtures=str(files.folder), watch="true", **settings)
        self.reloading = DataReload(self.runtime)

    def turn(self) -> bool:
        """Look as often as a change needs to be seen; whether it was."""
        due = [self.reloading.find_changes() for _ in range(2)]
        if due[-1]:
            self.reloading.swap()
        return due[-1]


def renamed(name: str) -> str:
    return BILL_ROWS.replace(TITLE, f"{{id: 1, name: {name}")


def names(server: Sandboxed, target: str = EVERY, **more: Any) -> list[str]:
    answer = server.get(target, **more)
    assert answer.status == 200, answer.body
    return [bill["name"] for bill in answer.json["bills"]]


# Detection ------------------------------------------------------------------------------------------------------------


def test_a_change_is_due_once_nobody_is_writing_any_more(vendor: Vendor, files: Files) -> None:
    server = Served(files, vendor)
    looks = [server.reloading.find_changes()]
    for name in ("Bolt", "Boltz"):
        files.write(renamed(name))
        looks.append(server.reloading.find_changes())
    looks += [server.reloading.find_changes(), server.reloading.find_changes()]
    assert looks == [False, False, False, True, True]
    server.reloading.swap()
    assert not server.turn()
    assert names(server)[0] == "Boltz"


@pytest.mark.parametrize("change", ["content", "time", "length", "number", "another file", "no file"])
def test_what_tells_that_a_file_is_another_one(vendor: Vendor, files: Files, change: str) -> None:
    server, path = Served(files, vendor), files.path()
    before = path.stat()
    if change == "content":
        files.write(renamed("Bolt"))
    elif change == "time":
        files.touch()
    elif change == "length":
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
        os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    elif change == "number":
        shutil.copy2(path, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)
    elif change == "another file":
        files.write(name="hand")
    else:
        path.unlink()
    assert server.turn()


def test_a_folder_of_ours_that_is_not_there_is_no_change(vendor: Vendor, tmp_path: Path) -> None:
    bare = acme(tmp_path / "ours")
    server = Sandboxed(bare)
    reloading = DataReload(server.runtime)
    for _ in range(3):
        assert not reloading.find_changes()
    shutil.rmtree(bare.fixtures)
    assert [reloading.find_changes(), reloading.find_changes()] == [False, True]


# A valid change -------------------------------------------------------------------------------------------------------


def test_the_next_call_sees_a_good_change(vendor: Vendor, files: Files, log: pytest.LogCaptureFixture) -> None:
    server = Served(files, vendor)
    for _ in range(4):  # repeated answers may come from the cache
        assert names(server)[0] == "Anvil"
    files.write(renamed("Bolt") + BILL_ROWS.splitlines()[0].replace("id: 1", "id: 70") + "\n")
    assert server.turn()
    assert names(server) == ["Bolt", "Dynamite", None, "Ölpumpe", "Rocket skates", "Anvil", "Anvil"]
    assert log.messages == ["Fixtures read anew: acme default (8 records)."]
    files.write()
    assert server.turn()
    assert names(server)[0] == "Anvil"
    assert metrics_of(server)["mockserver_reloads_total"] == {("done",): 2, ("refused",): 0}


def test_whoever_says_so_has_the_files_read_without_a_look(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture
) -> None:
    server = Served(files, vendor)
    server.reloading.swap()
    files.write(renamed("Bolt"))
    server.reloading.swap()
    assert names(server)[0] == "Bolt"
    assert log.messages == [
        "Fixtures read anew: nothing changed.",
        "Fixtures read anew: acme default (7 records).",
    ]
    assert not server.turn()


def test_what_did_not_change_is_the_very_same(vendor: Vendor, files: Files, tmp_path: Path) -> None:
    server = Served(files, vendor, acme(tmp_path / "ours", name="bolt"))
    before = dict(server.runtime.start)
    files.write(renamed("Bolt"))
    assert server.turn()
    assert server.runtime.start["bolt"] is before["bolt"]
    assert server.runtime.start["acme"] is not before["acme"]
    files.touch()
    before = dict(server.runtime.start)
    assert server.turn()
    assert dict(server.runtime.start) == before


def test_a_file_of_the_users_comes_and_goes(vendor: Vendor, files: Files, log: pytest.LogCaptureFixture) -> None:
    files.write(renamed("Bolt"), "hand")
    server = Served(files, vendor)
    server.control("PATCH", "/settings", {"dataset": "hand"})
    assert names(server)[0] == "Bolt"
    files.path("hand").unlink()
    assert server.turn()
    assert names(server)[0] == "Anvil"  # from the vendor's own dataset of that name
    files.write(renamed("Nut"), "hand")
    assert server.turn()
    assert names(server)[0] == "Nut"


def test_data_of_another_day_takes_ours_along(vendor: Vendor, files: Files, tmp_path: Path) -> None:
    """Data generated beside the user's files is for their day."""
    server = Served(files, vendor, acme(tmp_path / "ours", name="bolt"))
    files.write(head=lambda head: head.replace("2026-03-31T12:00:00Z", "2028-03-31T12:00:00Z"))
    assert server.turn()
    assert {data.anchor.year for data in server.runtime.start.values()} == {2028}


def test_data_of_the_day_is_rolled_anew(vendor: Vendor, files: Files) -> None:
    server = Served(files, vendor, clock="real")
    assert names(server)[0] == "Anvil"
    files.write(renamed("Bolt"))
    assert server.turn()
    first = server.get(EVERY).json["bills"][0]
    assert (first["name"], first["due"][:4]) == ("Bolt", "2026")
    assert (
        server.runtime.start["acme"].anchor.date()
        == server.runtime.sandboxes.get_or_create("default", server.wall()).day
    )


def test_old_data_is_let_go(vendor: Vendor, files: Files) -> None:
    server = Served(files, vendor)
    server.control("PATCH", "/records/acme/2", {"name": "Mine"})
    for _ in range(3):
        names(server)
    rooms = server.runtime.sandboxes
    old = [server.runtime.start["acme"], rooms.dataset(rooms.get_or_create("default", server.wall()), vendor)]
    gone = list(map(weakref.ref, old))
    assert old[0] is not old[1]
    del old
    files.write(renamed("Bolt"))
    assert server.turn()
    names(server)
    gc.collect()
    assert [ref() for ref in gone] == [None, None]


# An invalid change ----------------------------------------------------------------------------------------------------


def test_a_bad_change_is_told_as_at_the_start_and_not_served(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture
) -> None:
    server = Served(files, vendor)
    files.write(renamed("Bolt").replace("state: open", "state: opened"))
    assert server.turn()
    path = files.path()
    assert log.messages == [
        f'Not served, what was there stays: {path}:{line}: records[{row}].state: found "opened", '
        "wanted one of open, paid, void"
        for line, row in ((14, 1), (17, 4))
    ]
    assert {record.levelname for record in log.records} == {"ERROR"}
    assert names(server)[0] == "Anvil"
    assert not server.turn()  # logged once
    files.write(renamed("Bolt"))
    assert server.turn()
    assert names(server)[0] == "Bolt"
    assert metrics_of(server)["mockserver_reloads_total"] == {("done",): 1, ("refused",): 1}


def test_a_bad_file_is_in_no_other_files_way(
    vendor: Vendor, files: Files, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(acme(tmp_path / "copied", name="bolt").fixtures, files.folder / "bolt")
    server = Served(files, vendor, acme(tmp_path / "ours", name="bolt"))
    mine = files.folder / "bolt" / "default.yaml"
    mine.write_text(mine.read_text("utf-8").replace("state: open", "state: opened"), "utf-8")
    files.write(renamed("Bolt"))
    assert server.turn()
    assert names(server, f"/acme{EVERY}")[0] == "Bolt"
    assert names(server, f"/bolt{EVERY}")[0] == "Anvil"
    assert all(f"stays: {mine}:" in message for message in log.messages[:2])
    assert log.messages[2:] == ["Fixtures read anew: acme default (7 records)."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("records: [", "found broken YAML"),
        ("- 1", "found [1], wanted a map with vendor"),
        ("", "found nothing, wanted a map with vendor"),
        ("\xff", "found a file that cannot be read"),
    ],
)
def test_whatever_stands_in_a_file(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture, text: str, told: str
) -> None:
    server = Served(files, vendor)
    files.path().write_bytes(text.encode("latin-1"))
    assert server.turn()
    assert told in log.messages[0]
    assert names(server)[0] == "Anvil"


def test_a_bad_file_of_a_dataset_that_nobody_has_asked_for_is_told_too(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture
) -> None:
    server = Served(files, vendor)
    files.write("- {id: x}\n", "hand")
    assert server.turn()
    assert f"{files.path('hand')}:13: records[0].id: found" in log.text
    assert names(server)[0] == "Anvil"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("acmee/default.yaml", "--fixtures has the folder acmee, wanted acme."),
        ("acme/default.yml", "wanted the ending .yaml or .jsonl."),
    ],
)
def test_a_slip_in_a_name_is_told_and_nothing_of_the_folder_served(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture, name: str, told: str
) -> None:
    server = Served(files, vendor)
    (files.folder / name).parent.mkdir(exist_ok=True)
    (files.folder / name).write_text("")
    files.write(renamed("Bolt"))
    assert server.turn()
    assert log.messages[0].endswith(told)
    assert names(server)[0] == "Anvil"
    (files.folder / name).unlink()
    shutil.rmtree(files.folder / "acmee", ignore_errors=True)
    server.reloading.swap()
    assert names(server)[0] == "Bolt"


def test_a_folder_that_goes_and_comes_back(vendor: Vendor, files: Files, log: pytest.LogCaptureFixture) -> None:
    files.write(name="hand")
    server = Served(files, vendor)
    aside = files.folder.with_name("aside")
    files.folder.rename(aside)
    assert server.turn()
    assert f"--fixtures {files.folder} cannot be read: No such file or directory." in log.text
    assert names(server)[0] == "Anvil"
    aside.rename(files.folder)
    log.clear()
    assert server.turn()
    assert log.messages == ["Fixtures read anew: nothing changed."]


def test_a_dataset_that_is_no_more_stays(vendor: Vendor, files: Files, log: pytest.LogCaptureFixture) -> None:
    files.write(renamed("Bolt"), "special")
    server = Served(files, vendor)
    server.control("PATCH", "/settings", {"dataset": "special"})
    files.path("special").unlink()
    assert server.turn()
    assert log.messages == [
        "Not served, what was there stays: acme has no dataset 'special'; there are default, empty, hand."
    ]
    assert names(server)[0] == "Bolt"


def test_a_secret_in_the_wrong_place_is_not_in_the_log(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture
) -> None:
    server = Served(files, vendor)
    files.write(head=lambda head: head.replace(POOR, RICH))
    assert server.turn()
    assert "accounts[1].secret: found something that is not shown, wanted" in log.messages[0]
    assert RICH not in log.text


def test_the_data_of_other_days_stays_when_a_file_is_bad(vendor: Vendor, files: Files) -> None:
    """After midnight a demo continues with its old data."""
    server = Served(files, vendor, clock="real", reset_at="00:00")
    files.write(renamed("Bolt").replace("state: open", "state: opened"))
    assert server.turn()
    before = server.get(EVERY).json["bills"][0]
    server.wall.seconds += 40 * DAY
    after = server.get(EVERY).json["bills"][0]
    assert (before["name"], after["name"]) == ("Anvil", "Anvil")
    assert before["due"] < after["due"]


def test_a_file_that_is_written_while_it_is_read_is_read_again(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache must not store the new content under the old one's key."""
    server, there = Served(files, vendor, cache="false"), build.read_dataset

    def written(vendor: Vendor, path: Path) -> Any:
        monkeypatch.setattr(catalog, "read_dataset", there)
        files.write(renamed("Nut"))
        return there(vendor, path)

    files.write(renamed("Boltz"))
    monkeypatch.setattr(catalog, "read_dataset", written)
    assert server.turn()
    assert "found a file that changed while it was read" in log.messages[0]
    assert names(server)[0] == "Anvil"
    assert server.turn()
    assert names(server)[0] == "Nut"
    files.write(renamed("Boltz"))
    assert server.turn()
    assert names(server)[0] == "Boltz"


def test_a_bug_is_told_with_its_trace_and_changes_nothing(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Served(files, vendor, cache="false")

    def broken(*asked: object) -> None:
        raise RuntimeError("a bug of acme")

    files.write(renamed("Boltzmann"))
    monkeypatch.setattr(catalog, "read_dataset", broken)
    assert server.turn()
    assert "RuntimeError: a bug of acme" in log.text
    assert names(server)[0] == "Anvil"
    assert not server.turn()
    monkeypatch.undo()
    files.touch()
    assert server.turn()
    assert names(server)[0] == "Boltzmann"


# sandboxes ------------------------------------------------------------------------------------------------------------


def test_what_a_sandbox_changed_lies_over_the_new_data(vendor: Vendor, files: Files) -> None:
    server = Served(files, vendor)
    server.control("PATCH", "/records/acme/2", {"name": "Changed"}, sandbox="mine")
    server.control("PATCH", "/records/acme/5", {"name": "Changed, too"}, sandbox="mine")
    server.control("DELETE", "/records/acme/3", sandbox="mine")
    server.control("POST", "/records/acme", {"id": 90, "name": "Added"}, sandbox="mine")
    rows = renamed("Bolt").replace("Dynamite", "Gelignite").splitlines()
    rows[4] = BILL_ROWS.splitlines()[0].replace("id: 1, name: Anvil", "id: 90, name: Late")  # in place of number 5
    files.write("\n".join(rows) + "\n")
    assert server.turn()
    assert names(server) == ["Bolt", "Gelignite", None, "Ölpumpe", "Anvil", "Late"]
    mine = server.get(EVERY, X_Mock_Sandbox="mine").json["bills"]
    assert [(bill["id"], bill["name"]) for bill in mine] == [
        (1, "Bolt"),
        (2, "Changed"),
        (4, "Ölpumpe"),
        (5, "Changed, too"),
        (6, "Anvil"),
        (90, "Added"),
    ]
    server.control("POST", "/reset", sandbox="mine")
    assert names(server, X_Mock_Sandbox="mine") == names(server)


def test_who_took_the_old_data_just_before_leaves_nothing_of_it_behind(
    vendor: Vendor, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call in another thread uses the data it took; the next call uses the new data."""
    server = Served(files, vendor)
    server.control("PATCH", "/records/acme/2", {"name": "Changed"})
    old, there = server.runtime.sandboxes.catalog, server.runtime.sandboxes.catalog.dataset

    def taken(*asked: Any) -> Any:
        data = there(*asked)
        if server.runtime.sandboxes.catalog is old:
            server.reloading.swap()
        return data

    files.write(renamed("Bolt"))
    monkeypatch.setattr(old, "dataset", taken)
    assert names(server)[:2] == ["Anvil", "Changed"]
    assert names(server)[:2] == ["Bolt", "Changed"]


def test_all_else_of_a_sandbox_is_as_it_was(vendor: Vendor, files: Files) -> None:
    server = Served(files, vendor, quotas="acme=3/day")
    server.control("POST", "/faults", {"status": 503, "times": 1})
    assert [server.get(BILLS).status for _ in range(2)] == [503, 200]
    before = server.control("GET", "/settings").json, server.control("GET", "/clock").json
    files.write(renamed("Bolt"), head=lambda head: head.replace("2026-03-31T12:00", "2028-01-01T12:00"))
    assert server.turn()
    assert (server.control("GET", "/settings").json, server.control("GET", "/clock").json) == before
    assert server.control("GET", "/requests").json["meta"]["total"] == 2
    assert [server.get(BILLS).status for _ in range(3)] == [200, 200, 429]
    assert server.control("GET", "/clock", sandbox="new").json["now"].startswith("2028-01-01")
    assert server.control("POST", "/clock/reset").json["now"].startswith("2028-01-01")


def test_accounts_of_the_file_and_those_of_a_sandbox(vendor: Vendor, files: Files) -> None:
    server = Served(files, vendor)
    accounts = server.control("GET", "/accounts/acme").json["accounts"]
    accounts[1]["secret"] = "own-acme-secret-00000009"
    assert server.control("PUT", "/accounts/acme", {"accounts": accounts}, sandbox="mine").status == 200
    files.write(head=lambda head: head.replace(RICH, "new-acme-secret-0000004"))
    assert server.turn()
    assert server.get(BILLS).status == 401
    assert server.get(BILLS, key="new-acme-secret-0000004").status == 200
    assert server.get(BILLS, X_Mock_Sandbox="mine").status == 200
    assert server.get(BILLS, key="own-acme-secret-00000009", X_Mock_Sandbox="mine").status == 200
    assert server.get(BILLS, key="new-acme-secret-0000004", X_Mock_Sandbox="mine").status == 401
    assert server.get(BILLS, key="new-acme-secret-0000004~other").headers["X-Mock-Sandbox"] == "other"


def test_credentials_of_before_and_of_now_are_kept_out_of_the_journal(vendor: Vendor, files: Files) -> None:
    server, new = Served(files, vendor), "new-acme-secret-0000004"
    files.write(head=lambda head: head.replace(RICH, new))
    assert server.turn()
    files.write(renamed("Bolt"), head=lambda head: head.replace(RICH, new))
    assert server.turn()
    for secret in (RICH, new):
        assert server.get(f"{BILLS}?text=of-{secret}", key=None).status == 401
        assert server.get(BILLS, key=None, X_Mock_Sandbox=f"of-{secret}").status == 400
        assert secret not in server.control("POST", "/requests/count", {"path": secret, "no": 1}).body.decode()
    kept = server.control("GET", "/requests").body.decode()
    assert kept.count("[redacted]") > 1
    assert RICH not in kept
    assert new not in kept


# workers --------------------------------------------------------------------------------------------------------------


def follower(server: Served, files: Files, vendor: Vendor) -> Served:
    """A worker of the server, as far as it follows: with a runtime of its own, and the number that all share."""
    worker = Served(files, vendor)
    worker.reloading._newest_version = server.reloading._newest_version
    return worker


def test_a_worker_follows_what_was_read_for_all(vendor: Vendor, files: Files, log: pytest.LogCaptureFixture) -> None:
    server = Served(files, vendor)
    worker = follower(server, files, vendor)
    assert not worker.reloading.is_behind
    files.write(renamed("Bolt"))
    assert not worker.reloading.is_behind
    assert server.turn()
    assert worker.reloading.is_behind
    serve = worker.reloading.fetch()
    assert (names(worker)[0], worker.reloading.is_behind) == ("Anvil", True)
    serve()
    assert (names(worker)[0], worker.reloading.is_behind) == ("Bolt", False)
    assert len(log.messages) == 1  # one worker logs for all


def test_a_worker_that_read_while_there_came_more_is_still_behind(vendor: Vendor, files: Files) -> None:
    server = Served(files, vendor)
    worker = follower(server, files, vendor)
    server.reloading.swap()
    serve = worker.reloading.fetch()
    files.write(renamed("Bolt"))
    server.reloading.swap()
    serve()
    assert worker.reloading.is_behind


def test_a_worker_that_cannot_follow_tells_nothing_again_and_goes_on(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture
) -> None:
    server = Served(files, vendor)
    worker = follower(server, files, vendor)
    files.write(renamed("Bolt"))
    assert server.turn()
    files.write("- {id: x}\n")
    log.clear()
    assert worker.reloading.is_behind
    worker.reloading.fetch()()
    assert not worker.reloading.is_behind
    assert names(worker)[0] == "Anvil"
    (files.folder / "acmee").mkdir()
    server.reloading._newest_version[0] += 1
    worker.reloading.fetch()()
    assert not worker.reloading.is_behind
    assert log.messages == []


# The real server ------------------------------------------------------------------------------------------------------


class Copy:
    """A server on a copy of the vendors' fixtures; a test changes the records of one."""

    def __init__(self, url: str, pid: int, folder: Path) -> None:
        self.url, self.pid, self._folder = url, pid, folder
        self._listed = self.get("/__admin/vendors")[0]
        self._path = folder / self._listed["name"] / "default.yaml"
        self._whole = self._path.read_text("utf-8")

    def get(self, path: str, connection: http.client.HTTPConnection | None = None, **headers: str) -> Any:
        own = connection or http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        try:
            own.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            return json.loads(own.getresponse().read())
        finally:
            if own is not connection:
                own.close()

    def records(self, connection: http.client.HTTPConnection | None = None) -> int:
        """How many the server has."""
        found: int = self.get(f"/__admin/records/{self._listed['name']}?limit=0", connection)["meta"]["total"]
        return found

    def call(self, connection: http.client.HTTPConnection, **headers: str) -> http.client.HTTPConnection:
        """Send the example call; nothing is read yet."""
        example = self._listed["example"]
        connection.request(
            "GET", f"/{self._listed['name']}{example['path']}", headers={**example["headers"], **headers}
        )
        return connection

    def write(self, *, records: bool = True, tail: str = "") -> None:
        """All records as they were, or none; in one step, as editors do."""
        text = self._whole if records else self._whole.partition("\nrecords:")[0] + "\nrecords: []\n"
        self._path.with_suffix(".new").write_text(text + tail, "utf-8")
        self._path.with_suffix(".new").replace(self._path)

    def until(self, records: int, seconds: float = 60) -> float:
        """How long it takes until the server has so many, by connections that come to any worker."""
        began = time.monotonic()
        while [self.records() for _ in range(8)] != [records] * 8:
            assert time.monotonic() - began < seconds
        return time.monotonic() - began


@contextmanager
def copied(folder: Path, *flags: str) -> Iterator[tuple[Copy, subprocess.Popen[str]]]:
    """A server whose fixtures can be changed; what it logs goes to a file beside them."""
    fixtures = shutil.copytree(shipped.folder("fixtures"), folder / "fixtures")
    with (folder / "log").open("w") as log:
        command = serving("--fixtures", str(fixtures), *flags)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True) as server:
            try:
                yield Copy(ready(server), server.pid, fixtures), server
            finally:
                end(server)


@pytest.mark.slow
def test_serve_watch_takes_what_is_good_and_refuses_what_is_not(tmp_path: Path) -> None:
    with copied(tmp_path, "--watch") as (copy, server):
        whole = copy.records()
        copy.write(records=False)
        copy.until(0)
        copy.write(tail="- id: [\n")
        while "Not served" not in (tmp_path / "log").read_text():
            assert copy.records() == 0
        copy.write()
        copy.until(whole)
        while len((tmp_path / "log").read_text().splitlines()) < 3:  # a worker may log before the master
            assert copy.records() == whole
    told = [line.partition(" ")[2] for line in (tmp_path / "log").read_text().splitlines()]
    assert [line.partition(":")[0] for line in told] == [
        "Fixtures read anew",
        "Not served, what was there stays",
        "Fixtures read anew",
    ]
    assert ": found broken YAML (" in told[1]
    assert server.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="tells workers by /proc")
@pytest.mark.slow
def test_a_hangup_reads_anew_and_cuts_nothing(tmp_path: Path) -> None:
    with copied(tmp_path) as (copy, server):
        whole, pids = copy.records(), workers(server)
        address = copy.url.removeprefix("http://")
        kept, slow = (http.client.HTTPConnection(address, timeout=60) for _ in range(2))
        assert copy.records(kept) == whole
        copy.get("/__admin/settings", X_Mock_Sandbox="made-before")
        copy.call(slow, **{"X-Mock-Delay": "1000"})
        while not copy.get("/__admin/requests")["requests"]:  # the journal has it before its delay
            pass
        copy.write(records=False)
        for number in ("before", "again"):
            server.send_signal(signal.SIGHUP)
            copy.until(0)
            assert copy.records(kept) == 0, number
        for worker in workers(server):
            os.kill(worker, signal.SIGHUP)  # a signal to all processes reaches workers too
        assert slow.getresponse().status == 200
        assert copy.records(kept) == 0
        assert "made-before" in [each["name"] for each in copy.get("/__admin/sandboxes")["sandboxes"]]
        assert workers(server) == pids
        kept.close()
        slow.close()
    assert server.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="tells workers by /proc")
@pytest.mark.slow
def test_all_workers_follow_and_so_does_one_that_starts_later(tmp_path: Path) -> None:
    with stores.running(stores.program()) as redis, copied(tmp_path, "--workers", "2", "--store", redis.url) as made:
        copy, server = made

        def each(wanted: int) -> None:
            """Waits until each worker has so many, asked while the other one is held."""
            for held in workers(server):
                os.kill(held, signal.SIGSTOP)
                try:
                    copy.until(wanted)
                finally:
                    os.kill(held, signal.SIGCONT)

        whole = copy.records()
        each(whole)
        copy.write(records=False)
        server.send_signal(signal.SIGHUP)
        each(0)
        copy.write()  # without a signal
        os.kill(first := min(workers(server)), signal.SIGKILL)
        while first in workers(server) or len(workers(server)) < 2:
            pass
        each(0)
        server.send_signal(signal.SIGHUP)
        each(whole)


def test_a_look_at_nothing_is_told(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+") as log:
        command = serving("--watch", "--records", "3")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True) as server:
            try:
                ready(server)
            finally:
                end(server)
    told = "mockserver: --watch has no file to look at: recipes make the data (--records, --seed or --clock real).\n"
    assert (tmp_path / "log").read_text() == told


@pytest.mark.parametrize(
    ("make", "found"),
    [(os.mkfifo, "a pipe"), (lambda path: path.symlink_to("/dev/zero"), "a device")],
)
def test_what_is_no_file_any_more_is_not_read(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture, make: Callable[[Path], None], found: str
) -> None:
    server = Served(files, vendor)
    files.path().unlink()
    make(files.path())
    assert server.turn()
    assert log.messages == [f"Not served, what was there stays: {files.path()}:1: found {found}, wanted a regular file"]
    assert names(server)[0] == "Anvil"


def test_of_what_is_wrong_a_hundred_things_are_logged(
    vendor: Vendor, files: Files, log: pytest.LogCaptureFixture
) -> None:
    server = Served(files, vendor)
    files.write(BILL_ROWS + "- 1\n" * 5000)
    assert server.turn()
    assert len(log.messages) == 101
    assert log.messages[-1] == f"Not served, what was there stays: {files.path()}: 4,900 more"
