"""The access log: one line per call, without credentials."""

from __future__ import annotations

import json

import pytest

from mockserver.engine import access_log
from mockserver.engine.handle import handle
from mockserver.sdk.contract import Vendor
from mockserver.sdk.http import Request
from tests.support.acme import BILLS, RICH, Sandboxed


def lines(capsys: pytest.CaptureFixture[str], vendor: Vendor, form: str, *targets: str, **headers: str) -> list[str]:
    """The log lines of calls."""
    server = Sandboxed(vendor)
    server.runtime.observers.append(access_log.make_observer(form))
    access_log.configure_logging(form)
    for target in targets:
        server.get(target, headers={name.replace("_", "-"): value for name, value in headers.items()})
    found = capsys.readouterr().err
    assert RICH not in found
    return found.splitlines()


def test_text_for_people(capsys: pytest.CaptureFixture[str], vendor: Vendor) -> None:
    first, second = lines(capsys, vendor, "text", "/v3/bills/1?trouble=&token=a-secret", BILLS)
    assert first[10] == "T"
    assert "a-secret" not in first
    assert first.split(" ", 1)[1].startswith("acme GET /v3/bills/1 200 ")
    assert first.endswith("ms default #1 (2 warned)")
    assert second.endswith("ms default #2")


@pytest.mark.parametrize(("network", "status"), [("reset", None), ("empty", None), ("truncate", 200), ("drip", 200)])
def test_a_line_says_what_the_client_got(
    capsys: pytest.CaptureFixture[str], vendor: Vendor, network: str, status: int | None
) -> None:
    (text,) = lines(capsys, vendor, "text", f"/v3/bills/1?trouble={network}")
    assert f" acme GET /v3/bills/1 {network} " in text
    assert text.endswith("ms default #1 (200 intended)")
    (line,) = lines(capsys, vendor, "json", f"/v3/bills/1?trouble={network}")
    told = json.loads(line)
    assert (told["status"], told["fault"], told["intended"]) == (status, network, 200)
    (line,) = lines(capsys, vendor, "json", BILLS)
    assert (json.loads(line)["status"], "fault" in json.loads(line)) == (200, False)


def test_a_line_has_the_sandbox_and_the_id_that_the_client_got(
    capsys: pytest.CaptureFixture[str], vendor: Vendor
) -> None:
    server = Sandboxed(vendor)
    for form in ("text", "json"):
        server.runtime.observers.append(access_log.make_observer(form))
    answer = server.get(BILLS, X_Mock_Sandbox="my.test")
    lost = server.get("/nowhere", X_Mock_Sandbox="my.test")
    text, line, nowhere, _ = capsys.readouterr().err.splitlines()
    assert text.endswith(f"ms my.test #{answer.call}")
    assert (json.loads(line)["sandbox"], json.loads(line)["call"]) == ("my.test", answer.call)
    assert " (nobody) GET /nowhere 404 " in nowhere
    assert f"ms my.test #{lost.call} (" in nowhere
    assert lost.call > answer.call > 0


def test_what_the_journal_has_not_has_no_id(capsys: pytest.CaptureFixture[str], vendor: Vendor) -> None:
    preflight = {"Origin": "http://a.example", "Access-Control-Request-Method": "GET"}
    server = Sandboxed(vendor)
    for form in ("text", "json"):
        server.runtime.observers.append(access_log.make_observer(form))
    server.get(BILLS, method="OPTIONS", headers=preflight)
    server.get(BILLS, X_Mock_Sandbox="no name")
    text, line, nowhere, unnamed = capsys.readouterr().err.splitlines()
    assert text.endswith("ms default #-")
    assert nowhere.endswith("ms - #-")
    assert (json.loads(line)["sandbox"], json.loads(line)["call"]) == ("default", None)
    assert (json.loads(unnamed)["sandbox"], json.loads(unnamed)["call"]) == (None, None)


