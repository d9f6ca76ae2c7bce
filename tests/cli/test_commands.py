"""The commands, in this process with click's CliRunner; ``serve`` also as a user runs it."""

from __future__ import annotations

import errno
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import click
import pytest
from click.testing import CliRunner, Result
from werkzeug.test import Client

from mockserver import vendors as shelf
from mockserver.cli import commands, health
from mockserver.data import fixtures
from mockserver.data.build import fixture_schema
from mockserver.sandbox.scenario import OURS
from mockserver.sdk.contract import Vendor
from mockserver.sdk.version import __version__
from mockserver.server import gunicorn, listen
from mockserver.server.worker import GRACE_SECONDS
from tests.support.acme import BILL_ROWS, BILLS, FIXTURE, RICH, acme, only
from tests.support.certificates import self_signed
from tests.support.servers import PROGRAM, running

MAIN = cast(click.Command, SimpleNamespace(name="mockserver", main=commands.main))  # with the sentences that it prints


def run(vendor: Vendor, *arguments: str, **environment: str) -> Result:
    """Run a command with acme as the only vendor."""
    with only(vendor):
        return CliRunner().invoke(MAIN, list(arguments), env=environment, prog_name="mockserver")


def read_refusal(result: Result) -> str:
    """The sentence of a command's refusal, without a trace or standard output."""
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    return result.stderr.strip()


def test_without_a_command_there_is_help(vendor: Vendor) -> None:
    for arguments in (("--help",), ("-h",)):
        found = run(vendor, *arguments)
        assert found.exit_code == 0
        for command in ("serve", "run", "vendors", "readings", "validate", "generate", "health"):
            assert f"  {command} " in found.stdout
    assert run(vendor, "--version").stdout == f"mockserver, version {__version__}\n"
    assert run(vendor, "nonsense").exit_code == 2


def test_every_flag_of_serve_names_its_variable_and_default(vendor: Vendor) -> None:
    text = " ".join(run(vendor, "serve", "--help").stdout.split())
    assert "--port PORT port to listen on; 0 takes a free one and prints it [8080] (MOCKSERVER_PORT)" in text
    assert "--cors / --no-cors" in text
    assert "--strict" in text
    assert "--no-strict" not in text


def test_vendors(vendor: Vendor) -> None:
    found = run(vendor, "vendors")
    assert found.stdout.splitlines()[:2] == [
        "acme        Acme Billing  https://acme.example/docs",
        "            /v3/bills",
    ]
    (listed,) = json.loads(run(vendor, "vendors", "--json").stdout)
    assert listed["example"]["headers"] == {"X-Acme-Key": RICH}


def test_vendors_of_a_dataset_of_ones_own(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    text = FIXTURE.format(vendor="acme", dataset="own").replace(RICH, "my-own-secret") + "records: []\n"
    (tmp_path / "acme" / "own.yaml").write_text(text)
    found = run(vendor, "vendors", "--json", "--dataset", "own", "--fixtures", str(tmp_path))
    assert "my-own-secret" in found.stdout
    assert read_refusal(run(vendor, "vendors", "--dataset", "nope")).startswith(
        "mockserver: acme has no dataset 'nope'"
    )


def test_readings(vendor: Vendor) -> None:
    found = run(vendor, "readings")
    assert found.stdout == run(vendor, "readings", "acme").stdout
    assert found.stdout.splitlines() == [
        "acme.amounts: plain (default), cents",
        "    How an amount is printed. [inferred ]",
        "acme.bad-input: refuse (default), ignore",
        "    What becomes of a bad parameter. [public P[1]]",
        "Sources: 000:21 is line 21 of document 000; P[4] is in docs/sources.md.",
    ]
    assert read_refusal(run(vendor, "readings", "bolt")) == "mockserver: there is no vendor 'bolt'; there are acme."


def test_validate(vendor: Vendor, tmp_path: Path) -> None:
    found = run(vendor, "validate")
    count = 4 + len(list(OURS.glob("*.yaml")))
    assert (found.exit_code, found.stdout) == (0, f"{count} files checked, nothing wrong.\n")
    bad = tmp_path / "bad.yaml"
    bad.write_text(FIXTURE.format(vendor="acme", dataset="own") + "records:\n" + BILL_ROWS.replace("void", "lost"))
    found = run(vendor, "validate", str(bad))
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.splitlines() == [
        f'{bad}:15: records[2].state: found "lost", wanted one of open, paid, void',
        "mockserver: 1 fault in 1 file.",
    ]
    assert read_refusal(run(vendor, "validate", str(tmp_path / "no"))).endswith(
        f"there is no file or folder {tmp_path / 'no'}."
    )


def test_generate(vendor: Vendor, tmp_path: Path) -> None:
    out = tmp_path / "own.yaml"
    flags = ("--records", "4", "--seed", "7", "--anchor", "2030-01-01", "--dataset", "own", "--out", str(out))
    found = run(vendor, "generate", "acme", *flags)
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == f"4 records of acme written to {out}\n"
    content = fixtures.read(out, fixture_schema(vendor))
    assert (content.dataset, content.anchor, len(content.records)) == ("own", datetime(2030, 1, 1, tzinfo=UTC), 4)
    assert "--records 4 --seed 7" in out.read_text().splitlines()[0]
    assert run(vendor, "generate", "acme", "--records", "1", "--out", "-").stdout.startswith("# Made by")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("bolt",), "there is no vendor 'bolt'; there are acme."),
        (("acme", "--records", "x"), "--records is 'x', wanted a whole number from 0 to 10000000."),
        (("acme", "--anchor", "0001-01-01"), "--anchor: 0001-01-01T00:00:00Z is before 1900 or after 8999."),
        (("acme", "--anchor", "noon"), "--anchor: 'noon' is not an ISO 8601 time like 2026-03-01T00:00:00Z."),
    ],
)
def test_what_generate_refuses(vendor: Vendor, flags: tuple[str, ...], sentence: str) -> None:
    assert read_refusal(run(vendor, "generate", *flags, "--out", "-")) == f"mockserver: {sentence}"


