"""The client of the control API, against acme on a real server."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver.sdk.contract import Vendor
from mockserver.sdk.version import __version__
from mockserver.testing import Client, Refused, Sandbox, Server, report
from tests.support.acme import ANCHOR, BILLS, RICH, only
from tests.support.client import WALL

START = datetime.fromisoformat(ANCHOR)


@pytest.fixture(scope="module")
def client(vendor: Vendor) -> Iterator[Client]:
    with only(vendor), Server(wall=lambda: WALL) as server:
        yield server.client


@pytest.fixture
def sandbox(client: Client, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    made = client.sandbox(request.node.name[:60].replace("[", ".").replace("]", "")).create(strict=True)
    yield made
    made.delete()


def call(sandbox: Sandbox, target: str = BILLS, **headers: str) -> tuple[int, Any]:
    """A call of acme at the sandbox's base URL."""
    parts = urlsplit(sandbox.url("acme"))
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", parts.path + target, headers={**sandbox.credentials("acme"), **headers})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


def test_the_server(client: Client) -> None:
    assert client.health()["status"] == "healthy"
    assert client.ready() == {"status": "ready"}
    assert client.version() == __version__
    assert client.names == [vendor["name"] for vendor in client.vendors()] == ["acme"]
    assert repr(client) == f"Client({client.url!r})"


def test_the_addresses_of_a_sandbox_lead_into_it(client: Client, sandbox: Sandbox) -> None:
    assert sandbox.url("acme") == f"{client.url}/__sandbox/{sandbox.name}/acme"
    assert sandbox.credentials("acme") == {"X-Acme-Key": f"{RICH}~{sandbox.name}"}
    assert call(sandbox)[0] == 200
    assert client.sandbox(sandbox.name).example("acme")["query"] == {"state": "paid"}
    with pytest.raises(LookupError, match="there is no vendor 'bolt'; there are acme"):
        sandbox.url("bolt")
    with pytest.raises(LookupError, match="there is no vendor 'bolt'; there are acme"):
        sandbox.credentials("bolt")


def test_sandboxes_are_listed_described_copied_and_deleted(client: Client, sandbox: Sandbox) -> None:
    sandbox.settings(quotas={"acme": "3/minute"})
    copy = client.sandbox("copy").create(sandbox.name, acceptAnyCredential=True)
    assert {"copy", sandbox.name} <= {each["name"] for each in client.sandboxes()}
    told = copy.describe()
    assert (told["settings"]["quotas"], told["settings"]["acceptAnyCredential"]) == ({"acme": "3/minute"}, True)
    copy.delete()
    assert "copy" not in {each["name"] for each in client.sandboxes()}
    with pytest.raises(Refused, match="404 Not found: There is no sandbox copy") as refused:
        copy.describe()
    assert (refused.value.status, refused.value.problem["status"]) == (404, 404)
    assert repr(copy) == f"Sandbox('copy' on {client.url})"


def test_settings_readings_and_quota(sandbox: Sandbox) -> None:
    assert sandbox.settings()["strict"] is True
    assert sandbox.settings(strict=False, dataset="empty", delay=0)["dataset"] == "empty"
    assert call(sandbox)[1]["bills"] == []
    assert sandbox.readings({"acme.amounts": "cents"}) == {"acme.amounts": "cents"} == sandbox.readings()
    sandbox.quota("acme", "1/minute")
    assert [call(sandbox)[0] for _ in range(2)] == [200, 429]
    sandbox.quota("acme", None)
    assert call(sandbox)[0] == 200
    with pytest.raises(Refused, match=r"422 Bad value: .*wanted one of acme"):
        sandbox.quota("bolt", "1/minute")


def test_reset_puts_one_sandbox_back_or_all(client: Client, sandbox: Sandbox) -> None:
    for reset in (sandbox.reset, client.reset):
        sandbox.settings(dataset="empty")
        reset()
        assert sandbox.settings()["dataset"] == "default"


def test_reset_puts_a_sandbox_back_as_its_handle_created_it(client: Client, sandbox: Sandbox) -> None:
    sandbox.create(strict=True, readings={"acme.amounts": "cents"}, quotas={"acme": "1/minute"})
    sandbox.settings(strict=False, dataset="empty", quotas={"acme": None})
    call(sandbox)
    sandbox.reset()
    found = sandbox.settings()
    assert (found["strict"], found["dataset"], found["quotas"]) == (True, "default", {"acme": "1/minute"})
    assert (sandbox.readings(), sandbox.requests) == ({"acme.amounts": "cents"}, [])
    client.sandbox(sandbox.name).reset()  # a handle that created nothing
    assert (sandbox.settings()["strict"], sandbox.readings()) == (False, {})


