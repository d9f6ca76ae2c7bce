"""The cost of sandboxes: the time to create one, and the memory of a thousand.

``python bench/sandboxes.py [how many]``. It prints figures and judges none of them.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter

from mockserver.app import create_app
from mockserver.engine.examples import list_vendors
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.settings import make_settings

WALL = 1_790_000_000.0


class Server:
    """All vendors in this process, for up to this many sandboxes; each vendor has answered a call."""

    def __init__(self, sandboxes: int) -> None:
        app = create_app(make_settings({"max_sandboxes": sandboxes + 1}, {}), wall=lambda: WALL)
        self.runtime: Runtime = app.extensions["mockserver"]
        self._client = app.test_client(use_cookies=False)
        self._examples = [
            each["example"] for each in list_vendors(self.runtime.vendors, self.runtime.sandboxes.catalog, "default")
        ]
        for vendor in range(len(self._examples)):
            self.call("default", vendor)

    def make(self, sandbox: str) -> None:
        self.runtime.sandboxes.get_or_create(sandbox, WALL)

    def call(self, sandbox: str, vendor: int = 0) -> None:
        """Make the example call of a vendor without its parameters."""
        example = self._examples[vendor]
        reply = self._client.get(example["path"], headers={**example["headers"], "X-Mock-Sandbox": sandbox})
        assert reply.status_code < 500, reply.text

    def change(self, sandbox: str) -> None:
        """Remove the first record of the first vendor, and list the rest."""
        vendor = self.runtime.vendors[0]
        gone = self.runtime.sandboxes.catalog.dataset(vendor, "default").records.ids[0]
        self.runtime.sandboxes.edit(sandbox, WALL, vendor, lambda edits, data: edits.with_records({gone: None}))
        self.call(sandbox)


USES: dict[str, Callable[[Server, str], None]] = {
    "made": Server.make,
    "made, and one call of a vendor": Server.call,
    "made, one record removed, and one call": Server.change,
}


def durations(sandboxes: int) -> list[float]:
    """The milliseconds to create each."""
    server, taken = Server(sandboxes), []
    for number in range(sandboxes):
        before = perf_counter()
        server.make(f"bench-{number}")
        taken.append((perf_counter() - before) * 1000)
    return taken


def weight(sandboxes: int, use: Callable[[Server, str], None]) -> int:
    """The bytes of this many sandboxes after this use of each."""
    server = Server(sandboxes)
    gc.collect()
    tracemalloc.start()
    for number in range(sandboxes):
        use(server, f"bench-{number}")
    gc.collect()
    found, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return found


def main(sandboxes: int) -> None:
    taken = durations(sandboxes)
    print(f"making one of {sandboxes:,}, all vendors served (ms):")
    print(f"  median {median(taken):.3f}  p99 {quantiles(taken, n=100)[98]:.3f}  longest {max(taken):.3f}")
    print(f"{sandboxes:,} of them over none (MB):")
    for name, use in USES.items():
        print(f"  {weight(sandboxes, use) / 1e6:6.1f}  {name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
