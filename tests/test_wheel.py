"""A wheel, installed in a clean environment far from the checkout, serves all vendors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

import pytest

from mockserver.toolkit.querystring import encode
from mockserver.vendors import found
from tests.servers import copy_checkout, running

pytestmark = pytest.mark.slow


@pytest.mark.timeout(400)
def test_a_wheel_far_from_the_checkout_serves_every_vendor(tmp_path: Path) -> None:
    quiet = ["--quiet", "--disable-pip-version-check"]
    checkout = str(copy_checkout(tmp_path / "checkout"))
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *quiet, "--no-deps", "--wheel-dir", str(tmp_path), checkout], check=True
    )
    (wheel,) = tmp_path.glob("mockserver-*.whl")
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    bin_ = home / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([str(bin_ / "python"), "-m", "pip", "install", *quiet, str(wheel)], check=True)
    far = tmp_path / "far"
    far.mkdir()
    program = str(bin_ / "mockserver")
    listed = subprocess.run([program, "vendors", "--json"], cwd=far, capture_output=True, text=True, check=True).stdout
    vendors = json.loads(listed)
    assert [vendor["name"] for vendor in vendors] == [vendor.name for vendor in found()]
    with running([program, "serve", "--port", "0"], cwd=far) as (url, _):
        for vendor in vendors:
            call = vendor["example"]
            target = f"{url}{call['path']}?{encode(call['query'])}"
            with urllib.request.urlopen(urllib.request.Request(target, headers=call["headers"]), timeout=10) as reply:
                assert reply.status == 200
                assert len(reply.read()) > 500
        with urllib.request.urlopen(f"{url}/__admin/scenarios", timeout=10) as reply:
            assert {"healthy", "outage"} <= {scenario["name"] for scenario in json.load(reply)["scenarios"]}