@pytest.mark.slow
def test_many_records_show_progress_to_a_person(
    vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with only(vendor):
        commands.commands(
            ["generate", "acme", "--records", "2001", "--out", str(tmp_path / "own.yaml")], standalone_mode=False
        )
    assert "making records" in capsys.readouterr().err
    assert len(fixtures.read(tmp_path / "own.yaml", fixture_schema(vendor)).records) == 2001


@pytest.mark.parametrize(
    ("environment", "flags", "asked"),
    [
        ({}, (), ("http://127.0.0.1:8080", 0.0)),
        ({"MOCKSERVER_PORT": "9"}, ("--wait", "3"), ("http://127.0.0.1:9", 3.0)),
        ({"MOCKSERVER_TLS_CERT": "x"}, (), ("https://127.0.0.1:8080", 0.0)),
        ({"MOCKSERVER_TLS_CERT": "x", "MOCKSERVER_TLS_PORT": "443"}, (), ("http://127.0.0.1:8080", 0.0)),
        ({"MOCKSERVER_URL": "http://there:1", "MOCKSERVER_PORT": "9"}, (), ("http://there:1", 0.0)),
        ({"MOCKSERVER_URL": "http://there:1"}, ("--url", "http://here:2"), ("http://here:2", 0.0)),
    ],
)
@pytest.mark.parametrize("healthy", [True, False])
def test_health(
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    flags: tuple[str, ...],
    asked: tuple[str, float],
    healthy: bool,
) -> None:
    calls: list[tuple[str, float]] = []

    def ask(url: str, wait: float) -> tuple[bool, str]:
        calls.append((url, wait))
        return healthy, "is so"

    monkeypatch.setattr(health, "ask", ask)
    found = run(vendor, "health", *flags, **environment)
    assert found.exit_code == (0 if healthy else 1)
    assert (found.stdout if healthy else found.stderr) == f"{asked[0]} is so\n"
    assert calls == [asked]


# serve: what it refuses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "environment", "sentence"),
    [
        (("--port", "x"), {}, "--port is 'x', wanted a whole number from 0 to 65535."),
        ((), {"MOCKSERVER_PORT": "x"}, "MOCKSERVER_PORT is 'x', wanted a whole number from 0 to 65535."),
        (("--quotas", "bolt=1/day"), {}, "--quotas (or MOCKSERVER_QUOTAS) names bolt, wanted one of acme."),
        (("--tls-key", "setup.cfg"), {}, "--tls-cert and --tls-key go together: one is given, the other is not."),
    ],
)
def test_wrong_settings_are_sentences(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], environment: dict[str, str], sentence: str
) -> None:
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    assert read_refusal(run(vendor, "serve", *flags, **environment)) == f"mockserver: {sentence}"


