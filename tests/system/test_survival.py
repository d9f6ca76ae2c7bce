"""Faults on a whole server under load, and the promises of docs/survival.md. ``python -m bench.survival`` prints the
figures of the same runs; the bounds here are wide, for machines that are busy.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.sandbox.test_settings import SERVICE
from tests.support import stores
from tests.support.servers import PROGRAM, ROOT, serving

if sys.platform != "linux":
    pytest.skip("tells processes and connections by /proc", allow_module_level=True)

from bench import survival

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
SOON = 20  # seconds, for what comes about by itself within one or two on a machine that has nothing else to do


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with stores.reached(stores.NAMES[0]) as url:
        yield stores.prefixed(url)


def test_a_worker_of_two_is_killed_and_no_acknowledged_change_is_lost(store: str) -> None:
    found = survival.kill_one_of_two(f"{store}one:")
    assert found.acknowledged > 100
    assert (found.lost, found.of_others) == (0, [])
    assert found.replaced < SOON
    told = r"\S+Z worker \d+ was killed \(signal 9\) and is being replaced; nothing is lost, all is in the store"
    assert re.fullmatch(told, found.log), found.log


def test_the_only_worker_is_killed_and_says_that_all_is_lost() -> None:
    found = survival.kill_the_only_one()
    before, after = found.instances
    assert before != after
    assert (found.there_before, found.there_after) == (1, 0)
    assert found.replaced < SOON
    told = rf"\S+Z worker \d+ was killed \(signal 9\) and is being replaced; (.*) {after}"
    (lost,) = re.fullmatch(told, found.log).groups()  # type: ignore[union-attr]
    assert lost == "its sandboxes are lost, instance is now"


# A pause, as by ``docker pause``, Ctrl-Z and a laptop's sleep: signals that no process can handle -----------------

HASTY = """
from mockserver.sdk import clock
from mockserver.server import connection, gunicorn
gunicorn.WORKER_TIMEOUT_SECONDS, connection.CLIENT_TIMEOUT_SECONDS, clock.MAX_TICK_SECONDS = 5, 4, 1.5  # seconds
from mockserver.cli.commands import main
main()
"""


def make_impatient(*flags: str) -> list[str]:
    """A server that kills a silent worker soon."""
    return [sys.executable, "-c", HASTY, *serving(*flags)[1:]]


def both(server: survival.RunningServer) -> set[int]:
    """Its two workers, once each has answered."""
    seen = set[int]()

    def have_answered() -> bool:
        talker = survival.Talker(server.port)
        talker.control("GET", "/version")
        assert talker.socket is not None
        seen.add(server.worker_of(talker.socket) or 0)
        talker.close()
        return seen == server.workers() and len(seen) == 2

    survival.wait_for("two workers", have_answered)
    return seen


def signalled(number: signal.Signals, *pids: int) -> None:
    for pid in pids:
        os.kill(pid, number)


def outlast(store: str) -> None:
    """Wait until a server with several workers kills a stopped one."""
    with survival.run_server(command=make_impatient("--workers", "2", "--store", store)) as server:
        before = both(server)
        signalled(signal.SIGSTOP, min(before))
        survival.wait_for("a new worker", lambda: server.workers() - before)


@pytest.mark.parametrize("who", ["worker", "master", "all"])
def test_a_pause_loses_nothing_that_is_in_memory(who: str, store: str) -> None:
    stops = who != "master"  # what only goes on being idle, or letting others wait, while it is not stopped
    with survival.run_server(command=make_impatient(*(["--sandbox-idle", "4"] if stops else []))) as server:
        workers = server.workers()
        pids = {"worker": workers, "master": {server.process.pid}, "all": {server.process.pid, *workers}}[who]
        example, load = survival.Example.of(server.port), survival.Load()
        half = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        half.sendall(b"GET /__admin/version HTTP/1.1\r\n")

        def control(method: str, path: str, body: Any = None) -> Any:
            """Use a new connection: a running worker closes an idle one meanwhile."""
            return survival.Talker(server.port, "mine").control(method, path, body)

        def wait(over: Event) -> None:
            load.note(0, example.call(survival.Talker(server.port, "mine"), **{"X-Mock-Delay": "2000"}))

        with survival.run_beside(wait) as (waiting,):
            survival.wait_for("the call", lambda: control("GET", "/requests")["requests"])
            before = control("GET", "/health")["instance"]
            control("PATCH", "/settings", {"strict": True})
            signalled(signal.SIGSTOP, *pids)
            outlast(f"{store}pause-{who}:")
            signalled(signal.SIGCONT, *pids)
            assert control("GET", "/settings")["strict"]
            waiting.join(60)
        if stops:
            half.sendall(b"Host: 127.0.0.1\r\n\r\n")
            assert half.recv(99).startswith(b"HTTP/1.1 200 OK\r\n")
        half.close()
        assert control("GET", "/health")["instance"] == before
        assert len(control("GET", "/requests")["requests"]) == 1
        assert (dict(load.statuses), server.workers(), server.log) == ({200: 1}, workers, "")
        server.process.terminate()
        assert server.process.wait(60) == 0


def test_a_pause_of_all_kills_no_worker_of_several(store: str) -> None:
    with survival.run_server(command=make_impatient("--workers", "2", "--store", f"{store}all:")) as server:
        workers = both(server)
        signalled(signal.SIGSTOP, server.process.pid, *workers)
        outlast(f"{store}other:")
        signalled(signal.SIGCONT, server.process.pid)  # it looks before they can show that they live
        signalled(signal.SIGCONT, *workers)
        for _ in range(20):
            survival.Talker(server.port).control("GET", "/version")
        server.process.terminate()
        assert (server.process.wait(60), server.log) == (0, "")


def test_no_worker_joins_one_that_has_all_in_its_memory() -> None:
    """It would have other sandboxes."""
    with survival.run_server() as server:
        workers = server.workers()
        server.process.send_signal(signal.SIGTTIN)
        survival.wait_for("a word on it", lambda: server.log)
        assert re.fullmatch(r"\S+Z SIGTTIN was ignored: what is in memory has one worker; .*", server.log)
        server.process.send_signal(signal.SIGTTOU)
        assert survival.Talker(server.port).ask("GET", "/__admin/version")[0] == 200
        assert server.workers() == workers


@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_cuts_no_call(workers: int, group: bool, store: str) -> None:
    flags = ["--workers", "2", "--store", f"{store}stop-{group}:"] if workers == 2 else []
    found = survival.stop_under_load(*flags, group=group)
    assert found.cut == []
    assert found.delayed == 20
    assert found.idle < survival.DELAY_MS / 1000  # they are not waited for
    assert (found.status, found.log) == (0, "")


def test_a_stop_answers_also_those_that_the_system_alone_has_let_in() -> None:
    """More connections than an event loop accepts at once, while the worker is stopped."""
    with survival.run_server() as server, ExitStack() as stack:
        (worker,) = server.workers()
        survival.Talker(server.port).control("GET", "/version")
        os.kill(worker, signal.SIGSTOP)
        clients = []
        for _ in range(300):
            clients.append(stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60)))
            clients[-1].sendall(b"GET /__admin/version HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        os.kill(worker, signal.SIGTERM)
        server.process.terminate()
        os.kill(worker, signal.SIGCONT)
        for client in clients:
            reply = b"".join(iter(lambda client=client: client.recv(65536), b""))  # type: ignore[misc]
            assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"\r\nConnection: close\r\n" in reply
        assert (server.process.wait(60), server.log) == (0, "")


def test_a_storm_of_signals_ends_it_in_peace(store: str) -> None:
    """Signals as from a closing terminal, a supervisor, and an impatient person, even amid its last steps."""
    for _ in range(3):
        with survival.run_server("--workers", "2", "--store", f"{store}storm:") as server:
            while server.process.poll() is None:
                os.killpg(server.process.pid, signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    server.process.wait(0.003)
            assert (server.process.wait(60), server.log) == (0, "")


@pytest.mark.parametrize("keeps", [True, False])
def test_the_store_is_restarted_and_calls_go_on(keeps: bool) -> None:
    found = survival.restart_store(keeps=keeps)
    assert found.cut == []
    assert set(found.statuses) == {200}
    assert set(found.control) == {200, 503}
    assert found.longest < SOON
    assert found.longest_control < SOON
    assert found.back < SOON
    assert found.kept == keeps
    assert (found.instances[0] == found.instances[1]) == keeps
    lines = [re.sub(r"^\S+Z the store at \S+ is (away|back).*", r"\1", line) for line in found.log.splitlines()]
    assert sorted(lines) == ["away", "away", "back", "back"], found.log  # each worker says it once


def test_a_thousand_clients_that_hang_and_a_thousand_that_leave_are_not_felt() -> None:
    found = survival.pester(1000)
    assert sum(found.refused.values()) == found.clients
    assert {what.rpartition(": ")[::2] for what in found.refused} == {
        (kind, "reset" if kind.startswith("takes") else "nothing" if kind == "sends nothing" else "408 Request Timeout")
        for kind in survival.HANGING
    }
    assert found.during < 30 * found.before
    assert found.closed < 3 * SOON + survival.TIMEOUT_SECONDS
    assert max(found.open_files) == found.open_files[0]
    assert found.memory[1] < found.memory[0] + 100
    assert found.log == ""


# A disk that is full: no file may have a byte more, whoever runs the tests --------------------------------------


def without_room(*command: str) -> list[str]:
    """A command whose writes to files all fail, as on a full disk."""
    return ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *command]


def outcome(*command: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        without_room(PROGRAM, *command),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )
    return done.returncode, done.stderr


def test_a_server_starts_and_serves_without_room_on_any_disk(tmp_path: Path) -> None:
    """It needs neither its cache nor temporary files."""
    command = without_room("env", f"XDG_CACHE_HOME={tmp_path}", *serving())
    with survival.run_server(command=command) as server:
        talker = survival.Talker(server.port)
        assert survival.Example.of(server.port).call(talker) == 200
        server.process.terminate()
        assert server.process.wait(60) == 0
        assert [file for file in tmp_path.rglob("*") if file.is_file()] == []  # nor half an entry, at each start


def test_a_port_file_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    status, told = outcome("serve", "--port", "0", "--port-file", str(tmp_path / "port"))
    wanted = "wanted a file in a folder that exists and can be written (File too large)."
    assert told == f"mockserver: --port-file is {tmp_path}/port, {wanted}\n"
    assert status == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("generate", "wisecp", "--records", "3", "--out", "{folder}/x.yaml"), "--out {folder}/x.yaml"),
        (("run", "--junit", "{folder}/x.xml", "true"), "--junit {folder}/x.xml"),
    ],
)
def test_a_file_that_a_command_cannot_write_is_told_in_a_sentence(
    command: tuple[str, ...], what: str, tmp_path: Path
) -> None:
    status, told = outcome(*(word.format(folder=tmp_path) for word in command))
    assert told == f"mockserver: {what.format(folder=tmp_path)} cannot be written: File too large.\n"
    assert status == 2


def test_an_export_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    with survival.run_server() as server:
        url = f"http://127.0.0.1:{server.port}"
        status, told = outcome("export", "--out", str(tmp_path), "--url", url)
    assert told == f"mockserver: The sandbox default of {url} cannot be exported: File too large.\n"
    assert status == 2


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")


@FULL
@pytest.mark.parametrize("command", [["vendors"], ["--help"], ["generate", "wisecp", "--records", "1", "--out", "-"]])
def test_a_standard_output_that_cannot_be_written_is_told_in_a_sentence(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert re.fullmatch(r"mockserver: .+ cannot be written: No space left on device\.\n", done.stderr)
    assert done.returncode == 2


@FULL
def test_a_server_whose_log_and_output_are_full_serves_and_ends_in_peace(tmp_path: Path) -> None:
    ready = tmp_path / "port"
    with Path("/dev/full").open("w") as full:
        server = subprocess.Popen(serving("--port-file", str(ready)), stdout=full, stderr=full, start_new_session=True)
    try:
        port = int(survival.wait_for("the port", lambda: ready.exists() and ready.read_text()))
        talker = survival.Talker(port)
        example = survival.Example.of(port)
        assert {example.call(talker) for _ in range(200)} == {200}
        assert talker.ask("GET", "/nowhere")[0] == 404
        server.terminate()
        assert server.wait(60) == 0
    finally:
        server.kill()
        survival.Talker.close_all()


# Where there is little of what a process usually has ------------------------------------------------------------------

COMMANDS = [
    ["vendors"],
    ["readings", "netgroot"],
    ["validate"],
    ["generate", "wisecp", "--records", "1", "--out", "-"],
    ["run", "--", "true"],
    ["health", "--url", "http://127.0.0.1:1"],
    ["export", "--url", "http://127.0.0.1:1", "--out", "nowhere"],
]
MODULE = (sys.executable, "-m", "mockserver")
# A number that is nobody's; it may read what the user who runs the tests may read.
NOBODY = (
    "setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override", "env", "-i", "PATH=/usr/bin:/bin",
)  # fmt: skip


def works(*command: str) -> bool:
    with suppress(OSError):
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    return False


def needs(*command: str) -> None:
    """Skip the test where this user lacks the permission."""
    if not works(*command):
        pytest.skip(f"NOT TESTED: this user cannot run {' '.join(command)}")


@pytest.mark.parametrize("program", [(PROGRAM,), MODULE], ids=["mockserver", "python -m"])
def test_a_user_without_home_and_name_can_do_all(tmp_path: Path, program: tuple[str, ...]) -> None:
    needs(*NOBODY, "true")
    for command in COMMANDS:
        done = subprocess.run(
            [*NOBODY, *program, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == {"health": 1, "export": 2}.get(command[0], 0), (command, done.stderr)
        assert "Traceback" not in done.stderr
    with survival.run_server(command=[*NOBODY, *program, "serve", "--port", "0"]) as server:
        assert survival.Example.of(server.port).call(survival.Talker(server.port)) == 200


@pytest.mark.parametrize("program", [(PROGRAM,), MODULE], ids=["mockserver", "python -m"])
def test_a_working_directory_that_is_gone_is_told_in_a_sentence(tmp_path: Path, program: tuple[str, ...]) -> None:
    gone = ["sh", "-c", 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"', str(tmp_path / "gone")]
    for command in (*COMMANDS, ["serve", "--port", "0"]):
        done = subprocess.run([*gone, *program, *command], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "mockserver: the working directory is not there any more; go to one that is.\n"


def test_a_port_file_on_a_disk_that_is_read_only_is_told_before_anybody_is_served(tmp_path: Path) -> None:
    """Root may write anything."""
    mounted = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o ro none "$0" && exec "$@"', str(tmp_path)]
    needs(*mounted, "true")
    command = [PROGRAM, "serve", "--port", "0", "--port-file", str(tmp_path / "port")]
    done = subprocess.run([*mounted, *command], capture_output=True, text=True, timeout=60, check=False)
    wanted = "wanted a file in a folder that exists and can be written (Read-only file system)."
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mockserver: --port-file is {tmp_path}/port, {wanted}\n"


def test_the_variables_of_a_service_of_this_name_stop_nothing() -> None:
    said = {**SERVICE, "MOCKSERVER_SOMETHING": "else"}
    with survival.run_server(
        command=["env", *(f"{name}={value}" for name, value in said.items()), *serving()]
    ) as server:
        assert survival.Example.of(server.port).call(survival.Talker(server.port)) == 200


def test_the_page_names_the_tests_that_hold_what_it_says() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/survival.md").read_text(encoding="utf-8")))
    assert len(named) > 8
    assert named <= set(globals())
    elsewhere = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (ROOT / "docs/survival.md").read_text(encoding="utf-8"))
    assert elsewhere
    for file, name in elsewhere:
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")
