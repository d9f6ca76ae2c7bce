"""``mockserver run``: a command beside its own server, its exit status, and the verdict on its calls."""

from __future__ import annotations

import json
import os
import signal
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli import run as run_
from mockserver.engine import verdict
from mockserver.sandbox.settings import Settings, make_settings
from mockserver.sdk.contract import Vendor
from tests.cli.test_commands import MAIN
from tests.support.acme import RICH, Sandboxed, only

CALL = """\
import http.client, os
from urllib.parse import urlsplit

def call(query="", sandbox=""):
    parts = urlsplit(os.environ["MOCKSERVER_ACME_URL"])
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    key = os.environ["MOCKSERVER_ACME_CREDENTIAL"] + sandbox
    connection.request("GET", parts.path + "/v3/bills?size=50" + query, headers={"X-Acme-Key": key})
    assert connection.getresponse().status == 200
    connection.close()

"""


DECIDED = (
    "mockserver: the exit status is decided by retry-after, refused, back-off, parameters, live-credentials, quota; "
    "pages only advises (--fail-on pages).\n"
)


def run(vendor: Vendor, *arguments: str) -> Result:
    with only(vendor):
        return CliRunner().invoke(MAIN, ["run", *arguments], prog_name="mockserver")


def program(text: str) -> tuple[str, ...]:
    return ("--", sys.executable, "-c", CALL + text)


def run_program(text: str) -> int:
    return run_.run_program([sys.executable, "-c", text], os.environ)


@pytest.mark.parametrize("status", [0, 3])
def test_it_ends_with_the_status_of_the_command(vendor: Vendor, status: int) -> None:
    found = run(vendor, *program(f"call(); raise SystemExit({status})"))
    assert (found.exit_code, found.stdout, found.stderr) == (
        status,
        "",
        f"mockserver: the verdict on 1 call stands.\n{DECIDED}",
    )


def test_it_does_not_praise_a_command_that_called_nobody(vendor: Vendor) -> None:
    found = run(vendor, *program(""))
    assert (found.exit_code, found.stderr) == (0, "mockserver: no calls to check.\n")


def test_a_broken_verdict_is_a_failure_with_a_table(vendor: Vendor) -> None:
    found = run(vendor, *program("call('&stat=paid')"))
    assert found.exit_code == 1
    table = found.stderr.splitlines()
    assert table[0] == "sandbox default: broken"
    at = table.index("  broken    Sent no unknown or ignored parameter")
    assert table[at + 1].endswith("Did you mean state?")
    assert "  untested  Backed off on 5xx" in table
    assert run(vendor, *program("call('&stat=paid'); raise SystemExit(7)")).exit_code == 7


def test_a_check_can_be_left_out(vendor: Vendor) -> None:
    assert run(vendor, "--ignore", "parameters,pages", *program("call('&stat=paid')")).exit_code == 0
    found = run(vendor, "--ignore", "manners", *program(""))
    assert (found.exit_code, "--ignore is 'manners', wanted some of pages, " in found.stderr) == (2, True)


def test_one_page_of_a_list_is_advice_unless_it_is_to_fail(vendor: Vendor, tmp_path: Path) -> None:
    text, file = (CALL + "call()").replace("?size=50", "?size=2"), tmp_path / "verdict.xml"
    one_page = ("--", sys.executable, "-c", text)
    found = run(vendor, "--junit", str(file), *one_page)
    assert found.exit_code == 0
    title, advice, finding, stands, decided = found.stderr.splitlines(keepends=True)
    assert (title, advice) == ("sandbox default: advice\n", "  advisory: Followed every page to the end\n")
    assert finding.endswith("page=2 was never asked for.\n")
    assert (stands, decided) == ("mockserver: the verdict on 1 call stands.\n", DECIDED)
    assert ET.parse(file).getroot()[0].get("failures") == "0"
    found = run(vendor, "--fail-on", "pages", "--junit", str(file), *one_page)
    assert found.exit_code == 1
    assert found.stderr.splitlines()[0] == "sandbox default: broken"
    assert found.stderr.splitlines()[-1].startswith("mockserver: the exit status is decided by pages, retry-after, ")
    assert "only advises" not in found.stderr
    assert ET.parse(file).getroot()[0].get("failures") == "1"


def test_what_is_to_fail_must_be_a_check_that_is_not_left_out(vendor: Vendor) -> None:
    found = run(vendor, "--fail-on", "paging", *program(""))
    assert (found.exit_code, "--fail-on is 'paging', wanted some of pages, " in found.stderr) == (2, True)
    found = run(vendor, "--fail-on", "quota,pages", "--ignore", "pages,refused", *program(""))
    assert (found.exit_code, found.stderr) == (
        2,
        "mockserver: --ignore and --fail-on both name pages, wanted in one of them.\n",
    )
    every = ",".join(verdict.CHECKS)
    found = run(vendor, "--ignore", every, *program("call()"))
    assert found.stderr.splitlines()[-1] == "mockserver: the exit status is decided by no check."


def test_strict_makes_a_call_that_meets_no_endpoint_a_failure(vendor: Vendor) -> None:
    text = (CALL + "call()").replace("/v3/bills", "/v3/lost").replace("== 200", "== 404")
    lost = ("--", sys.executable, "-c", text)
    assert run(vendor, *lost).exit_code == 0
    found = run(vendor, "--strict", *lost)
    assert found.exit_code == 1
    assert found.stderr.splitlines()[0] == "sandbox default: 1 of 1 calls are not as documented"