@pytest.mark.parametrize(
    "command",
    [("serve",), ("run", "--", "true"), ("validate",), ("vendors",), ("health",), ("export", "--out", "nowhere")],
)
def test_a_slip_in_the_name_of_a_variable_is_refused(vendor: Vendor, command: tuple[str, ...]) -> None:
    sentence = "mockserver: MOCKSERVER_PROT is not a setting of mockserver. Did you mean MOCKSERVER_PORT?"
    assert read_refusal(run(vendor, *command, MOCKSERVER_PROT="1")) == sentence


@pytest.mark.parametrize(
    ("command", "mentions"),
    [
        (("run", "--", "true"), True),
        (("validate",), True),
        (("vendors",), True),
        (("readings",), False),  # these use no setting
        (("generate", "acme", "--out", "-"), False),
        (("health",), False),  # called repeatedly
    ],
)
def test_a_variable_of_somebody_else_is_mentioned_once(
    vendor: Vendor, command: tuple[str, ...], mentions: bool
) -> None:
    found = run(vendor, *command, MOCKSERVER_IMAGE="x/y:z", MOCKSERVER_PORT="tcp://10.0.0.1:1", MOCKSERVER_NAME="/a/b")
    assert found.exit_code == (1 if command[0] == "health" else 0), found.output
    mention = (
        "mockserver: passed over, as no setting is called so: MOCKSERVER_IMAGE (mockserver serve --help lists all)."
    )
    assert [line for line in found.stderr.splitlines() if "passed over" in line] == [mention] * mentions
    assert "tcp://" not in found.output


def test_of_many_variables_some_are_named(vendor: Vendor) -> None:
    found = run(vendor, "vendors", **{f"MOCKSERVER_X{number}X": "1" for number in range(50)})
    assert found.exit_code == 0
    assert found.stderr.count("MOCKSERVER_X") == 10
    assert " and 40 more (" in found.stderr


def test_a_service_of_this_name_says_nothing_of_where_a_server_is(vendor: Vendor) -> None:
    service = {"MOCKSERVER_PORT": "tcp://10.0.0.1:1", "MOCKSERVER_TLS_PORT": "tcp://10.0.0.1:1"}
    assert run(vendor, "health", **service).output.startswith("http://127.0.0.1:8080 ")
    assert run(vendor, "health", **service, MOCKSERVER_TLS_CERT="x").output.startswith("https://127.0.0.1:8080 ")


def test_what_is_no_url_of_a_server(vendor: Vendor) -> None:
    for url in ("http://[::1", "127.0.0.1:8080", "http://"):
        found = run(vendor, "health", "--url", url)
        assert (found.exit_code, found.stdout) == (1, "")
        assert len(found.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: &a {x: 1}\n<<: *a\n", "2: found the merge key <<, wanted the keys of that map written out here, or"),
        (
            r'vendor: "\ud83d\ude00"',
            r'1: found the surrogate pair \ud83d\ude00, wanted the character itself, or "\U0001F600"',
        ),
    ],
)
def test_what_a_fixture_has_of_another_format_is_told_with_what_to_write_instead(
    vendor: Vendor, tmp_path: Path, text: str, sentence: str
) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "default.yaml").write_text(text)
    first, last = read_refusal(run(vendor, "serve", "--fixtures", str(tmp_path))).splitlines()
    assert first.startswith(f"{tmp_path}/acme/default.yaml:{sentence}")
    assert last == "mockserver: 1 fault in files; nothing is served."


