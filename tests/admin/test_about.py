"""What the server says of itself."""

from __future__ import annotations

from mockserver.engine.examples import list_vendors
from mockserver.sdk.contract import Vendor
from mockserver.sdk.version import __version__
from tests.support.acme import POOR, RICH, Sandboxed


def test_alive_ready_and_which_version(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    instance = server.runtime.store.instance()
    healthy = {"status": "healthy", "version": __version__, "vendors": ["acme"], "instance": instance}
    assert server.control("GET", "/health").json == healthy
    assert server.control("GET", "/ready").json == {"status": "ready"}
    assert server.control("GET", "/version").json == {"version": __version__}


def test_vendors_as_the_command_lists_them(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    told = server.control("GET", "/vendors").json
    assert told == list_vendors([vendor], server.runtime.sandboxes.catalog, "default")


def test_vendors_of_a_sandbox_lead_into_it(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    (told,) = server.control("GET", "/vendors", sandbox="my.test").json
    assert told["addresses"] == [
        "/__sandbox/my.test/v3/bills",
        "/__sandbox/my.test/v3/bills/{id}",
        "/__sandbox/my.test/acme/v3/bills",
        "/__sandbox/my.test/acme/v3/bills/{id}",
        "Host: api.acme.example",
        "Host: acme.localhost",
    ]
    example = told["example"]
    assert example["path"] == "/__sandbox/my.test/v3/bills"
    assert example["headers"] == {"X-Acme-Key": f"{RICH}~my.test"}
    answer = server.get(example["path"], key=None, headers=example["headers"])
    assert (answer.status, answer.headers["X-Mock-Sandbox"], answer.codes) == (200, "my.test", [])


def test_vendors_follow_the_accounts_of_the_sandbox(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    accounts = server.control("GET", "/accounts/acme").json["accounts"]
    accounts[0], accounts[1] = accounts[1], accounts[0]
    assert server.control("PUT", "/accounts/acme", {"accounts": accounts}, sandbox="a").status == 200
    (told,) = server.control("GET", "/vendors", sandbox="a").json
    assert told["example"]["headers"] == {"X-Acme-Key": f"{POOR}~a"}


def test_what_can_be_asked_of_a_vendor(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    told = server.control("GET", "/vendors/acme", sandbox="my.test").json
    assert told["example"]["headers"] == {"X-Acme-Key": f"{RICH}~my.test"}
    assert told["operations"] == ["listBills", "oneBill"]
    assert [(row["status"], row["code"]) for row in told["errors"]][1:3] == [(400, ""), (400, "ACME_BAD_DAY")]
    assert told["errors"][0] == {
        "rule": "acme.401",
        "status": 401,
        "code": "",
        "text": "Who are you?",
        "basis": "documented",
        "source": "doc:1",
    }
    assert [row["name"] for row in told["readings"]] == [reading.name for reading in vendor.readings]
    assert told["datasets"] == ["default", "empty", "hand"]
    assert told["records"] == {
        "id": "id",
        "fields": ["id", "name", "state", "due", "amount", "note", "_owner"],
        "chart": {"amount": "amount", "date": "due", "status": "state", "currency": ""},
        "recipe": True,
    }


def test_a_vendor_that_there_is_not_has_no_errors(vendor: Vendor) -> None:
    answer = Sandboxed(vendor).control("GET", "/vendors/bolt")
    assert (answer.status, answer.json["choices"]) == (404, ["acme"])
