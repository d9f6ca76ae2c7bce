"""The vendors with their addresses, each with an example call that works."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ..data.catalog import DatasetCatalog
from ..sandbox.store import DEFAULT
from ..sdk.contract import Vendor
from ..sdk.dataset import Dataset
from ..sdk.querystring import encode


def list_vendors(
    vendors: Iterable[Vendor], catalog: DatasetCatalog, dataset: str, day: date | None = None
) -> list[dict[str, Any]]:
    """Each vendor as ``describe_vendor`` has it. ``day`` is the day of the data where the clock is real."""
    return [describe_vendor(vendor, catalog.dataset(vendor, dataset, day)) for vendor in vendors]


def describe_vendor(vendor: Vendor, data: Dataset, sandbox: str = DEFAULT) -> dict[str, Any]:
    """Name, title, document, addresses, and an example call of the first account.

    Paths and credential select the sandbox, if it is not the default one.
    """
    example = vendor.example(data.accounts.first, data)
    prefix = "" if sandbox == DEFAULT else sandbox_prefix(sandbox)
    paths = [path for operation in vendor.operations for path in (operation.path, *operation.aliases)]
    addresses = [prefix + path for path in (*paths, *(f"/{vendor.name}{path}" for path in paths))]
    return {
        "name": vendor.name,
        "title": vendor.title,
        "document": vendor.document,
        "addresses": [*addresses, *(f"Host: {host}" for host in (*vendor.hosts, f"{vendor.name}.localhost"))],
        "example": {
            "method": "GET",
            "path": prefix + example.path,
            "headers": _lead_headers(vendor, example.headers, sandbox),
            "query": dict(example.query),
        },
    }


def sandbox_prefix(sandbox: str) -> str:
    """The path prefix that selects a sandbox."""
    return f"/__sandbox/{sandbox}"


def _lead_headers(vendor: Vendor, headers: Mapping[str, str], sandbox: str) -> dict[str, str]:
    """The headers, with the sandbox's name behind the credential."""
    secret = vendor.credential.read({name.lower(): value for name, value in headers.items()})
    if secret is None or sandbox == DEFAULT:
        return dict(headers)
    return {**headers, **vendor.credential.write(f"{secret}~{sandbox}")}


def format_curl(example: Mapping[str, Any], url: str) -> str:
    """The example as a shell command."""
    query = encode(example["query"])
    target = shlex.quote(url + example["path"] + (f"?{query}" if query else ""))
    headers = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in example["headers"].items())
    return f"curl -g {headers} {target}"