def test_a_scenario_leaves_strictness_and_readings_as_created(client: Client, sandbox: Sandbox) -> None:
    sandbox.create(strict=True, readings={"acme.amounts": "cents"}, quotas={"acme": "1/minute"})
    told = sandbox.scenario("outage")
    assert told["settings"] == sandbox.settings()
    assert (told["active"], told["settings"]["strict"], told["settings"]["quotas"]) == ("outage", True, {})
    assert told["settings"]["readings"] == {"acme.amounts": "cents"}
    assert client.sandbox(sandbox.name).scenario("outage")["settings"]["strict"] is False


@pytest.mark.parametrize("name", ["", "a/b", "日本", "a\n", "x" * 65])
def test_what_is_no_name_of_a_sandbox(client: Client, name: str) -> None:
    with pytest.raises(ValueError, match="wanted 1 to 64 letters"):
        client.sandbox(name)


def test_fail_next(sandbox: Sandbox) -> None:
    rule = sandbox.fail_next("acme", 503)
    assert [call(sandbox)[0] for _ in range(2)] == [503, 200]
    assert (rule["vendor"], rule["status"], rule["times"]) == ("acme", 503, 1)
    sandbox.fail_next("acme", "ACME_SLOW_DOWN", times=2, operation="listBills")
    assert [call(sandbox)[0] for _ in range(3)] == [429, 429, 200]
    sandbox.fail_next(None, "empty")
    with pytest.raises(http.client.RemoteDisconnected):
        call(sandbox)


def test_faults(sandbox: Sandbox) -> None:
    first = sandbox.faults.add("acme", status=500, probability=0.5, match={"query": {"page": "2"}})
    second = sandbox.faults.add(delay={"type": "uniform", "lower": 0, "upper": 0.5})
    assert [rule["id"] for rule in sandbox.faults.list()] == [first["id"], second["id"]]
    assert sandbox.faults.get(first["id"])["probability"] == Decimal("0.5")
    assert sandbox.faults.change(first["id"], status=None, error="ACME_SLOW_DOWN")["error"] == "ACME_SLOW_DOWN"
    sandbox.faults.remove(first["id"])
    assert [rule["id"] for rule in sandbox.faults.list()] == [second["id"]]
    sandbox.faults.clear()
    assert sandbox.faults.list() == []
    with pytest.raises(Refused, match="422"):
        sandbox.fail_next("acme", 200)


def test_the_clock(sandbox: Sandbox) -> None:
    clock = sandbox.clock
    assert (clock.now(), clock.mode) == (START, "ticking")
    assert (clock.freeze(), clock.mode) == (START, "frozen")
    assert clock.advance("800d") == START + timedelta(days=800)
    assert clock.advance(timedelta(hours=-1, milliseconds=5)) == START + timedelta(days=800, hours=-1, milliseconds=5)
    assert clock.set("2025-03-01") == datetime(2025, 3, 1, tzinfo=UTC)
    assert clock.set(START) == clock.now() == START
    assert (clock.reset(), clock.mode) == (START, "ticking")


def test_records(sandbox: Sandbox) -> None:
    records = sandbox.records("acme")
    assert len(records.list()) == 7
    added = records.add(state="paid", amount=Decimal("12.50"))
    assert (added["state"], added["amount"]) == ("paid", Decimal("12.50"))
    assert records.get(added["id"]) == added
    assert records.change(added["id"], {"state": "void"}, amount=0.1)["amount"] == Decimal("0.10")
    records.remove(added["id"])
    assert len(records.list()) == 7
    made = records.generate(5, seed=7)
    assert len(made) == 5
    assert len(records.list()) == 12
    assert records.generate(1)
    assert sandbox.export("acme").startswith("#") or "vendor: acme" in sandbox.export("acme")


def test_accounts(sandbox: Sandbox) -> None:
    accounts = sandbox.accounts("acme")
    (rich, *others) = accounts.list()
    assert rich["secret"] == RICH
    assert accounts.replace([{**rich, "secret": "another-acme-secret-001"}, *others])[0]["account"] == "rich"
    assert sandbox.credentials("acme") == {"X-Acme-Key": f"another-acme-secret-001~{sandbox.name}"}
    assert call(sandbox)[0] == 200


def test_what_was_sent(sandbox: Sandbox) -> None:
    call(sandbox, f"{BILLS}?page=2")
    call(sandbox, f"{BILLS}?stat=paid")
    call(sandbox, "/v3/nowhere")
    newest, warned, paged = sandbox.requests
    assert [newest["response"]["status"], warned["response"]["status"]] == [404, 200]
    assert sandbox.calls(after=paged["id"], limit=1) == [newest]
    assert sandbox.calls(vendor="acme", warned=True) == [newest, warned]
    assert sandbox.calls(unmatched=False, status=200) == [warned, paged]
    assert sandbox.unmatched() == [newest]
    assert sandbox.request(paged["id"]) == paged
    assert sandbox.find("acme", query={"page": 2}) == [paged]
    assert sandbox.count(operation="listBills", path=BILLS) == 2
    sandbox.forget(paged["id"])
    assert sandbox.requests == [newest, warned]
    sandbox.forget()
    assert sandbox.requests == []