def test_what_is_no_call_has_no_line(capsys: pytest.CaptureFixture[str], vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    server.runtime.observers.append(access_log.make_observer("text"))
    for path in ("/__admin/health", "/__admin/requests", "/__admin/", "/__docs/", "/"):
        assert server.get(path, Accept="text/html").status < 400
    assert capsys.readouterr().err == ""


def test_a_line_without_headers_of_ours_has_the_id_too(capsys: pytest.CaptureFixture[str], vendor: Vendor) -> None:
    server = Sandboxed(vendor, mock_headers=False)
    server.runtime.observers.append(access_log.make_observer("text"))
    assert "X-Mock-Call" not in server.get(BILLS).headers
    assert capsys.readouterr().err.endswith("ms default #1\n")


def test_a_strict_failure_is_a_warning(capsys: pytest.CaptureFixture[str], vendor: Vendor) -> None:
    (line,) = lines(capsys, vendor, "text", f"{BILLS}?stat=1", X_Mock_Strict="true")
    assert line.endswith("(1 warned, strict: counted as a failure)")
    (line,) = lines(capsys, vendor, "json", f"{BILLS}?stat=1", X_Mock_Strict="true")
    assert json.loads(line)["level"] == "warning"


def test_json_for_machines(capsys: pytest.CaptureFixture[str], vendor: Vendor) -> None:
    (line,) = lines(capsys, vendor, "json", f"{BILLS}?stat=1")
    found = json.loads(line)
    assert found.pop("time").endswith("Z")
    assert found.pop("ms") >= 0
    assert found == {
        "level": "info",
        "vendor": "acme",
        "operation": "listBills",
        "sandbox": "default",
        "call": 1,
        "method": "GET",
        "path": BILLS,
        "status": 200,
        "rule": "listBills.200",
        "warnings": 1,
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_method_can_forge_no_line(capsys: pytest.CaptureFixture[str], vendor: Vendor, form: str) -> None:
    server = Sandboxed(vendor)
    server.runtime.observers.append(access_log.make_observer(form))
    server.get(BILLS, method="GE\x1b[2K\xf6" + "T" * 50)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isascii()
    assert line.isprintable()
    assert "T" * 20 not in line
    handle(server.runtime, Request("\x1b[2J\nX\u202e", "/acme/nowhere"))  # no server accepts this method
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_path_can_forge_no_line(capsys: pytest.CaptureFixture[str], vendor: Vendor, form: str) -> None:
    (line,) = lines(capsys, vendor, form, "/acme/a%0Ab%1b%C3%B6" + "c" * 500)
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 500


def test_a_crash_is_logged_with_its_trace(capsys: pytest.CaptureFixture[str], vendor: Vendor) -> None:
    trace, call = lines(capsys, vendor, "json", "/v3/bills/1?trouble=crash")
    assert json.loads(trace)["message"].startswith("GET /v3/bills/1 broke\n    Traceback")
    assert json.loads(trace)["level"] == "error"
    assert "RuntimeError: a bug of acme" in json.loads(trace)["message"]
    assert json.loads(call)["status"] == 500
    text = lines(capsys, vendor, "text", "/v3/bills/1?trouble=crash")
    assert text[0].endswith("GET /v3/bills/1 broke")
    assert text[1].startswith("    Traceback")


def test_a_trace_can_forge_no_line(capsys: pytest.CaptureFixture[str], vendor: Vendor) -> None:
    """Neither that of a call nor that of a control API crash, which Flask would log."""
    server = Sandboxed(vendor)
    server.app.config["PROPAGATE_EXCEPTIONS"] = False
    access_log.configure_logging("text")

    def crash(*anything: object, **more: object) -> None:
        raise RuntimeError(f"\n2026-01-01T00:00:00Z acme GET /forged 200 \x1b[2J {RICH}")

    for name, target in (("newer", "/__admin/requests?after=1"), ("append", BILLS)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(server.runtime.store, name, crash)
            assert server.get(target, headers={"Authorization": f"Bearer {RICH}"}).status == 500
        first, *trace = capsys.readouterr().err.splitlines()
        assert first.endswith(f"GET {target.partition('?')[0]} broke")
        assert "    2026-01-01T00:00:00Z acme GET /forged 200 \\x1b[2J [redacted]" in trace
        assert all(line.startswith("    ") for line in trace)


def test_a_worker_that_was_lost_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    access_log.configure_logging("json")
    access_log.log_replacement("worker 12 was killed (signal 9)", "0123456789ab")
    access_log.log_replacement("worker 34 ended (exit status 0)", None)
    alone, shared = map(json.loads, capsys.readouterr().err.splitlines())
    ended = "worker 12 was killed (signal 9) and is being replaced"
    assert alone["message"] == f"{ended}; its sandboxes are lost, instance is now 0123456789ab"
    ended = "worker 34 ended (exit status 0) and is being replaced"
    assert shared["message"] == f"{ended}; nothing is lost, all is in the store"
    assert alone["level"] == shared["level"] == "error"