def test_junit_has_a_suite_per_sandbox(vendor: Vendor, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "verdict.xml"
    found = run(vendor, "--junit", str(file), *program("call(); call('&stat=paid', '~other')"))
    assert found.exit_code == 1
    suites = {suite.attrib["name"]: suite.attrib["failures"] for suite in ET.parse(file).getroot()}
    assert suites == {"mockserver.default": "0", "mockserver.other": "1"}


def test_what_cannot_be_run_or_written(vendor: Vendor, tmp_path: Path) -> None:
    found = run(vendor, "--", "no-such-program-anywhere")
    assert (found.exit_code, found.stderr) == (
        127,
        "mockserver: no-such-program-anywhere cannot be run: No such file or directory.\n",
    )
    (tmp_path / "text").write_text("")
    found = run(vendor, "--", str(tmp_path / "text"))
    assert (found.exit_code, "Permission denied" in found.stderr) == (126, True)
    found = run(vendor, "--junit", str(tmp_path / "text" / "x.xml"), *program(f"open({str(tmp_path / 'ran')!r}, 'w')"))
    assert found.exit_code == 2
    assert not (tmp_path / "ran").exists()
    assert found.stderr.startswith(f"mockserver: --junit {tmp_path / 'text' / 'x.xml'} cannot be written: ")
    assert run(vendor).exit_code == 2


def test_junit_is_written_after_a_clean_build_too(vendor: Vendor, tmp_path: Path) -> None:
    file = tmp_path / "target" / "verdict.xml"
    clean = f"import shutil; shutil.rmtree({str(file.parent)!r}); call()"
    assert run(vendor, "--junit", str(file), *program(clean)).exit_code == 0
    assert [suite.attrib["tests"] for suite in ET.parse(file).getroot()] == ["7"]


def test_junit_that_cannot_be_written_any_more_hides_nothing(vendor: Vendor, tmp_path: Path) -> None:
    file = tmp_path / "verdict.xml"
    replaced = f"import pathlib; p = pathlib.Path({str(file)!r}); p.unlink(); p.mkdir(); call('&stat=paid'); "
    found = run(vendor, "--junit", str(file), *program(replaced + "raise SystemExit(7)"))
    assert found.exit_code == 7
    assert found.stderr.startswith("sandbox default: broken\n")
    assert found.stderr.splitlines()[-1] == f"mockserver: --junit {file} cannot be written: Is a directory."
    file.rmdir()
    assert run(vendor, "--junit", str(file), *program(replaced)).exit_code == 2


def test_what_the_command_is_told(vendor: Vendor) -> None:
    told = run_.client_variables(Sandboxed(vendor, control_token="open-sesame").runtime, "http://127.0.0.1:1")
    assert told == {
        "MOCKSERVER_URL": "http://127.0.0.1:1",
        "MOCKSERVER_CONTROL_TOKEN": "open-sesame",
        "MOCKSERVER_ACME_URL": "http://127.0.0.1:1/acme",
        "MOCKSERVER_ACME_CREDENTIAL": RICH,
        "MOCKSERVER_ACME_HEADERS": json.dumps({"X-Acme-Key": RICH}),
    }
    assert make_settings({}, told) == Settings(control_token="open-sesame")  # a server below it is not confused


def test_the_settings_of_the_server_are_flags(vendor: Vendor) -> None:
    ask = "import json, os; assert os.environ['MOCKSERVER_CONTROL_TOKEN'] == 'open-sesame'"
    assert run(vendor, "--dataset", "empty", "--control-token", "open-sesame", *program(ask)).exit_code == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_request_to_terminate_or_hang_up_is_handed_on(name: str) -> None:
    number, hears = signal.Signals[name], f"signal.signal(signal.{name}, signal.SIG_DFL)"  # deaf under nohup otherwise
    assert (
        run_program(f"import os, signal; {hears}; os.kill(os.getppid(), signal.{name}); signal.pause()") == 128 + number
    )


def test_ctrl_c_is_for_the_command_alone() -> None:
    assert run_program("import os, signal; os.kill(os.getppid(), signal.SIGINT); raise SystemExit(3)") == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, ("127.0.0.1", "127.0.0.1")),
        ({"NO_PROXY": "a.example, .b"}, ("a.example,.b,127.0.0.1", "a.example,.b,127.0.0.1")),
        ({"no_proxy": "a.example"}, ("a.example,127.0.0.1", "a.example,127.0.0.1")),
        ({"NO_PROXY": "a", "no_proxy": "b"}, ("a,127.0.0.1", "b,127.0.0.1")),
        ({"NO_PROXY": "*"}, ("*", "*")),
        ({"no_proxy": "*", "NO_PROXY": ""}, ("127.0.0.1", "*")),
        ({"NO_PROXY": "127.0.0.1,a"}, ("127.0.0.1,a", "127.0.0.1,a")),
    ],
)
def test_the_server_is_exempt_from_proxies(before: dict[str, str], after: tuple[str, str]) -> None:
    environment = {**before, **run_.bypass_proxies(before, "http://127.0.0.1:1")}
    assert (environment["NO_PROXY"], environment["no_proxy"]) == after


def test_no_proxy_stands_between_the_command_and_the_server(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    ask = "import os, urllib.request as u; u.urlopen(os.environ['MOCKSERVER_URL'] + '/__admin/health', timeout=60)"
    found = run(vendor, "--", sys.executable, "-c", ask)
    assert found.exit_code == 0, found.stderr