def test_assert_requested(sandbox: Sandbox) -> None:
    with pytest.raises(AssertionError, match="No call was made at all"):
        sandbox.assert_requested("acme")
    sandbox.assert_requested("acme", count=0)
    call(sandbox, f"{BILLS}?page=2")
    sandbox.assert_requested("acme", query={"page": 2}, count=1)
    sandbox.assert_requested(path=BILLS)
    with pytest.raises(AssertionError) as failed:
        sandbox.assert_requested("acme", query={"page": "3"})
    told = str(failed.value).splitlines()
    assert told[0].endswith(f"was requested 0 times in sandbox {sandbox.name}, wanted at least once.")
    assert told[1].startswith("  near: #")
    assert "query.page: wanted '3', found '2'" in told[2]
    with pytest.raises(AssertionError, match=r"requested once .* wanted 2 times.\n  #\d+ GET /acme/v3/bills"):
        sandbox.assert_requested("acme", count=2)
    call(sandbox, f"{BILLS}?page=4")
    with pytest.raises(AssertionError, match=r"requested once .* wanted 2 times.(?s:.*)near: .*page=4"):
        sandbox.assert_requested("acme", query={"page": 2}, count=2)
    with pytest.raises(AssertionError, match=r"requested 2 times .* wanted once.") as failed:
        sandbox.assert_requested("acme", count=1)
    assert "near" not in str(failed.value)


def test_a_vendor_that_is_none_is_not_simply_never_called(sandbox: Sandbox) -> None:
    with pytest.raises(Refused, match="vendor is 'bolt', wanted one of acme"):
        sandbox.assert_requested("bolt", count=0)


def test_check_fails_for_a_warned_or_unmatched_call_of_a_strict_sandbox(sandbox: Sandbox) -> None:
    call(sandbox)
    sandbox.fail_next("acme", 418)  # an undocumented status, asked for by the test: no mistake of its client
    assert call(sandbox)[0] == 418
    call(sandbox, f"{BILLS}?stat=paid", **{"X-Mock-Strict": "false"})
    sandbox.check()
    call(sandbox, f"{BILLS}?stat=paid")
    call(sandbox, "/v3/nowhere")
    with pytest.raises(AssertionError) as failed:
        sandbox.check()
    head, first, warning, second, lost = str(failed.value).splitlines()
    assert head == f"2 of 5 calls in sandbox {sandbox.name} were not as the vendor documents:"
    assert first.endswith("GET /acme/v3/bills?stat=paid -> 200")
    assert warning.endswith("Did you mean state?")
    assert second.endswith("GET /acme/v3/nowhere -> 404")
    assert lost == "      acme has no endpoint there."
    call(sandbox, "/v3/bill")
    with pytest.raises(AssertionError, match=r"acme has no endpoint there\. Closest: /v3/bills$"):
        sandbox.check()


def test_check_fails_for_a_credential_that_looks_live(sandbox: Sandbox) -> None:
    assert call(sandbox, **{"X-Acme-Key": "sk_live_0123456789abcdef"})[0] == 400
    with pytest.raises(AssertionError) as failed:
        sandbox.check()
    _, told, why = str(failed.value).splitlines()
    assert told.endswith("a call of acme -> 400 (fault live-credential)")
    assert why == "      It carried a credential that looks live: it was refused, and nothing else of it kept."


def test_of_a_refused_call_the_words_are_told(sandbox: Sandbox) -> None:
    assert call(sandbox, **{"X-Acme-Key": f"nobody~{sandbox.name}"})[0] == 401
    _, words = report.describe_calls(sandbox.requests, sandbox.paths)
    assert words == f"      {sandbox.requests[0]['response']['body']}"
    entry = {**sandbox.requests[0], "response": {"status": 500, "body": "<p>\n" + "x" * 500}}
    assert report.describe_calls([entry], sandbox.paths)[1] == f"      <p> {'x' * (report.MAX_BODY_CHARS - 4)}..."


