"""Who is here and how to call them: the vendors with their addresses and an example call that works."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from .library import Library
from .toolkit.querystring import encode
from .vendor import Vendor


def listing(vendors: Iterable[Vendor], library: Library, dataset: str, day: date | None = None) -> list[dict[str, Any]]:
    """One map a vendor: name, title, document, addresses, and the example call of the dataset's first account.

    ``day`` is the one for which the data is made, where the clock is real.
    """
    listed = []
    for vendor in vendors:
        data = library.dataset(vendor, dataset, day)
        example = vendor.example(data.accounts.first, data)
        paths = [path for endpoint in vendor.endpoints for path in (endpoint.path, *endpoint.also)]
        hosts = [f"Host: {host}" for host in (*vendor.hosts, f"{vendor.name}.localhost")]
        listed.append(
            {
                "name": vendor.name,
                "title": vendor.title,
                "document": vendor.document,
                "addresses": [*paths, *(f"/{vendor.name}{path}" for path in paths), *hosts],
                "example": {
                    "method": "GET",
                    "path": example.path,
                    "headers": dict(example.headers),
                    "query": dict(example.query),
                },
            }
        )
    return listed


def curl(example: Mapping[str, Any], url: str) -> str:
    """The example as a shell command."""
    query = encode(example["query"])
    target = shlex.quote(url + example["path"] + (f"?{query}" if query else ""))
    headers = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in example["headers"].items())
    return f"curl -g {headers} {target}"
