"""The vendors and their example calls."""

from __future__ import annotations

import shlex

from mockserver.data.catalog import DatasetCatalog
from mockserver.engine.examples import format_curl, list_vendors
from mockserver.sdk.contract import Vendor
from tests.support.acme import RICH, Sandboxed


def test_each_vendor_with_its_addresses_and_a_call_that_works(vendor: Vendor) -> None:
    (listed,) = list_vendors([vendor], DatasetCatalog([vendor]), "default")
    assert listed == {
        "name": "acme",
        "title": "Acme Billing",
        "document": "https://acme.example/docs",
        "addresses": [
            "/v3/bills",
            "/v3/bills/{id}",
            "/acme/v3/bills",
            "/acme/v3/bills/{id}",
            "Host: api.acme.example",
            "Host: acme.localhost",
        ],
        "example": {"method": "GET", "path": "/v3/bills", "headers": {"X-Acme-Key": RICH}, "query": {"state": "paid"}},
    }
    example = listed["example"]
    answer = Sandboxed(vendor).get(f"{example['path']}?state={example['query']['state']}", headers=example["headers"])
    assert (answer.status, len(answer.json["bills"])) == (200, 3)


def test_the_call_as_a_shell_command() -> None:
    example = {"path": "/v3/bills", "headers": {"X-Key": "it's $5"}, "query": {"filter[a]": "b c"}}
    command = format_curl(example, "http://127.0.0.1:8080")
    assert shlex.split(command) == [
        "curl",
        "-g",
        "-H",
        "X-Key: it's $5",
        "http://127.0.0.1:8080/v3/bills?filter[a]=b%20c",
    ]
    bare = format_curl({"path": "/v3/bills", "headers": {}, "query": {}}, "http://127.0.0.1:8080")
    assert shlex.split(bare) == ["curl", "-g", "http://127.0.0.1:8080/v3/bills"]