def test_of_many_faults_a_hundred_are_told_and_all_are_counted(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    file = tmp_path / "acme" / "default.yaml"
    file.write_text(FIXTURE.format(vendor="acme", dataset="default") + "records:\n" + "- 1\n" * 1234)
    lines = read_refusal(run(vendor, "serve", "--fixtures", str(tmp_path))).splitlines()
    assert lines[-2:] == [f"{file}: 1,134 more", "mockserver: 1,234 faults in files; nothing is served."]
    found = run(vendor, "validate", str(tmp_path))
    assert (found.exit_code, found.stderr.splitlines()[-1]) == (1, "mockserver: 1,234 faults in 1 file.")
    assert len(found.stderr.splitlines()) == 102


def test_what_the_system_refuses_is_a_sentence(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*anything: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/a\x1b/file")

    monkeypatch.setattr("mockserver.cli.validate.check_all", refuse)
    assert read_refusal(run(vendor, "validate")) == "mockserver: /a\\x1b/file cannot be used: Permission denied."


def test_a_certificate_that_is_none(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no certificate")
    sentence = read_refusal(run(vendor, "serve", "--tls-cert", str(tmp_path / "x"), "--tls-key", str(tmp_path / "x")))
    assert sentence.startswith(f"mockserver: --tls-cert {tmp_path}/x and --tls-key {tmp_path}/x are no usable pair")


def test_broken_fixtures_are_told_line_by_line(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "default.yaml").write_text("vendor: acme\nanchor: no\n")
    lines = read_refusal(run(vendor, "serve", "--fixtures", str(tmp_path))).splitlines()
    assert len(lines) == 5
    assert lines[-1] == "mockserver: 4 faults in files; nothing is served."


def test_two_vendors_of_one_name(vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "find_vendors", lambda: shelf.check_vendors([vendor, acme(tmp_path)]))
    assert read_refusal(CliRunner().invoke(MAIN, ["readings"])) == "mockserver: two vendors are named acme"


def test_a_taken_port(vendor: Vendor) -> None:
    with listen.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        sentence = read_refusal(run(vendor, "serve", "--port", str(port)))
    assert sentence == f"mockserver: port {port} on 127.0.0.1 is taken; choose another with --port (0: a free one)."


def test_several_workers_without_a_store_that_they_share(vendor: Vendor) -> None:
    sentence = read_refusal(run(vendor, "serve", "--workers", "4"))
    assert sentence.startswith("mockserver: --workers is 4, ")
    assert "--store redis://" in sentence


def test_a_store_that_is_away_at_the_start(vendor: Vendor, tmp_path: Path) -> None:
    url = f"unix://user:secret@{tmp_path}/none"
    sentence = read_refusal(run(vendor, "serve", MOCKSERVER_STORE=url))
    assert sentence.startswith("mockserver: --store (or MOCKSERVER_STORE) is 'unix://…@")
    assert "it cannot be used (Error 2 connecting to" in sentence
    assert "secret" not in sentence
    with listen.listen("127.0.0.1", 0) as silent:  # it accepts connections and never answers
        port = silent.getsockname()[1]
        sentence = read_refusal(run(vendor, "serve", "--store", f"redis://127.0.0.1:{port}/0", "--workers", "2"))
    assert "it cannot be used (Timeout" in sentence
    assert sentence.endswith("wanted a Redis or Valkey, 6.2 or newer, that lets us write.")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("reids://:secret@db.example/0", "wanted memory, or a URL like redis://host:6379/0"),
        ("redis://:secret@db.example/0?colour=red", "and it cannot be read"),
    ],
)
def test_a_store_that_is_none(vendor: Vendor, url: str, wanted: str) -> None:
    sentence = read_refusal(run(vendor, "serve", "--store", url))
    assert wanted in sentence
    assert "db.example" in sentence
    assert "secret" not in sentence


def test_a_store_that_takes_a_package_which_is_not_there(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "mockserver.sandbox.store.redis", raising=False)
    assert "pip install 'mockserver[redis]'" in read_refusal(run(vendor, "serve", "--store", "redis://localhost"))


@pytest.mark.parametrize(("strict", "status"), [(True, 1), (False, 0)])
def test_what_serve_does_around_the_server(
    vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strict: bool, status: int
) -> None:
    def served(app: Any, listener: socket.socket, ready: Any, *tls: Any, **how: Any) -> None:
        with listener:
            ready()
            client = Client(app)
            for query in ("", "?stat=1", "?stat=1"):
                assert client.get(BILLS + query, headers={"X-Acme-Key": RICH}).status_code == 200
        raise SystemExit(0)

    monkeypatch.setattr(gunicorn, "run", served)
    flags = ["--port", "0", "--port-file", str(tmp_path / "port"), *(["--strict"] if strict else [])]
    found = run(vendor, "serve", *flags)
    assert found.exit_code == status
    port = (tmp_path / "port").read_text().strip()
    lines = found.stdout.splitlines()
    assert lines[0] == f"mockserver {__version__} serves dataset 'default' on http://127.0.0.1:{port}"
    assert f"  curl -g -H 'X-Acme-Key: {RICH}' 'http://127.0.0.1:{port}/v3/bills?state=paid'" in lines
    assert lines[-1].startswith(f"health: http://127.0.0.1:{port}/__admin/health")
    if strict:
        assert found.stderr.endswith("mockserver: 2 calls with warnings; --strict counts that as failure.\n")


def welcome(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, *flags: str) -> tuple[str, Any]:
    """The text that serve prints when it is ready, and the app that it serves."""
    apps: list[Any] = []

    def served(app: Any, listener: socket.socket, ready: Any, *tls: Any, **how: Any) -> None:
        with listener:
            ready()
        apps.append(app)

    monkeypatch.setattr(gunicorn, "run", served)
    found = run(vendor, "serve", "--port", "0", *flags)
    assert (found.exit_code, found.stderr) == (0, "")
    return found.stdout, apps[0]


def test_off_loopback_a_token_is_made_and_told_once(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    text, app = welcome(vendor, monkeypatch, "--host", "0.0.0.0")
    (line,) = [line for line in text.splitlines() if line.startswith("control token")]
    token = line.removeprefix("control token (made for this run): ")
    assert text.count(token) == 1
    client = Client(app)
    assert client.get("/__admin/settings").status_code == 401
    assert client.get("/__admin/settings", headers={"X-Mock-Control-Token": token}).status_code == 200


@pytest.mark.parametrize("flags", [(), ("--host", "0.0.0.0", "--control-token", "mine"), ("--control-token", "mine")])
def test_a_token_is_not_told_when_none_was_made(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    text, app = welcome(vendor, monkeypatch, *flags)
    assert "token" not in text
    assert "mine" not in text
    assert Client(app).get("/__admin/settings").status_code == (401 if "mine" in flags else 200)


def test_without_control_there_is_no_health_to_tell_of(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    text, app = welcome(vendor, monkeypatch, "--no-control", "--host", "0.0.0.0")
    assert text.splitlines()[-1] == "stop: Ctrl-C"
    assert not [word for word in ("__admin", "__docs", "control") if word in text]
    assert Client(app).get("/__admin/health").status_code == 404


def test_python_dash_m() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mockserver", "--version"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, f"mockserver, version {__version__}\n")


# serve: as a user runs it ---------------------------------------------------------------------------------------------


@contextmanager
def serving(*flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process, and its URL once it answers."""
    pipe = subprocess.PIPE
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOCKSERVER_")}
    command = [PROGRAM, "serve", "--port", "0", *flags]
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env=environment, start_new_session=True
    ) as server:
        assert server.stdout is not None
        try:
            line = next(line for line in server.stdout if line.startswith("health: "))
            yield server, line.split()[1].removesuffix("/__admin/health")
        finally:
            if server.poll() is None:
                server.terminate()
                server.communicate(timeout=60)


def interrupt(server: subprocess.Popen[str], number: int = signal.SIGINT) -> tuple[int, str]:
    """Send Ctrl-C to all processes of the server, as a terminal does; returns the exit status and the log."""
    os.killpg(server.pid, number)
    _, log = server.communicate(timeout=GRACE_SECONDS - 2)  # a server that waits for a client takes all of it
    return server.returncode, log


def get(url: str, target: str, context: ssl.SSLContext | None = None, **headers: str) -> tuple[int, Any]:
    host, port = url.partition("://")[2].split(":")
    connection = (
        http.client.HTTPSConnection(host, int(port), timeout=60, context=context)
        if context
        else http.client.HTTPConnection(host, int(port), timeout=60)
    )
    try:
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_serve_tells_its_port_logs_json_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    path = f"/{shelf.find_vendors()[0].name}/nowhere"
    with serving("--port-file", str(tmp_path / "port"), "--log-format", "json") as (server, url):
        assert url == f"http://127.0.0.1:{(tmp_path / 'port').read_text().strip()}"
        assert get(url, "/__admin/health")[1]["status"] == "healthy"
        assert get(url, path, X_Mock_Delay="1")[0] == 404
        status, log = interrupt(server)
    assert status == 0
    (call,) = [json.loads(line) for line in log.splitlines()]
    assert (call["method"], call["path"], call["status"]) == ("GET", "/nowhere", 404)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_strict_makes_a_warned_call_the_exit_status_and_says_so_once(number: int) -> None:
    found = shelf.find_vendors()[0]
    listed = json.loads(CliRunner().invoke(commands.commands, ["vendors", "--json"]).stdout)
    example = next(one["example"] for one in listed if one["name"] == found.name)
    with serving("--strict") as (server, url):
        assert get(url, f"/{found.name}{example['path']}?nonsense=1", **example["headers"])[0] in (200, 400, 422)
        status, log = interrupt(server, number)
    assert status == 1
    assert log.splitlines()[1:] == ["mockserver: 1 call with warnings; --strict counts that as failure."]


@pytest.mark.slow
def test_a_call_under_way_is_served_to_its_end_when_all_processes_are_told_to_stop() -> None:
    name = shelf.find_vendors()[0].name
    with serving() as (server, url):
        host, port = url.partition("://")[2].split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        connection.request("GET", f"/{name}/nowhere", headers={"X-Mock-Delay": "500"})
        while not get(url, "/__admin/requests")[1]["requests"]:  # it is recorded before its delay
            pass
        os.killpg(server.pid, signal.SIGTERM)  # and the master signals its worker again
        assert connection.getresponse().status == 404
        connection.close()
        _, log = server.communicate(timeout=60)
    assert server.returncode == 0
    assert "Traceback" not in log


@pytest.mark.slow
def test_serve_speaks_tls_with_a_certificate_that_a_client_verifies(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    with serving("--tls-cert", str(certificate), "--tls-key", str(key)) as (server, url):
        assert url.startswith("https://127.0.0.1:")
        assert get(url, "/__admin/health", ssl.create_default_context(cafile=str(certificate)))[0] == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            get(url, "/__admin/health", ssl.create_default_context())
        assert health.ask(url) == (True, "is healthy")
        assert interrupt(server)[0] == 0


def test_a_key_that_wants_a_passphrase_is_refused_and_nobody_is_asked(tmp_path: Path) -> None:
    """With a terminal, where OpenSSL would ask for the passphrase."""
    certificate, key = self_signed(tmp_path, passphrase=b"open-sesame")
    terminal, its = os.openpty()
    on_terminal = "import os, sys; os.open(sys.argv[1], os.O_RDWR); os.execv(sys.argv[2], sys.argv[2:])"
    serve = [PROGRAM, "serve", "--port", "0", "--tls-cert", str(certificate), "--tls-key", str(key)]
    done = subprocess.run(
        [sys.executable, "-c", on_terminal, os.ttyname(its), *serve],
        start_new_session=True,
        stdin=its,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    os.set_blocking(terminal, False)
    with pytest.raises(BlockingIOError):
        os.read(terminal, 1)
    os.close(terminal)
    os.close(its)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"mockserver: --tls-key {key} is encrypted, wanted a key without a passphrase")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_certificate_that_has_expired_is_served_with_a_word(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, until=2021)
    with serving("--tls-cert", str(certificate), "--tls-key", str(key)) as (server, url):
        assert health.ask(url) == (True, "is healthy")
        status, log = interrupt(server)
    assert status == 0
    wanted = f"mockserver: the certificate of --tls-cert {certificate} has expired: clients that look at it refuse it."
    assert log.splitlines()[0] == wanted


@pytest.mark.slow
def test_serve_speaks_tls_on_one_port_and_http_on_another_of_the_same_sandboxes(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    flags = ("--tls-cert", str(certificate), "--tls-key", str(key), "--tls-port", "0")
    context = ssl.create_default_context(cafile=str(certificate))
    with running([PROGRAM, "serve", "--port", "0", *flags]) as (url, printed):
        encrypted = printed.splitlines()[0].rpartition(" and ")[2]
        assert (url[:17], encrypted[:18]) == ("http://127.0.0.1:", "https://127.0.0.1:")
        assert get(encrypted, "/nowhere", context)[0] == 404
        assert get(url, "/nowhere")[0] == 404
        journal = "/__admin/requests"
        assert get(url, journal) == get(encrypted, journal, context)
        assert get(url, journal)[1]["meta"]["total"] == 2
        assert get(encrypted, "/__admin/sandboxes", context)[1]["sandboxes"][0]["url"].startswith(encrypted)
        assert health.ask(url)[0]
        assert health.ask(encrypted)[0]
        assert not health.ask(encrypted.replace("https", "http"))[0]


def test_what_a_person_is_told_moves_no_cursor(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "default.yaml").write_text('"\\e[2J": 1\nvendor: "\\e[31m\\n\\u202e"\n')
    lines = read_refusal(run(vendor, "serve", "--fixtures", str(tmp_path))).splitlines()
    assert len(lines) == 7
    assert all(line.isprintable() for line in lines)
    mentioned = run(vendor, "vendors", **{"MOCKSERVER_\x1b[2J": "x"})
    assert "MOCKSERVER_" in mentioned.stderr
    assert mentioned.stderr.strip().isprintable()


def test_a_password_in_the_url_of_a_server_is_not_told(vendor: Vendor, tmp_path: Path) -> None:
    url = "http://user:SECRET@127.0.0.1:1"
    for command in (["health", "--url", url], ["export", "--url", url, "--out", str(tmp_path)]):
        result = run(vendor, *command)
        assert result.exit_code in (1, 2)
        assert "http://…@127.0.0.1:1" in result.output
        assert "SECRET" not in result.output