def test_a_call_that_reached_no_vendor_is_a_mistake_with_its_warning(sandbox: Sandbox) -> None:
    call(sandbox)
    lost = {
        **sandbox.requests[0],
        "vendor": None,
        "operation": None,
        "request": {"method": "GET", "url": "/v4/bills", "path": "/v4/bills"},
        "response": {"status": 404, "body": "{}"},
        "warnings": [{"location": "path", "code": "unknown-path", "message": "Nothing is at /v4/bills."}],
    }
    assert report.find_mistakes([lost]) == [lost]
    told = report.describe_calls([lost], sandbox.paths)
    assert told[0].endswith("GET /v4/bills -> 404")
    assert told[1:] == ["      path: Nothing is at /v4/bills."]


def test_of_many_calls_the_newest_are_told(sandbox: Sandbox) -> None:
    for _ in range(report.MAX_CALLS + 2):
        call(sandbox)
    told = report.describe_calls(sandbox.requests, sandbox.paths)
    assert told[0] == "  ... 2 earlier calls"
    assert [line.split()[0] for line in told[1:]] == [f"#{each['id']}" for each in sandbox.requests[19::-1]]


def test_verdict_scenarios_and_fidelity(client: Client, sandbox: Sandbox) -> None:
    call(sandbox, f"{BILLS}?stat=paid")
    assert sandbox.verdict()["verdict"] == "broken"
    assert sandbox.verdict(ignore=["parameters", "pages"])["verdict"] == "kept"
    assert "outage" in {scenario["name"] for scenario in sandbox.scenarios()}
    sandbox.scenario("outage")
    assert call(sandbox)[0] >= 500
    assert client.fidelity() != client.fidelity("acme")


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "ftp://x", "http://"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(ValueError, match="is no URL like"):
        Client(url)


def test_a_server_with_a_token_and_a_path_in_front(vendor: Vendor) -> None:
    with only(vendor), Server(control_token="open-sesame") as server:
        assert server.client.sandboxes() == []
        with pytest.raises(Refused, match="401 Token wanted"):
            Client(server.url).sandboxes()
        assert Client(server.url + "/__sandbox/deep/", "open-sesame").send("GET", "/clock")["mode"] == "ticking"


NO_HTTP = b"what?\r\n\r\n"
NO_JSON = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (NO_HTTP, "does not answer as a server should: BadStatusLine"),
        (NO_JSON, "^GET /__admin/health: 404 Not Found: The reply is none of a mockserver's; is something else at"),
    ],
)
def test_a_server_that_speaks_another_language(reply: bytes, told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply)

        thread = Thread(target=babble)
        thread.start()
        with pytest.raises((ConnectionError, Refused), match=told):
            Client(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=10).health()
        thread.join()


@pytest.mark.parametrize("found", ["<html>", {"other": 1}, None])
def test_a_server_that_is_another(client: Client, monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    monkeypatch.setattr(client, "send", lambda *anything, **more: found)
    with pytest.raises(ConnectionError, match="none of a mockserver's"):
        client.sandboxes()
    if not isinstance(found, dict):
        with pytest.raises(ConnectionError, match="none of a mockserver's"):
            client.ready()


def test_tls_is_spoken_as_the_context_says(monkeypatch: pytest.MonkeyPatch) -> None:
    context, seen = ssl.create_default_context(), []

    def connect(self: http.client.HTTPSConnection) -> None:
        seen.append((self.host, self.port, self.timeout, vars(self)["_context"]))
        raise OSError("unplugged")

    monkeypatch.setattr(http.client.HTTPSConnection, "connect", connect)
    with pytest.raises(OSError, match="unplugged"):
        Client("https://mock.example:8443", context=context, timeout=5).health()
    assert seen == [("mock.example", 8443, 5, context)]


def test_what_is_no_json_is_not_sent(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        sandbox.records("acme").add(amount=object())


def test_a_test_that_failed_does_not_print_the_credential_that_it_asked_for(sandbox: Sandbox) -> None:
    call(sandbox)
    with pytest.raises(AssertionError) as failed:
        sandbox.assert_requested("acme", headers={"Authorization": "of-a-client", "X-Acme-Key": RICH, "Accept": "b"})
    told = str(failed.value)
    assert '"Authorization":"[redacted]"' in told
    assert "of-a-client" not in told
    assert "headers.Accept: wanted 'b'" in told
    assert RICH not in told.partition("\n")[2]


def test_a_url_with_a_password_and_a_broken_token_are_not_repeated() -> None:
    client = Client("http://user:SECRET@127.0.0.1:1")
    assert "SECRET" not in f"{client!r} {client.sandbox('a')!r}"
    with pytest.raises(ValueError, match="user:…@host' is no URL like") as refused:
        Client("user:SECRET@host")
    assert "SECRET" not in str(refused.value)
    with pytest.raises(ValueError, match="the control token is something that is not shown") as refused:
        Client("http://127.0.0.1:1", "SECRET\n")
    assert "SECRET" not in str(refused.value)
