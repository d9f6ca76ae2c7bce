"""Schemathesis over every vendor's spec: nothing breaks, and every reply matches the spec."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.vendors import find_vendors
from tests.support.servers import PROGRAM, running, serving

pytestmark = pytest.mark.slow

# These two expect a strict server; a faithful one ignores unknown parameters and forgives some bad values.
LENIENT = "positive_data_acceptance,negative_data_rejection"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running(serving("--dataset", "default")) as (url, _):
        yield url


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    listed = subprocess.run([PROGRAM, "vendors", "--json"], capture_output=True, text=True, check=True).stdout
    return {vendor["name"]: vendor["example"] for vendor in json.loads(listed)}


@pytest.mark.parametrize("vendor", find_vendors(), ids=lambda vendor: str(vendor.name))
def test_every_reply_fits_the_spec(vendor: Any, server: str, examples: dict[str, Any], tmp_path: Path) -> None:
    # Without only one of several credential headers the status is 400, not 401: ignored_auth knows one refusal.
    excluded = LENIENT + (",ignored_auth" if vendor.credential.identifying_headers else "")
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        str(vendor.spec),
        "-u",
        f"{server}/{vendor.name}",
    ]
    for name, value in examples[vendor.name]["headers"].items():
        command += ["-H", f"{name}: {value}"]
    command += ["-n", "60", "--seed", "1", "--generation-deterministic", "--exclude-checks", excluded]
    command += ["--phases", "examples,coverage,fuzzing", "--no-color"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=250)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
