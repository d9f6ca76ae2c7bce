"""What a running server tells of its surface."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from tests.support.servers import PROGRAM, running, serving

EXAMPLE = "/wisecp/api/Billing/GetInvoices"


@contextmanager
def server() -> Iterator[str]:
    with running(serving()) as (url, _):
        yield url


def get(url: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Any:
    with urlopen(Request(url + path, None, dict(headers or {}), method=method), timeout=30) as reply:
        text = reply.read().decode()
        return reply.headers if method == "OPTIONS" else text


def sandbox(url: str) -> Any:
    """How control describes a sandbox that it has made."""
    return json.loads(get(url, "/__admin/sandboxes/surface", "PUT"))


def offers(url: str) -> dict[str, list[str]]:
    """The routes of control with their methods."""
    return {offer["path"]: offer["methods"] for offer in json.loads(get(url, "/__admin/"))["offers"]}


def addresses(url: str) -> dict[str, str]:
    """Where things are beside the vendors."""
    start = json.loads(get(url, "/"))
    pages = {name: start[name] for name in ("health", "console", "docs")}
    return {**pages, "sandbox": sandbox(url)["url"].removeprefix(url).replace("surface", "{name}")}


def preflight(url: str) -> list[str]:
    """The headers that the server reads for itself, as a preflight names them."""
    asked = {"Origin": "http://localhost", "Access-Control-Request-Method": "GET"}
    allowed = get(url, EXAMPLE, "OPTIONS", asked)["Access-Control-Allow-Headers"].split(", ")
    return [name for name in allowed if name == "Prefer" or name.startswith("X-Mock-")]


def metrics(url: str) -> dict[str, str]:
    """Each family with its kind and the labels of its samples, once a call was counted."""
    get(url, EXAMPLE, headers=sandbox(url)["vendors"]["wisecp"]["headers"])
    text = get(url, "/__admin/metrics")
    found = {}
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        samples = re.findall(rf"^{name}(?:_bucket|_sum|_count)?(?:{{(.*)}})? ", text, re.MULTILINE)
        labels = dict.fromkeys(label for sample in samples for label in re.findall(r'(\w+)="', sample))
        found[name] = " ".join([kind, *labels])
    return found


def given_to_commands() -> list[str]:
    """The variables that ``mockserver run`` gives to its command."""
    script = "import os; print(*[name for name in sorted(os.environ) if name.startswith('MOCKSERVER_')])"
    run = [PROGRAM, "run", "--", sys.executable, "-c", script]
    return subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout.split()
