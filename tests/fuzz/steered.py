"""atheris, which looks for input that takes another way through the code: ``python -m tests.fuzz.steered <target>``.

What stands behind the target's name is for libFuzzer (``-max_total_time=60``, a corpus folder, or a file to try again).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mockserver", "gunicorn.asgi.parser"]):
    from tests.fuzz import targets
from mockserver.data import yaml_text
from mockserver.sandbox.scenario import OURS
from mockserver.vendors import find_vendors

VENDORS = [vendor.name for vendor in find_vendors()]
PLACES = [
    ("PATCH", "settings"),
    ("POST", "faults"),
    ("PATCH", "faults/fault-1"),
    ("POST", "records/wisecp"),
    ("PATCH", "records/netgroot/1"),
    ("POST", "records/flolive/generate"),
    ("PUT", "accounts/jframework"),
    ("PUT", "sandboxes/one"),
    ("PUT", "scenarios/active"),
    ("POST", "clock/advance"),
    ("POST", "clock/set"),
    ("POST", "requests/find"),
    ("POST", "requests/near-misses"),
    ("POST", "reset"),
]
BODIES = [
    {"dataset": "edge", "readings": {"wisecp.amounts": "short"}, "quotas": {"wisecp": "3/minute"}, "delay": 5},
    {
        "vendor": "wisecp",
        "status": 503,
        "times": 2,
        "match": {"query": {"page": {"absent": True}}, "headers": {"a": "b"}},
    },
    {"delay": {"type": "lognormal", "median": 3, "sigma": 0.5}, "probability": 0.5, "after": 1},
    {"status": "paid", "items": [], "id": 7, "_owner": "x"},
    {"accounts": [{"id": "a", "name": "b"}]},
    {"from": "base", "name": "outage", "duration": "36h", "to": "2026-03-01T00:00:00Z", "count": 3, "seed": 1},
]


def wire(data: bytes) -> None:
    """A connection."""
    targets.wire(data)


def query(data: bytes) -> None:
    """A query of who may call; the first byte says which vendor's."""
    vendor, rest = VENDORS[data[0] % len(VENDORS)] if data else VENDORS[0], data[1:]
    path, headers = targets.examples()[vendor]
    legal = bytes(byte for byte in rest if 0x21 <= byte <= 0x7E and byte != 0x23)
    targets.call(targets.request("GET", path + b"?" + legal, headers))


def fixture(data: bytes) -> None:
    """A fixture file; the first byte says whose, and which kind."""
    first, text = data[0] if data else 0, data[1:].decode("utf-8", "replace")
    targets.fixture(VENDORS[first % len(VENDORS)], text, ".jsonl" if first >= 128 else ".yaml")


def scenario(data: bytes) -> None:
    """A scenario's file."""
    targets.scenario(data.decode("utf-8", "replace"))


def control(data: bytes) -> None:
    """A body of the control API; the first byte says to what."""
    method, place = PLACES[data[0] % len(PLACES)] if data else PLACES[0]
    targets.control(method, f"/__admin/{place}", data[1:], {"X-Mock-Sandbox": "one"})


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (wire, query, fixture, scenario, control)
}


def seeds(target: str) -> Iterable[bytes]:
    """What to begin with: good input."""
    if target == "wire":
        for path, headers in targets.examples().values():
            yield targets.request("GET", path + b"?page=1", {**headers, "Origin": "http://x", "X-Mock-Sandbox": "a"})
            yield targets.request("POST", path, {**headers, "Prefer": "code=404"}, b"{}")
            chunked = targets.request("POST", path, {**headers, "Transfer-Encoding": "chunked"})
            yield chunked + b"2\r\n{}\r\n0\r\n\r\n" + chunked
    elif target == "query":
        for index, vendor in enumerate(find_vendors()):
            known = vendor.operations[0].query.fields
            yield bytes([index]) + b"&".join(f"{each.data_key or name}=1".encode() for name, each in known.items())
    elif target == "fixture":
        for index, vendor in enumerate(find_vendors()):
            content = yaml_text.load((vendor.fixtures / "docs.yaml").read_text(encoding="utf-8"))
            content["dataset"], content["records"] = "own", content["records"][:2]
            yield bytes([index]) + yaml_text.dump(content).encode()
    elif target == "scenario":
        yield from (path.read_bytes() for path in OURS.glob("*.yaml"))
    else:
        for index in range(len(PLACES)):
            yield from (bytes([index]) + json.dumps(body).encode() for body in BODIES)


def main() -> None:
    name, *more = sys.argv[1:] or [""]
    if name not in TARGETS:
        sys.exit(f"wanted one of {', '.join(TARGETS)}")
    folder = Path(os.environ.get("MOCK_FUZZ_FOLDER", "build/fuzz")) / name
    folder.mkdir(parents=True, exist_ok=True)
    for index, seed in enumerate(seeds(name)):
        (folder / f"seed-{index}").write_bytes(seed)
    seconds = (
        60 if name == "scenario" else 10
    )  # a scenario may generate thousands of records, each step of which is traced
    limits = [f"-timeout={seconds}", "-rss_limit_mb=3000", "-max_len=4096", f"-artifact_prefix={folder}-"]
    files = [] if any(Path(each).is_file() for each in more) else [str(folder)]
    atheris.Setup([sys.argv[0], *limits, *more, *files], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
