"""Who is here and how to call them: the vendors with their addresses and an example call that works."""

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


def list_operations(
    vendors: Iterable[Vendor], library: DatasetCatalog, dataset: str, day: date | None = None
) -> list[dict[str, Any]]:
    """One map a vendor, as ``described``; ``day`` is the one for which the data is made, where the clock is real."""
    return [describe_vendor(vendor, library.dataset(vendor, dataset, day)) for vendor in vendors]


def describe_vendor(vendor: Vendor, data: Dataset, sandbox: str = DEFAULT) -> dict[str, Any]:
    """Name, title, document, addresses, and the example call of the data's first account.

    For another sandbox than the default one both the paths and the credential lead into it.
    """
    example = vendor.example(data.accounts.first, data)
    prefix = "" if sandbox == DEFAULT else prefix_of(sandbox)
    paths = [path for endpoint in vendor.operations for path in (endpoint.path, *endpoint.aliases)]
    addresses = [prefix + path for path in (*paths, *(f"/{vendor.name}{path}" for path in paths))]
    return {
        "name": vendor.name,
        "title": vendor.title,
        "document": vendor.document,
        "addresses": [*addresses, *(f"Host: {host}" for host in (*vendor.hosts, f"{vendor.name}.localhost"))],
        "example": {
            "method": "GET",
            "path": prefix + example.path,
            "headers": _leading(vendor, example.headers, sandbox),
            "query": dict(example.query),
        },
    }


def prefix_of(sandbox: str) -> str:
    """What stands before a path to lead it into a sandbox."""
    return f"/__sandbox/{sandbox}"


def _leading(vendor: Vendor, headers: Mapping[str, str], sandbox: str) -> dict[str, str]:
    """The headers, with the credential leading into the sandbox."""
    secret = vendor.credential.read({name.lower(): value for name, value in headers.items()})
    if secret is None or sandbox == DEFAULT:
        return dict(headers)
    return {**headers, **vendor.credential.write(f"{secret}~{sandbox}")}


def curl(example: Mapping[str, Any], url: str) -> str:
    """The example as a shell command."""
    query = encode(example["query"])
    target = shlex.quote(url + example["path"] + (f"?{query}" if query else ""))
    headers = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in example["headers"].items())
    return f"curl -g {headers} {target}"
